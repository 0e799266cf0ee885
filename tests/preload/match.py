"""Which section decides: the first that matches and names the option; side, port, addresses,
program."""
import shutil
import socket

from preload import GUEST, PYTHON, PreloadTest, main, read_option

IDLE = "tcp_keepidle"


def section(name, idle, *lines):
    return "\n".join((f"[socket {name}]", *lines, f"tcp_keepidle = {idle}s", ""))


class Match(PreloadTest):
    def listener(self, guest, address="127.0.0.1", port=8080):
        fd = guest.listening(address, port)
        return read_option(guest.pid, fd, IDLE)

    def connect(self, guest, server):
        fd = guest.socket(socket.AF_INET6 if ":" in server.getsockname()[0] else socket.AF_INET)
        self.connected(guest, fd, server)
        return read_option(guest.pid, fd, IDLE)

    def test_the_first_that_names_the_option_decides_it(self):
        guest = self.guest(profile="[socket a]\nport = 8080\nso_keepalive = on\n"
                                   + section("b", 100, "port = 8080")
                                   + section("c", 200) + "tcp_keepintvl = 40s\n")
        fd = guest.listening(port=8080)
        self.check(guest, fd, so_keepalive=1, tcp_keepidle=100, tcp_keepintvl=40)
        other = guest.listening(port=8081)
        self.check(guest, other, so_keepalive=0, tcp_keepidle=200, tcp_keepintvl=40)

    def test_what_is_set_by_hand_comes_before_the_profile(self):
        guest = self.guest(profile=section("a", 100), options="tcp_keepidle=50s")
        self.assertEqual(self.listener(guest), 50)

    def test_a_file_comes_before_what_it_includes(self):
        self.profile(section("base", 200) + "tcp_keepintvl = 40s\n", "base.ini")
        top = self.profile("include = base\n" + section("top", 100), "top.ini")
        guest = self.guest(profile=top)
        fd = guest.listening(port=8080)
        self.check(guest, fd, tcp_keepidle=100, tcp_keepintvl=40)

    def test_the_later_include_comes_first(self):
        self.profile(section("one", 100), "one.ini")
        self.profile(section("two", 200), "two.ini")
        top = self.profile("include = one two\n", "top.ini")
        guest = self.guest(profile=top)
        self.assertEqual(self.listener(guest), 200)

    def test_sides(self):
        server = self.server()
        for side, expected in (("listen", (100, 100, 7200)), ("connect", (7200, 7200, 100)),
                               ("accepted", (7200, 100, 7200)), ("any", (100, 100, 100)),
                               (None, (100, 100, 100))):
            with self.subTest(side):
                guest = self.guest(profile=section("a", 100, *(["side = " + side] if side else [])))
                fd = guest.listening(port=0)
                accepted, _ = self.accepted(guest, fd)
                found = (read_option(guest.pid, fd, IDLE), read_option(guest.pid, accepted, IDLE),
                         self.connect(guest, server))
                self.assertEqual(found, expected)

    def test_the_local_port_of_a_listener(self):
        guest = self.guest(profile=section("a", 100, "side = listen", "port = 80, 8000-8002, 9000"))
        found = {port: self.listener(guest, port=port)
                 for port in (79, 80, 81, 7999, 8000, 8001, 8002, 8003, 9000)}
        self.assertEqual({p for p, idle in found.items() if idle == 100},
                         {80, 8000, 8001, 8002, 9000})

    def test_the_remote_port_of_a_client(self):
        servers = [self.server(port) for port in (8000, 8001)]
        guest = self.guest(profile=section("a", 100, "side = connect", "port = 8001"))
        self.assertEqual([self.connect(guest, s) for s in servers], [7200, 100])

    def test_the_local_port_of_a_client_does_not_count(self):
        server = self.server(8000)
        guest = self.guest(profile=section("a", 100, "side = connect", "port = 9000"))
        fd = guest.bound(port=9000)
        self.connected(guest, fd, server)
        self.check(guest, fd, tcp_keepidle=7200)

    def test_the_local_address_of_a_listener(self):
        guest = self.guest(profile=section("a", 100, "local = 127.0.0.8/30"))
        found = [self.listener(guest, f"127.0.0.{i}") for i in (7, 8, 11, 12)]
        self.assertEqual(found, [7200, 100, 100, 7200])

    def test_any_address_is_in_no_network_but_all_of_them(self):
        guest = self.guest(profile=section("a", 100, "local = 127.0.0.0/8"))
        self.assertEqual(self.listener(guest, "0.0.0.0"), 7200)
        guest = self.guest(profile=section("a", 100, "local = 0.0.0.0/0"))
        self.assertEqual(self.listener(guest, "0.0.0.0", 8081), 100)

    def test_the_peer_of_a_client(self):
        servers = [self.server(8000, a) for a in ("127.0.0.1", "127.1.0.1")]
        guest = self.guest(profile=section("a", 100, "side = connect", "peer = 127.1.0.0/16"))
        self.assertEqual([self.connect(guest, s) for s in servers], [7200, 100])

    def test_ipv6_addresses(self):
        servers = [self.server(8000, a) for a in ("127.0.0.1", "::1")]
        guest = self.guest(profile=section("a", 100, "side = connect", "peer = ::1"))
        self.assertEqual([self.connect(guest, s) for s in servers], [7200, 100])
        guest = self.guest(profile=section("a", 100, "local = ::1"))
        self.assertEqual([self.listener(guest, a, 8081) for a in ("127.0.0.1", "::1")], [7200, 100])

    def test_an_ipv4_peer_is_the_same_through_an_ipv6_socket(self):
        server = self.server(8000)
        guest = self.guest(profile=section("a", 100, "side = connect", "peer = 127.0.0.0/8"))
        fd = guest.socket(socket.AF_INET6)
        guest.get("connect", fd, "::ffff:127.0.0.1", 8000)
        self.addCleanup(server.accept()[0].close)
        self.check(guest, fd, tcp_keepidle=100)

    def test_the_peer_of_an_accepted_socket(self):
        guest = self.guest(profile=section("a", 100, "side = accepted", "peer = 127.0.0.9"))
        fd = guest.listening()
        found = []
        for source in ("127.0.0.8", "127.0.0.9"):
            accepted, _ = self.accepted(guest, fd, source=source)
            found.append(read_option(guest.pid, accepted, IDLE))
        self.assertEqual(found, [7200, 100])

    def program_named(self, name):
        path = self.folder / name
        shutil.copy(GUEST, path)
        return str(path)

    def test_the_name_of_the_program(self):
        profile = section("a", 100, "program = memcached, web*")
        for i, (name, expected) in enumerate((("memcached", 100), ("webd", 100), ("nginx", 7200))):
            guest = self.guest(program=self.program_named(name), profile=profile)
            self.assertEqual(self.listener(guest, port=8080 + i), expected, name)

    def test_the_path_of_the_program(self):
        program = self.program_named("webd")
        for i, (glob, expected) in enumerate(((f"{self.folder}/*", 100), ("/elsewhere/*", 7200),
                                              (f"{self.folder}/we?d", 100))):
            guest = self.guest(program=program, profile=section("a", 100, f"program = {glob}"))
            self.assertEqual(self.listener(guest, port=8080 + i), expected, glob)

    def test_a_section_for_another_program_costs_its_neighbours_nothing(self):
        guest = self.guest(profile=section("a", 50, "program = nginx") + section("b", 100))
        self.assertEqual(self.listener(guest), 100)

    def test_a_script_is_known_by_its_own_name(self):
        script = self.folder / "serve.py"
        script.write_text("#!/usr/bin/python3 -I\nimport socket\n"
                          "s = socket.create_server(('127.0.0.1', 0))\n"
                          "print(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE))\n")
        script.chmod(0o755)
        profiles = [section("a", 100, f"program = {name}")
                    for name in ("serve.py", "other.py", "python3*")]
        found = [self.run_program(script, profile=p).stdout.strip() for p in profiles]
        self.assertEqual(found, ["100", "7200", "100"])

    def test_a_script_is_known_by_its_name_behind_env_and_as_an_argument(self):
        script = self.folder / "serve.py"
        script.write_text("#!/usr/bin/env -S /usr/bin/python3 -I\nimport socket\n"
                          "s = socket.create_server(('127.0.0.1', 0))\n"
                          "print(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE))\n")
        script.chmod(0o755)
        plain = self.folder / "plain.py"
        plain.write_text(script.read_text().split("\n", 1)[1])
        profile = section("a", 100, "program = serve.py, plain.py")
        for command, expected in (([script], "100"), ([PYTHON, script], "100"),
                                  ([PYTHON, "-I", script], "100"), ([PYTHON, plain], "7200")):
            with self.subTest(command):
                done = self.run_program(*command, profile=profile)
                self.assertEqual(done.stdout.strip(), expected)

    def test_a_shipped_role_by_its_name(self):
        guest = self.guest(profile="web-server")
        fd = guest.listening(port=8080)
        self.assertEqual(read_option(guest.pid, fd, "so_keepalive"), 1, self.log_lines())
        self.assertLess(read_option(guest.pid, fd, IDLE), 7200)

    def test_a_section_that_contradicts_itself_is_left_out_and_the_rest_works(self):
        guest = self.guest(profile="[socket bad]\nso_keepalive = on\ntcp_keepidle = 60s\n"
                                   "tcp_user_timeout = 1s\n" + section("good", 100))
        fd = guest.listening(port=8080)
        self.check(guest, fd, tcp_keepidle=100, tcp_user_timeout=0, so_keepalive=0)
        errors = self.log_lines(event="error")
        self.assertEqual(len(errors), 1, self.log_lines())
        self.assertIn("test.ini:7", errors[0]["message"])


if __name__ == "__main__":
    main()
