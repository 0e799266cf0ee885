"""What the program set itself stays, per socket and per option, unless the profile says force."""
import socket

from preload import SOL_SOCKET, PreloadTest, guest_port, main, read_option

KEEPALIVE = "so_keepalive=on;tcp_keepidle=192s;tcp_keepintvl=30s;tcp_keepcnt=5"
FORCED = ";".join(item + " force" for item in KEEPALIVE.split(";"))


class ProgramWins(PreloadTest):
    def test_a_program_that_only_says_keepalive_gets_the_idle_time(self):
        """As memcached does."""
        guest = self.guest(options=KEEPALIVE)
        fd = guest.bound(port=8080)
        guest.set(fd, "so_keepalive", 1)
        guest.get("listen", fd, 64)
        accepted, _ = self.accepted(guest, fd)
        self.check(guest, accepted, so_keepalive=1, tcp_keepidle=192, tcp_keepintvl=30,
                   tcp_keepcnt=5)

    def test_a_program_that_says_it_all_keeps_it_all(self):
        """As redis-server does with tcp-keepalive 60, on the accepted socket; here on all three."""
        server = self.server()
        guest = self.guest(options=KEEPALIVE)

        def choose(fd):
            for name, value in (("so_keepalive", 1), ("tcp_keepidle", 60), ("tcp_keepintvl", 20),
                                ("tcp_keepcnt", 3)):
                self.assertEqual(guest.set(fd, name, value).result, 0)

        mine = dict(so_keepalive=1, tcp_keepidle=60, tcp_keepintvl=20, tcp_keepcnt=3)
        fd = guest.bound(port=8080)
        choose(fd)
        guest.get("listen", fd, 64)
        self.check(guest, fd, **mine)
        self.check(guest, self.accepted(guest, fd)[0], **mine)
        client = guest.socket()
        choose(client)
        self.connected(guest, client, server)
        self.check(guest, client, **mine)

    def test_what_the_program_sets_on_an_accepted_socket_stays(self):
        guest = self.guest(options=KEEPALIVE)
        fd = guest.listening()
        accepted, _ = self.accepted(guest, fd)
        guest.set(accepted, "tcp_keepidle", 60)
        self.check(guest, accepted, tcp_keepidle=60, tcp_keepintvl=30)

    def test_what_the_program_sets_to_the_default_stays(self):
        """The value is the kernel's own, so only the call tells that it was chosen."""
        guest = self.guest(options=KEEPALIVE + ";tcp_nodelay=on")
        fd = guest.bound(port=8080)
        guest.set(fd, "tcp_keepidle", 7200)
        guest.set(fd, "tcp_nodelay", 0)
        guest.get("listen", fd, 64)
        self.check(guest, fd, tcp_keepidle=7200, tcp_nodelay=0, so_keepalive=1)

    def test_an_option_by_its_other_name_is_the_same_option(self):
        guest = self.guest(options="so_rcvbuf=48k;ip_tos=0x10;so_linger=drained")
        fd = guest.bound("::1", 8080)
        guest.set(fd, (SOL_SOCKET, 33), 20000)  # SO_RCVBUFFORCE
        guest.set(fd, "ipv6_tclass", 0x20)
        guest.set(fd, "tcp_linger2", 30)
        guest.get("listen", fd, 64)
        self.check(guest, fd, so_rcvbuf=40000, ipv6_tclass=0x20, tcp_linger2=30)

    def test_a_priority_outlives_the_type_of_service(self):
        """From which the kernel derives one of its own."""
        guest = self.guest(options="ip_tos=0x10")
        for address in ("127.0.0.1", "::1"):
            with self.subTest(address):
                fd = guest.bound(address)
                guest.set(fd, "so_priority", 3)
                guest.get("listen", fd, 5)
                self.check(guest, fd, ip_tos=16, so_priority=3)

    def test_off_is_a_choice_too(self):
        guest = self.guest(options=KEEPALIVE)
        fd = guest.bound(port=8080)
        guest.set(fd, "so_keepalive", 0)
        guest.get("listen", fd, 64)
        self.check(guest, fd, so_keepalive=0)

    def test_a_call_that_failed_is_no_choice(self):
        guest = self.guest(options=KEEPALIVE)
        fd = guest.bound(port=8080)
        self.assertEqual(guest.set(fd, "tcp_keepidle", 99999999).error, "EINVAL")
        guest.get("listen", fd, 64)
        self.check(guest, fd, tcp_keepidle=192)

    def test_each_socket_has_its_own_record(self):
        guest = self.guest(options=KEEPALIVE)
        mine, other = guest.bound(port=8080), guest.bound(port=8081)
        guest.set(mine, "tcp_keepidle", 60)
        guest.get("listen", mine, 64)
        guest.get("listen", other, 64)
        self.check(guest, mine, tcp_keepidle=60)
        self.check(guest, other, tcp_keepidle=192)

    def test_another_descriptor_is_the_same_socket(self):
        guest = self.guest(options=KEEPALIVE)
        fd = guest.bound(port=8080)
        guest.set(fd, "tcp_keepidle", 60)
        copy = guest.get("dup", fd)
        guest.get("close", fd)
        guest.get("listen", copy, 64)
        self.check(guest, copy, tcp_keepidle=60)

    def test_a_descriptor_that_is_used_again_is_another_socket(self):
        guest = self.guest(options=KEEPALIVE)
        fd = guest.bound(port=8080)
        guest.set(fd, "tcp_keepidle", 60)
        guest.get("close", fd)
        self.assertEqual(guest.listening(port=8081), fd)
        self.check(guest, fd, tcp_keepidle=192)

    def test_dup2_brings_another_socket(self):
        guest = self.guest(options=KEEPALIVE)
        fd, other = guest.bound(port=8080), guest.bound(port=8081)
        guest.set(fd, "tcp_keepidle", 60)
        guest.get("dup2", other, fd)
        guest.get("listen", fd, 64)
        self.check(guest, fd, tcp_keepidle=192)

    def test_a_child_knows_what_its_parent_chose(self):
        guest = self.guest(options=KEEPALIVE)
        fd = guest.bound(port=8080)
        guest.set(fd, "tcp_keepidle", 60)
        guest.fork()
        guest.get("listen", fd, 64)
        guest.exit_child()
        self.check(guest, fd, tcp_keepidle=60, tcp_keepintvl=30)

    def test_force_overrides_at_listen(self):
        guest = self.guest(options=FORCED)
        fd = guest.bound(port=8080)
        guest.set(fd, "tcp_keepidle", 60)
        self.check(guest, fd, tcp_keepidle=60)
        guest.get("listen", fd, 64)
        self.check(guest, fd, tcp_keepidle=192, so_keepalive=1)

    def test_force_overrides_at_connect(self):
        server = self.server()
        guest = self.guest(options=FORCED)
        fd = guest.socket()
        guest.set(fd, "tcp_keepidle", 60)
        guest.set(fd, "so_keepalive", 0)
        self.connected(guest, fd, server)
        self.check(guest, fd, tcp_keepidle=192, so_keepalive=1)

    def test_force_overrides_a_later_call(self):
        server = self.server()
        guest = self.guest(options=FORCED)
        fd = guest.listening()
        accepted, _ = self.accepted(guest, fd)
        client = guest.socket()
        self.connected(guest, client, server)
        for each in (fd, accepted, client):
            with self.subTest(each):
                self.assertEqual(guest.set(each, "tcp_keepidle", 60).result, 0)
                self.assertEqual(guest.set(each, "so_keepalive", 0).result, 0)
                self.check(guest, each, tcp_keepidle=192, so_keepalive=1)

    def test_force_passes_a_wrong_call_on(self):
        guest = self.guest(options=FORCED)
        fd = guest.listening()
        self.assertEqual(guest.set(fd, "tcp_keepidle", 99999999).error, "EINVAL")
        self.assertEqual(guest.set(fd, "tcp_keepidle", b"\1").error, "EINVAL")

    def test_only_forced_options_are_forced(self):
        guest = self.guest(options="tcp_keepidle=192s force;tcp_keepintvl=30s")
        fd = guest.bound(port=8080)
        guest.set(fd, "tcp_keepidle", 60)
        guest.set(fd, "tcp_keepintvl", 20)
        guest.get("listen", fd, 64)
        self.check(guest, fd, tcp_keepidle=192, tcp_keepintvl=20)

    def test_an_option_of_the_same_number_on_another_level_is_another_option(self):
        """TCP_NODELAY, SO_DEBUG, UDP_CORK's and IP_TOS' are all 1."""
        guest = self.guest(options="tcp_nodelay=on force;so_keepalive=on")
        fd = guest.bound(port=8080)
        guest.set(fd, "ip_tos", 0x10)
        guest.get("listen", fd, 64)
        guest.set(fd, "ip_tos", 0)
        self.check(guest, fd, ip_tos=0, tcp_nodelay=1)
        udp = guest.socket(kind=socket.SOCK_DGRAM)
        guest.get("setsockopt", udp, socket.IPPROTO_UDP, 1, "01000000")
        guest.get("setsockopt", udp, socket.IPPROTO_UDP, 1, "00000000")
        self.assertEqual(read_option(guest.pid, udp, (socket.IPPROTO_UDP, 1)), 0)

    def test_the_programs_value_is_not_written_to(self):
        for options in (KEEPALIVE, FORCED):
            guest = self.guest(options=options)
            fd = guest.listening(port=0)
            self.assertEqual(guest.set(fd, "tcp_keepidle", 60).value, 60)

    def test_what_the_program_chose_on_its_listener_stays_on_what_that_accepts(self):
        """Where a section is about accepted sockets only, so that listen() has nothing to do."""
        profile = "[socket a]\nside = accepted\ntcp_keepidle = 192s\ntcp_nodelay = on\n"
        for when in ("before", "after"):
            for copy in (False, True):
                with self.subTest(when=when, copy=copy):
                    guest = self.guest(profile=profile)
                    fd = guest.bound()
                    if when == "before":
                        guest.set(fd, "tcp_keepidle", 60)
                    guest.get("listen", fd, 64)
                    if when == "after":
                        guest.set(fd, "tcp_keepidle", 60)
                    accepted, _ = self.accepted(guest, guest.get("dup", fd) if copy else fd)
                    self.check(guest, accepted, tcp_keepidle=60, tcp_nodelay=1)

    def test_raise_only_and_lower_only(self):
        cases = [  # (set, what the program set, what is there)
            ("so_rcvbuf>=64k", None, 131072, 131072),
            ("so_rcvbuf<=64k", None, None, None),
            ("tcp_keepidle>=100s", None, 7200, None),
            ("tcp_keepidle<=100s", None, 100, None),
            # What is not set reads as 0, or 536, and is more than anything.
            ("tcp_user_timeout<=60s", None, 60000, None),
            ("tcp_user_timeout>=60s", None, 0, None),
            ("tcp_notsent_lowat<=128k", None, 131072, None),
            ("tcp_notsent_lowat>=128k", None, 0, None),
            ("tcp_maxseg<=1200", None, 1200, None),
            ("tcp_maxseg>=1200", None, 536, None),
            ("tcp_maxseg>=1200 force", 1000, 1200, None),
            ("tcp_keepcnt>=12", None, 12, None),
            ("tcp_keepcnt<=12", None, 9, None),
            ("tcp_keepidle<=100s force", 60, 60, None),
            ("tcp_keepidle<=100s force", 300, 100, None),
            ("tcp_keepidle>=100s force", 300, 300, None),
            ("tcp_keepidle>=100s force", 60, 100, None),
            ("tcp_keepidle<=100s", 300, 300, None),
        ]
        guest = self.guest(shim=False)
        plain = read_option(guest.pid, guest.listening(port=0), "so_rcvbuf")
        for i, (options, chosen, expected, rcvbuf) in enumerate(cases):
            with self.subTest(options=options, chosen=chosen):
                name = options.split("<")[0].split(">")[0]
                guest = self.guest(options=options)
                fd = guest.bound(port=9000 + i)
                if chosen is not None:
                    guest.set(fd, name, chosen)
                guest.get("listen", fd, 64)
                if name == "so_rcvbuf":
                    expected = max(plain, 131072) if ">" in options else min(plain, 131072)
                self.assertEqual(read_option(guest.pid, fd, name), expected)

    def test_a_listener_from_elsewhere_keeps_what_is_no_default(self):
        """As by socket activation: nobody saw who chose, so what is unusual counts as chosen."""
        s = self.server(8080)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)
        s.set_inheritable(True)
        guest = self.guest(options=KEEPALIVE, popen={"pass_fds": [s.fileno()]})
        self.client(8080)
        accepted = guest.get("accept", s.fileno())
        self.check(guest, s.fileno(), tcp_keepidle=60, so_keepalive=1, tcp_keepintvl=30)
        self.assertEqual(guest_port(guest, accepted), 8080)


if __name__ == "__main__":
    main()
