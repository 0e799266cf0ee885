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
COMP_WORDBREAKS=$BREAKS
_tcpwright
printf '%s\\n' "${COMPREPLY[@]}"
"""


class Completion(ProgramTest):
    def complete(self, *words, breaks="=:", programs=""):
        path = ":".join(filter(None, [str(pathlib.Path(PROGRAM).parent), str(programs),
                                      os.environ["PATH"]]))
        done = subprocess.run(
            ["bash", "--norc", "-c", SCRIPT, "bash", SOURCE / "docs/tcpwright.bash", "tcpwright",
             *words], check=True, capture_output=True, text=True,
            env={**os.environ, "PATH": path, "BREAKS": breaks})
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
        self.assertIn("web-server", self.complete("audit", "--role", "=", "web"))
        for before in ([], ["--"], ["--set", "so_keepalive", "=", "on"], ["--dry-run"]):
            self.assertIn("nohup", self.complete("run", *before, "nohu"))

    def test_behind_an_equals_sign_what_belongs_there(self):
        for words, offered in ((["--role=", "web"], ["web-server"]),
                               (["--set", "so_k"], ["so_keepalive="]),
                               (["--set=", "so_k"], ["so_keepalive="]),
                               (["--set", "so_keepalive="], ["on", "off"]),
                               (["--set=", "so_keepalive=", "of"], ["off"]),
                               (["--set", "so_linger="], ["off", "abort", "drained"]),
                               (["--set", "so_rcvbuf="], []),
                               (["--set", "nonsense="], []),
                               (["--children=", "s"], ["strip"]),
                               (["--log="], [])):
            split = [part for word in words for part in
                     ([word[:-1], "="] if word.endswith("=") else [word])]
            self.assertEqual(self.complete("run", *split), offered, words)
            if words[-1].endswith("="): # some versions of bash give the empty word behind it
                self.assertEqual(self.complete("run", *split, ""), offered, words)
            whole = "".join(words) if words[0].endswith("=") else words[-1]
            before = [] if words[0].endswith("=") else words[:-1]
            head = whole.rpartition("=")[0] + "=" if "=" in whole else ""
            self.assertEqual(self.complete("run", *before, whole, breaks=" "),
                             [head + word for word in offered], words)

    def test_run_offers_programs_only(self):
        programs = self.folder / "programs"
        programs.mkdir()
        for name, mode in (("while-away", 0o755), ("while-readable", 0o644), ("$(exit)", 0o755)):
            (programs / name).touch(mode)
        (programs / "while-folder").mkdir()
        offered = self.complete("run", "while", programs=programs)
        self.assertEqual(offered, ["while-away"])
        for word in ("_tcpwr", "[[", "complet", "./"):
            self.assertEqual(self.complete("run", word, programs=programs), [], word)
        self.assertEqual(self.complete("run", "$", programs=programs), [r"\$\(exit\)"])

    def test_behind_its_command_run_offers_nothing_of_its_own(self):
        for command in (["nginx"], ["--role", "web-server", "nginx"], ["--", "nginx"]):
            self.assertEqual(self.complete("run", *command, "--fo"), [])

    def test_what_can_be_explained(self):
        self.assertIn("port-exhaustion", self.complete("explain", "port-"))
        self.assertEqual(self.complete("explain", "net.ipv4.tcp_tw_reuse_d"),
                         ["net.ipv4.tcp_tw_reuse_delay"])
        self.assertIn("TIME-WAIT", self.complete("explain", "TIME"))
        self.assertEqual(self.complete("explain", "so_k"), ["so_keepalive"])
        self.assertEqual(self.complete("explain", "SO_LI"), ["SO_LINGER"])
        self.assertEqual(self.complete("explain", "EADDRIN"), ["EADDRINUSE"])


if __name__ == "__main__":
    main()
