"""What the tests of the traps share beside preload.py: programs that are built here, and a guest
that can do more than calls on sockets."""
import os
import pathlib
import shutil
import subprocess

from preload import GUEST, PYTHON, SHIM, Guest, PreloadTest

HERE = pathlib.Path(__file__).resolve().parent
GUEST_SOURCE = HERE / "guest.c"
CALLS = pathlib.Path(GUEST).with_name("preload-trap-calls")
FLAGS = ("-std=c17", "-D_GNU_SOURCE", "-O1", "-g", "-w")


class TrapTest(PreloadTest):
    def needs(self, *programs):
        for program in programs:
            if not shutil.which(program):
                self.skipTest(f"{program} is not installed")

    def built(self, name, *arguments, compiler="gcc", why=""):
        """Builds folder/NAME. Where that fails, WHY says why the test is skipped."""
        self.needs(compiler)
        path = self.folder / name
        done = subprocess.run([compiler, *FLAGS, "-o", path, *map(str, arguments)],
                              capture_output=True, text=True, check=False)
        if done.returncode and why:
            self.skipTest(f"{why}: {done.stderr.strip().splitlines()[0]}")
        self.assertEqual(done.returncode, 0, done.stderr)
        return path

    def python(self, *before, popen=None, **options):
        """A trap_guest.py: guest.get("EXPRESSION"). OPTIONS are environment()'s."""
        guest = Guest([*before, PYTHON, "-B", str(HERE / "trap_guest.py")],
                      self.environment(**options), **(popen or {}))
        self.addCleanup(guest.end)
        return guest

    def preloaded(self, *libraries, **options):
        """environment() with LIBRARIES in this order; "SHIM" is ours."""
        env = self.environment(**options)
        if "LD_PRELOAD" in env:
            ours = env["LD_PRELOAD"]
            env["LD_PRELOAD"] = ":".join(ours if l == "SHIM" else str(l) for l in libraries)
        else:
            env["LD_PRELOAD"] = ":".join(str(l) for l in libraries if l != "SHIM")
        return env

    def started(self, command, env, **popen):
        """A guest by its whole command and environment."""
        guest = Guest([str(word) for word in command], env, **popen)
        self.addCleanup(guest.end)
        return guest


def has_shim(pid):
    """Whether the library is in that process, as the kernel sees it."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps:
        return os.path.realpath(SHIM) in maps.read()
