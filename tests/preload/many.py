"""More sockets than the library's record has room for: it forgets, and then touches less, not
more."""
import resource
import unittest

from preload import PreloadTest, guest_port, main

MANY = 9000  # the record has 8192 places


class Many(PreloadTest):
    def setUp(self):
        super().setUp()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < MANY + 100:
            raise unittest.SkipTest(f"skipped: at most {hard} descriptors")
        resource.setrlimit(resource.RLIMIT_NOFILE, (MANY + 100, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))

    def test_the_programs_choice_stays_on_every_one(self):
        guest = self.guest(options="tcp_keepidle=192s;tcp_keepcnt=11", log=False)
        fds = [guest.bound() for _ in range(3)]
        for fd in fds:
            guest.set(fd, "tcp_keepidle", 60)
        for _ in range(MANY):
            guest.set(guest.socket(), "tcp_keepidle", 60)
        # One of the old ones is noted anew, for another option.
        guest.set(fds[1], "tcp_keepcnt", 7)
        for fd, count in zip(fds, (11, 7, 11)):
            guest.get("listen", fd, 5)
            self.check(guest, fd, tcp_keepidle=60, tcp_keepcnt=count)

    def test_nobody_sees_port_0(self):
        guest = self.guest(options="ip_bind_address_no_port=on;tcp_keepidle=192s", log=False)
        fds = [guest.bound("127.0.0.9") for _ in range(3)]
        for _ in range(MANY):
            guest.set(guest.socket(), "tcp_keepidle", 60)
        guest.set(fds[1], "tcp_keepidle", 60)
        for fd in fds:
            self.assertNotEqual(guest.getsockname(fd).port, 0)
            self.assertNotEqual(guest_port(guest, fd), 0)


if __name__ == "__main__":
    main()
