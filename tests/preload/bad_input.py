"""Wrong settings leave the program as it would be without the library; wrong calls of the program
get the kernel's own answer."""
import os
import socket

from preload import IPPROTO_TCP, PreloadTest, SOL_SOCKET, main

EVERYTHING = """[socket every]
so_keepalive = on force
tcp_keepidle = 192s force
so_reuseaddr = on
ip_bind_address_no_port = on
tcp_nodelay = on
so_priority = 5
listen_backlog = 300
ip_tos = 0x10

[socket by-address]
local = 127.0.0.0/8
tcp_keepcnt = 11

[socket by-peer]
side = connect
peer = 127.0.0.0/8
tcp_keepintvl = 77s
"""
UNTOUCHED = dict(so_keepalive=0, tcp_keepidle=7200, tcp_nodelay=0)


class BadSettings(PreloadTest):
    def inert(self, says=None, **options):
        """The program runs without the library's doing, and the log (if SAYS) says why."""
        server = self.server()
        guest = self.guest(**options)
        listener, client = guest.listening(port=0), guest.socket()
        self.connected(guest, client, server)
        for fd in (listener, client):
            self.check(guest, fd, **UNTOUCHED)
        guest.set(listener, "tcp_keepidle", 60)
        self.check(guest, listener, tcp_keepidle=60)
        if says is not None:
            line, = self.log_lines(program="preload-guest")
            self.assertEqual(line["event"], "error")
            self.assertIn(says, line["message"])
        self.log.unlink(missing_ok=True)

    def file(self, data, mode=0o644):
        path = self.folder / "bad.ini"
        path.write_bytes(data)
        path.chmod(mode)
        return path

    def test_none_of_the_variables(self):
        self.inert(log=False)

    def test_a_missing_profile(self):
        self.inert("/nowhere/x.ini", profile="/nowhere/x.ini")

    def test_an_unknown_role(self):
        self.inert("no-such-role", profile="no-such-role")

    def test_a_folder(self):
        self.inert(str(self.folder), profile=self.folder)

    def test_an_unreadable_profile(self):
        self.needs_an_open_tree()
        path = self.file(b"[profile]\nname = bad\nsummary = s\n[socket a]\ntcp_nodelay = on\n", 0)
        self.log.touch(0o666)
        self.log.chmod(0o666)
        self.inert(str(path), profile=path,
                   before=["setpriv", "--reuid=65534", "--clear-groups", "--regid=65534"])

    def test_a_huge_profile(self):
        self.inert("bad.ini", profile=self.file(b"[profile]\nname = bad\n" + b"# x\n" * 2_000_000))

    def test_a_profile_without_an_end(self):
        self.inert("/dev/zero", profile="/dev/zero")

    def test_lines_that_are_too_long(self):
        self.inert("bad.ini:1", profile=self.file(b"#" + b"x" * 100000))

    def test_bytes_that_are_no_text(self):
        self.inert("bad.ini", profile=self.file(bytes(range(256)) * 16))

    def test_wrong_options_and_values(self):
        for line in ("no_such_option = 1", "tcp_keepidle = fast", "tcp_keepidle = -1s",
                     "tcp_keepidle = 99999999s", "so_keepalive", "so_linger = gently",
                     "port = 70000", "local = 300.0.0.1", "side = left", "tcp_nodelay = on on"):
            with self.subTest(line):
                text = f"[profile]\nname = bad\nsummary = s\n[socket a]\ntcp_nodelay = on\n{line}\n"
                self.inert("bad.ini:6", profile=self.file(text.encode()))

    def test_a_profile_that_includes_itself(self):
        self.inert("", profile=self.file(b"[profile]\nname = bad\nsummary = s\ninclude = bad\n"
                                         b"[socket a]\ntcp_nodelay = on\n"))

    def test_too_many_sections(self):
        text = "[profile]\nname = bad\nsummary = s\n" + "".join(
            f"[socket s{i}]\ntcp_nodelay = on\n" for i in range(200))
        self.inert("bad.ini", profile=self.file(text.encode()))

    def test_wrong_variables(self):
        good = "tcp_nodelay=on"
        for says, options in (
                ("nonsense", {"options": "nonsense"}),
                ("tcp_keepidel", {"options": "tcp_keepidel=3s"}),
                ("TCPWRIGHT_DRY_RUN", {"options": good, "TCPWRIGHT_DRY_RUN": "maybe"}),
                ("TCPWRIGHT_CHILDREN", {"options": good, "TCPWRIGHT_CHILDREN": "eat"}),
                ("TCPWRIGHT_COMPAT", {"options": good, "TCPWRIGHT_COMPAT": "yes"}),
                ("TCPWRIGHT_SET", {"options": "tcp_nodelay=" + "on" * 500})):
            with self.subTest(says):
                self.inert(says, **options)

    def test_a_log_that_cannot_be_opened(self):
        fifo = self.folder / "fifo"
        os.mkfifo(fifo)
        for log in ("/nowhere/log", self.folder, fifo):
            with self.subTest(log):
                self.inert(options="tcp_nodelay=on", log=log)


