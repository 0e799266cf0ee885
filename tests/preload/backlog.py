"""listen_backlog: what the kernel lets wait, as ss shows it."""
from preload import PreloadTest, backlog_of, main, sysctl


class Backlog(PreloadTest):
    def listen(self, program, options="listen_backlog=300", **more):
        """The kernel's limit after listen(fd, PROGRAM)."""
        guest = self.guest(options=options, **more)
        guest.listening(port=8080, backlog=program)
        return backlog_of(8080)

    def test_a_smaller_number_is_raised(self):
        self.assertEqual(self.listen(5), 300)

    def test_a_larger_number_stays(self):
        self.assertEqual(self.listen(511), 511)

    def test_minus_one_is_the_largest_number(self):
        self.assertEqual(self.listen(-1), 4096)

    def test_0_and_1_are_a_choice(self):
        self.assertEqual(self.listen(0), 0)
        guest = self.guest(options="listen_backlog=300")
        guest.listening(port=8081, backlog=1)
        self.assertEqual(backlog_of(8081), 1)

    def test_force_replaces_any_number(self):
        for port, program in enumerate((0, 1, 5, 511, -1), 8080):
            with self.subTest(program):
                guest = self.guest(options="listen_backlog=300 force")
                guest.listening(port=port, backlog=program)
                self.assertEqual(backlog_of(port), 300)

    def test_a_second_listen_is_raised_too(self):
        guest = self.guest(options="listen_backlog=300")
        fd = guest.listening(port=8080, backlog=5)
        self.assertEqual(guest.get("listen", fd, 7), 0)
        self.assertEqual(backlog_of(8080), 300)

    def test_other_options_leave_it_alone(self):
        self.assertEqual(self.listen(5, options="so_keepalive=on"), 5)

    def test_the_log_says_when_somaxconn_caps_it(self):
        sysctl("net.core.somaxconn", 100)
        self.assertEqual(self.listen(5), 100)
        notes = self.log_lines(event="note")
        self.assertEqual(len(notes), 1, self.log_lines())
        self.assertIn("somaxconn", notes[0]["message"])
        self.assertEqual(notes[0]["local"], "127.0.0.1:8080")

    def test_the_log_says_nothing_of_somaxconn_where_it_caps_nothing(self):
        self.assertEqual(self.listen(5), 300)
        self.assertEqual(self.log_lines(event="note"), [])

    def test_so_many_connections_wait_as_asked_for(self):
        guest = self.guest(options="listen_backlog=40")
        guest.listening(port=8080, backlog=5)
        for _ in range(40):  # the kernel lets one more wait
            self.client(8080)

    def test_a_dry_run_raises_nothing(self):
        self.assertEqual(self.listen(5, TCPWRIGHT_DRY_RUN="1"), 5)

    def test_a_failed_listen_fails_as_without_the_library(self):
        def script(guest):
            fd = guest.listening(port=8080)
            again = guest.bound("127.0.0.1", 0)
            guest.listen(9999, 5)
            guest.listen(guest.socket(kind=2), 5)
            return [guest.listen(fd, 5).error, guest.listen(again, 5).error]

        self.both(script, options="listen_backlog=300")


if __name__ == "__main__":
    main()
