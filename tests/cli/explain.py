"""`tcpwright explain` as a user meets it."""
import json
import os
import pty
import subprocess
import sys

from program import ProgramTest, main

STATES = ["ESTAB", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "UNCONN",
          "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING"]


class Explain(ProgramTest):
    def explain(self, *words, **options):
        return self.run_program("explain", *words, **options)

    def words_by_kind(self):
        return json.loads(self.explain("--list", "--format", "json").stdout)

    def test_every_word_is_explained_within_80_columns(self):
        for word in sum(self.words_by_kind().values(), []):
            with self.subTest(word=word):
                done = self.explain(word)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                lines = done.stdout.splitlines()
                self.assertTrue(lines[0].startswith(word + ": "), lines[0])
                self.assertLessEqual(max(map(len, lines)), 80)
                self.assertIn("\n  See ", done.stdout)

    def test_every_word_is_explained_to_programs(self):
        for kind, words in self.words_by_kind().items():
            done = self.explain("--format", "json", *words)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            explained = json.loads(done.stdout)["explained"]
            names = [topic["name"] for topic in explained if topic["kind"] + "s" == kind]
            self.assertEqual(names, words)
            for topic in explained:
                self.assertTrue(topic["references"], topic)
                self.assertNotIn("", topic.values(), topic)

    def test_all_eleven_states_and_every_kind_are_listed(self):
        words = self.words_by_kind()
        self.assertEqual(list(words), ["rules", "options", "sysctls", "counters", "errors",
                                       "states"])
        self.assertTrue(all(words.values()))
        self.assertLessEqual(set(STATES), set(words["states"]))
        everything = sum(words.values(), [])
        self.assertEqual(len(everything), len(set(everything)))

    def test_the_list_for_people_has_the_same_words(self):
        listed = [line.strip() for line in self.explain("--list").stdout.splitlines()
                  if line.startswith("  ")]
        self.assertEqual(listed, sum(self.words_by_kind().values(), []))

    def test_one_thing_has_one_text_under_every_spelling(self):
        for spellings in (
                ["net.ipv4.tcp_tw_reuse", "net/ipv4/tcp_tw_reuse", "tcp_tw_reuse",
                 "ipv4.tcp_tw_reuse", "/proc/sys/net/ipv4/tcp_tw_reuse"],
                ["net.core.somaxconn", "core/somaxconn", "somaxconn"],
                ["ListenOverflows", "TcpExtListenOverflows", "TcpExt.ListenOverflows",
                 "listenoverflows"],
                ["TIME-WAIT", "TIME_WAIT", "timewait", "time-wait"],
                ["so_keepalive", "SO_KEEPALIVE"],
                ["tcp_keepidle", "TCP_KEEPIDLE"],
                ["EADDRINUSE", "eaddrinuse"],
                ["ESTAB", "ESTABLISHED"]):
            texts = {self.explain(word).stdout for word in spellings}
            self.assertEqual(len(texts), 1, spellings)
            self.assertNotEqual(texts, {""})

    def test_an_option_is_explained_with_its_values_its_price_and_where_it_is_set(self):
        text = " ".join(self.explain("tcp_user_timeout").stdout.split())
        for words in ("socket option TCP_USER_TIMEOUT", "or auto: 0 ms or more", "Price ",
                      "Set at listen(), connect() accepted sockets have it", "Since Linux 2.6.37"):
            self.assertIn(words, text)
        self.assertIn("Set at connect(), accept()", " ".join(
            self.explain("tcp_quickack").stdout.split()))

    def test_an_option_says_how_it_is_set_and_run_takes_that(self):
        text = " ".join(self.explain("so_reuseaddr").stdout.split())
        self.assertIn("To set it tcpwright run --set so_reuseaddr=on -- PROGRAM or in a profile's "
                      "section [socket NAME]: tcpwright-profile(5)", text)
        self.assertIn("To set it in a profile's section [socket NAME], with its port = N",
                      " ".join(self.explain("so_reuseport").stdout.split()))
        words = self.words_by_kind()["options"]
        explained = json.loads(self.explain("--format", "json", *words).stdout)["explained"]
        options = [topic for topic in explained if topic["kind"] == "option"]
        self.assertEqual([o["name"] for o in options if not o["command"]], ["so_reuseport"])
        for option in options:
            if option["type"] == "flag" and option["command"]:
                call = option["command"].split()[1:-1]
                done = self.run_program(*call, sys.executable, "-c", "")
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_an_error_leads_to_the_rules_and_options_that_can_be_explained_too(self):
        for error, words in (("EADDRINUSE", ["so_reuseaddr", "port-bind-before-connect",
                                             "ip_bind_address_no_port"]),
                             ("EADDRNOTAVAIL", ["port-exhaustion"]),
                             ("TIME-WAIT", ["so_reuseaddr"])):
            text = self.explain(error).stdout
            for word in words:
                self.assertIn(word, text)
                self.assertEqual(self.explain(word).returncode, 0)

    def test_a_word_of_two_kinds_is_explained_as_both_and_a_whole_key_as_one(self):
        both = self.explain("ip_local_port_range").stdout
        self.assertIn("ip_local_port_range: socket option", both)
        self.assertIn("\nnet.ipv4.ip_local_port_range: sysctl key", both)
        self.assertNotIn("socket option", self.explain("net.ipv4.ip_local_port_range").stdout)

    def test_a_part_of_a_name_is_not_the_name(self):
        for word in ("_tw_reuse", "tcp", "net.ipv4", ".", "", "WAIT", "x" * 10000):
            done = self.explain("--", word)
            self.assertEqual((done.returncode, done.stdout), (64, ""), word[:20])

    def test_an_unknown_word_gets_the_nearest_and_nothing_is_printed(self):
        for word, nearest in (("tcp_tw_resue", "tcp_tw_reuse"),
                              ("net.ipv4.tcp_fin_timout", "net.ipv4.tcp_fin_timeout"),
                              ("port-exhastion", "port-exhaustion"),
                              ("ListenOverflow", "ListenOverflows"),
                              ("so_kepalive", "so_keepalive"),
                              ("CLOSE-WIAT", "CLOSE-WAIT")):
            done = self.explain("somaxconn", word)
            self.assertEqual((done.returncode, done.stdout), (64, ""))
            self.assertIn(f"did you mean '{nearest}'", done.stderr)

    def test_wrong_usage_is_told(self):
        for words in ((), ("--list", "somaxconn"), ("--format", "xml", "somaxconn"),
                      ("--lst",), ("--format",)):
            done = self.explain(*words)
            self.assertEqual((done.returncode, done.stdout), (64, ""), words)
            self.assertTrue(done.stderr.startswith("tcpwright: "), words)

    def test_what_an_unknown_word_holds_cannot_move_the_cursor(self):
        self.assertNotIn("\033", self.explain("evil\033[2J").stderr)

    def test_output_that_fails_is_told_and_exits_3(self):
        for options in ([], ["--format", "json"]):
            with open("/dev/full", "w", encoding="ascii") as full:
                done = self.explain(*options, "somaxconn", stdout=full)
            self.assertEqual(done.returncode, 3)
            self.assertIn("No space left on device", done.stderr)

    def test_a_reader_who_left_needs_no_message(self):
        reader, writer = os.pipe()
        os.close(reader)
        done = self.explain("somaxconn", stdout=writer)
        os.close(writer)
        self.assertEqual((done.returncode, done.stderr), (3, ""))

    def test_a_wide_terminal_is_used_and_a_narrow_one_is_kept(self):
        for columns, widest in ((60, 60), (100, 100)):
            terminal, inside = pty.openpty()
            subprocess.run(["stty", "columns", str(columns)], stdin=inside, check=True)
            done = self.explain("ip_local_port_range", stdout=inside,
                           env={**os.environ, "NO_COLOR": "1"})
            os.close(inside)
            longest = max(map(len, os.read(terminal, 65536).decode().splitlines()))
            os.close(terminal)
            self.assertEqual(done.returncode, 0)
            self.assertLessEqual(longest, widest)
            self.assertGreater(longest, widest - 20)


if __name__ == "__main__":
    main()
