"""Descriptors are numbers: closed behind our back, used again, moved, handed on, from elsewhere."""
import os
import platform
import socket

from preload import OPTIONS, PYTHON, backlog_of, main
from trapping import TrapTest

SECTIONS = "so_keepalive=on;tcp_keepidle=192s;listen_backlog=300"
SYS_CLOSE = 3 if platform.machine() == "x86_64" else 57
SET_IDLE = "call('setsockopt', {fd}, 6, 4, (ctypes.c_int * 1)(77), 4)"

# Ways to close FD, of which a hook of close() would see the first only.
CLOSES = {
    "close": "call('close', {fd})",
    "close_range": "call('close_range', {fd}, {fd}, 0)",
    "raw close": f"call('syscall', {SYS_CLOSE}, {{fd}})",
    "fclose": "libc.fclose(ctypes.c_void_p(libc.fdopen({fd}, b'r')))",
    "dup2 over it": "call('dup2', call('socket', 2, 2, 0), {fd}), call('close', {fd})",
    "the end of a with": "socket.socket(fileno={fd}).close()",
}


class UsedAgain(TrapTest):
    def reused(self, guest, close):
        """A socket with a choice of the program's is closed, and another has its number."""
        fd = guest.get("stream()")
        guest.get(SET_IDLE.format(fd=fd))
        self.check(guest, fd, tcp_keepidle=77)
        guest.do(f"({close.format(fd=fd)}, 0)[1]")
        again = guest.get("stream()")
        self.assertEqual(again, fd)
        return fd

    def test_a_choice_does_not_pass_to_the_next_socket_of_that_number(self):
        for name, close in CLOSES.items():
            with self.subTest(name):
                self.setUp()
                server = self.server(9090)
                guest = self.python(options=SECTIONS)
                if name == "fclose":
                    guest.get("setattr(libc.fdopen, 'restype', ctypes.c_void_p) or 0")
                fd = self.reused(guest, close)
                guest.get(f"connect({fd}, 9090)")
                self.check(guest, fd, so_keepalive=1, tcp_keepidle=192)
                server.close()

    def test_a_choice_goes_with_the_socket_to_another_number(self):
        server = self.server(9090)
        for move in ("call('dup2', {fd}, 40)", "call('fcntl', {fd}, 0, 40)"):
            guest = self.python(options=SECTIONS)
            fd = guest.get("stream()")
            guest.get(SET_IDLE.format(fd=fd))
            guest.get(move.format(fd=fd))
            guest.get(f"call('close', {fd})")
            other = guest.get("stream()")
            guest.get("connect(40, 9090)")
            guest.get(f"connect({other}, 9090)")
            self.check(guest, 40, so_keepalive=1, tcp_keepidle=77)
            self.check(guest, other, so_keepalive=1, tcp_keepidle=192)
        server.close()

    def test_a_listener_of_a_number_that_was_another_listeners(self):
        guest = self.python(options=SECTIONS)
        first = guest.get("listen(stream(), 8080)")
        guest.get(f"call('syscall', {SYS_CLOSE}, {first})")
        fd = guest.get("stream()")
        self.assertEqual(fd, first)
        guest.get(SET_IDLE.format(fd=fd))
        guest.get(f"listen({fd}, 8081)")
        self.check(guest, fd, so_keepalive=1, tcp_keepidle=77)
        self.assertEqual(backlog_of(8081), 300)

    def test_a_listener_of_a_number_that_was_a_clients(self):
        """What is asked for on clients must not come to it when the program sets something."""
        server = self.server(9090)
        guest = self.python(profile="[socket clients]\nside = connect\ntcp_nodelay = on force\n")
        client = guest.get("connect(stream(), 9090)")
        self.check(guest, client, tcp_nodelay=1)
        guest.get(f"call('syscall', {SYS_CLOSE}, {client})")
        self.assertEqual(guest.get("stream()"), client)
        guest.get(f"call('setsockopt', {client}, 6, 1, bytes(4), 4)")
        self.check(guest, client, tcp_nodelay=0)
        guest.get(f"listen({client}, 8080)")
        self.check(guest, client, tcp_nodelay=0)
        server.close()


class Everything(TrapTest):
    # Closes all descriptors, as daemons do, and opens a file for each number that ours may have.
    PROGRAM = """
import os, socket, sys
folder = sys.argv[1]
os.closerange(0, 4096)
listener = socket.socket()
listener.bind(("127.0.0.1", 8080))
for i in range(1, 600):
    assert os.open(f"{folder}/{i}", os.O_RDWR | os.O_CREAT) == i
listener.listen(5)
client = socket.create_connection(("127.0.0.1", 8080))
client.setsockopt(6, 4, 50)
accepted = listener.accept()[0]
accepted.setsockopt(1, 9, 1)
values = [s.getsockopt(level, name) for s in (listener, client) for level, name in ((1, 9), (6, 4))]
os.write(7, repr((listener.fileno(), values)).encode())
os._exit(0)
"""

    def test_a_program_that_closes_all_descriptors_gets_nothing_into_its_files(self):
        folder = self.folder / "files"
        folder.mkdir()
        done = self.run_program(PYTHON, "-c", self.PROGRAM, folder, options=SECTIONS)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        written = {path.name: path.read_text() for path in folder.iterdir() if path.stat().st_size}
        self.assertEqual(written, {"7": "(0, [1, 192, 1, 50])"})
        self.assertEqual(len(os.listdir(folder)), 599)
        self.assertEqual([line["event"] for line in self.log_lines()], ["start"])

    def test_started_without_standard_descriptors(self):
        """What we open while we load must not stay as 0, 1 or 2."""
        report = self.folder / "report"
        script = ("import os, socket; s = socket.create_server(('127.0.0.1', 8080));"
                  f"r = os.open('{report}', os.O_WRONLY | os.O_CREAT);"
                  "os.write(r, str((s.fileno(), r, s.getsockopt(1, 9))).encode()); os._exit(0)")
        found = []
        for shim in (False, True):
            report.unlink(missing_ok=True)
            self.setUp()
            done = self.run_program("sh", "-c", f'exec {PYTHON} -c "$0" <&- >&- 2>&-', script,
                                    shim=shim, options=SECTIONS)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
            found.append(eval(report.read_text()))  # pylint: disable=eval-used
        self.assertEqual([f[:2] for f in found], [found[0][:2]] * 2)
        self.assertEqual([f[2] for f in found], [0, 1])


