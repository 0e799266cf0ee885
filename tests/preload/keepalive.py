"""Keepalive and TCP_USER_TIMEOUT are never mixed between the profile and the program."""
import socket
import subprocess

from preload import PreloadTest, main, run, ss, wait_until

KEEPALIVE = "so_keepalive=on;tcp_keepidle=192s;tcp_keepintvl=30s;tcp_keepcnt=5"
NOTHING = dict(so_keepalive=0, tcp_keepidle=7200, tcp_keepintvl=75, tcp_keepcnt=9)
ALL = dict(so_keepalive=1, tcp_keepidle=192, tcp_keepintvl=30, tcp_keepcnt=5)

# For clients of one port only.
BY_PEER = "[socket one]\nside = connect\nport = 8080\nso_keepalive = on\ntcp_keepidle = 192s\n"


class Keepalive(PreloadTest):
    def socket_of(self, kind, guest, before=None):
        """The guest's listener, client, or accepted socket; BEFORE(fd) comes before it is that."""
        if kind == "client":
            fd = guest.socket()
            if before:
                before(fd)
            self.connected(guest, fd, self.server())
            return fd
        fd = guest.bound()
        if before:
            before(fd)
        guest.get("listen", fd, 64)
        return fd if kind == "listener" else self.accepted(guest, fd)[0]

    def test_no_keepalive_where_the_program_has_a_user_timeout(self):
        for kind in ("listener", "client", "accepted"):
            with self.subTest(kind):
                guest = self.guest(options=KEEPALIVE)
                fd = self.socket_of(kind, guest, lambda f: guest.set(f, "tcp_user_timeout", 1000))
                self.check(guest, fd, tcp_user_timeout=1000, **NOTHING)

    def test_keepalive_is_withdrawn_once_the_program_sets_a_user_timeout(self):
        for kind in ("listener", "client", "accepted"):
            with self.subTest(kind):
                guest = self.guest(options=KEEPALIVE)
                fd = self.socket_of(kind, guest)
                self.check(guest, fd, tcp_user_timeout=0, **ALL)
                self.assertEqual(guest.set(fd, "tcp_user_timeout", 1000).result, 0)
                self.check(guest, fd, tcp_user_timeout=1000, **NOTHING)

    def test_it_is_withdrawn_while_connect_is_under_way(self):
        """When getpeername() does not tell the peer, by which the section was found."""
        server = self.server(8080, backlog=0)
        self.client(8080)  # fills the queue: the next SYN is dropped
        guest = self.guest(profile=f"[socket other]\nport = 8081\nso_keepalive = on\n"
                                   f"tcp_keepidle = 60s\n{BY_PEER}")
        fd = guest.socket(kind=socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        self.assertEqual(guest.connect(fd, "127.0.0.1", 8080).error, "EINPROGRESS")
        self.assertEqual(len(ss("-ta", "state", "syn-sent")), 1)
        self.check(guest, fd, so_keepalive=1, tcp_keepidle=192)
        guest.set(fd, "tcp_user_timeout", 1000)
        self.check(guest, fd, tcp_user_timeout=1000, **NOTHING)
        server.close()

    def test_it_is_withdrawn_after_a_connect_that_failed(self):
        server = self.server(8081)
        guest = self.guest(profile=BY_PEER)
        fd = guest.socket()
        self.assertEqual(guest.connect(fd, "127.0.0.1", 8080).error, "ECONNREFUSED")
        self.check(guest, fd, so_keepalive=1, tcp_keepidle=192)
        guest.set(fd, "tcp_user_timeout", 1000)
        self.connected(guest, fd, server)
        self.check(guest, fd, tcp_user_timeout=1000, **NOTHING)

    def test_it_is_withdrawn_through_another_descriptor(self):
        guest = self.guest(profile=BY_PEER)
        fd = guest.socket()
        self.connected(guest, fd, self.server(8080))
        guest.set(guest.get("dup", fd), "tcp_user_timeout", 1000)
        self.check(guest, fd, tcp_user_timeout=1000, **NOTHING)

    def test_it_is_withdrawn_through_the_descriptor_of_a_former_client(self):
        guest = self.guest(profile="[socket own]\nside = listen\nso_keepalive = on\n"
                                   "tcp_keepidle = 192s\n[socket peers]\nside = connect\n"
                                   "tcp_nodelay = on\n")
        listener = guest.listening()
        former = guest.socket()
        self.connected(guest, former, self.server())
        accepted, _ = self.accepted(guest, listener)
        guest.get("dup2", accepted, former)
        guest.set(former, "tcp_user_timeout", 1000)
        self.check(guest, accepted, tcp_user_timeout=1000, **NOTHING)

    def test_what_the_program_chose_itself_is_not_withdrawn(self):
        for kind in ("listener", "client", "accepted"):
            with self.subTest(kind):
                guest = self.guest(options=KEEPALIVE)
                fd = self.socket_of(kind, guest, lambda f: (guest.set(f, "so_keepalive", 1),
                                                            guest.set(f, "tcp_keepidle", 60)))
                guest.set(fd, "tcp_user_timeout", 1000)
                self.check(guest, fd, so_keepalive=1, tcp_keepidle=60, tcp_keepintvl=75,
                           tcp_keepcnt=9, tcp_user_timeout=1000)

    def test_what_came_with_the_socket_is_not_withdrawn(self):
        """A connection that another program passed on, with keepalive of its own."""
        server = self.server()
        self.client(server.getsockname()[1])
        s = server.accept()[0]
        self.addCleanup(s.close)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)
        s.set_inheritable(True)
        guest = self.guest(options=KEEPALIVE, popen={"pass_fds": [s.fileno()]})
        guest.set(s.fileno(), "tcp_user_timeout", 1000)
        self.check(guest, s.fileno(), tcp_keepidle=60, tcp_user_timeout=1000)

    def test_no_user_timeout_where_the_program_has_keepalive(self):
        for kind in ("listener", "client", "accepted"):
            for name, value in (("so_keepalive", 1), ("tcp_keepidle", 60), ("tcp_keepcnt", 3)):
                with self.subTest(kind=kind, name=name):
                    guest = self.guest(options="tcp_user_timeout=30s")
                    fd = self.socket_of(kind, guest, lambda f: guest.set(f, name, value))
                    self.check(guest, fd, tcp_user_timeout=0)

    def test_the_user_timeout_is_withdrawn_once_the_program_sets_keepalive(self):
        for kind in ("listener", "client", "accepted"):
            with self.subTest(kind):
                guest = self.guest(options="tcp_user_timeout=30s")
                fd = self.socket_of(kind, guest)
                self.check(guest, fd, tcp_user_timeout=30000)
                guest.set(fd, "so_keepalive", 1)
                self.check(guest, fd, tcp_user_timeout=0, so_keepalive=1)

    def test_a_new_connection_of_a_listener_after_the_withdrawal_has_neither(self):
        guest = self.guest(options=KEEPALIVE)
        fd = guest.listening()
        guest.set(fd, "tcp_user_timeout", 1000)
        accepted, _ = self.accepted(guest, fd)
        self.check(guest, accepted, tcp_user_timeout=1000, **NOTHING)

    def test_auto_is_the_time_of_the_keepalive_in_force(self):
        guest = self.guest(options=KEEPALIVE + ";tcp_user_timeout=auto")
        for kind in ("listener", "client", "accepted"):
            with self.subTest(kind):
                self.check(guest, self.socket_of(kind, guest),
                           tcp_user_timeout=(192 + 30 * 5) * 1000, **ALL)

    def test_auto_takes_the_kernels_values_where_the_profile_has_none(self):
        guest = self.guest(options="so_keepalive=on;tcp_keepidle=100s;tcp_user_timeout=auto")
        self.check(guest, self.socket_of("client", guest), tcp_user_timeout=(100 + 75 * 9) * 1000)

    def test_auto_without_keepalive_sets_nothing(self):
        guest = self.guest(options="tcp_user_timeout=auto")
        self.check(guest, self.socket_of("client", guest), tcp_user_timeout=0)

    def test_a_user_timeout_under_the_keepalives_own_time_is_refused(self):
        guest = self.guest(options=KEEPALIVE + ";tcp_user_timeout=341s")
        self.check(guest, self.socket_of("client", guest), tcp_user_timeout=0, **NOTHING)
        self.assertEqual(len(self.log_lines(event="error")), 1, self.log_lines())
        guest = self.guest(options=KEEPALIVE + ";tcp_user_timeout=342s")
        self.check(guest, self.socket_of("client", guest), tcp_user_timeout=342000, **ALL)

    def test_keepalive_that_ends_connections_in_under_120_s_is_refused_unless_forced(self):
        guest = self.guest(options="so_keepalive=on;tcp_keepintvl=10s;tcp_keepcnt=3")
        self.check(guest, self.socket_of("client", guest), **NOTHING)
        guest = self.guest(options="so_keepalive=on;tcp_keepintvl=10s force;tcp_keepcnt=3")
        self.check(guest, self.socket_of("client", guest), tcp_keepintvl=10, tcp_keepcnt=3)

    def test_contradictions_between_sections_are_found_for_each_socket(self):
        guest = self.guest(profile="[socket a]\nside = connect\nso_keepalive = on\n"
                                   "tcp_keepidle = 60s\n[socket b]\ntcp_user_timeout = 1s\n")
        self.check(guest, self.socket_of("client", guest), tcp_user_timeout=0, so_keepalive=1)
        self.check(guest, self.socket_of("listener", guest), tcp_user_timeout=1000, so_keepalive=0)

    def test_a_program_with_a_short_user_timeout_outlives_a_short_outage(self):
        """The trap itself: keepalive of ours would end its idle connection after one lost probe."""
        try:
            subprocess.run(["nft", "--version"], capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            self.skipTest("nft is not installed")
        # Probes soon, so that the outage can be short: forced, as the floor demands.
        options = "so_keepalive=on;tcp_keepidle=1s;tcp_keepintvl=1s force;tcp_keepcnt=5"
        guest = self.guest(options=options)
        fd = self.socket_of("client", guest, lambda f: guest.set(f, "tcp_user_timeout", 1000))
        other = self.guest(options=options)
        plain = self.socket_of("client", other)
        run("nft", "add table ip t; add chain ip t out { type filter hook output priority 0; };"
                   "add rule ip t out ip protocol tcp drop")
        # The connection without a user timeout of its own is probed: that is how we know that time
        # enough has passed for the other's first probe.
        wait_until(lambda: any("timer:(keepalive" in line and ",3)" in line
                               for line in ss("-tnop", "state", "established")), "three probes", 30)
        run("nft", "flush ruleset")
        self.check(guest, fd, so_keepalive=0)
        self.assertEqual(guest.do("send", fd, 10).result, 10)
        self.assertEqual(other.do("send", plain, 10).result, 10)


if __name__ == "__main__":
    main()
