"""ip_local_port_range: which local ports connect() chooses from."""
import socket

from preload import PreloadTest, guest_port, main, new_namespace, read_option, sysctl


def as_unsigned(number):
    return number & 0xFFFFFFFF


class PortRange(PreloadTest):
    def setUp(self):
        super().setUp()
        with socket.socket() as s:
            try:
                s.getsockopt(socket.IPPROTO_IP, 51)
            except OSError:
                self.skipTest("skipped: this kernel has no IP_LOCAL_PORT_RANGE (Linux 6.3)")

    def ports(self, n, sysctl_range, **options):
        """Local ports of up to N connections to one destination, and the error that came then."""
        new_namespace()
        sysctl("net.ipv4.ip_local_port_range", sysctl_range)
        server = self.server(8080, backlog=n)
        guest = self.guest(**options)
        found = []
        for _ in range(n):
            fd = guest.socket()
            answer = guest.connect(fd, "127.0.0.1", 8080)
            if answer.error:
                return found, answer.error
            server.accept()[0].detach()
            found.append(guest_port(guest, fd))
        return found, None

    def test_the_value_is_both_ends_in_one_number(self):
        for options, low, high in (("ip_local_port_range=20000-29999", 20000, 29999),
                                   ("ip_local_port_range=full-search", 1, 65535)):
            server = self.server()
            guest = self.guest(options=options)
            fd = guest.socket()
            self.connected(guest, fd, server)
            found = as_unsigned(read_option(guest.pid, fd, "ip_local_port_range"))
            self.assertEqual((found & 0xFFFF, found >> 16), (low, high))

    def test_ports_come_from_that_range_only(self):
        found, error = self.ports(9, "40000 40999", options="ip_local_port_range=40100-40107")
        self.assertEqual(sorted(found), list(range(40100, 40108)))
        self.assertEqual(error, "EADDRNOTAVAIL")

    def test_full_search_uses_every_port_of_the_sysctls_range(self):
        found, error = self.ports(17, "40000 40015", options="ip_local_port_range=full-search")
        self.assertEqual(sorted(found), list(range(40000, 40016)))
        self.assertEqual(error, "EADDRNOTAVAIL")

    def test_full_search_looks_through_both_halves_at_once(self):
        def parities(**options):
            return {port % 2 for port in self.ports(20, "40000 40999", **options)[0]}

        self.assertEqual(len(parities(shim=False)), 1)
        self.assertEqual(parities(options="ip_local_port_range=full-search"), {0, 1})

    def test_a_range_for_a_bind_to_port_0(self):
        guest = self.guest(options="ip_local_port_range=40100-40103")
        ports = {guest_port(guest, guest.bound("127.0.0.1")) for _ in range(3)}
        self.assertTrue(ports <= set(range(40100, 40104)), ports)

    def test_ipv6_as_well(self):
        server = self.server(8080, "::1")
        guest = self.guest(options="ip_local_port_range=40100-40103")
        fd = guest.socket(socket.AF_INET6)
        self.connected(guest, fd, server)
        self.assertIn(guest_port(guest, fd), range(40100, 40104))

    def test_only_for_the_destinations_that_a_section_names(self):
        servers = [self.server(port) for port in (8080, 8081)]
        guest = self.guest(profile="[socket a]\nside = connect\nport = 8080\n"
                                   "ip_local_port_range = 45000-45009\n")
        found = []
        for server in servers:
            fd = guest.socket()
            self.connected(guest, fd, server)
            found.append(guest_port(guest, fd) in range(45000, 45010))
        self.assertEqual(found, [True, False])

    def test_with_no_port_at_bind_the_range_counts_at_connect(self):
        server = self.server(8080)
        guest = self.guest(options="ip_local_port_range=45000-45009;ip_bind_address_no_port=on")
        fd = guest.bound("127.0.0.9")
        self.assertEqual(guest_port(guest, fd), 0)
        ours = self.connected(guest, fd, server)
        self.assertEqual(ours.getpeername()[0], "127.0.0.9")
        self.assertIn(ours.getpeername()[1], range(45000, 45010))


if __name__ == "__main__":
    main()
