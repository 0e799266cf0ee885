"""What is set at listen() is on every accepted socket, however it was accepted, at no call of its
own."""
import socket

from preload import (IPPROTO_TCP, PreloadTest, main, new_namespace, read_congestion, read_linger,
                     read_option, ss)

TCP_INFO = (IPPROTO_TCP, 11)
# TCPWRIGHT_SET, and what then is on the listener and on what it accepts.
INHERITED = [
    ("so_keepalive=on", "so_keepalive", 1),
    ("tcp_keepidle=192s", "tcp_keepidle", 192),
    ("tcp_keepidle=3m", "tcp_keepidle", 180),
    ("tcp_keepintvl=31s", "tcp_keepintvl", 31),
    ("tcp_keepcnt=5", "tcp_keepcnt", 5),
    ("tcp_user_timeout=1500ms", "tcp_user_timeout", 1500),
    ("tcp_user_timeout=90s", "tcp_user_timeout", 90000),
    ("tcp_nodelay=on", "tcp_nodelay", 1),
    ("tcp_nodelay=yes", "tcp_nodelay", 1),
    ("tcp_linger2=20s", "tcp_linger2", 20),
    ("so_linger=drained", "tcp_linger2", -1),
    ("tcp_notsent_lowat=16k", "tcp_notsent_lowat", 16384),
    ("so_rcvbuf=48k", "so_rcvbuf", 98304),
    ("so_rcvbuf=49153", "so_rcvbuf", 98306),
    ("so_sndbuf=1m", "so_sndbuf", 2097152),
    ("so_mark=0x17", "so_mark", 0x17),
    ("ip_tos=0x10", "ip_tos", 0x10),
    ("so_busy_poll=50us", "so_busy_poll", 50),
]


