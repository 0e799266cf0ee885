"""What audit is asked to judge by: bad roles and profiles are refused before anything is read."""
import re

from program import SOURCE, ProgramTest, main


class Profiles(ProgramTest):
    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def refused(self, path, *says):
        return self.assert_refused("audit", "--profile", path, says=says)

    def test_an_unknown_role_gets_the_nearest(self):
        self.assert_refused("audit", "--role", "revers-proxy", says=["revers-proxy", "reverse-proxy"])

    def test_a_role_is_found_in_the_folder_that_was_named(self):
        self.write("mine.ini", "[profile]\nname = mine\nsummary = ours\n")
        done = self.run_program("audit", "--profile-dir", self.folder, "--role", "mine",
                                "--root", self.saved_host())
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_folder_of_profiles_that_is_not_there_is_an_error(self):
        self.assert_refused("audit", "--profile-dir", self.folder / "none", says="none")

    def test_a_cycle_of_includes_is_refused(self):
        self.write("a.ini", "[profile]\nname = a\nsummary = a\ninclude = b\n")
        path = self.write("b.ini", "[profile]\nname = b\nsummary = b\ninclude = a\n")
        self.refused(path, "a.ini", "b.ini")

    def test_an_unknown_key_gets_its_line_and_the_nearest(self):
        path = self.write("p.ini", "[profile]\nname = p\nsummary = p\n\n[sysctl]\n"
                          "net.ipv4.tcp_syncookie = 1\n")
        self.refused(path, "p.ini:6", "net.ipv4.tcp_syncookies")

    def test_an_unknown_rule_gets_its_line_and_the_nearest(self):
        path = self.write("p.ini", "[profile]\nname = p\nsummary = p\n[rules]\ntw-rat = off\n")
        self.refused(path, "p.ini:5", "tw-rate")

    def test_an_unknown_section_gets_its_line_and_the_nearest(self):
        path = self.write("p.ini", "[profile]\nname = p\nsummary = p\n[sysctls]\n")
        self.refused(path, "p.ini:4", "sysctl")

    def test_a_value_that_the_key_cannot_have_is_refused(self):
        path = self.write("p.ini", "[profile]\nname = p\nsummary = p\n[sysctl]\n"
                          "net.core.somaxconn = many\n")
        self.refused(path, "p.ini:5", "somaxconn")

    def test_a_line_of_ten_megabytes_is_refused(self):
        path = self.write("p.ini", "[profile]\nname = " + "x" * 10_000_000 + "\n")
        done = self.refused(path, "p.ini")
        self.assertLess(len(done.stderr), 1000)

    def test_a_folder_is_no_profile(self):
        self.refused(self.folder, str(self.folder))

    def test_a_profile_that_is_not_there_is_named(self):
        self.refused(self.folder / "none.ini", "none.ini")

    def test_each_example_in_the_man_page_is_a_profile(self):
        page = (SOURCE / "docs/tcpwright-profile.5.scd").read_text()
        examples = re.findall(r"^```\n(\[profile\]\nname = (\S+)\n.*?)^```$", page,
                              re.MULTILINE | re.DOTALL)
        self.assertEqual(len(examples), page.count("[profile]\nname = "))
        self.assertGreater(len(examples), 0)
        for example, name in examples:
            done = self.run_program("profile", "check", self.write(f"{name}.ini", example))
            self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)


if __name__ == "__main__":
    main()
