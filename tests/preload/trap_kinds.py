"""Sockets that are not plain TCP: nothing of theirs may be touched, whatever is asked for."""
import os
import socket
import struct

from all_options import all_options, differing
from preload import PreloadTest, main

IPPROTO_MPTCP, IPPROTO_UDP, UDP_CORK = 262, 17, 1
IPPROTO_TCP, TCP_KEEPIDLE = 6, 4
CLOEXEC, NONBLOCK = socket.SOCK_CLOEXEC, socket.SOCK_NONBLOCK

# All that can be set anywhere, over the program's head; on every side.
EVERYTHING = """
[socket everything]
so_keepalive = on force
tcp_keepidle = 192s force
tcp_keepintvl = 30s force
tcp_keepcnt = 5 force
so_linger = 5s force
so_reuseaddr = on force
listen_backlog = 300 force
tcp_nodelay = on force
tcp_quickack = off force
so_rcvbuf = 64k force
so_sndbuf = 64k force
tcp_notsent_lowat = 16k force
tcp_maxseg = 1000 force
tcp_syncnt = 3 force
ip_tos = 16 force
so_priority = 4 force
so_mark = 7 force
so_busy_poll = 50 force

[socket ports]
port = 8080
so_reuseport = on force
"""


def exercised(guest, family, kind, protocol, bind, connect):
    """One socket that listens, if it can, and one that connects to it; their descriptors."""
    one, other = guest.socket(family, kind, protocol), guest.socket(family, kind, protocol)
    for fd in (one, other):
        guest.set(fd, (socket.SOL_SOCKET, socket.SO_KEEPALIVE), 0)
        guest.set(fd, (socket.SOL_SOCKET, socket.SO_RCVBUF), 30000)
        guest.set(fd, (socket.IPPROTO_IP, socket.IP_TOS), 8)
    guest.bind(one, *bind)
    guest.bind(one, *bind)
    guest.listen(one, 5)
    guest.connect(other, *connect)
    guest.getsockname(one)
    for fd in (one, other):
        guest.set(fd, (IPPROTO_UDP, UDP_CORK), 0)
        guest.set(fd, (IPPROTO_TCP, TCP_KEEPIDLE), 77)
    return one, other