class FromElsewhere(TrapTest):
    """Sockets that somebody else made, and on which somebody else may have chosen something."""

    def made(self, idle=None, port=8080, listen=None, bind=True):
        s = socket.socket()
        self.addCleanup(s.close)
        if idle:
            s.setsockopt(socket.IPPROTO_TCP, OPTIONS["tcp_keepidle"][1], idle)
        if bind:
            s.bind(("127.0.0.1", port))
        if listen is not None:
            s.listen(listen)
        return s

    def handed_over(self, s, **options):
        """(a guest, its descriptor of S): by SCM_RIGHTS"""
        ours, theirs = socket.socketpair()
        guest = self.python(options=SECTIONS, popen={"pass_fds": (theirs.fileno(),)}, **options)
        with ours, theirs:
            socket.send_fds(ours, [b"x"], [s.fileno()])
            return guest, guest.get(f"take({theirs.fileno()})")

    def activated(self, s, **options):
        """A guest that S was left to by exec, as systemd does."""
        return self.python(options=SECTIONS, LISTEN_FDS="1", popen={"pass_fds": (s.fileno(),)},
                           **options)

    def test_scm_rights_a_listener_is_adopted_when_it_accepts(self):
        guest, fd = self.handed_over(self.made(listen=5))
        self.check(guest, fd, so_keepalive=0)
        self.client(8080)
        guest.get(f"accept({fd})")
        self.check(guest, fd, so_keepalive=1, tcp_keepidle=192)
        self.assertEqual(backlog_of(8080), 300)
        self.client(8080)
        self.check(guest, guest.get(f"accept({fd})"), so_keepalive=1, tcp_keepidle=192)

    def test_scm_rights_what_the_sender_chose_stays(self):
        guest, fd = self.handed_over(self.made(idle=77, listen=500))
        self.client(8080)
        guest.get(f"accept({fd})")
        self.check(guest, fd, so_keepalive=1, tcp_keepidle=77)
        self.assertEqual(backlog_of(8080), 500)

    def test_scm_rights_what_the_sender_chose_stays_when_we_listen(self):
        guest, fd = self.handed_over(self.made(idle=77))
        guest.get(f"call('listen', {fd}, 5)")
        self.check(guest, fd, so_keepalive=1, tcp_keepidle=77)

    def test_activation_a_program_that_only_accepts(self):
        s = self.made(listen=5)
        guest = self.activated(s)
        self.client(8080)
        guest.get(f"accept({s.fileno()})")
        self.client(8080)
        self.check(guest, guest.get(f"accept({s.fileno()})"), so_keepalive=1, tcp_keepidle=192)
        self.assertEqual(backlog_of(8080), 300)

    def test_activation_what_the_unit_chose_stays(self):
        s = self.made(idle=77, listen=500)
        guest = self.activated(s)
        self.client(8080)
        guest.get(f"accept({s.fileno()})")
        self.check(guest, s.fileno(), so_keepalive=1, tcp_keepidle=77)
        self.assertEqual(backlog_of(8080), 500)

    def test_exec_what_was_chosen_before_stays_when_we_connect(self):
        server = self.server(9090)
        for limit in ("2000", "512"):
            with self.subTest(limit):
                s = self.made(idle=77, bind=False)
                guest = self.python("sh", "-c", f'ulimit -n {limit}; exec "$0" "$@"',
                                    options=SECTIONS, popen={"pass_fds": (s.fileno(),)})
                guest.get(f"connect({s.fileno()}, 9090)")
                self.check(guest, s.fileno(), so_keepalive=1, tcp_keepidle=77)
        server.close()

    def test_the_answers_are_those_without_us(self):
        def calls(shim):
            self.setUp()
            guest, fd = self.handed_over(self.made(listen=5), shim=shim)
            self.client(8080)
            return [guest.do(line.format(fd=fd)).key() for line in (
                "call('accept', {fd}, 8, 8)", "call('listen', {fd}, 7)",
                "call('bind', {fd}, None, 0)", "call('connect', {fd}, None, 0)",
                "call('accept', 77, None, None)", "call('listen', 77, 1)")]

        self.assertEqual(calls(False), calls(True))


if __name__ == "__main__":
    main()