class Inherit(PreloadTest):
    def listener_and_accepted(self, address="127.0.0.1", accept="accept", **options):
        new_namespace()
        guest = self.guest(**options)
        listener = guest.listening(address, 8080)
        self.client(8080, address)
        return guest, listener, guest.get(accept, listener)

    def test_options_of_the_listener_are_on_what_it_accepts(self):
        for options, name, value in INHERITED:
            with self.subTest(options):
                guest, listener, accepted = self.listener_and_accepted(options=options)
                found = [read_option(guest.pid, fd, name) for fd in (listener, accepted)]
                self.assertEqual(found, [value, value])

    def test_without_the_library_none_of_these_values_is_there(self):
        guest, listener, accepted = self.listener_and_accepted(shim=False)
        for options, name, value in INHERITED:
            for fd in (listener, accepted):
                self.assertNotEqual(read_option(guest.pid, fd, name), value, options)

    def test_ipv6_as_well(self):
        guest, listener, accepted = self.listener_and_accepted("::1", options="tcp_keepidle=192s")
        self.check(guest, listener, tcp_keepidle=192)
        self.check(guest, accepted, tcp_keepidle=192)

    def test_a_raw_accept_gets_them_too(self):
        guest, _, accepted = self.listener_and_accepted(accept="raw_accept",
                                                        options="so_keepalive=on;tcp_keepidle=192s")
        self.check(guest, accepted, so_keepalive=1, tcp_keepidle=192)

    def test_ss_shows_the_keepalive_timer(self):
        self.listener_and_accepted(options="so_keepalive=on;tcp_keepidle=192s")
        lines = ss("-tno", "state", "established", "sport = 8080")
        self.assertEqual(len(lines), 1, lines)
        self.assertRegex(lines[0], r"timer:\(keepalive,3min1[0-2]sec|timer:\(keepalive,3min")

    def test_the_congestion_control(self):
        guest, listener, accepted = self.listener_and_accepted(options="tcp_congestion=reno")
        self.assertEqual(read_congestion(guest.pid, listener), "reno")
        self.assertEqual(read_congestion(guest.pid, accepted), "reno")

    def test_the_largest_segment(self):
        guest, listener, accepted = self.listener_and_accepted(options="tcp_maxseg=1000")
        self.check(guest, listener, tcp_maxseg=1000)
        self.assertLessEqual(read_option(guest.pid, accepted, "tcp_maxseg"), 1000)

    def test_linger_in_seconds(self):
        guest, listener, accepted = self.listener_and_accepted(options="so_linger=5s")
        self.assertEqual(read_linger(guest.pid, listener), (1, 5))
        self.assertEqual(read_linger(guest.pid, accepted), (1, 5))

    def test_ip_tos_is_the_traffic_class_of_ipv6(self):
        guest, listener, accepted = self.listener_and_accepted("::1", options="ip_tos=0x20")
        for fd in (listener, accepted):
            self.check(guest, fd, ip_tos=0x20, ipv6_tclass=0x20)

    def test_listeners_only(self):
        guest, listener, accepted = self.listener_and_accepted(
            options="tcp_fastopen=16;so_incoming_cpu=0")
        self.check(guest, listener, tcp_fastopen=16, so_incoming_cpu=0)

    def test_defer_accept_wakes_nobody_before_data_come(self):
        guest = self.guest(options="tcp_defer_accept=5s")
        listener = guest.listening(port=8080)
        # The kernel counts in retransmissions: 1 + 2 + 4 s is the first that is enough.
        self.assertGreaterEqual(read_option(guest.pid, listener, "tcp_defer_accept"), 5)
        ours = self.client(8080)
        # Nothing waits in the accept queue: Recv-Q of the listener.
        self.assertEqual(ss("-lt", "sport = 8080")[0].split()[1], "0")
        ours.send(b"x")
        guest.get("accept", listener)

    def test_the_priority_is_not_inherited_and_still_there(self):
        guest, listener, accepted = self.listener_and_accepted(options="so_priority=5")
        self.check(guest, listener, so_priority=5)
        self.check(guest, accepted, so_priority=5)

    def test_the_priority_by_accept4_as_well(self):
        guest = self.guest(options="so_priority=5")
        listener = guest.listening(port=8080)
        self.client(8080)
        self.check(guest, guest.get("accept4", listener, socket.SOCK_NONBLOCK), so_priority=5)

    def test_quickack_is_set_on_accepted_sockets(self):
        guest, _, accepted = self.listener_and_accepted(options="tcp_quickack=off")
        self.check(guest, accepted, tcp_quickack=0)
        guest, _, accepted = self.listener_and_accepted(options="tcp_quickack=on")
        self.check(guest, accepted, tcp_quickack=1)

    def test_a_section_for_accepted_sockets_only(self):
        profile = "[socket a]\nside = accepted\ntcp_nodelay = on\ntcp_keepidle = 100s\n"
        guest, listener, accepted = self.listener_and_accepted(profile=profile)
        self.check(guest, listener, tcp_nodelay=0, tcp_keepidle=7200)
        self.check(guest, accepted, tcp_nodelay=1, tcp_keepidle=100)

    def test_a_socket_that_is_never_used_has_nothing(self):
        guest = self.guest(options="so_keepalive=on;tcp_nodelay=on;so_linger=drained")
        fd = guest.bound("127.0.0.1", 8080)
        self.check(guest, fd, so_keepalive=0, tcp_nodelay=0, tcp_linger2=60)

    def test_what_is_no_tcp_socket_is_left_alone(self):
        guest = self.guest(options="so_keepalive=on;so_rcvbuf=48k;so_priority=5;ip_tos=0x10")
        peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(peer.close)
        peer.bind(("127.0.0.1", 0))
        fd = guest.socket(kind=socket.SOCK_DGRAM)
        guest.get("connect", fd, *peer.getsockname())
        self.check(guest, fd, so_keepalive=0, so_priority=0, ip_tos=0)
        self.assertNotEqual(read_option(guest.pid, fd, "so_rcvbuf"), 98304)

    def test_a_client_gets_what_a_client_can_have(self):
        server = self.server()
        guest = self.guest(options="so_keepalive=on;tcp_keepidle=192s;tcp_syncnt=3;so_priority=4;"
                                   "tcp_nodelay=on;so_mark=9;listen_backlog=300")
        fd = guest.socket()
        self.connected(guest, fd, server)
        self.check(guest, fd, so_keepalive=1, tcp_keepidle=192, tcp_syncnt=3, so_priority=4,
                   tcp_nodelay=1, so_mark=9)

    def test_buffers_are_set_before_the_handshake(self):
        """The window scale is in the SYN, and fits the buffer that there is by then."""
        server = self.server()
        scales = []
        for options in (None, "so_rcvbuf=16k"):
            guest = self.guest(options=options)
            fd = guest.socket()
            self.connected(guest, fd, server)
            scales.append(read_option(guest.pid, fd, TCP_INFO, 8)[6] >> 4)  # tcpi_rcv_wscale
        self.assertGreater(scales[0], 0)
        self.assertEqual(scales[1], 0)


if __name__ == "__main__":
    main()
