"""What the program says of itself is complete, and is the same everywhere."""
import re

from program import SOURCE, ProgramTest, main


class Help(ProgramTest):
    def subcommands(self):
        overview = self.run_program("--help").stdout
        return re.findall(r"^  ([a-z]+) ", overview, re.MULTILINE)

    def options(self, subcommand):
        page = self.run_program("help", subcommand).stdout
        return re.findall(r"^  (?:-[a-z], )?(--[a-z-]+)", page, re.MULTILINE)

    def test_the_overview_names_every_subcommand(self):
        self.assertEqual(self.subcommands(), ["audit", "explain", "profile", "run", "help"])

    def test_help_needs_no_dashes(self):
        self.assertEqual(self.run_program("help").stdout, self.run_program("--help").stdout)
        self.assertEqual(self.run_program("--help").returncode, 0)

    def test_each_subcommand_helps_in_the_same_words_both_ways(self):
        for name in self.subcommands():
            one, other = self.run_program("help", name), self.run_program(name, "--help")
            self.assertEqual(one.returncode, 0)
            self.assertEqual(one.stdout, other.stdout)
            self.assertTrue(one.stdout.startswith(f"Usage: tcpwright {name} "), one.stdout)

    def test_help_wins_over_everything_else_on_the_line(self):
        done = self.run_program("audit", "--no-such-option", "--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_the_version_is_the_project_s(self):
        project = (SOURCE / "CMakeLists.txt").read_text()
        version = re.search(r"VERSION ([0-9.]+) LANGUAGES", project)[1]
        self.assertEqual(self.run_program("--version").stdout, f"tcpwright {version}\n")

    def test_the_man_page_knows_every_subcommand_and_option(self):
        page = (SOURCE / "docs/tcpwright.1.scd").read_text()
        for name in self.subcommands():
            self.assertIn(f"*tcpwright* *{name}*", page)
            for option in self.options(name):
                self.assertIn(f"*{option}*", page)

    def test_audit_says_which_sockets_are_asked_for_more(self):
        text = self.run_program("audit", "--help").stdout
        self.assertRegex(text, r"INET_DIAG_INFO")
        self.assertRegex(text, r"50,000")


if __name__ == "__main__":
    main()
