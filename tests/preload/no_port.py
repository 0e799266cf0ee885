"""ip_bind_address_no_port: a client has its port for each destination, and nobody ever sees port
0."""
import socket

from preload import PreloadTest, guest_port, main, new_namespace, read_option, sysctl

NO_PORT = "ip_bind_address_no_port=on"
ADDRESSES = ("127.0.0.9", "::1")


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


class NoPort(PreloadTest):
    def fill_the_range(self, address="127.0.0.9", low=40000, n=4):
        """All ports of a range of N taken by bind(); the sockets that have them."""
        sysctl("net.ipv4.ip_local_port_range", f"{low} {low + n - 1}")
        taken = []
        for port in range(low, low + n):
            s = socket.socket(family_of(address))
            self.addCleanup(s.close)
            s.bind((address, port))
            s.listen(1)
            taken.append(s)
        return taken

    def test_bind_takes_no_port_and_connect_does(self):
        for address in ADDRESSES:
            with self.subTest(address):
                server = self.server(0, address if ":" in address else "127.0.0.1")
                guest = self.guest(options=NO_PORT)
                fd = guest.bound(address)
                self.check(guest, fd, ip_bind_address_no_port=1)
                self.assertEqual(guest_port(guest, fd), 0)
                ours = self.connected(guest, fd, server)
                self.assertEqual(ours.getpeername()[:2], (address, guest_port(guest, fd)))
                self.assertNotEqual(guest_port(guest, fd), 0)

    def connect_to_four(self, n, **options):
        """How many connections to 4 destinations a client gets that binds first, with N ports."""
        new_namespace()
        sysctl("net.ipv4.ip_local_port_range", f"40000 {40000 + n - 1}")
        servers = [self.server(8080 + i) for i in range(4)]
        guest = self.guest(**options)
        connected = 0
        for _ in range(n):
            for i, server in enumerate(servers):
                fd = guest.socket()
                if guest.bind(fd, "127.0.0.9", 0).error:
                    return connected
                guest.get("connect", fd, "127.0.0.1", 8080 + i)
                server.accept()[0].close()
                connected += 1
        return connected

    def test_four_destinations_have_all_ports_each(self):
        self.assertEqual(self.connect_to_four(6, shim=False), 6)
        self.assertEqual(self.connect_to_four(6, options=NO_PORT), 24)

    def test_getsockname_before_connect_tells_a_port_that_is_then_used(self):
        for address in ADDRESSES:
            with self.subTest(address):
                server = self.server(0, address if ":" in address else "127.0.0.1")
                guest = self.guest(options=NO_PORT)
                fd = guest.bound(address)
                told = guest.getsockname(fd)
                self.assertEqual((told.result, told.address), (0, address))
                self.assertNotEqual(told.port, 0)
                self.assertEqual(guest_port(guest, fd), told.port)
                ours = self.connected(guest, fd, server)
                self.assertEqual(ours.getpeername()[:2], (address, told.port))

    def test_getsockname_before_listen_tells_the_port_that_then_answers(self):
        for address in ADDRESSES:
            with self.subTest(address):
                guest = self.guest(options=NO_PORT)
                fd = guest.bound(address)
                told = guest.getsockname(fd)
                self.assertNotEqual(told.port, 0)
                guest.get("listen", fd, 5)
                self.client(told.port, address)
                guest.get("accept", fd)
                self.assertEqual(guest.getsockname(fd).port, told.port)

    def test_getsockname_asked_twice_says_the_same(self):
        guest = self.guest(options=NO_PORT)
        fd = guest.bound("127.0.0.9")
        self.assertEqual(guest.getsockname(fd).port, guest.getsockname(fd).port)

    def test_listen_without_getsockname_gets_a_port(self):
        for address in ADDRESSES:
            with self.subTest(address):
                guest = self.guest(options=NO_PORT)
                fd = guest.bound(address)
                guest.get("listen", fd, 5)
                port = guest.getsockname(fd).port
                self.assertNotEqual(port, 0)
                self.assertEqual(guest_port(guest, fd), port)
                self.client(port, address)
                accepted = guest.get("accept", fd)
                self.check(guest, fd, ip_bind_address_no_port=0)
                self.check(guest, accepted, ip_bind_address_no_port=0)

    def test_a_second_bind_fails_as_without_the_library(self):
        def script(guest, address):
            fd = guest.bound(address)
            again = guest.bind(fd, address, 0)
            port = guest.bind(fd, address, 9999)
            self.assertNotEqual(guest_port(guest, fd), 0)
            return again.error, port.error

        for address in ADDRESSES:
            self.assertEqual(self.both(script, address, options=NO_PORT), ("EINVAL", "EINVAL"))

    def test_after_a_bind_that_failed_the_socket_is_as_without_the_library(self):
        """A program that tries one address after the other with the same socket."""
        def script(guest, port):
            fd = guest.socket()
            failed = guest.bind(fd, "192.0.2.1", 0)
            told = guest.getsockname(fd)
            self.check(guest, fd, ip_bind_address_no_port=0)
            bound = guest.bind(fd, "127.0.0.9", port)
            return failed.error, told.address, told.port, bound.error

        for port in (0, 9999):
            self.assertEqual(self.both(script, port, options=NO_PORT),
                             ("EADDRNOTAVAIL", "0.0.0.0", 0, None))

    def test_v6only_on_a_bound_socket_fails_as_without_the_library(self):
        def script(guest):
            fd = guest.bound("::1")
            return guest.set(fd, "ipv6_v6only", 1).error

        self.assertEqual(self.both(script, options=NO_PORT), "EINVAL")

    def test_v6only_before_bind_works_as_without_the_library(self):
        def script(guest):
            fd = guest.socket(socket.AF_INET6)
            guest.get("setsockopt", fd, 41, 26, "01000000")
            guest.get("bind", fd, "::1", 0)
            return read_option(guest.pid, fd, "ipv6_v6only")

        self.assertEqual(self.both(script, options=NO_PORT), 1)

    def test_with_the_range_full_getsockname_fails_and_the_address_stays(self):
        for address in ADDRESSES:
            with self.subTest(address):
                new_namespace()
                taken = self.fill_the_range(address)
                guest = self.guest(options=NO_PORT)
                fd = guest.bound(address)
                self.assertEqual(guest.getsockname(fd).error, "ENOBUFS")
                self.assertEqual(guest.getsockname(fd).error, "ENOBUFS")
                with_port = taken.pop()
                port = with_port.getsockname()[1]
                with_port.close()
                # Ports are free for a connect(), which must still come from the bound address.
                server = self.server(8080, address if ":" in address else "127.0.0.1")
                ours = self.connected(guest, fd, server)
                self.assertEqual(ours.getpeername()[:2], (address, port))

    def test_with_the_range_full_and_then_not_getsockname_tells_a_port(self):
        taken = self.fill_the_range()
        guest = self.guest(options=NO_PORT)
        fd = guest.bound("127.0.0.9")
        self.assertEqual(guest.getsockname(fd).error, "ENOBUFS")
        port = taken[0].getsockname()[1]
        taken[0].close()
        told = guest.getsockname(fd)
        self.assertEqual((told.address, told.port), ("127.0.0.9", port))

    def test_with_the_range_full_listen_fails_without_a_port(self):
        self.fill_the_range()
        guest = self.guest(options=NO_PORT)
        fd = guest.bound("127.0.0.9")
        self.assertEqual(guest.listen(fd, 5).error, "EADDRINUSE")

    def test_a_child_is_told_the_port_too(self):
        guest = self.guest(options=NO_PORT)
        fd = guest.bound("127.0.0.9")
        guest.fork()
        told = guest.getsockname(fd)
        guest.exit_child()
        self.assertNotEqual(told.port, 0)
        self.assertEqual(guest.getsockname(fd).port, told.port)

    def test_another_descriptor_is_told_the_port_too(self):
        guest = self.guest(options=NO_PORT)
        fd = guest.bound("127.0.0.9")
        self.assertNotEqual(guest.getsockname(guest.get("dup", fd)).port, 0)

    def test_a_port_that_the_program_names_is_taken_at_bind(self):
        guest = self.guest(options=NO_PORT)
        fd = guest.bound("127.0.0.9", 9999)
        self.check(guest, fd, ip_bind_address_no_port=0)
        self.assertEqual(guest_port(guest, fd), 9999)

    def test_udp_is_told_its_port(self):
        guest = self.guest(options=NO_PORT)
        fd = guest.socket(kind=socket.SOCK_DGRAM)
        guest.get("bind", fd, "127.0.0.9", 0)
        self.assertNotEqual(guest_port(guest, fd), 0)

    def test_a_socket_from_elsewhere_takes_its_port_at_bind(self):
        """Who made it may ask for the port by its own means."""
        s = socket.socket()
        self.addCleanup(s.close)
        s.set_inheritable(True)
        guest = self.guest(options=NO_PORT, popen={"pass_fds": [s.fileno()]})
        guest.get("bind", s.fileno(), "127.0.0.9", 0)
        self.assertNotEqual(s.getsockname()[1], 0)

    def test_a_program_that_sets_it_itself_sees_what_it_asked_for(self):
        def script(guest):
            fd = guest.socket()
            guest.set(fd, "ip_bind_address_no_port", 1)
            guest.get("bind", fd, "127.0.0.9", 0)
            return guest.getsockname(fd).port

        self.assertEqual(self.both(script, options=NO_PORT), 0)

    def test_only_the_programs_that_a_section_names(self):
        profile = "[socket a]\nprogram = curl\nip_bind_address_no_port = on\n"
        guest = self.guest(profile=profile)
        self.assertNotEqual(guest_port(guest, guest.bound("127.0.0.9")), 0)

    def test_a_failed_connect_leaves_the_address(self):
        """No server there: the program tries the next one with the same socket."""
        server = self.server(8081)
        guest = self.guest(options=NO_PORT)
        fd = guest.bound("127.0.0.9")
        self.assertEqual(guest.connect(fd, "127.0.0.1", 8080).error, "ECONNREFUSED")
        told = guest.getsockname(fd)
        self.assertEqual(told.address, "127.0.0.9")
        self.assertNotEqual(told.port, 0)
        ours = self.connected(guest, fd, server)
        self.assertEqual(ours.getpeername()[0], "127.0.0.9")

    def test_a_program_that_goes_on_to_the_next_address_gets_that(self):
        def script(guest):
            fd = guest.socket()
            first = guest.bind(fd, "192.0.2.1", 0)
            nothing = guest.getsockname(fd)
            second = guest.bind(fd, "127.0.0.9", 0)
            return (first.error, nothing.address, nothing.port, second.error,
                    guest.getsockname(fd).address)

        self.assertEqual(self.both(script, options=NO_PORT),
                         ("EADDRNOTAVAIL", "0.0.0.0", 0, None, "127.0.0.9"))

    def test_other_calls_on_such_a_socket_answer_as_without_the_library(self):
        def script(guest):
            fd = guest.bound("127.0.0.9")
            return [guest.getpeername(fd).error, guest.accept(fd).error,
                    guest.shutdown(fd, 2).error, guest.do("getsockname", fd, "bad", "bad").error]

        self.both(script, options=NO_PORT)


if __name__ == "__main__":
    main()
