"""Programs that a program starts: by fork, exec, posix_spawn and system(), with the library and
without, and in a chroot where it is not to be found."""
import json
import re
import shutil
import subprocess

from preload import GUEST, SHIM, backlog_of, main, read_option
from trapping import TrapTest, has_shim

SECTIONS = "so_keepalive=on;tcp_keepidle=192s;listen_backlog=300"
LISTENS = "socket 2 1 0\nbind 3 127.0.0.1 8080\nlisten 3 5\ngetsockopt 3 6 4\n"


class Forked(TrapTest):
    def test_a_child_listens_and_connects_as_its_parent_does(self):
        guest = self.guest(options=SECTIONS)
        mine = guest.listening(port=8080, backlog=5)
        child = guest.fork()
        theirs = guest.listening(port=8081, backlog=5)
        client = guest.socket()
        guest.get("connect", client, "127.0.0.1", 8080)
        for fd in (mine, theirs, client):
            self.assertEqual(read_option(child, fd, "so_keepalive"), 1)
            self.assertEqual(read_option(child, fd, "tcp_keepidle"), 192)
        self.assertEqual((backlog_of(8080), backlog_of(8081)), (300, 300))
        guest.exit_child()
        self.check(guest, mine, so_keepalive=1, tcp_keepidle=192)

    def test_what_the_parent_chose_binds_the_child(self):
        guest = self.guest(options=SECTIONS)
        fd = guest.bound(port=8080)
        guest.set(fd, "tcp_keepidle", 77)
        guest.fork()
        guest.get("listen", fd, 5)
        guest.exit_child()
        self.check(guest, fd, so_keepalive=1, tcp_keepidle=77)

    def test_a_child_that_closes_everything_leaves_the_parent_as_it_was(self):
        guest = self.guest(options=SECTIONS)
        listener = guest.listening(port=8080, backlog=5)
        guest.fork()
        guest.closefrom(3)
        guest.exit_child()
        self.client(8080)
        self.check(guest, guest.get("accept", listener), so_keepalive=1, tcp_keepidle=192)


# NAME: an expression that runs a command (a list in Python's syntax) and is its status.
STARTS = {
    "posix_spawn": "os.waitpid(os.posix_spawn({0}[0], {0}, os.environ), 0)[1]",
    "system": "os.system(' '.join({0}))",
    "vfork and exec": "__import__('subprocess').call({0}, close_fds=False)",
    "fork and exec": "__import__('subprocess').call({0}, preexec_fn=int)",
}


class Started(TrapTest):
    def outcome(self, expression, command, **options):
        """(status, answers, standard error) of what a program has started; no pids in them."""
        self.setUp()
        script = self.folder / "calls.sh"
        script.write_text(f"#!/bin/sh\n{command} <<END >{self.folder}/out 2>{self.folder}/err\n"
                          f"{LISTENS}END\n")
        script.chmod(0o755)
        guest = self.python(**options)
        status = guest.get(expression.format([str(script)]))
        answers = [json.loads(line) for line in (self.folder / "out").read_text().splitlines()]
        return status, answers[1:], (self.folder / "err").read_text()

    def test_a_program_that_is_started_has_the_library_too(self):
        for name, expression in STARTS.items():
            with self.subTest(name):
                status, plain, errors = self.outcome(expression, GUEST, shim=False)
                self.assertEqual((status, len(plain), errors), (0, 4, ""))
                self.assertEqual(plain[-1]["value"], 7200)
                got = self.outcome(expression, GUEST, options=SECTIONS)
                plain[-1]["value"] = 192
                self.assertEqual(got, (0, plain, ""))

    def test_strip_keeps_it_from_what_is_started(self):
        for name, expression in STARTS.items():
            with self.subTest(name):
                plain = self.outcome(expression, GUEST, shim=False)
                self.assertEqual(self.outcome(expression, GUEST, options=SECTIONS,
                                              TCPWRIGHT_CHILDREN="strip"), plain)

    def environment_of_child(self, **options):
        self.setUp()
        out = self.folder / "env"
        guest = self.python(**options)
        self.assertTrue(has_shim(guest.pid))
        fd = guest.get("listen(stream(), 8080)")
        self.check(guest, fd, so_keepalive=1)
        guest.do(f"os.system('env >{out}')")
        return dict(line.split("=", 1) for line in out.read_text().splitlines() if "=" in line)

    def test_strip_takes_our_variables_and_no_others(self):
        found = self.environment_of_child(options=SECTIONS, TCPWRIGHT_CHILDREN="strip",
                                          TCPWRIGHT_DRY_RUN="0", OWN_TCPWRIGHT_X="1",
                                          LD_PRELOAD=SHIM, ZZ="last")
        self.assertEqual([name for name in found if name.startswith(("TCPWRIGHT_", "LD_"))], [])
        self.assertEqual((found["OWN_TCPWRIGHT_X"], found["ZZ"]), ("1", "last"))

    def test_strip_leaves_other_libraries(self):
        other = self.built("libother.so", "-shared", "-fPIC", "-x", "c", "/dev/null")
        for order in (f"{other}:{SHIM}", f"{SHIM}:{other}", f"{other} {SHIM} {other}"):
            found = self.environment_of_child(options=SECTIONS, TCPWRIGHT_CHILDREN="strip",
                                              LD_PRELOAD=order)
            self.assertEqual(set(re.split("[: ]", found["LD_PRELOAD"])), {str(other)})

    def test_keep_keeps_all(self):
        for keep in ({}, {"TCPWRIGHT_CHILDREN": "keep"}):
            found = self.environment_of_child(options=SECTIONS, **keep)
            self.assertEqual((found["LD_PRELOAD"], found["TCPWRIGHT_SET"]), (SHIM, SECTIONS))