class OtherSockets(PreloadTest):
    def options(self, *arguments, **environment):
        """What a pair of such sockets has afterwards; of the run, all answers."""
        guest = self.guest(**environment)
        fds = exercised(guest, *arguments)
        return ([all_options(guest.pid, fd) for fd in fds],
                [(call, answer.key()) for call, answer in guest.answers])

    def untouched(self, *arguments):
        found = []
        for shim in (False, True):
            self.setUp()
            found.append(self.options(*arguments, shim=shim, profile=EVERYTHING))
        (options, answers), (with_shim, with_shim_answers) = found
        self.assertGreater(len(options[0]), 10, "the reader has read nothing")
        for before, after in zip(options, with_shim):
            self.assertEqual(differing(before, after), {})
        self.assertEqual(answers, with_shim_answers)

    def at(self, address):
        return (address, 8080), (address, 8080)

    def test_on_tcp_these_sections_show(self):
        """Or else the tests below could not fail."""
        inet = (socket.AF_INET, socket.SOCK_STREAM, 0, *self.at("127.0.0.1"))
        without, _ = self.options(*inet, shim=False)
        self.setUp()
        having, _ = self.options(*inet, profile=EVERYTHING)
        for before, after in zip(without, having):
            self.assertGreater(len(differing(before, after)), 8, differing(before, after))

    def test_udp(self):
        for flags in (0, CLOEXEC, NONBLOCK, CLOEXEC | NONBLOCK):
            self.untouched(socket.AF_INET, socket.SOCK_DGRAM | flags, 0, *self.at("127.0.0.1"))
        self.untouched(socket.AF_INET6, socket.SOCK_DGRAM, 0, *self.at("::1"))

    def test_raw(self):
        for flags in (0, CLOEXEC, NONBLOCK):
            self.untouched(socket.AF_INET, socket.SOCK_RAW | flags, socket.IPPROTO_ICMP,
                           *self.at("127.0.0.1"))
        self.untouched(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP, *self.at("127.0.0.1"))
        self.untouched(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6, *self.at("::1"))

    def test_unix(self):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
            # An abstract name is one of the network namespace.
            at = (struct.pack("H", socket.AF_UNIX) + b"\0trap").hex()
            self.untouched(socket.AF_UNIX, kind, 0, (at,), (at,))

    def test_netlink_and_packet(self):
        nobody = struct.pack("HHII", socket.AF_NETLINK, 0, 0, 0).hex()
        for family, kind, protocol in ((socket.AF_NETLINK, socket.SOCK_RAW, 0),
                                       (socket.AF_PACKET, socket.SOCK_RAW, 0)):
            self.untouched(family, kind, protocol, (nobody,), (nobody,))

    def mptcp(self):
        try:
            socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP).close()
        except OSError as e:
            self.skipTest(f"this kernel has no MPTCP here: {e.strerror}")

    def test_mptcp(self):
        self.mptcp()
        for flags in (0, CLOEXEC | NONBLOCK):
            self.untouched(socket.AF_INET, socket.SOCK_STREAM | flags, IPPROTO_MPTCP,
                           *self.at("127.0.0.1"))

    def test_mptcp_that_the_peer_does_not_speak(self):
        """The kernel then goes on as TCP, and answers as TCP does."""
        self.mptcp()
        server = self.server(8080)

        def client(guest):
            fd = guest.socket(protocol=IPPROTO_MPTCP)
            guest.get("connect", fd, "127.0.0.1", 8080)
            guest.set(fd, "tcp_keepidle", 77)
            guest.set(fd, "so_keepalive", 0)
            guest.getsockname(fd)
            return all_options(guest.pid, fd)

        found = [client(self.guest(shim=shim, profile=EVERYTHING)) for shim in (False, True)]
        self.assertEqual(differing(*found), {})
        server.close()


class Types(PreloadTest):
    def test_flags_in_the_type_do_not_hide_a_tcp_socket(self):
        guest = self.guest(options="so_keepalive=on;tcp_keepidle=192s")
        for i, flags in enumerate((CLOEXEC, NONBLOCK, CLOEXEC | NONBLOCK)):
            for protocol in (0, IPPROTO_TCP):
                fd = guest.socket(kind=socket.SOCK_STREAM | flags, protocol=protocol)
                guest.get("bind", fd, "127.0.0.1", 8000 + 2 * i + bool(protocol))
                guest.get("listen", fd, 5)
                self.check(guest, fd, so_keepalive=1, tcp_keepidle=192)
                client = guest.socket(kind=socket.SOCK_STREAM | flags, protocol=protocol)
                guest.connect(client, "127.0.0.1", 8000)
                self.check(guest, client, so_keepalive=1, tcp_keepidle=192)

    def test_flags_of_accept4_do_not_either(self):
        guest = self.guest(options="so_keepalive=on;tcp_keepidle=192s")
        listener = guest.listening(port=8080)
        for flags in (0, CLOEXEC, NONBLOCK, CLOEXEC | NONBLOCK):
            self.client(8080)
            fd = guest.get("accept4", listener, int(flags))
            self.check(guest, fd, so_keepalive=1, tcp_keepidle=192)
            self.assertEqual(descriptor_flags(guest.pid, fd), int(flags))


def descriptor_flags(pid, fd):
    """CLOEXEC and NONBLOCK of a program's descriptor."""
    with open(f"/proc/{pid}/fdinfo/{fd}", encoding="ascii") as info:
        flags = int(next(line for line in info if line.startswith("flags:")).split()[1], 8)
    return flags & (os.O_CLOEXEC | os.O_NONBLOCK)


if __name__ == "__main__":
    main()
