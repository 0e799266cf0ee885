"""so_linger and tcp_linger2: what close() leaves behind, and what the peer sees."""
import errno
import socket
import struct
import time

from preload import (PreloadTest, SO_LINGER, main, new_namespace, read_linger, ss, sysctl,
                     time_waits, wait_until)

DRAINED = "so_linger=drained"


def unfinished():
    """Connections on their way out, TIME-WAIT excepted."""
    return len(ss("-ta", "state", "closing", "state", "last-ack", "state", "fin-wait-1", "state",
                  "fin-wait-2", "state", "close-wait"))


def read_to_the_end(s):
    """(bytes, how it ended: EOF or an errno's name)"""
    n = 0
    try:
        while data := s.recv(65536):
            n += len(data)
    except OSError as error:
        return n, errno.errorcode[error.errno]
    return n, "EOF"


class Linger(PreloadTest):
    def close_first(self, n=1, size=1000, **options):
        """A server that answers with SIZE bytes and closes first. How each connection ended for the
        client, and how many are in TIME-WAIT then."""
        new_namespace()
        # A FIN sent twice on a busy machine would otherwise be answered by a RST, which ends
        # TIME-WAIT.
        sysctl("net.ipv4.tcp_rfc1337", 1)
        guest = self.guest(**options)
        fd = guest.listening()
        ends = []
        for _ in range(n):
            accepted, ours = self.accepted(guest, fd)
            self.assertEqual(guest.get("send", accepted, size), size)
            guest.get("close", accepted)
            ends.append(read_to_the_end(ours))
            ours.close()
        wait_until(lambda: unfinished() == 0, "the last closes to complete")
        return ends, time_waits()

    def test_without_the_library_there_is_time_wait(self):
        ends, left = self.close_first(5, shim=False)
        self.assertEqual((ends, left), ([(1000, "EOF")] * 5, 5))

    def test_drained_gives_the_peer_all_and_a_clean_end_and_leaves_no_time_wait(self):
        ends, left = self.close_first(5, options=DRAINED)
        self.assertEqual((ends, left), ([(1000, "EOF")] * 5, 0))

    def test_drained_is_a_wait_of_minus_1_for_the_peers_end(self):
        guest = self.guest(options=DRAINED)
        fd = guest.listening()
        accepted, _ = self.accepted(guest, fd)
        for each in (fd, accepted):
            self.check(guest, each, tcp_linger2=-1)
            self.assertEqual(read_linger(guest.pid, each), (0, 0))

    def test_drained_holds_until_a_slow_reader_has_it_all(self):
        size = 1 << 20
        guest = self.guest(options=DRAINED)
        fd = guest.listening()
        accepted, ours = self.accepted(guest, fd)
        guest.tell("send", accepted, size)
        guest.tell("close", accepted)  # as soon as the rest fits into the buffers
        got = bytearray()
        while not ss("-ta", "state", "fin-wait-1"):
            got += ours.recv(16384)
        self.assertLess(len(got), size)  # so the close came before we had it all
        while data := ours.recv(16384):
            got += data
        self.assertEqual(bytes(got), bytes(range(256)) * (size // 256))
        self.assertEqual([guest._answer().result for _ in range(2)], [size, 0])
        ours.close()
        wait_until(lambda: unfinished() == 0, "the last close to complete")
        self.assertEqual(time_waits(), 0)

    def test_drained_with_a_child_ends_when_the_last_owner_has_closed(self):
        guest = self.guest(options=DRAINED)
        fd = guest.listening()
        accepted, ours = self.accepted(guest, fd)
        guest.fork()
        guest.get("send", accepted, 1000)
        ours.settimeout(0.2)
        self.assertEqual(len(ours.recv(2000)), 1000)
        guest.get("close", accepted)  # the parent still has it
        self.assertRaises(TimeoutError, ours.recv, 1)
        guest.exit_child()
        self.assertRaises(TimeoutError, ours.recv, 1)
        guest.get("close", accepted)
        ours.settimeout(10)
        self.assertEqual(read_to_the_end(ours), (0, "EOF"))
        ours.close()
        wait_until(lambda: unfinished() == 0, "the last close to complete")
        self.assertEqual(time_waits(), 0)

    def through_few_ports(self, n, **options):
        """How many of N connections a client gets that closes each of them first, with 10 ports."""
        new_namespace()
        sysctl("net.ipv4.ip_local_port_range", "40000 40009")
        sysctl("net.ipv4.tcp_tw_reuse", 0)
        server = self.server(8080)
        guest = self.guest(**options)
        for i in range(n):
            fd = guest.socket()
            answer = guest.connect(fd, "127.0.0.1", 8080)
            if answer.error:
                self.assertEqual(answer.error, "EADDRNOTAVAIL")
                return i
            ours = server.accept()[0]
            guest.get("close", fd)
            self.assertEqual(read_to_the_end(ours), (0, "EOF"))
            ours.close()
            wait_until(lambda: unfinished() == 0, "the close to complete")
        return n

    def test_a_drained_client_has_its_ports_again_at_once(self):
        self.assertEqual(self.through_few_ports(30, shim=False), 10)
        self.assertEqual(self.through_few_ports(30, options=DRAINED), 30)

    def test_what_drained_costs_where_a_server_speaks_first_and_closes_at_once(self):
        """The price that the man page names: a client that comes back from connect() only then is
        told of a reset, with all the data there to be read."""
        for options, expected in ((None, 0), (DRAINED, errno.EPIPE)):
            with self.subTest(options):
                new_namespace()
                guest = self.guest(options=options)
                fd = guest.listening(port=8080)
                client = socket.socket()
                self.addCleanup(client.close)
                client.setblocking(False)
                with self.assertRaises(BlockingIOError):
                    client.connect(("127.0.0.1", 8080))
                accepted = guest.get("accept", fd)
                guest.get("send", accepted, 100)
                guest.get("close", accepted)
                time.sleep(0.2)
                self.assertEqual(client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), expected)
                self.assertEqual(read_to_the_end(client), (100, "EOF"))

    def test_abort_resets(self):
        guest = self.guest(options="so_linger=abort")
        fd = guest.listening()
        accepted, ours = self.accepted(guest, fd)
        self.assertEqual(read_linger(guest.pid, accepted), (1, 0))
        guest.get("close", accepted)
        self.assertEqual(read_to_the_end(ours), (0, "ECONNRESET"))
        self.assertEqual(time_waits(), 0)

    def test_seconds(self):
        server = self.server()
        guest = self.guest(options="so_linger=7s")
        fd = guest.socket()
        self.connected(guest, fd, server)
        self.assertEqual(read_linger(guest.pid, fd), (1, 7))

    def test_off_with_force_takes_the_programs_linger_away(self):
        for options, expected in (("so_linger=off", (1, 0)), ("so_linger=off force", (0, 0))):
            guest = self.guest(options=options)
            fd = guest.bound()
            guest.set(fd, SO_LINGER, struct.pack("ii", 1, 0))
            guest.get("listen", fd, 5)
            self.assertEqual(read_linger(guest.pid, fd), expected, options)

    def test_a_program_that_lingers_itself_is_not_drained(self):
        guest = self.guest(options=DRAINED)
        fd = guest.bound()
        guest.set(fd, SO_LINGER, struct.pack("ii", 1, 9))
        guest.get("listen", fd, 5)
        self.check(guest, fd, tcp_linger2=60)
        self.assertEqual(read_linger(guest.pid, fd), (1, 9))

    def test_a_program_that_chose_how_long_to_wait_is_not_drained(self):
        guest = self.guest(options=DRAINED)
        fd = guest.bound()
        guest.set(fd, "tcp_linger2", 30)
        guest.get("listen", fd, 5)
        self.check(guest, fd, tcp_linger2=30)

    def test_a_program_that_lingers_later_is_no_longer_drained(self):
        """Once its data are acknowledged its close() would send a RST after the FIN."""
        for value in ((1, 9), (1, 0), (0, 0)):
            guest = self.guest(options=DRAINED)
            fd = guest.listening(port=0)
            accepted, _ = self.accepted(guest, fd)
            client = guest.socket()
            self.connected(guest, client, self.server())
            for each in (accepted, client, fd):
                guest.set(each, SO_LINGER, struct.pack("ii", *value))
                self.check(guest, each, tcp_linger2=60)
                self.assertEqual(read_linger(guest.pid, each), value)

    def test_drained_with_force_comes_before_the_programs_linger(self):
        guest = self.guest(options=DRAINED + " force")
        fd = guest.bound()
        guest.set(fd, SO_LINGER, struct.pack("ii", 1, 0))
        guest.get("listen", fd, 5)
        accepted, ours = self.accepted(guest, fd)
        guest.set(accepted, SO_LINGER, struct.pack("ii", 1, 0))
        for each in (fd, accepted):
            self.assertEqual(read_linger(guest.pid, each), (0, 0))
            self.check(guest, each, tcp_linger2=-1)
        guest.get("close", accepted)
        self.assertEqual(read_to_the_end(ours), (0, "EOF"))

    def test_linger2_in_seconds_ends_fin_wait_2(self):
        guest = self.guest(options="tcp_linger2=1s")
        fd = guest.listening()
        accepted, ours = self.accepted(guest, fd)
        self.check(guest, accepted, tcp_linger2=1)
        guest.get("close", accepted)
        self.assertEqual(read_to_the_end(ours), (0, "EOF"))
        # We do not close: only the limit ends this, instead of tcp_fin_timeout's 60 s.
        wait_until(lambda: not ss("-ta", "state", "fin-wait-2"), "FIN-WAIT-2 to end", 20)

    def test_two_kinds_of_linger_are_refused(self):
        guest = self.guest(profile="[socket a]\nso_linger = drained\ntcp_linger2 = 10s\n")
        fd = guest.listening()
        self.check(guest, fd, tcp_linger2=60)
        self.assertEqual(len(self.log_lines(event="error")), 1, self.log_lines())


if __name__ == "__main__":
    main()
