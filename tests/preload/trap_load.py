"""How the library gets in, and who is there before it: constructors of others, names of others, and
programs that it cannot or must not get into."""
import os
import re
import shutil
import subprocess

from preload import GUEST, SHIM, backlog_of, main
from trapping import GUEST_SOURCE, HERE, TrapTest, has_shim

KEEPALIVE = "so_keepalive=on;tcp_keepidle=192s;listen_backlog=300"
NOBODY = {"user": 65534, "group": 65534}


class Constructors(TrapTest):
    """A library that listens in its constructor: three other shims end the program."""

    def library(self):
        return self.built("libtrap.so", "-shared", "-fPIC", HERE / "trap_constructor.c")

    def started_early(self, guest):
        """The descriptor on which the constructor has listened."""
        fd, error = (int(word) for word in environment_of(guest, "TRAP_CONSTRUCTOR").split())
        self.assertEqual((fd >= 0, error), (True, 0))
        return fd

    def works(self, guest, port):
        listener = guest.listening(port=port, backlog=5)
        self.check(guest, listener, so_keepalive=1, tcp_keepidle=192)
        self.assertEqual(backlog_of(port), 300)

    def test_preloaded_so_that_it_starts_first(self):
        env = self.preloaded("SHIM", self.library(), options=KEEPALIVE)
        guest = self.started([GUEST], env)
        early = self.started_early(guest)
        # It listened before we had read what to do, and keeps what it has until it accepts.
        self.check(guest, early, so_keepalive=0, tcp_keepidle=7200, so_reuseaddr=1)
        self.assertEqual(backlog_of(8081), 5)
        self.works(guest, 8080)

    def test_preloaded_so_that_it_starts_second(self):
        env = self.preloaded(self.library(), "SHIM", options=KEEPALIVE)
        guest = self.started([GUEST], env)
        self.check(guest, self.started_early(guest), so_keepalive=1, tcp_keepidle=192)
        self.assertEqual(backlog_of(8081), 300)
        self.works(guest, 8080)

    def test_linked_to_the_program(self):
        self.library()
        program = self.built("program", GUEST_SOURCE, "-Wl,--no-as-needed", f"-L{self.folder}",
                             "-ltrap", f"-Wl,-rpath,{self.folder}")
        guest = self.guest(program=program, options=KEEPALIVE)
        early = self.started_early(guest)
        self.assertEqual(backlog_of(8081), 5)
        self.works(guest, 8080)
        self.client(8081)
        accepted = guest.get("accept", early)
        self.check(guest, early, so_keepalive=1, tcp_keepidle=192, so_reuseaddr=1)
        self.assertEqual(backlog_of(8081), 300)
        # It was in the queue before its listener had anything to give.
        self.check(guest, accepted, so_keepalive=0)

    def test_the_constructor_gets_the_same_answers_without_us(self):
        answers = []
        for shim in (False, True):
            self.setUp()
            guest = self.started([GUEST], self.preloaded("SHIM", self.library(), shim=shim,
                                                         options=KEEPALIVE))
            answers.append(environment_of(guest, "TRAP_CONSTRUCTOR"))
        self.assertEqual(*answers)


def environment_of(guest, name):
    """Set by the program as it runs, which /proc/PID/environ does not show: from its memory."""
    found = b""
    with open(f"/proc/{guest.pid}/maps", encoding="utf-8") as maps:
        areas = [line.split() for line in maps if "[heap]" in line]
    with open(f"/proc/{guest.pid}/mem", "rb", buffering=0) as memory:
        for area in areas:
            low, high = (int(end, 16) for end in area[0].split("-"))
            memory.seek(low)
            found += memory.read(high - low)
    match = re.search(name.encode() + rb"=([-0-9 ]+)\0", found)
    assert match, f"{name} is not in the program's environment"
    return match.group(1).decode()