class Chroot(TrapTest):
    """There is no library and no profile in there; the loader tells of the first."""

    def outcome(self, **options):
        self.needs("ldd", "chroot")
        self.setUp()
        root = self.folder / "root"
        for file in {GUEST, *libraries_of(GUEST)}:
            to = root / file.lstrip("/")
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, to)
        (self.folder / "calls").write_text(LISTENS)
        guest = self.python(**options)
        status = guest.do(f"os.system('chroot {root} {GUEST} <{self.folder}/calls "
                          f">{self.folder}/out 2>{self.folder}/err')").result
        answers = [json.loads(line) for line in (self.folder / "out").read_text().splitlines()]
        return (status, answers[1:]), (self.folder / "err").read_text()

    def test_the_program_runs_as_without_us(self):
        plain, errors = self.outcome(shim=False)
        self.assertEqual((plain[0], len(plain[1]), errors), (0, 4, ""))
        found, errors = self.outcome(options=SECTIONS)
        self.assertEqual(found, plain)
        self.assertRegex(errors, "libtcpwright-preload.so.*cannot be preloaded.*ignored")

    def test_strip_cannot_help_the_program_that_enters(self):
        """But what that program's parent starts has nothing to look for."""
        plain, _ = self.outcome(shim=False)
        self.assertEqual(self.outcome(options=SECTIONS, TCPWRIGHT_CHILDREN="strip"), (plain, ""))


def libraries_of(program):
    text = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return re.findall(r"(/\S+) \(0x", text)


class Streams(TrapTest):
    """Nothing is ever written to standard output or standard error, whatever is wrong."""

    WRONG = (
        {"options": "so_keepalive=on"},
        {"options": "nonsense=1"},
        {"options": "so_keepalive=on", "log": "/nowhere/log"},
        {"options": "tcp_congestion=nonsense;so_mark=1"},
        {"profile": "/nowhere/profile.ini"},
        {"profile": "[socket a]\ntcp_keepidle = what\n"},
        {"options": "so_keepalive=on", "TCPWRIGHT_DRY_RUN": "maybe"},
        {"options": "so_keepalive=on", "TCPWRIGHT_CHILDREN": "maybe"},
        {},
    )

    def test_nothing_is_written(self):
        script = ("import socket; a = socket.create_server(('127.0.0.1', 0)); "
                  "b = socket.create_connection(a.getsockname()); b.setsockopt(6, 4, 5); "
                  "print(a.accept()[1][0], flush=True)")
        for wrong in self.WRONG:
            with self.subTest(wrong):
                self.setUp()
                done = self.run_program("/usr/bin/python3", "-c", script, **wrong)
                self.assertEqual((done.returncode, done.stdout, done.stderr),
                                 (0, "127.0.0.1\n", ""))


if __name__ == "__main__":
    main()
