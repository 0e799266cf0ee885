"""Other libraries that are preloaded beside ours, before it and after it, and sanitizers."""
import glob
import pathlib
import subprocess

from preload import GUEST, backlog_of, main
from trapping import CALLS, GUEST_SOURCE, TrapTest

SECTIONS = "so_keepalive=on;tcp_keepidle=192s;listen_backlog=300"


def library(*patterns):
    return next((path for pattern in patterns for path in glob.glob(pattern)), None)


JEMALLOC = library("/usr/lib/*/libjemalloc.so.2", "/usr/lib*/libjemalloc.so.2")
FAKETIME = library("/usr/lib/*/faketime/libfaketime.so.1", "/usr/lib*/faketime/libfaketime.so.1")
KEEPALIVE = library("/usr/lib/libkeepalive.so.0", "/usr/lib/*/libkeepalive.so.0")


class Beside(TrapTest):
    def orders(self, other, name):
        if not other:
            self.skipTest(f"{name} is not installed")
        return (other, "SHIM"), ("SHIM", other)

    def works(self, env, **expected):
        """On a listener, a client and what is accepted; the guest."""
        guest = self.started([GUEST], env)
        listener = guest.listening(port=8080, backlog=5)
        self.assertEqual(backlog_of(8080), 300)
        client = guest.socket()
        guest.get("connect", client, "127.0.0.1", 8080)
        for fd in (listener, client, guest.get("accept", listener)):
            self.check(guest, fd, **{"so_keepalive": 1, "tcp_keepidle": 192, **expected})
        return guest

    def loaded(self, guest, library):
        with open(f"/proc/{guest.pid}/maps", encoding="utf-8") as maps:
            self.assertIn(str(pathlib.Path(library).resolve()), maps.read())

    def test_jemalloc(self):
        for order in self.orders(JEMALLOC, "libjemalloc"):
            self.setUp()
            self.loaded(self.works(self.preloaded(*order, options=SECTIONS)), JEMALLOC)
            done = subprocess.run([CALLS, "threads"], timeout=60, capture_output=True, text=True,
                                  env=self.preloaded(*order, options=SECTIONS), check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_faketime(self):
        for order in self.orders(FAKETIME, "libfaketime"):
            self.setUp()
            env = self.preloaded(*order, options=SECTIONS, FAKETIME="@2001-01-01 00:00:00")
            self.loaded(self.works(env), FAKETIME)
            for line in self.log_lines(event="set"):
                self.assertGreater(line["time"], 900_000_000)

    def test_libkeepalive_which_sets_the_same_at_socket(self):
        """What it sets goes through our hook if it comes after us: then it is the program's own."""
        for order in self.orders(KEEPALIVE, "libkeepalive"):
            self.setUp()
            env = self.preloaded(*order, options=SECTIONS, KEEPIDLE="300", KEEPCNT="7")
            guest = self.works(env, tcp_keepidle=300, tcp_keepcnt=7)
            self.loaded(guest, KEEPALIVE)


class AddressSanitizer(TrapTest):
    """Its run-time library wants to come first, and says so, if it is a library of its own."""

    def started_with(self, compiler, *order, **options):
        program = self.built("asan", GUEST_SOURCE, "-fsanitize=address,undefined",
                             compiler=compiler, why="no AddressSanitizer here")
        env = self.preloaded(*order, options=SECTIONS, ASAN_OPTIONS="detect_leaks=0", **options)
        guest = self.started([program], env)
        self.check(guest, guest.listening(port=8080, backlog=5), so_keepalive=1, tcp_keepidle=192)
        self.assertEqual(backlog_of(8080), 300)

    def test_in_the_program(self):
        self.started_with("clang", "SHIM")

    def test_as_a_library_that_is_named_first(self):
        self.needs("gcc")
        runtime = subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True,
                                 text=True, check=True).stdout.strip()
        if not pathlib.Path(runtime).is_absolute():
            self.skipTest("gcc has no AddressSanitizer here")
        self.started_with("gcc", pathlib.Path(runtime).resolve(), "SHIM")


if __name__ == "__main__":
    main()