class Names(TrapTest):
    def test_a_program_may_export_every_name_that_we_use(self):
        """As `debug` of one shim was another's: each name of ours is a function that aborts."""
        self.needs("nm")
        names = {name for name in symbols_of(SHIM) if re.fullmatch(r"[a-zA-Z]\w*", name)}
        names -= {*exported(SHIM), "frame_dummy", "deregister_tm_clones", "register_tm_clones"}
        self.assertGreater(len(names), 100, "the library was stripped")
        names |= {"debug", "options", "log_write", "resolve"}
        source = self.folder / "names.c"
        source.write_text("#include <stdlib.h>\n" + "\n".join(
            f"void {name}(void) {{ abort(); }}" for name in sorted(names)))
        program = self.built("program", GUEST_SOURCE, source, "-rdynamic")
        self.assertLess(names, set(exported(program)))
        guest = self.guest(program=program, options=KEEPALIVE)
        self.check(guest, guest.listening(port=8080), so_keepalive=1, tcp_keepidle=192)
        client = guest.socket()
        guest.get("connect", client, "127.0.0.1", 8080)
        self.check(guest, client, so_keepalive=1, tcp_keepidle=192)


class Others(TrapTest):
    """Programs of another kind than ours."""

    def test_setuid(self):
        """The loader takes no library by its path into a program that runs as somebody else."""
        program = self.folder / "setuid"
        shutil.copy(GUEST, program)
        program.chmod(0o4755)
        if os.statvfs(program).f_flag & os.ST_NOSUID:
            self.skipTest("the file system takes no setuid programs")
        guest = self.guest(program=program, options=KEEPALIVE, popen=NOBODY)
        self.assertEqual(effective_user(guest.pid), 0, "setuid has no effect here")
        self.assertFalse(has_shim(guest.pid))
        self.untouched(guest)
        self.assertEqual(self.log_lines(), [])

    def test_an_unprivileged_user(self):
        """The same, but for setuid: here the library works."""
        self.needs_an_open_tree()
        guest = self.guest(options=KEEPALIVE, log=False, popen=NOBODY)
        self.assertEqual(effective_user(guest.pid), 65534)
        self.touched(guest)

    def test_musl(self):
        """One library serves both: it asks for nothing that only glibc has."""
        program = self.built("musl", GUEST_SOURCE, "-Dbindresvport(fd,at)=-1", compiler="musl-gcc")
        guest = self.guest(program=program, options=KEEPALIVE)
        with open(f"/proc/{guest.pid}/maps", encoding="utf-8") as maps:
            libraries = maps.read()
        self.assertIn("musl", libraries)
        self.assertNotIn("libc.so.6", libraries)
        self.touched(guest)
        self.assertEqual(self.log_lines(event="error"), [])

    def test_static(self):
        program = self.built("static", GUEST_SOURCE, "-static", why="no static libc here")
        guest = self.guest(program=program, options=KEEPALIVE)
        self.assertFalse(has_shim(guest.pid))
        self.untouched(guest)

    def test_32_bit(self):
        """The loader says on standard error that it leaves the library out, and goes on."""
        program = self.built("program32", GUEST_SOURCE, "-m32", why="no 32-bit libc here")
        messages = self.folder / "messages"
        with open(messages, "w", encoding="utf-8") as stderr:
            guest = self.guest(program=program, options=KEEPALIVE, popen={"stderr": stderr})
        self.untouched(guest)
        self.assertRegex(messages.read_text(), "libtcpwright-preload.so.*cannot be preloaded.*"
                                               "wrong ELF class.*ignored")

    def touched(self, guest):
        self.check(guest, guest.listening(port=8080, backlog=5), so_keepalive=1, tcp_keepidle=192)
        self.assertEqual(backlog_of(8080), 300)

    def untouched(self, guest):
        self.check(guest, guest.listening(port=8080, backlog=5), so_keepalive=0, tcp_keepidle=7200)
        self.assertEqual(backlog_of(8080), 5)


def effective_user(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        return int(next(line for line in status if line.startswith("Uid:")).split()[2])


def symbols_of(library):
    text = subprocess.run(["nm", "--defined-only", library], capture_output=True, text=True,
                          check=True).stdout
    return {line.split()[2] for line in text.splitlines()}


def exported(library):
    text = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True,
                          check=True).stdout
    return [line.split()[2] for line in text.splitlines()]


if __name__ == "__main__":
    main()
