"""`--for`: samples, an early end, and the progress line."""
import json
import os
import signal
import subprocess
import time

from program import PROGRAM, ProgramTest, main, own_network


class Window(ProgramTest):
    def start(self, *arguments, **options):
        command = [*own_network(), PROGRAM, "audit", "--format", "json", *arguments]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, **options)

    def test_there_is_a_sample_for_every_second(self):
        began = time.monotonic()
        with self.start("--for", "2") as program:
            report = json.loads(program.communicate(timeout=60)[0])
        self.assertGreaterEqual(time.monotonic() - began, 2)
        self.assertEqual(len(report["series"]["samples"]), 3)

    def test_this_host_can_be_watched_by_the_name_of_its_root(self):
        with self.start("--for", "1", "--root", "/") as program:
            report = json.loads(program.communicate(timeout=60)[0])
        self.assertEqual(len(report["series"]["samples"]), 2)

    def test_an_interrupt_ends_it_early_with_a_report(self):
        terminal, program_side = os.openpty()
        self.addCleanup(os.close, terminal)
        with self.start("--for", "60", stderr=program_side,
                        env={**os.environ, "TERM": "xterm"}) as program:
            os.close(program_side)
            shown = b""
            while b"1 of 60 s" not in shown:
                shown += os.read(terminal, 65536)
            program.send_signal(signal.SIGINT)
            report = json.loads(program.communicate(timeout=60)[0])
        self.assertIn(program.returncode, (0, 1, 2))
        samples = report["series"]["samples"]
        self.assertGreaterEqual(len(samples), 2)
        self.assertLess(samples[-1]["at_s"], 60)

    def progress(self, environment):
        terminal, program_side = os.openpty()
        self.addCleanup(os.close, terminal)
        with self.start("--for", "1", stderr=program_side, env={**os.environ, **environment}) as program:
            os.close(program_side)
            program.communicate(timeout=60)
        shown = b""
        try:
            while True:  # it comes in pieces, and ends with EIO
                shown += os.read(terminal, 65536)
        except OSError:
            return shown

    def test_a_terminal_sees_progress_that_is_erased(self):
        shown = self.progress({"TERM": "xterm"})
        self.assertIn(b"of 1 s", shown)
        self.assertTrue(shown.endswith(b"\r\x1b[K"), shown)

    def test_a_dumb_terminal_sees_none(self):
        self.assertEqual(self.progress({"TERM": "dumb"}), b"")

    def test_nothing_is_said_where_there_is_no_terminal(self):
        with self.start("--for", "1", stderr=subprocess.PIPE) as program:
            self.assertEqual(program.communicate(timeout=60)[1], b"")


if __name__ == "__main__":
    main()
