"""listen_backlog: what the kernel lets wait, as ss shows it."""
import pathlib

from preload import PreloadTest, backlog_of, main, sysctl


class Backlog(PreloadTest):
    def listen(self, program, **options):
        """The kernel's limit after listen(fd, PROGRAM)."""
        guest = self.guest(**options)
        guest.listening(port=8080, backlog=program)
        return backlog_of(8080)

    def test_a_smaller_number_is_raised(self):
        self.assertEqual(self.listen(5, options="listen_backlog=300"), 300)

    def test_a_larger_number_stays(self):
        self.assertEqual(self.listen(511, options="listen_backlog=300"), 511)

    def test_minus_one_is_the_largest_number(self):
        self.assertEqual(self.listen(-1, options="listen_backlog=300"), 4096)

    def test_0_and_1_are_a_choice(self):
        for program in (0, 1):
            with self.subTest(program):
                guest = self.guest(options="listen_backlog=300")
                guest.listening(port=8080 + program, backlog=program)
                self.assertEqual(backlog_of(8080 + program), program)


if __name__ == "__main__":
    main()
