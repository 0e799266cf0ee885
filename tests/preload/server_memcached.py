"""memcached: switches keepalive on and leaves the idle time at two hours."""
from preload import main
from servers import ServerTest


class Memcached(ServerTest):
    program, backlog = "memcached", 1024
    chosen = {"so_keepalive": 1}
    request, answer = b"set a 0 0 5\r\nhello\r\nget a\r\n", b"VALUE a 0 5\r\nhello\r\nEND\r\n"

    def command(self):
        return ["memcached", "-u", "root", "-l", "127.0.0.1", "-p", "8080", "-U", "0"]

    def test_it_gets_the_times_that_it_does_not_set(self):
        self.compare()

    def test_what_it_switches_on_stays_on(self):
        off = "[socket a]\nside = listen\nso_keepalive = off\ntcp_nodelay = off\n"
        observed = self.observe(profile=off)
        self.assertEqual((observed.option("so_keepalive"), observed.option("tcp_nodelay")), (1, 1))


if __name__ == "__main__":
    main()
