"""Whatever the program sets, and whenever: that is what is there, and all else is the profile's.
Random choices on listeners, on what they accept, and on clients; the seeds are fixed."""
import random

from preload import PreloadTest, main, read_option

# What the program may choose, and what the profile asks for.
VALUES = {
    "so_keepalive": ((0, 1), 1),
    "tcp_keepidle": ((60, 7200), 192),
    "tcp_keepintvl": ((20, 75), 30),
    "tcp_keepcnt": ((3, 9), 5),
    "tcp_nodelay": ((0, 1), 1),
    "tcp_linger2": ((20, 60), 40),
    "ip_tos": ((0, 32), 16),
    "tcp_notsent_lowat": ((4096, 8192), 16384),
    "tcp_user_timeout": ((0, 5000), 400000),
}
KEEPALIVE = ("so_keepalive", "tcp_keepidle", "tcp_keepintvl", "tcp_keepcnt")
PROFILES = {
    "keepalive": (*KEEPALIVE, "tcp_nodelay", "tcp_linger2", "ip_tos", "tcp_notsent_lowat"),
    "user timeout": ("tcp_user_timeout", "tcp_nodelay", "ip_tos"),
    "both": tuple(VALUES),
}


def text(names):
    units = {"tcp_user_timeout": "ms"}
    return ";".join(f"{name}={VALUES[name][1]}{units.get(name, '')}" for name in names)


class Choices(PreloadTest):
    def choose(self, guest, fd, choices, chosen):
        for name in choices.sample(list(VALUES), choices.choice((0, 0, 1, 2, 3))):
            value = choices.choice(VALUES[name][0])
            guest.set(fd, name, value)
            chosen[name] = value

    def play(self, seed, asked):
        """(what the program chose, what is there): listener, accepted socket, client."""
        self.doCleanups()
        self.setUp()
        choices = random.Random(seed)
        server = self.server()
        guest = self.guest(options=text(asked), log=False)
        of_listener, of_client = {}, {}
        listener = guest.bound(port=8080)
        self.choose(guest, listener, choices, of_listener)
        guest.get("listen", listener, 64)
        self.choose(guest, listener, choices, of_listener)
        accepted, _ = self.accepted(guest, listener)
        of_accepted = dict(of_listener)
        self.choose(guest, accepted, choices, of_accepted)
        client = guest.socket()
        self.choose(guest, client, choices, of_client)
        self.connected(guest, client, server)
        self.choose(guest, client, choices, of_client)
        return [(chosen, {name: read_option(guest.pid, fd, name) for name in VALUES})
                for fd, chosen in ((listener, of_listener), (accepted, of_accepted),
                                   (client, of_client))]

    def expected(self, asked, chosen, defaults):
        values = {**defaults, **{name: VALUES[name][1] for name in asked}, **chosen}
        if "tcp_user_timeout" in chosen:
            values.update({name: chosen.get(name, defaults[name]) for name in KEEPALIVE})
        elif set(chosen) & set(KEEPALIVE):
            values["tcp_user_timeout"] = defaults["tcp_user_timeout"]
        return values

    def test_random_choices(self):
        plain = self.guest(shim=False)
        defaults = {name: read_option(plain.pid, plain.bound(), name) for name in VALUES}
        # The last two chose keepalive on a listener that had begun to listen.
        for seed in (*range(40), 1012, 1561):
            for profile, asked in PROFILES.items():
                for kind, (chosen, there) in zip(("listener", "accepted", "client"),
                                                 self.play(seed, asked)):
                    with self.subTest(seed=seed, profile=profile, kind=kind, chosen=chosen):
                        self.assertEqual(there, self.expected(asked, chosen, defaults))


if __name__ == "__main__":
    main()
