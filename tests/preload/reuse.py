"""so_reuseaddr, which leaves a bind() that fails for a reason failing; so_reuseport, where it is
named."""
import socket

from preload import PreloadTest, guest_port, main, read_option, sysctl, time_waits, wait_until

REUSE = "so_reuseaddr=on"


class ReuseAddress(PreloadTest):
    def run_once(self, port=8080, **options):
        """A server that leaves one connection in TIME-WAIT on its port, and ends."""
        sysctl("net.ipv4.tcp_rfc1337", 1)  # see linger.py
        guest = self.guest(**options)
        fd = guest.listening(port=port)
        accepted, ours = self.accepted(guest, fd)
        guest.get("close", accepted)
        self.assertEqual(ours.recv(1), b"")
        ours.close()
        wait_until(lambda: time_waits() >= 1, "TIME-WAIT")
        guest.get("close", fd)

    def bind(self, port=8080, address="127.0.0.1", **options):
        guest = self.guest(**options)
        fd = guest.socket()
        return guest, fd, guest.bind(fd, address, port)

    def test_without_the_library_a_restart_meets_time_wait(self):
        self.run_once(shim=False)
        self.assertEqual(self.bind(shim=False)[2].error, "EADDRINUSE")

    def test_a_restart_passes_over_time_wait(self):
        self.run_once(options=REUSE)
        guest, fd, bound = self.bind(options=REUSE)
        self.assertEqual((bound.result, bound.errno), (0, 0))
        guest.get("listen", fd, 5)
        self.accepted(guest, fd)

    def test_restart_after_restart(self):
        for _ in range(4):
            self.run_once(options=REUSE)

    def test_the_first_restart_still_fails_where_the_old_listener_lacked_it(self):
        self.run_once(shim=False)
        guest, fd, bound = self.bind(options=REUSE)
        self.assertEqual(bound.error, "EADDRINUSE")
        self.check(guest, fd, so_reuseaddr=0)

    def test_it_is_not_set_where_bind_works_without(self):
        guest, fd, bound = self.bind(options=REUSE)
        self.assertEqual(bound.result, 0)
        self.check(guest, fd, so_reuseaddr=0)

    def test_it_is_on_at_listen_for_time_wait_to_inherit(self):
        guest = self.guest(options=REUSE)
        self.check(guest, guest.listening(), so_reuseaddr=1)

    def test_it_is_off_again_after_a_failure(self):
        self.server(8080)
        guest, fd, bound = self.bind(options=REUSE)
        self.assertEqual(bound.error, "EADDRINUSE")
        self.check(guest, fd, so_reuseaddr=0)

    def test_a_bind_that_serves_as_a_lock_still_locks(self):
        """Whoever binds first has the lock; nobody listens."""
        first, _, bound = self.bind(options=REUSE)
        self.assertEqual(bound.result, 0)
        for _ in range(3):
            self.assertEqual(self.bind(options=REUSE)[2].error, "EADDRINUSE")

    def test_of_two_that_restart_at_once_one_has_the_port(self):
        self.run_once(options=REUSE)
        first, fd, bound = self.bind(options=REUSE)
        self.assertEqual(bound.result, 0)
        self.check(first, fd, so_reuseaddr=0)
        self.assertEqual(self.bind(options=REUSE)[2].error, "EADDRINUSE")
        first.get("listen", fd, 5)
        self.accepted(first, fd)

    def test_a_listener_keeps_its_port_to_itself(self):
        guest = self.guest(options=REUSE)
        guest.listening()
        self.assertEqual(self.bind(options=REUSE)[2].error, "EADDRINUSE")

    def test_an_accepted_socket_that_is_listened_on_keeps_it(self):
        guest = self.guest(options=REUSE)
        accepted, _ = self.accepted(guest, guest.listening())
        self.assertEqual(guest.listen(accepted, 5).error, "EINVAL")
        self.check(guest, accepted, so_reuseaddr=1)

    def test_it_is_off_again_after_a_failed_listen(self):
        server = self.server(9000)
        guest = self.guest(options=REUSE)
        fd = guest.bound(port=8080)
        self.connected(guest, fd, server)
        self.assertEqual(guest.listen(fd, 5).error, "EINVAL")
        self.check(guest, fd, so_reuseaddr=0)

    def test_nobody_takes_one_address_in_front_of_all(self):
        """127.0.0.1 while another program is bound to 0.0.0.0, listening or about to."""
        _, _, bound = self.bind(address="0.0.0.0", options=REUSE)
        self.assertEqual(bound.result, 0)
        self.assertEqual(self.bind(address="127.0.0.1", options=REUSE)[2].error, "EADDRINUSE")
        self.guest(options=REUSE).listening("0.0.0.0", 8081)
        self.assertEqual(self.bind(8081, "127.0.0.1", options=REUSE)[2].error, "EADDRINUSE")
        _, _, bound = self.bind(8082, "127.0.0.1", options=REUSE)
        self.assertEqual(bound.result, 0)
        self.assertEqual(self.bind(8082, "0.0.0.0", options=REUSE)[2].error, "EADDRINUSE")

    def test_ipv6_as_well(self):
        guest = self.guest(options=REUSE)
        fd = guest.bound("::1", 8080)
        other = guest.socket(socket.AF_INET6)
        self.assertEqual(guest.bind(other, "::1", 8080).error, "EADDRINUSE")
        self.check(guest, other, so_reuseaddr=0)
        guest.get("listen", fd, 5)
        self.check(guest, fd, so_reuseaddr=1)

    def test_clients_that_look_for_a_free_port_have_one_each(self):
        """As bindresvport() does for NFS: it counts on bind() to fail where a port is taken.
        (libtirpc's; glibc's own does not go through bind() as others can see it.)"""
        def script(guest, n=20):
            server = self.server(8080, backlog=n + 1)
            ports = []
            for _ in range(n):
                fd, port = guest.socket(), 600
                while guest.bind(fd, "127.0.0.1", port).error == "EADDRINUSE":
                    port += 1
                guest.get("connect", fd, "127.0.0.1", 8080)
                server.accept()[0].detach()
                ports.append(guest_port(guest, fd))
            server.close()
            return ports

        self.assertEqual(self.both(script, options=REUSE), list(range(600, 620)))

    def test_never_on_udp(self):
        def script(guest):
            fds = [guest.socket(kind=socket.SOCK_DGRAM) for _ in range(2)]
            results = [guest.bind(fd, "127.0.0.1", 5000).error for fd in fds]
            return results, [read_option(guest.pid, fd, "so_reuseaddr") for fd in fds]

        self.assertEqual(self.both(script, options=REUSE), ([None, "EADDRINUSE"], [0, 0]))

    def test_a_program_that_says_no_is_not_helped(self):
        self.run_once(options=REUSE)
        guest = self.guest(options=REUSE)
        fd = guest.socket()
        guest.set(fd, "so_reuseaddr", 0)
        self.assertEqual(guest.bind(fd, "127.0.0.1", 8080).error, "EADDRINUSE")

    def test_a_program_that_sets_it_itself_binds_as_without_the_library(self):
        def script(guest):
            fds = [guest.socket() for _ in range(2)]
            for fd in fds:
                guest.set(fd, "so_reuseaddr", 1)
            return [guest.bind(fd, "127.0.0.1", 8080).error for fd in fds]

        self.both(script, options=REUSE)

    def test_only_the_ports_that_a_section_names(self):
        profile = "[socket a]\nside = listen\nport = 8080\nso_reuseaddr = on\n"
        for port, expected in ((8080, None), (8081, "EADDRINUSE")):
            self.run_once(port, profile=profile)
            self.assertEqual(self.bind(port, profile=profile)[2].error, expected, port)

    def test_other_errors_are_the_programs(self):
        def script(guest):
            fd = guest.socket()
            return [guest.bind(fd, "192.0.2.1", 8080).error,
                    guest.bind(fd, "127.0.0.1", 8080).error]

        self.assertEqual(self.both(script, options=REUSE), ["EADDRNOTAVAIL", None])


