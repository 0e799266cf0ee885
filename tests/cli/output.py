"""Where a report goes: whole or not at all, quiet when the reader has left, plain when piped."""
import json
import os
import resource
import subprocess

from program import PROGRAM, ProgramTest, main

QUIETLY_GONE = (3, "")


class Output(ProgramTest):
    def run_into_closed_pipe(self, *arguments):
        reader, writer = os.pipe()
        os.close(reader)
        try:
            return self.run_program(*arguments, stdout=writer)
        finally:
            os.close(writer)

    def test_a_reader_who_left_needs_no_message(self):
        root = self.saved_host()
        for arguments in (["audit", "--root", root], ["audit", "--root", root, "--format", "json"],
                          ["help"], ["explain", "--list"], ["profile", "list"]):
            done = self.run_into_closed_pipe(*arguments)
            self.assertEqual((done.returncode, done.stderr), QUIETLY_GONE, arguments)

    def test_a_full_disk_behind_standard_output_gives_3_and_the_reason(self):
        for arguments in (["audit", "--root", self.saved_host()], ["--version"],
                          ["explain", "TIME-WAIT"], ["profile", "list"]):
            with open("/dev/full", "w", encoding="ascii") as full:
                done = self.run_program(*arguments, stdout=full)
            self.assertEqual(done.returncode, 3, arguments)
            self.assertIn("No space left on device", done.stderr)

    def test_a_closed_standard_output_gives_3(self):
        done = self.run_program("audit", "--root", self.saved_host(),
                                before=["sh", "-c", 'exec "$0" "$@" >&-'])
        self.assertEqual(done.returncode, 3)

    def test_a_report_in_a_file_is_the_same_and_alone_there(self):
        target = self.folder / "out" / "report.json"
        target.parent.mkdir()
        target.write_text("an older report")
        done = self.run_program("audit", "--root", self.saved_host(), "--format", "json", "-o",
                                target)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        self.assertEqual(json.loads(target.read_text())["host"]["hostname"], "saved")
        self.assertEqual(os.listdir(target.parent), ["report.json"])

    def test_a_folder_that_is_not_there_is_named(self):
        target = self.folder / "none" / "report.json"
        self.assert_refused("audit", "--root", self.saved_host(), "-o", target, code=3,
                            says=str(target))

    def test_a_disk_that_fills_up_leaves_the_older_report(self):
        target = self.folder / "out" / "report.json"
        target.parent.mkdir()
        target.write_text("older")
        # Python ignores SIGXFSZ; kept so, a write beyond the limit fails like on a full disk.
        done = self.run_program(
            "audit", "--root", self.saved_host(), "--format", "json", "-o", target,
            restore_signals=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512)))
        self.assertEqual(done.returncode, 3)
        self.assertIn(str(target), done.stderr)
        self.assertEqual(os.listdir(target.parent), ["report.json"])
        self.assertEqual(target.read_text(), "older")

    def test_piped_text_is_plain_and_colour_can_be_forced(self):
        root = self.saved_host({"proc/sys/net/ipv4/tcp_syncookies": "0\n"})
        self.assertNotIn("\x1b", self.run_program("audit", "--root", root).stdout)
        coloured = self.run_program("audit", "--root", root, "--color", "always")
        self.assertIn("\x1b[", coloured.stdout)

    def test_a_terminal_gets_colour_unless_it_is_not_wanted(self):
        root = self.saved_host({"proc/sys/net/ipv4/tcp_syncookies": "0\n"})
        for environment, wanted in (({"TERM": "xterm"}, True), ({"TERM": "dumb"}, False),
                                    ({"TERM": "xterm", "NO_COLOR": "1"}, False),
                                    ({"TERM": "xterm", "NO_COLOR": ""}, True)):
            text = self.on_terminal(environment, "audit", "--root", root)
            self.assertIn(b"syncookies-off", text)
            self.assertEqual(b"\x1b[" in text, wanted, environment)

    def on_terminal(self, environment, *arguments):
        """What the program writes when its standard output is a terminal."""
        terminal, program_side = os.openpty()
        kept = {name: value for name, value in os.environ.items()
                if name not in ("TERM", "NO_COLOR")}
        with subprocess.Popen([PROGRAM, *map(str, arguments)],
                              stdin=subprocess.DEVNULL, stdout=program_side,
                              env={**kept, **environment}):
            os.close(program_side)
            text = b""
            try:
                while part := os.read(terminal, 65536):
                    text += part
            except OSError:  # how a terminal ends when its last user has left
                pass
        os.close(terminal)
        return text


if __name__ == "__main__":
    main()
