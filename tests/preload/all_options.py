"""Every option of a socket, read from outside by number: what no section asks for must be the same
bytes as in a run without the library."""
import os
import socket

from preload import SOL_SOCKET, IPPROTO_TCP, borrow

SOL_UDP, SOL_RAW, SOL_MPTCP = 17, 255, 284
LEVELS = (SOL_SOCKET, socket.IPPROTO_IP, socket.IPPROTO_IPV6, IPPROTO_TCP, SOL_UDP, SOL_RAW,
          SOL_MPTCP)
NUMBERS = range(1, 84)
# What differs from one socket or moment to the next, or makes something when it is read.
MOMENTARY = {
    (SOL_SOCKET, 17),  # SO_PEERCRED
    (SOL_SOCKET, 29),  # SO_TIMESTAMP and its kin take the current time along
    (SOL_SOCKET, 49),  # SO_INCOMING_CPU
    (SOL_SOCKET, 55),  # SO_MEMINFO
    (SOL_SOCKET, 56),  # SO_INCOMING_NAPI_ID
    (SOL_SOCKET, 57),  # SO_COOKIE
    (SOL_SOCKET, 77),  # SO_PEERPIDFD
    (socket.IPPROTO_IP, 14),  # IP_MTU
    (socket.IPPROTO_IP, 52),  # the local port, or a raw socket's protocol
    (IPPROTO_TCP, 11),  # TCP_INFO
    (IPPROTO_TCP, 24),  # TCP_TIMESTAMP
    (IPPROTO_TCP, 26),  # TCP_CC_INFO
    (SOL_MPTCP, 1),  # MPTCP_INFO
    (SOL_MPTCP, 2),  # MPTCP_TCPINFO
    (SOL_MPTCP, 3),  # MPTCP_SUBFLOW_ADDRS
    (SOL_MPTCP, 4),  # MPTCP_FULL_INFO
}
# What the kernel itself moves on a connection that is in use.
LIVE = {
    (SOL_SOCKET, 7),  # SO_SNDBUF
    (SOL_SOCKET, 8),  # SO_RCVBUF
    (IPPROTO_TCP, 2),  # TCP_MAXSEG
    (IPPROTO_TCP, 10),  # TCP_WINDOW_CLAMP
    (IPPROTO_TCP, 12),  # TCP_QUICKACK
}


def of_socket(s):
    """{(level, number): bytes} of what the kernel answers."""
    found = {}
    for level in LEVELS:
        for number in NUMBERS:
            if (level, number) in MOMENTARY:
                continue
            try:
                found[level, number] = s.getsockopt(level, number, 128)
            except OSError:
                continue
    return found


def all_options(pid, fd):
    with borrow(pid, fd) as s:
        return of_socket(s)


def differing(one, other):
    """{(level, number): (bytes, bytes)} where they are not the same."""
    return {key: (one.get(key), other.get(key)) for key in one.keys() | other.keys()
            if one.get(key) != other.get(key)}


def sockets_of(pid):
    """The descriptors of PID that are sockets."""
    folder = f"/proc/{pid}/fd"
    found = []
    for fd in os.listdir(folder):
        try:
            if os.readlink(f"{folder}/{fd}").startswith("socket:"):
                found.append(int(fd))
        except OSError:
            continue  # closed meanwhile
    return found
