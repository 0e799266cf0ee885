"""The completion for bash offers what the program itself says that there is."""
import os
import pathlib
import subprocess

from program import PROGRAM, SOURCE, ProgramTest, main

SCRIPT = """
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_tcpwright
printf '%s\\n' "${COMPREPLY[@]}"
"""


class Completion(ProgramTest):
    def complete(self, *words):
        path = f"{pathlib.Path(PROGRAM).parent}:{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "--norc", "-c", SCRIPT, "bash", SOURCE / "docs/tcpwright.bash", "tcpwright",
             *words], check=True, capture_output=True, text=True,
            env={**os.environ, "PATH": path})
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_subcommands(self):
        self.assertEqual(self.complete("au"), ["audit"])
        self.assertIn("--version", self.complete(""))

    def test_options_of_a_subcommand(self):
        self.assertEqual(sorted(self.complete("audit", "--profile")), ["--profile", "--profile-dir"])
        self.assertEqual(self.complete("audit", "--ou"), ["--output"])
        self.assertEqual(self.complete("explain", "--he"), ["--help"])

    def test_the_words_that_an_option_takes(self):
        self.assertEqual(self.complete("audit", "--backend", ""), ["auto", "sock_diag", "proc"])
        self.assertEqual(self.complete("audit", "--format", "j"), ["json"])
        self.assertEqual(self.complete("profile", "--format", ""), ["text", "json"])
        self.assertEqual(self.complete("profile", "--profile-dir", ""), [])

    def test_roles(self):
        for words in (["audit", "--role", ""], ["profile", "show", ""]):
            offered = self.complete(*words)
            self.assertIn("general", offered)
            self.assertIn("reverse-proxy", offered)
        self.assertIn("auto", self.complete("audit", "--role", ""))

    def test_what_profile_does_is_offered_behind_its_options_too(self):
        for words in (["profile", ""], ["profile", "--format", "json", ""]):
            self.assertEqual(self.complete(*words), ["list", "show", "check"])

    def test_options_and_commands_of_run(self):
        self.assertEqual(self.complete("run", "--prof"), ["--profile", "--profile-dir"])
        self.assertEqual(self.complete("run", "--children", "s"), ["strip"])
        self.assertEqual(self.complete("run", "--explain", ""), ["listen", "connect"])
        self.assertIn("web-server", self.complete("run", "--role", ""))
        self.assertNotIn("auto", self.complete("run", "--role", ""))
        for before in ([], ["--"], ["--set", "so_keepalive", "=", "on"], ["--dry-run"]):
            self.assertIn("nohup", self.complete("run", *before, "nohu"))

    def test_behind_its_command_run_offers_nothing_of_its_own(self):
        for command in (["nginx"], ["--role", "web-server", "nginx"], ["--", "nginx"]):
            self.assertEqual(self.complete("run", *command, "--fo"), [])

    def test_what_can_be_explained(self):
        self.assertIn("port-exhaustion", self.complete("explain", "port-"))
        self.assertEqual(self.complete("explain", "net.ipv4.tcp_tw_reuse_d"),
                         ["net.ipv4.tcp_tw_reuse_delay"])
        self.assertIn("TIME-WAIT", self.complete("explain", "TIME"))
        self.assertEqual(self.complete("explain", "so_k"), ["so_keepalive"])


if __name__ == "__main__":
    main()
