"""TCPWRIGHT_COMPAT=1: the variables of libkeepalive, libdontdie, msantos/libkeepalive,
libsetsockopt and forcebacklog, on programs that used to run with those."""
from preload import PreloadTest, backlog_of, main, read_option

NAMES = ("so_keepalive", "tcp_keepidle", "tcp_keepintvl", "tcp_keepcnt", "tcp_user_timeout")
NOTHING = (0, 7200, 75, 9, 0)


class Compat(PreloadTest):
    def keepalive(self, side="connect", **variables):
        guest = self.guest(TCPWRIGHT_COMPAT="1", **variables)
        if side == "listen":
            fd = guest.listening(port=0)
        else:
            fd = guest.socket()
            self.connected(guest, fd, self.server())
        return tuple(read_option(guest.pid, fd, name) for name in NAMES)

    def check_all(self, cases):
        for variables, expected in cases:
            for side in ("listen", "connect"):
                with self.subTest(**variables, side=side):
                    self.assertEqual(self.keepalive(side, **variables), expected)

    def test_no_variable_at_all_is_keepalive(self):
        self.check_all([({}, (1, 7200, 75, 9, 0))])

    def test_libkeepalive(self):
        self.check_all([
            ({"KEEPIDLE": "100"}, (1, 100, 75, 9, 0)),
            ({"KEEPIDLE": "100", "KEEPINTVL": "20", "KEEPCNT": "4"}, (1, 100, 20, 4, 0)),
            ({"KEEPALIVE": "on"}, (1, 7200, 75, 9, 0)),
            ({"KEEPALIVE": "off"}, NOTHING),
            ({"KEEPALIVE": "OFF", "KEEPIDLE": "100"}, NOTHING),
            ({"KEEPIDLE": "100 seconds"}, (1, 100, 75, 9, 0)),
            ({"KEEPIDLE": "junk"}, (1, 7200, 75, 9, 0)),
            ({"KEEPIDLE": "-5"}, (1, 7200, 75, 9, 0)),
        ])

    def test_libdontdie(self):
        self.check_all([
            ({"DD_TCP_KEEPALIVE_TIME": "4", "DD_TCP_KEEPALIVE_INTVL": "5",
              "DD_TCP_KEEPALIVE_PROBES": "6"}, (1, 4, 5, 6, 0)),
            ({"DD_USE_KEEPALIVE": "0", "DD_TCP_KEEPALIVE_TIME": "4"}, NOTHING),
            ({"DD_USE_KEEPALIVE": "1"}, (1, 7200, 75, 9, 0)),
        ])

    def test_msantos_libkeepalive(self):
        self.check_all([
            ({"TCP_KEEPIDLE": "15"}, (1, 15, 15, 9, 150000)),
            ({"TCP_KEEPIDLE": "2", "TCP_KEEPINTVL": "3", "TCP_KEEPCNT": "3",
              "TCP_USER_TIMEOUT": "9000"}, (1, 2, 3, 3, 9000)),
            ({"TCP_USER_TIMEOUT": "0"}, (1, 15, 15, 9, 0)),
            ({"TCP_USER_TIMEOUT": "-1"}, (1, 15, 15, 9, 150000)),
            ({"TCP_KEEPIDLE": "0", "TCP_USER_TIMEOUT": "0"}, (1, 7200, 15, 9, 0)),
        ])

    def test_msantos_syncnt_defer_accept_and_maxseg(self):
        guest = self.guest(TCPWRIGHT_COMPAT="1", TCP_SYNCNT="3", TCP_DEFER_ACCEPT="5",
                           TCP_MAXSEG="1000")
        listener, client = guest.listening(port=0), guest.socket()
        self.connected(guest, client, self.server())
        self.assertEqual(read_option(guest.pid, client, "tcp_syncnt"), 3)
        self.assertGreaterEqual(read_option(guest.pid, listener, "tcp_defer_accept"), 5)
        self.assertEqual(read_option(guest.pid, listener, "tcp_maxseg"), 1000)

    def test_libsetsockopt(self):
        self.check_all([
            ({"SETSOCKOPT_TCP_KEEPALIVE": "1", "SETSOCKOPT_TCP_KEEPALIVE_IDLE": "100",
              "SETSOCKOPT_TCP_KEEPALIVE_INTVL": "20", "SETSOCKOPT_TCP_KEEPALIVE_CNT": "4"},
             (1, 100, 20, 4, 0)),
            ({"SETSOCKOPT_TCP_KEEPALIVE": "0"}, NOTHING),
            ({"SETSOCKOPT_TCP_KEEPALIVE": "-1", "SETSOCKOPT_TCP_KEEPALIVE_IDLE": "100"}, NOTHING),
            ({"SETSOCKOPT_TCP_KEEPALIVE_IDLE": "100", "KEEPALIVE": "off"}, NOTHING),
        ])

    def test_forcebacklog(self):
        for port, (variables, program, expected) in enumerate(
                [({"BACKLOG": "300"}, 5, 300), ({"BACKLOG": "300"}, 511, 511),
                 ({"BACKLOG": "0"}, 5, 5), ({}, 5, 5)], 8080):
            guest = self.guest(TCPWRIGHT_COMPAT="1", **variables)
            guest.listening(port=port, backlog=program)
            self.assertEqual(backlog_of(port), expected, variables)

    def test_the_program_wins(self):
        guest = self.guest(TCPWRIGHT_COMPAT="1", KEEPIDLE="100", KEEPINTVL="20")
        fd = guest.bound()
        guest.set(fd, "tcp_keepidle", 60)
        guest.get("listen", fd, 5)
        self.check(guest, fd, so_keepalive=1, tcp_keepidle=60, tcp_keepintvl=20)

    def test_the_profile_and_what_is_set_by_hand_come_first(self):
        guest = self.guest(TCPWRIGHT_COMPAT="1", KEEPIDLE="100", KEEPINTVL="20", KEEPCNT="7",
                           options="tcp_keepidle=50s",
                           profile="[socket a]\ntcp_keepidle = 60s\ntcp_keepintvl = 40s\n")
        self.check(guest, guest.listening(), tcp_keepidle=50, tcp_keepintvl=40, tcp_keepcnt=7)

    def test_without_the_switch_the_variables_mean_nothing(self):
        for switch in ({}, {"TCPWRIGHT_COMPAT": "0"}):
            guest = self.guest(KEEPIDLE="100", BACKLOG="300", options="tcp_nodelay=on", **switch)
            fd = guest.listening(port=8080 + len(switch), backlog=5)
            self.check(guest, fd, so_keepalive=0, tcp_keepidle=7200)
            self.assertEqual(backlog_of(8080 + len(switch)), 5)


if __name__ == "__main__":
    main()
