"""Wrong usage: exit code 64, the reason, and the nearest thing there is."""
from program import ProgramTest, main


class Usage(ProgramTest):
    def test_without_a_subcommand_the_overview_is_an_error(self):
        self.assert_refused(says="Subcommands:")

    def test_a_misspelt_subcommand_gets_the_nearest(self):
        self.assert_refused("audti", says="did you mean 'audit'?")
        self.assert_refused("help", "explian", says="did you mean 'explain'?")

    def test_a_word_that_is_near_nothing_gets_no_guess(self):
        done = self.assert_refused("xyzzy", says="no subcommand 'xyzzy'")
        self.assertNotIn("did you mean", done.stderr)

    def test_a_misspelt_option_gets_the_nearest(self):
        self.assert_refused("audit", "--fromat", "json", says="did you mean '--format'?")
        self.assert_refused("audit", "--fromat=json", says="did you mean '--format'?")

    def test_a_misspelt_option_before_any_subcommand_gets_the_nearest(self):
        self.assert_refused("--verison", says="no option '--verison'; did you mean '--version'?")

    def test_an_option_without_its_value_names_what_it_needs(self):
        self.assert_refused("audit", "--for", says="--for needs a value: SECONDS")
        for option, value in (("--root", "DIR"), ("--output", "FILE"), ("--profile", "FILE")):
            for arguments in ([option], [option, ""], [option + "="]):
                self.assert_refused("audit", *arguments, says=f"{option} needs a value: {value}")

    def test_a_value_that_is_not_in_the_list_gets_the_list(self):
        self.assert_refused("audit", "--backend", "netlink", says="auto|sock_diag|proc")
        self.assert_refused("audit", "--format", "yaml", says="text|json")
        self.assert_refused("audit", "--fail-on", "info", says="advice|warning|critical")

    def test_the_window_is_a_sane_number_of_seconds(self):
        for seconds in ("0", "-1", "3601", "10s", "1e3", "99999999999999999999"):
            self.assert_refused("audit", f"--for={seconds}", says="seconds from 1 to 3600")

    def test_audit_takes_no_words(self):
        self.assert_refused("audit", "web-server", says="not 'web-server'")

    def test_role_and_profile_exclude_each_other(self):
        self.assert_refused("audit", "--role", "cache", "--profile", "x.ini",
                            says="--role and --profile exclude each other")

    def test_a_saved_host_cannot_be_watched(self):
        self.assert_refused("audit", "--for", "2", "--root", self.saved_host(),
                            says="--for needs a live host")

    def test_what_is_shown_of_a_bad_word_is_safe_to_print(self):
        done = self.assert_refused("audit", "--\x1b[2J", says="no option '--?[2J'")
        self.assertNotIn("\x1b", done.stderr)


if __name__ == "__main__":
    main()
