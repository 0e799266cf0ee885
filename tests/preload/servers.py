"""Real servers, unmodified and with their own settings: once without the library and once with it,
each in a network namespace. What differs on their sockets must be what the profile asks for,
but for what the server chose itself; and their clients must be answered."""
import concurrent.futures
import os
import re
import shutil
import signal
import socket
import subprocess

from all_options import LIVE, all_options, differing
from preload import OPTIONS, PreloadTest, backlog_of, skip, ss, wait_until

PORT, BACKLOG, N_CLIENTS = 8080, 2000, 40
PROFILE = """
[socket clients]
side = listen
port = 8080
so_keepalive = on
tcp_keepidle = 192s
tcp_keepintvl = 30s
tcp_keepcnt = 5
listen_backlog = 2000
so_reuseaddr = on
"""
KEEPALIVE = {"so_keepalive": 1, "tcp_keepidle": 192, "tcp_keepintvl": 30, "tcp_keepcnt": 5}
PLAIN = {"so_keepalive": 0, "tcp_keepidle": 7200, "tcp_keepintvl": 75, "tcp_keepcnt": 9}
BODY = b"".join(b"%d " % i for i in range(30000))  # more than fits into a socket's buffer at once


class Observed:
    """Of a running server: its backlog, all options of its listener and of an accepted socket."""

    def __init__(self, test, connection):
        self.backlog = backlog_of(PORT)
        self.listener = all_options(*owner("-l", f"sport = {PORT}"))
        client_port = connection.getsockname()[1]
        peer = f"sport = {PORT} and dport = {client_port}"
        wait_until(lambda: owner(peer), "the server to accept")
        test.settled(connection)
        self.accepted = {key: value for key, value in all_options(*owner(peer)).items()
                         if key not in LIVE}
        self.timer = keepalive_timer(peer)

    def option(self, name):
        return int.from_bytes(self.accepted[OPTIONS[name]], "little")


def owner(*which):
    """(pid, fd) of one of the programs that have this socket; None: nobody has accepted it yet."""
    found = re.search(r"pid=(\d+),fd=(\d+)", "\n".join(ss("-tp", *which)))
    return found and (int(found.group(1)), int(found.group(2)))


def keepalive_timer(which):
    """Seconds until the kernel asks for the peer, as ss shows it; None: there is no such timer."""
    text = "\n".join(ss("-toe", which))
    found = re.search(r"timer:\(keepalive,(?:(\d+)min)?(?:([0-9.]+)sec)?", text)
    return found and int(found.group(1) or 0) * 60 + float(found.group(2) or 0)


def changes(before, after):
    """{name or (level, number): value} of what is not the same; numbers where they are numbers."""
    names = {numbers: name for name, numbers in OPTIONS.items()}
    return {names.get(key, key): value and int.from_bytes(value, "little")
            for key, (_, value) in differing(before, after).items()}


class ServerTest(PreloadTest):
    """One server. It answers REQUEST with something that holds ANSWER."""

    program = ""
    backlog = 0  # its own
    chosen = {}  # what it sets itself on its connections, of what the profile asks for
    request, answer = b"", b""

    def setUp(self):
        if not shutil.which(self.program):
            skip(f"{self.program} is not installed")
        super().setUp()
        self.documents = self.folder / "documents"
        self.documents.mkdir()
        (self.documents / "body").write_bytes(BODY)

    def command(self):
        raise NotImplementedError

    def settled(self, connection):
        """When the server has set all that it sets: once it has answered."""
        self.exchange(connection)

    def exchange(self, connection):
        connection.sendall(self.request)
        received = b""
        while self.answer not in received:
            more = connection.recv(1 << 16)
            self.assertTrue(more, f"the server closed after {len(received)} bytes")
            received += more

    def start(self, command=None, **options):
        with open(self.folder / "errors", "wb") as errors:
            process = subprocess.Popen(command or self.command(), stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=errors,
                                       env=self.environment(**options), start_new_session=True)
        self.addCleanup(self.stop, process)
        wait_until(lambda: process.poll() is not None or ss("-lt", f"sport = {PORT}"),
                   f"{self.program} to listen", 30)
        self.assertIsNone(process.poll(), (self.folder / "errors").read_text())
        return process

    def stop(self, process):
        """With all that it has started: they are in a session of their own."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, number)
                process.wait(10)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue

    def observe(self, **options):
        self.setUp()
        process = self.start(**options)
        observed = Observed(self, self.client(PORT))
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(self.one_client, range(N_CLIENTS)))
        self.stop(process)
        return observed

    def one_client(self, _):
        with socket.create_connection(("127.0.0.1", PORT), 30) as connection:
            self.exchange(connection)

    def compare(self):
        plain = self.observe(shim=False)
        self.assertEqual(plain.backlog, self.backlog)
        self.assertEqual({name: plain.option(name) for name in PLAIN}, {**PLAIN, **self.chosen})
        observed = self.observe(profile=PROFILE)
        self.assertEqual(observed.backlog, BACKLOG)
        wanted = {**KEEPALIVE, **self.chosen}
        self.assertEqual({name: observed.option(name) for name in wanted}, wanted)
        idle = wanted["tcp_keepidle"]
        self.assertIsNotNone(observed.timer, "ss shows no keepalive timer")
        self.assertTrue(idle / 2 < observed.timer <= idle, observed.timer)
        # Nothing else: not on connections, not on the listener.
        self.assertEqual(changes(plain.accepted, observed.accepted).items() - wanted.items(), set())
        more = changes(plain.listener, observed.listener)
        self.assertEqual(more.items() - {**KEEPALIVE, "so_reuseaddr": 1}.items(), set())


class ClosesFirst(ServerTest):
    """A server that ends each connection itself, and so has it in TIME-WAIT."""

    def left(self, **options):
        """In TIME-WAIT, once its clients have read all of the body and a clean end, and closed after
        it. Where a server shuts down first and closes later, a client that is faster than that puts
        it into TIME-WAIT with drained too."""
        self.setUp()
        process = self.start(**options)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            self.assertEqual(set(pool.map(self.whole, range(N_CLIENTS))), {True})
        self.stop(process)
        return len(ss("-ta", "state", "time-wait", f"sport = {PORT}"))

    def whole(self, i):
        received = b""
        with socket.create_connection(("127.0.0.1", PORT), 30) as connection:
            connection.sendall(self.request)
            while more := connection.recv(1 << (10 + i % 8)):
                received += more
            which = f"sport = {PORT} and dport = {connection.getsockname()[1]}"
            wait_until(lambda: not owner(which), "the server to close", 30)
        return received.endswith(BODY)

    def ends_drained(self):
        self.assertEqual(self.left(shim=False), N_CLIENTS)
        drained = "[socket a]\nside = listen\nso_linger = drained\n"
        self.assertEqual(self.left(profile=drained), 0)


class HttpTest(ServerTest):
    request, answer = b"GET /body HTTP/1.1\r\nHost: a\r\n\r\n", BODY
