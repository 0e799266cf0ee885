"""What it costs in system calls, counted by strace beside the same program without the library."""
import collections
import socket

from preload import PreloadTest, Trace, main, new_namespace

KEEPALIVE = "so_keepalive=on;tcp_keepidle=192s"


class Budget(PreloadTest):
    def added(self, script, **options):
        """What the library adds: for each call of SCRIPT(guest) the names of system calls."""
        runs = []
        for shim in (False, True):
            new_namespace()
            trace = Trace(self)
            trace.file = self.folder / f"trace-{shim}"
            guest = trace.guest(shim=shim, log=False, **(options if shim else {}))
            script(guest)
            guest.end()
            names = [call for call, _ in guest.answers]
            counts = trace.counts()
            self.assertEqual(len(names), len(counts), (names, counts))
            runs.append(list(zip(names, counts)))
        added = []
        for (name, without), (same, with_it) in zip(*runs):
            self.assertEqual(name, same)
            self.assertEqual(without - with_it, collections.Counter(), f"{name}: calls are missing")
            added.append((name, with_it - without))
        return added

    def of(self, added, name):
        """The additions of all calls of that name, which must be the same."""
        found = {frozenset(more.items()) for call, more in added if call == name}
        self.assertEqual(len(found), 1, found)
        return dict(found.pop())

    @staticmethod
    def server(guest, address="127.0.0.1", accepts=3):
        fd = guest.listening(address, 8080)
        for accept in ["accept"] * accepts + ["accept4"] * accepts:
            with socket.create_connection(("127.0.0.1", 8080)):
                guest.get("close", guest.do(accept, fd, 0).result)

    def client(self, guest):
        server = PreloadTest.server(self, 8080)
        for _ in range(3):
            fd = guest.socket()
            self.connected(guest, fd, server)
            guest.get("close", fd)

    def test_listen_costs_its_options_and_one_question(self):
        added = self.added(self.server, options=KEEPALIVE)
        self.assertEqual(self.of(added, "listen"), {"setsockopt": 2, "getsockopt": 1})
        for name in ("socket", "bind", "close"):
            self.assertEqual(self.of(added, name), {}, name)

    def test_accept_costs_nothing(self):
        added = self.added(self.server, options=KEEPALIVE)
        self.assertEqual(self.of(added, "accept"), {})
        self.assertEqual(self.of(added, "accept4"), {})

    def test_accept_costs_nothing_with_the_shipped_roles(self):
        for role in ("general", "web-server", "reverse-proxy", "database", "cache", "api-client"):
            with self.subTest(role):
                added = self.added(self.server, profile=role)
                self.assertEqual(self.of(added, "accept"), {})
                self.assertEqual(self.of(added, "accept4"), {})

    def test_accept_costs_one_call_and_one_question_for_what_is_not_inherited(self):
        added = self.added(self.server, options="so_priority=5")
        self.assertEqual(self.of(added, "accept"), {"setsockopt": 1, "getsockopt": 1})

    def test_connect_costs_its_options_and_one_question(self):
        added = self.added(self.client, options=KEEPALIVE)
        self.assertEqual(self.of(added, "connect"), {"setsockopt": 2, "getsockopt": 1})

    def test_a_section_for_one_peer_costs_no_more(self):
        added = self.added(self.client, profile="[socket a]\nside = connect\npeer = 127.0.0.0/8\n"
                                                "port = 8080\ntcp_nodelay = on\n")
        self.assertEqual(self.of(added, "connect"), {"setsockopt": 1, "getsockopt": 1})

    def test_a_section_for_other_peers_costs_a_question(self):
        added = self.added(self.client, profile="[socket a]\nside = connect\npeer = 10.0.0.0/8\n"
                                                "tcp_nodelay = on\n")
        self.assertLessEqual(sum(self.of(added, "connect").values()), 1)

    def test_a_section_for_a_port_costs_one_getsockname_at_listen(self):
        added = self.added(self.server, profile="[socket a]\nside = listen\nport = 8080\n"
                                                "tcp_nodelay = on\n")
        self.assertEqual(self.of(added, "listen"),
                         {"setsockopt": 1, "getsockopt": 1, "getsockname": 1})
        self.assertEqual(self.of(added, "accept"), {})

    def test_the_programs_own_choice_costs_a_cookie_then_and_at_listen(self):
        def script(guest):
            fd = guest.bound(port=8080)
            guest.set(fd, "tcp_keepidle", 60)
            guest.get("listen", fd, 5)

        added = self.added(script, options=KEEPALIVE)
        self.assertEqual(self.of(added, "setsockopt"), {"getsockopt": 1})
        self.assertEqual(self.of(added, "listen"), {"setsockopt": 1, "getsockopt": 2})

    def test_an_option_that_no_section_is_about_costs_nothing(self):
        def script(guest):
            fd = guest.socket()
            guest.set(fd, "tcp_nodelay", 1)
            guest.set(fd, "so_rcvbuf", 65536)

        self.assertEqual(self.of(self.added(script, options=KEEPALIVE), "setsockopt"), {})

    def test_a_section_for_listeners_costs_clients_nothing_and_the_other_way_round(self):
        profile = "[socket a]\nside = listen\ntcp_nodelay = on\n"
        self.assertEqual(self.of(self.added(self.client, profile=profile), "connect"), {})
        profile = "[socket a]\nside = connect\ntcp_nodelay = on\n"
        added = self.added(self.server, profile=profile)
        for name in ("bind", "listen", "accept", "accept4"):
            self.assertEqual(self.of(added, name), {}, name)

    def test_a_section_for_another_program_costs_nothing(self):
        added = self.added(self.server, profile="[socket a]\nprogram = nginx\ntcp_nodelay = on\n"
                                                "so_priority = 5\n")
        for name, more in added:
            self.assertEqual(more, collections.Counter(), name)

    def test_nothing_asked_for_costs_nothing(self):
        for name, more in self.added(self.server):
            self.assertEqual(more, collections.Counter(), name)

    def test_getsockname_costs_nothing_without_no_port(self):
        def script(guest):
            guest.getsockname(guest.listening(port=8080))

        self.assertEqual(self.of(self.added(script, options=KEEPALIVE), "getsockname"), {})

    def test_a_bind_that_succeeds_costs_nothing_for_so_reuseaddr(self):
        added = self.added(self.server, options="so_reuseaddr=on")
        self.assertEqual(self.of(added, "bind"), {})

    def test_no_port_costs_little(self):
        def script(guest):
            server = PreloadTest.server(self, 8080)
            self.connected(guest, guest.bound("127.0.0.9"), server)

        added = self.added(script, options="ip_bind_address_no_port=on")
        self.assertEqual(self.of(added, "bind")["setsockopt"], 1)
        self.assertLessEqual(sum(self.of(added, "bind").values()), 4, added)

    def test_only_calls_of_the_hooked_family(self):
        """A program's own seccomp filter may allow it no other."""
        family = {"getsockopt", "setsockopt", "getsockname", "getpeername", "bind", "listen"}
        everything = ("so_keepalive=on force;tcp_keepidle=192s;so_reuseaddr=on;listen_backlog=300;"
                      "ip_bind_address_no_port=on;so_priority=5;tcp_user_timeout=auto")
        for script in (self.server, self.client):
            for name, more in self.added(script, options=everything):
                self.assertLessEqual(set(more), family, name)


if __name__ == "__main__":
    main()
