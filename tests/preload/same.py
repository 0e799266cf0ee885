"""Calls in random order get the same answers with and without the library: result, errno, address,
and whether there is a port. The seeds are fixed; nothing here depends on time. Without so_linger =
drained, which lets a bind() succeed where TIME-WAIT would have been in its way."""
import random
import socket

from preload import PreloadTest, borrow, main, new_namespace

N_SOCKETS = 6
FAMILIES = {socket.AF_INET: ("127.0.0.1", "127.0.0.9", "0.0.0.0", "192.0.2.1"),
            socket.AF_INET6: ("::1", "::", "::ffff:127.0.0.1")}
KINDS = (socket.SOCK_STREAM,) * 4 + (socket.SOCK_DGRAM, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
PORTS = (0, 0, 0, 8080, 8080, 8081)
NAMES = ("so_keepalive", "tcp_keepidle", "tcp_user_timeout", "tcp_nodelay", "ip_tos", "ipv6_v6only",
         "so_priority", "so_reuseport")
COMMON = ("so_keepalive=on;tcp_keepidle=192s;tcp_nodelay=on;so_priority=5;ip_tos=0x10;"
          "listen_backlog=300;ip_bind_address_no_port=on;tcp_user_timeout=auto")
FORCED = "so_keepalive=on force;tcp_keepidle=192s force;tcp_nodelay=on force;so_priority=5 force"


class Same(PreloadTest):
    def script(self, guest, seed, n, names):
        """N random calls; what a program can see of each."""
        choose = random.Random(seed)
        server = self.server(9000, backlog=1000)
        fds, seen = [], []
        for _ in range(n):
            what = choose.choice(("socket", "set", "bind", "bind", "listen", "connect",
                                  "getsockname", "close", "dup2"))
            family = choose.choice(list(FAMILIES))
            address, port = choose.choice(FAMILIES[family]), choose.choice(PORTS)
            name, value = choose.choice(names), choose.choice((0, 1, 16, 60, -1))
            kind, which, other = choose.choice(KINDS), choose.random(), choose.random()
            target = choose.choice((9000, 9001))
            if what == "socket" or not fds:
                fds = fds[:N_SOCKETS] + [guest.get("socket", int(family), int(kind), 0)]
                seen.append((what, family.name, int(kind), fds[-1]))
                continue
            fd = fds[int(which * len(fds))]
            if what == "set":
                seen.append((what, fd, name, value, guest.set(fd, name, value).key()))
            elif what == "bind":
                seen.append((what, fd, address, port, guest.bind(fd, address, port).key()))
            elif what == "listen":
                seen.append((what, fd, guest.listen(fd, value).key()))
            elif what == "connect":
                seen.append((what, fd, target, guest.connect(fd, "127.0.0.1", target).key()))
            elif what == "getsockname":
                answer = guest.getsockname(fd)
                seen.append((what, fd, answer.key(), answer.address, answer.port == 0))
            elif what == "dup2":
                seen.append((what, guest.get("dup2", fds[int(other * len(fds))], fd)))
            else:
                guest.get("close", fd)
                fds.remove(fd)
        for fd in fds:
            with borrow(guest.pid, fd) as s:
                seen.append(s.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
                seen.append(s.getsockname()[0])
        server.close()
        return seen

    def same(self, seed, n, names, options):
        runs = []
        for shim in (False, True):
            new_namespace()
            guest = self.guest(shim=shim, options=options, log=False)
            runs.append(self.script(guest, seed, n, names))
        for i, (without, with_it) in enumerate(zip(*runs)):
            self.assertEqual(without, with_it, f"after {runs[0][:i]}")

    def play(self, options, names, seeds=range(25), n=60):
        for seed in seeds:
            with self.subTest(seed):
                self.same(seed, n, names, options)
            self.doCleanups()
            self.setUp()

    def test_with_many_options(self):
        self.play(COMMON, (*NAMES, "so_reuseaddr", "ip_bind_address_no_port"))

    def test_with_forced_options(self):
        self.play(FORCED, (*NAMES, "so_reuseaddr"))

    def test_with_so_reuseaddr_where_the_program_does_without(self):
        """Where it shares a port itself, a second bind() may be meant to succeed."""
        self.play("so_reuseaddr=on;" + COMMON, NAMES)


if __name__ == "__main__":
    main()