class ReusePort(PreloadTest):
    PROFILE = "[socket a]\nside = listen\nport = 8080\nso_reuseport = on\n"

    def test_only_on_the_ports_that_are_listed(self):
        for port, expected in ((8080, 1), (8081, 0), (0, 0)):
            guest = self.guest(profile=self.PROFILE)
            self.check(guest, guest.listening(port=port), so_reuseport=expected)

    def test_two_listeners_share_a_listed_port_and_no_other(self):
        first, second = (self.guest(profile=self.PROFILE) for _ in range(2))
        first.listening(port=8080)
        second.listening(port=8080)
        first.listening(port=8081)
        self.assertEqual(second.bind(second.socket(), "127.0.0.1", 8081).error, "EADDRINUSE")

    def test_a_second_bind_of_a_listener_changes_nothing(self):
        guest = self.guest(profile=self.PROFILE)
        for port, expected in ((8080, 1), (8081, 0)):
            fd = guest.listening(port=port)
            self.assertEqual(guest.bind(fd, "127.0.0.1", 8080).error, "EINVAL")
            self.check(guest, fd, so_reuseport=expected)

    def test_a_program_that_goes_on_to_the_next_port_does_not_share_that(self):
        self.server(8080)
        guest = self.guest(profile=self.PROFILE)
        fd = guest.socket()
        self.assertEqual(guest.bind(fd, "127.0.0.1", 8080).error, "EADDRINUSE")
        guest.get("bind", fd, "127.0.0.1", 8081)
        self.check(guest, fd, so_reuseport=0)

    def test_without_a_port_the_section_is_left_out(self):
        guest = self.guest(profile="[socket a]\nside = listen\nso_reuseport = on\n")
        self.check(guest, guest.listening(port=8080), so_reuseport=0)
        self.assertEqual(len(self.log_lines(event="error")), 1)


if __name__ == "__main__":
    main()
