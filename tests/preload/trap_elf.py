"""The library as a file: what it exports, what it asks of the system, how it is linked."""
import os
import pathlib
import re
import subprocess

from preload import SHIM, SOURCE, main
from trapping import TrapTest

HOOKS = {"accept", "accept4", "bind", "connect", "getsockname", "listen", "setsockopt"}
PAGE = SOURCE / "docs/tcpwright-preload.7.scd"
# Newer ones bring newer versions of old functions along.
BUILT_WITH = (2, 36)
MUSL = ("/usr/lib/x86_64-linux-musl/libc.so", "/usr/lib/musl/lib/libc.so",
        "/lib/libc.musl-x86_64.so.1")
# Of the linker, and weak: nobody has to have them.
WEAK = {"_ITM_deregisterTMCloneTable", "_ITM_registerTMCloneTable", "__gmon_start__",
        "__cxa_finalize"}


class File(TrapTest):
    def readelf(self, *options):
        self.needs("readelf")
        return subprocess.run(["readelf", "-W", *options, SHIM], capture_output=True, text=True,
                              check=True).stdout

    def nm(self, *options, file=SHIM):
        self.needs("nm")
        text = subprocess.run(["nm", "-D", *options, file], capture_output=True, text=True,
                              check=True).stdout
        return [line.split()[-1] for line in text.splitlines()]

    def test_it_exports_the_hooks_and_nothing_else(self):
        self.assertEqual(sorted(self.nm("--defined-only")), sorted(HOOKS))

    def test_it_needs_libc_only(self):
        self.assertEqual(re.findall(r"\(NEEDED\).*\[(.*)\]", self.readelf("-d")), ["libc.so.6"])

    def test_it_is_bound_at_load_and_read_only_then(self):
        self.assertRegex(self.readelf("-d"), r"\(FLAGS\)\s+.*BIND_NOW")
        self.assertIn("GNU_RELRO", self.readelf("-l"))

    def test_it_has_no_thread_local_storage_and_no_executable_stack(self):
        segments = self.readelf("-l")
        self.assertNotRegex(segments, r"\n\s+TLS\s")
        self.assertRegex(segments, r"GNU_STACK .* RW\s")
        self.assertNotRegex(self.readelf("-d"), "TEXTREL|STATIC_TLS")

    def test_it_asks_for_the_glibc_that_its_page_says(self):
        libc, version = os.confstr("CS_GNU_LIBC_VERSION").split()
        if libc != "glibc" or numbers(version) > BUILT_WITH:
            self.skipTest(f"built with {libc} {version}: that may be what it asks for")
        asked = re.findall(r"GLIBC_([0-9.]+)", self.readelf("--dyn-syms"))
        said = re.search(r"glibc from ([0-9.]+) on", PAGE.read_text(encoding="utf-8"))
        self.assertLessEqual(max(map(numbers, asked)), numbers(said.group(1)))

    def test_it_asks_for_nothing_that_musl_lacks(self):
        musl = next((path for path in MUSL if pathlib.Path(path).exists()), None)
        if not musl:
            self.skipTest("musl is not installed")
        asked = {name.split("@")[0] for name in self.nm("--undefined-only")} - WEAK
        self.assertGreater(len(asked), 20)
        self.assertEqual(asked - set(self.nm("--defined-only", file=musl)), set())


def numbers(version):
    return tuple(map(int, version.split(".")))


if __name__ == "__main__":
    main()
