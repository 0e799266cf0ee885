"""redis-server: sets all of keepalive itself, on what it has accepted."""
from preload import main
from servers import KEEPALIVE, ServerTest

FORCED = "[socket clients]\nside = listen\nso_keepalive = on\ntcp_keepidle = 192s force\n"


class Redis(ServerTest):
    program, backlog = "redis-server", 511
    request, answer = b"SET a hello\r\nGET a\r\n", b"+OK\r\n$5\r\nhello\r\n"
    settings = ()

    def command(self):
        return ["redis-server", "--port", "8080", "--bind", "127.0.0.1", "--save", "",
                "--dir", self.folder, "--daemonize", "no", *self.settings]

    def test_its_own_keepalive_stays(self):
        self.chosen = {"so_keepalive": 1, "tcp_keepidle": 300, "tcp_keepintvl": 100,
                       "tcp_keepcnt": 3}
        self.compare()

    def test_the_keepalive_of_its_settings_stays(self):
        self.settings = "--tcp-keepalive", "60"
        self.chosen = {"so_keepalive": 1, "tcp_keepidle": 60, "tcp_keepintvl": 20, "tcp_keepcnt": 3}
        self.compare()

    def test_where_it_sets_none_its_clients_have_the_profiles(self):
        self.settings = "--tcp-keepalive", "0"
        self.compare()

    def test_force_overrides_what_it_sets_on_each_connection(self):
        observed = self.observe(profile=FORCED)
        self.assertEqual({name: observed.option(name) for name in KEEPALIVE},
                         {**KEEPALIVE, "tcp_keepintvl": 100, "tcp_keepcnt": 3})


if __name__ == "__main__":
    main()