class BadCalls(PreloadTest):
    def test_wrong_arguments_get_the_kernels_answer(self):
        def script(guest):
            tcp, udp = guest.socket(), guest.socket(kind=socket.SOCK_DGRAM)
            unix = guest.socket(socket.AF_UNIX)
            regular = guest.get("open", str(self.folder / "regular"))
            for fd in (-1, 1000, 70000, 2147483647, regular, unix, udp, tcp):
                for value in ("null", "bad", "", "01", "0100", "01000000", "0100000000000000"):
                    for level, name in ((SOL_SOCKET, 9), (IPPROTO_TCP, 4), (41, 26), (0, 24),
                                        (SOL_SOCKET, -1), (12345, 9), (SOL_SOCKET, 9999)):
                        guest.do("setsockopt", fd, level, name, value)
                for length in (-1, 0, 1, 3, 5, 4096):
                    guest.do("setsockopt", fd, IPPROTO_TCP, 4, "3c000000", length)
                for call in ("bind", "connect"):
                    for pointer in ("null", "bad", "1000", "02001f907f000001", "0a001f90"):
                        guest.do(call, fd, pointer)
                    for length in (-1, 0, 2, 8, 15, 129):
                        guest.do(call, fd, "02001f907f0000010000000000000000", length)
                for pointers in (("null", "null"), ("bad", "bad"), ("null", "bad")):
                    guest.do("getsockname", fd, *pointers)
                for flags in (-1, 1, 0x7FFFFFFF):
                    guest.do("accept4", fd, flags)
            for fd in (-1, 1000, 70000, regular, unix, udp):
                guest.accept(fd)
                guest.listen(fd, 5)
                guest.getsockname(fd)
            return len(guest.answers)

        self.assertGreater(self.both(script, profile=EVERYTHING), 500)

    def test_errno_after_success_is_what_it_was_before(self):
        def script(guest):
            fd = guest.bound("127.0.0.9")
            guest.set(fd, "so_keepalive", 1)
            guest.set(fd, "tcp_keepidle", 60)
            guest.listen(fd, 5)
            with socket.create_connection(("127.0.0.9", guest.getsockname(fd).port)):
                guest.do("accept4", fd, 0)
            return {a.errno for _, a in guest.answers}

        self.assertEqual(self.both(script, profile=EVERYTHING), {0})

    def test_a_refused_connect_is_refused(self):
        def script(guest):
            return [guest.connect(guest.socket(), "127.0.0.1", 1).error,
                    guest.connect(guest.socket(), "192.0.2.1", 1).error,
                    guest.connect(guest.socket(kind=socket.SOCK_STREAM | socket.SOCK_NONBLOCK),
                                  "127.0.0.1", 1).error]

        self.both(script, profile=EVERYTHING)

    def test_a_connection_is_taken_apart_as_without_the_library(self):
        """connect() to AF_UNSPEC."""
        def script(guest):
            server = self.server()
            fd = guest.socket()
            self.connected(guest, fd, server)
            apart = guest.do("connect", fd, "0000" + "00" * 14)
            self.connected(guest, fd, server)
            return apart.result

        self.assertEqual(self.both(script, profile=EVERYTHING), 0)


if __name__ == "__main__":
    main()
