"""The log and the dry run: JSON lines that are true, and never in the program's way."""
import ctypes
import os
import time

from preload import PreloadTest, Trace, libc, main, read_option, run

KEEPALIVE = "so_keepalive=on;tcp_keepidle=192s"
CLONE_NEWNS = 0x20000


def log_descriptor(guest, path):
    """Which descriptor of the guest the log is."""
    found = [fd for fd in os.listdir(f"/proc/{guest.pid}/fd")
             if os.readlink(f"/proc/{guest.pid}/fd/{fd}") == str(path)]
    assert len(found) == 1, found
    return int(found[0])


class Log(PreloadTest):
    def test_a_line_says_who_set_what_where_and_by_which_line(self):
        before = time.time()
        profile = self.profile("\n[socket web]\nside = listen\ntcp_keepidle = 192s\n")
        guest = self.guest(profile=profile)
        fd = guest.bound("127.0.0.1", 8080)
        guest.get("listen", fd, 5)
        line, = self.log_lines(event="set")
        self.assertTrue(before - 1 <= line.pop("time") <= time.time() + 1)
        self.assertEqual(line, {
            "program": "preload-guest", "pid": guest.pid, "event": "set", "fd": fd,
            "side": "listen",
            "local": "127.0.0.1:8080", "peer": None, "option": "tcp_keepidle",
            "program_value": "7200 s", "value": "192 s", "section": "web", "file": profile,
            "line": 7, "result": "ok"})

    def test_a_client_on_ipv6(self):
        server = self.server(8080, "::1")
        guest = self.guest(options=KEEPALIVE)
        fd = guest.socket(10)
        self.connected(guest, fd, server)
        lines = self.log_lines(event="set", side="connect")
        self.assertEqual([(l["option"], l["peer"], l["file"], l["line"]) for l in lines],
                         [("so_keepalive", "[::1]:8080", "TCPWRIGHT_SET", 1),
                          ("tcp_keepidle", "[::1]:8080", "TCPWRIGHT_SET", 2)])

    def test_what_the_program_chose_is_logged_as_kept(self):
        guest = self.guest(options=KEEPALIVE)
        fd = guest.bound()
        guest.set(fd, "tcp_keepidle", 60)
        guest.get("listen", fd, 5)
        line, = self.log_lines(event="kept")
        self.assertEqual((line["option"], line["program_value"], line["value"]),
                         ("tcp_keepidle", "60 s", "192 s"))

    def test_a_withdrawal_is_logged(self):
        guest = self.guest(options=KEEPALIVE)
        fd = guest.listening()
        guest.set(fd, "tcp_user_timeout", 1000)
        self.assertEqual({l["option"] for l in self.log_lines(event="withdrawn")},
                         {"so_keepalive", "tcp_keepidle"})

    def test_what_the_kernel_refuses_is_logged_with_its_errno(self):
        guest = self.guest(options="tcp_congestion=nosuch;so_keepalive=on")
        fd = guest.listening()
        line, = self.log_lines(event="failed")
        self.assertEqual((line["option"], line["result"]), ("tcp_congestion", "ENOENT"))
        self.check(guest, fd, so_keepalive=1)

    def test_a_raised_backlog_is_logged(self):
        self.guest(options="listen_backlog=300").listening(backlog=5)
        line, = self.log_lines(event="set")
        self.assertEqual((line["option"], line["program_value"], line["value"]),
                         ("listen_backlog", "5", "300"))

    def test_programs_share_a_log(self):
        for port in range(8080, 8084):
            self.guest(options=KEEPALIVE).listening(port=port)
        self.assertEqual(len({l["pid"] for l in self.log_lines(event="set")}), 4)
        self.assertEqual(len(self.log_lines(event="set")), 8)

    def test_an_option_that_the_kernel_lacks_is_tried_and_logged_once(self):
        trace = Trace(self, "-e", "trace=setsockopt,listen,read,write",
                      "-e", "inject=setsockopt:error=ENOPROTOOPT")
        guest = trace.guest(options="tcp_notsent_lowat=16k")
        for port in (8080, 8081, 8082):
            guest.listening(port=port)
        guest.end()
        line, = self.log_lines(event="skipped")
        self.assertEqual((line["option"], line["result"]), ("tcp_notsent_lowat", "ENOPROTOOPT"))
        self.assertEqual(sum(count["setsockopt"] for count in trace.counts()), 1)

    def test_a_dry_run_sets_nothing_and_says_what_it_would(self):
        everything = ("so_keepalive=on force;tcp_keepidle=192s force;so_linger=drained;"
                      "listen_backlog=300;so_reuseaddr=on;tcp_nodelay=on;so_priority=5;"
                      "ip_bind_address_no_port=on;"
                      "ip_local_port_range=40000-40009;tcp_user_timeout=auto")

        def look(shim, **options):
            guest = self.guest(shim=shim, **options)
            server = self.server()
            fd = guest.bound("127.0.0.1", 8080 + shim)
            guest.set(fd, "tcp_keepintvl", 20)
            guest.get("listen", fd, 5)
            guest.set(fd, "tcp_keepidle", 60)
            accepted, _ = self.accepted(guest, fd)
            client = guest.bound("127.0.0.9")
            told = guest.getsockname(client).port != 0
            self.connected(guest, client, server)
            names = ("so_keepalive", "tcp_keepidle", "tcp_keepintvl", "tcp_linger2", "so_reuseaddr",
                     "tcp_nodelay", "so_priority", "ip_bind_address_no_port", "ip_local_port_range",
                     "tcp_user_timeout")
            return told, [[read_option(guest.pid, each, name) for name in names]
                          for each in (fd, accepted, client)]

        plain = look(False)
        self.assertEqual(look(True, options=everything, TCPWRIGHT_DRY_RUN="1"), plain)
        self.assertEqual(self.log_lines(event="set"), [])
        would = {(l["side"], l["option"]) for l in self.log_lines(event="would-set")}
        for expected in (("listen", "tcp_nodelay"), ("listen", "listen_backlog"),
                         ("connect", "so_linger"), ("accepted", "so_priority"),
                         ("bind", "ip_bind_address_no_port")):
            self.assertIn(expected, would)

    def test_dry_run_0_is_off(self):
        guest = self.guest(options=KEEPALIVE, TCPWRIGHT_DRY_RUN="0")
        self.check(guest, guest.listening(), tcp_keepidle=192)

    def test_a_dry_run_leaves_a_failed_bind_failed(self):
        self.server(8080)
        guest = self.guest(options="so_reuseaddr=on", TCPWRIGHT_DRY_RUN="1")
        fd = guest.socket()
        self.assertEqual(guest.bind(fd, "127.0.0.1", 8080).error, "EADDRINUSE")
        self.check(guest, fd, so_reuseaddr=0)

    def test_the_descriptor_is_high_and_closed_at_exec(self):
        guest = self.guest(options=KEEPALIVE)
        fd = log_descriptor(guest, self.log)
        self.assertGreaterEqual(fd, 100)
        with open(f"/proc/{guest.pid}/fdinfo/{fd}") as file:
            flags = int(next(l for l in file if l.startswith("flags:")).split()[1], 8)
        self.assertTrue(flags & os.O_CLOEXEC)

    def test_the_programs_own_descriptors_keep_their_numbers(self):
        def script(guest):
            return guest.socket()

        for limit in (64, 500, 501, 1024):
            self.both(script, options=KEEPALIVE, before=("prlimit", f"--nofile={limit}:{limit}"))

    def test_a_program_that_closes_every_descriptor_goes_on(self):
        guest = self.guest(options=KEEPALIVE)
        guest.get("closefrom", 3)
        fd = guest.listening()
        self.check(guest, fd, tcp_keepidle=192)
        self.assertEqual(self.log_lines(event="set"), [])

    def test_a_file_that_the_program_has_in_its_place_is_never_written_to(self):
        guest = self.guest(options=KEEPALIVE)
        place = log_descriptor(guest, self.log)
        data = self.folder / "data"
        own = guest.get("open", str(data))
        guest.get("dup2", own, place)
        fd = guest.listening()
        self.check(guest, fd, tcp_keepidle=192)
        self.assertEqual(data.read_bytes(), b"")

    def test_a_socket_that_the_program_has_in_its_place_is_never_written_to(self):
        guest = self.guest(options=KEEPALIVE)
        place = log_descriptor(guest, self.log)
        listener = guest.listening()
        accepted, ours = self.accepted(guest, listener)
        guest.get("dup2", accepted, place)
        guest.listening(port=8081)
        ours.settimeout(0.2)
        self.assertRaises(TimeoutError, ours.recv, 1)

    def test_nothing_is_printed(self):
        script = ("import socket; s = socket.create_server(('127.0.0.1', 0));"
                  "c = socket.create_connection(s.getsockname()); a = s.accept()")
        for options in ({"options": KEEPALIVE}, {"options": "nonsense"},
                        {"profile": "/nowhere/x.ini"},
                        {"options": KEEPALIVE, "log": "/nowhere/log"},
                        {"options": KEEPALIVE, "TCPWRIGHT_DRY_RUN": "1"}):
            done = self.run_program("/usr/bin/python3", "-I", "-c", script, **options)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""), options)

    def test_strange_names_are_escaped(self):
        profile = self.profile("[socket a]\ntcp_nodelay = on\n", 'q"uo\\te.ini')
        guest = self.guest(profile=profile)
        guest.listening()
        self.assertTrue(self.log_lines())  # which reads each line as JSON

    def test_a_full_disk_changes_nothing_for_the_program(self):
        if libc.unshare(ctypes.c_int(CLONE_NEWNS)):
            self.skipTest("skipped: no mount namespace can be made")
        run("mount", "--make-rprivate", "/")
        disk = self.folder / "disk"
        disk.mkdir()
        run("mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(disk))
        self.addCleanup(run, "umount", "-l", str(disk))
        guest = self.guest(options=KEEPALIVE, log=disk / "log")
        for port in range(8080, 8120):
            fd = guest.bound(port=port)
            answer = guest.listen(fd, 5)
            self.assertEqual((answer.result, answer.errno), (0, 0))
            self.check(guest, fd, tcp_keepidle=192)
        self.assertLessEqual((disk / "log").stat().st_size, 4096)

    def test_a_limit_on_file_size_does_not_end_the_program(self):
        for limit in (0, 1000):
            with self.subTest(limit):
                guest = self.guest(before=["prlimit", f"--fsize={limit}"], options=KEEPALIVE)
                for port in range(8080, 8090):
                    fd = guest.listening(port=port + limit)
                    self.check(guest, fd, tcp_keepidle=192)
                guest.end()
                self.assertLessEqual(self.log.stat().st_size, 1000)


if __name__ == "__main__":
    main()
