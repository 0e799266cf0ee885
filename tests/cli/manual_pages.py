"""The manual pages say of options and variables what the tables and the library's source have."""
import json
import re

from program import SOURCE, ProgramTest, main

LETTERS = {"bind": "b", "listen": "l", "connect": "c", "accept": "a"}


def page(name):
    return (SOURCE / "docs" / name).read_text(encoding="utf-8")


class ManualPages(ProgramTest):
    def options(self):
        names = json.loads(self.run_program("explain", "--list", "--format=json").stdout)["options"]
        explained = json.loads(self.run_program("explain", "--format=json", *names).stdout)
        return [topic for topic in explained["explained"] if topic["kind"] == "option"]

    def test_the_table_of_options_has_all_of_them_as_they_are(self):
        rows = re.search(r"```\nOption .*\n((?:.+\n)+)```", page("tcpwright-profile.5.scd"))[1]
        found = {}
        for row in rows.splitlines():
            name, *_, since, at, inherited = re.split(r" {2,}", row)
            found[name] = since, at, inherited
        expected = {}
        for option in self.options():
            at = "".join(LETTERS[call] for call in option["set_at"])
            # What only clients have, no listener hands down.
            inherited = "yes" if option["inherited"] else "no"
            if "l" not in at and option["name"] not in ("so_reuseport", "tcp_quickack"):
                inherited = "-"
            expected[option["name"]] = option["since"], at, inherited
        self.assertEqual(found, expected)

    def test_every_option_has_a_text_of_its_own(self):
        text = page("tcpwright-profile.5.scd")
        for option in self.options():
            self.assertRegex(text, rf"(?m)^(\*.*, )?\*{option['name']}\*(, \*.*)?$")

    def test_every_variable_that_the_library_reads_is_explained(self):
        source = "".join(path.read_text(encoding="utf-8") for path in
                         sorted((SOURCE / "preload").glob("*.c")))
        read = set(re.findall(r'"(TCPWRIGHT_[A-Z_]+[A-Z])"', source))
        self.assertGreaterEqual(len(read), 6)
        text = page("tcpwright-preload.7.scd")
        for name in read:
            self.assertRegex(text, rf"(?m)^\*{name}\*$")
        compat = (SOURCE / "preload/compat.c").read_text(encoding="utf-8")
        for name in set(re.findall(r'\{ "([A-Z_]+)", OPTION', compat)):
            known = name.replace("SETSOCKOPT_TCP_KEEPALIVE_INTVL", "\\_INTVL").replace(
                "SETSOCKOPT_TCP_KEEPALIVE_CNT", "\\_CNT")
            self.assertIn(f"*{known}*", text)

    def test_every_event_of_the_log_is_explained(self):
        source = (SOURCE / "preload/log.c").read_text(encoding="utf-8")
        events = set(re.findall(r'\[SHIM_[A-Z_]+\] = "([a-z-]+)"', source))
        self.assertGreaterEqual(len(events), 6)
        text = page("tcpwright-preload.7.scd")
        for event in events | {"start", "error", "note"}:
            self.assertRegex(text, rf"(?m)^(\*.*, )?\*{event}\*(, \*.*)?$")


if __name__ == "__main__":
    main()
