"""Calls at bad moments: in a child of vfork(), in a signal handler, in threads, below a filter."""
import pathlib
import re
import subprocess

from preload import GUEST, main
from trapping import CALLS, TrapTest

TSAN_CALLS = pathlib.Path(GUEST).with_name("preload-trap-calls-tsan")
TSAN_SHIM = pathlib.Path(GUEST).with_name("preload-tsan.so")
# Forced on what the program sets, fighting what it sets, by address, and not inherited.
BUSY = """
[socket own]
side = listen
local = 127.0.0.0/8
so_keepalive = on
tcp_keepidle = 192s
listen_backlog = 300

[socket other]
side = connect
peer = 127.0.0.1
so_keepalive = on
tcp_keepidle = 192s
tcp_user_timeout = 15m
tcp_nodelay = on force

[socket accepted]
side = accepted
so_priority = 4
"""
# What it sets later, on a connection of any side, is answered at once.
FORCED = "[socket forced]\nso_keepalive = on force\ntcp_user_timeout = 15m\n"
COUNTS = re.compile(r"(\d+) of (\d+)\n$")
HOOKED = {"socket", "bind", "listen", "connect", "accept", "accept4", "setsockopt", "getsockopt",
          "getsockname"}


class BadMoments(TrapTest):
    def calls(self, mode, program=CALLS, **options):
        """How many sockets there were, and how many of them had keepalive."""
        done = self.run_program(program, mode, **options)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        kept_alive, sockets = map(int, COUNTS.search(done.stdout).groups())
        return kept_alive, sockets

    def same(self, mode, **options):
        kept_alive, sockets = self.calls(mode, shim=False)
        self.assertEqual(kept_alive, 0)
        self.assertGreater(sockets, 0)
        for log in (False, True):
            kept_alive, sockets = self.calls(mode, profile=BUSY, log=log, **options)
            self.assertEqual(kept_alive, sockets)
            self.assertGreater(sockets, 0)
        self.log_lines()  # each of them whole

    def test_in_a_child_of_vfork(self):
        self.same("vfork")

    def test_in_a_signal_handler_while_the_program_is_in_the_same_call(self):
        self.same("signal")

    def test_in_threads(self):
        self.same("threads")

    def test_in_a_thread_that_is_to_be_cancelled(self):
        self.same("cancel")

    def test_two_threads_that_ask_for_one_name(self):
        """The first to ask makes the socket take a port."""
        self.calls("names", options="ip_bind_address_no_port=on")

    def test_below_a_filter_that_allows_what_the_program_calls_itself(self):
        self.assertEqual(self.calls("seccomp", shim=False), (0, 6))
        self.assertEqual(self.calls("seccomp", profile=BUSY, log=False), (6, 6))

    def test_no_other_system_call_is_made(self):
        """But for the log: its time and its file."""
        self.needs("strace")
        self.assertEqual(self.names(shim=False), self.names(profile=BUSY, log=False))
        self.assertEqual(self.names(profile=FORCED, log=False) - HOOKED, {"close"})

    def names(self, **options):
        """Of the system calls between the first line that is written and the last."""
        trace = self.folder / "trace"
        done = self.run_program("strace", "-qq", "-o", trace, CALLS, "plain", **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = trace.read_text(encoding="utf-8", errors="replace").splitlines()
        first, last = (i for i, line in enumerate(lines) if line.startswith("write(1,"))
        self.assertLess(first + 10, last)
        return {line.split("(")[0] for line in lines[first + 1:last]}


class ThreadSanitizer(TrapTest):
    def sanitized(self, program, *arguments, env):
        """What a program that has ThreadSanitizer says: (exit status, standard output, error)."""
        if not TSAN_SHIM.exists():
            self.skipTest("no ThreadSanitizer here")
        done = subprocess.run([program, *arguments], env={**env, "TSAN_OPTIONS": "exitcode=66"},
                              capture_output=True, text=True, timeout=100, check=False)
        if "unexpected memory mapping" in done.stderr:
            self.skipTest("ThreadSanitizer does not know how this kernel lays out memory")
        return done.returncode, done.stdout, done.stderr

    def test_threads(self):
        """The library's own code is instrumented here, and so is the program."""
        for log in (False, True):
            env = self.preloaded(TSAN_SHIM, profile=BUSY, log=log)
            status, output, errors = self.sanitized(TSAN_CALLS, "threads", env=env)
            self.assertEqual((status, errors), (0, ""))
            kept_alive, sockets = map(int, COUNTS.search(output).groups())
            self.assertEqual(kept_alive, sockets)

    def test_it_would_have_said_so(self):
        """A program with a race, or the test above could not fail."""
        racing = self.folder / "racing.c"
        racing.write_text("#include <pthread.h>\nint n;\n"
                          "static void *add(void *p) { n++; return p; }\n"
                          "int main(void) { pthread_t t; pthread_create(&t, 0, add, 0); n++;\n"
                          "return pthread_join(t, 0); }\n")
        program = self.built("racing", racing, "-fsanitize=thread", "-pthread",
                             why="no ThreadSanitizer here")
        status, _, errors = self.sanitized(program, env=self.environment(shim=False))
        self.assertEqual(status, 66, errors)
        self.assertIn("data race", errors)


if __name__ == "__main__":
    main()
