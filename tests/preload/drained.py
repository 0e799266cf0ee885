"""so_linger = drained: all data arrive, every peer sees a clean end, and no TIME-WAIT is left.

drained.py LIBRARY PROGRAM

1,000 connections that a server closes first and 400 that a client closes first, over a path that
loses 3 % of the packets, with payloads up to 400 kB, readers that are slow, a fork for one
connection in three and a shutdown() before another third. What could hide a fault is shown to be
seen: without the library TIME-WAIT is left, and with so_linger = abort data are lost.
"""
import collections
import os
import shutil
import signal
import subprocess
import sys
import time

PORT = "9000"
SERVER, CLIENT = "10.9.0.1", "10.9.0.2"
LOSS = """
table inet loss {
	chain arriving {
		type filter hook input priority 0;
		iifname "veth*" numgen random mod 100 < 3 counter drop
	}
}
"""
WORKERS = 25
PATIENCE_S = 60
BEGAN = time.monotonic()

Connection = collections.namedtuple("Connection", "style port length got content end")


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


class Path:
    """Two network namespaces with a veth pair between them that loses packets both ways."""

    def __init__(self):
        self.holders = []
        self.namespaces = {}
        for side in ("server", "client"):
            holder = subprocess.Popen(
                ["unshare", "--net", "sh", "-c", "echo ready; exec sleep 300"],
                stdout=subprocess.PIPE,
                text=True,
            )
            self.holders.append(holder)
            assert holder.stdout.readline() == "ready\n", "a network namespace"
            self.namespaces[side] = f"--net=/proc/{holder.pid}/ns/net"
        self.run(
            "server", f"ip link add vethS type veth peer name vethC netns {self.holders[1].pid}"
        )
        for side, address, device in (("server", SERVER, "vethS"), ("client", CLIENT, "vethC")):
            # One packet per packet: nothing that the card would cut up later is lost at once.
            self.run(side, f"ip link set {device} gso_max_segs 1")
            self.run(side, f"ip addr add {address}/24 dev {device}")
            self.run(side, f"ip link set {device} up")
            self.run(side, "nft -f -", input=LOSS)

    def command(self, side, command):
        return ["nsenter", self.namespaces[side], *command.split()]

    def run(self, side, command, **options):
        done = subprocess.run(
            self.command(side, command), capture_output=True, text=True, **options
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def start(self, side, command, environment):
        # In a session of its own, so that its children can be ended with it.
        return subprocess.Popen(
            self.command(side, command),
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, **environment},
        )

    def left(self, side):
        """States by the client's port, of sockets other than listeners, orphans too."""
        left = {}
        for line in self.run(side, "ss -tanH").splitlines():
            state, _, _, ours, theirs, *_ = line.split()
            if state != "LISTEN":
                left[int((theirs if side == "server" else ours).rpartition(":")[2])] = state
        return left

    def packets_lost(self):
        total = 0
        for side in self.namespaces:
            words = self.run(side, "nft list table inet loss").split()
            total += int(words[words.index("packets") + 1])
        return total

    def end(self):
        for holder in self.holders:
            holder.kill()
            holder.wait()


def play(program, closer, n, environment, patience_s=PATIENCE_S):
    """N connections that the CLOSER, which alone has the ENVIRONMENT, closes first.

    Returns them as the other end saw them, and what is left at the closer."""
    path = Path()
    server_does, client_does = ("give", "take") if closer == "server" else ("take", "give")
    server_has, client_has = (environment, {}) if closer == "server" else ({}, environment)
    listen = f"{program} {server_does} listen {PORT} {WORKERS} {patience_s}"
    connect = f"{program} {client_does} connect {SERVER} {PORT} {WORKERS} {patience_s}"
    server = client = None
    try:
        server = path.start("server", listen, server_has)
        assert server.stdout.readline() == "ready\n"
        client = path.start("client", f"{connect} {n // WORKERS}", client_has)
        taker = client if closer == "server" else server
        lines = [taker.stdout.readline() for _ in range(n // WORKERS * WORKERS)]
        left = wait_for_orphans(path, closer)
        assert path.packets_lost() > n, "the path loses packets"
    finally:
        for process in (server, client):
            if process:
                kill_session(process)
        path.end()
    return [parse(line) for line in lines], left


def kill_session(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
    process.stdout.close()


def parse(line):
    style, port, length, got, content, end = line.split()
    return Connection(style, int(port), int(length), int(got), content, end)


def wait_for_orphans(path, side):
    """States by the client's port. What was closed may still wait for its last acknowledgements,
    which get lost like all else; TIME-WAIT would stay for 60 s."""
    until = time.monotonic() + 20
    while True:
        left = path.left(side)
        if set(left.values()) <= {"TIME-WAIT"} or time.monotonic() > until:
            return left
        time.sleep(0.1)


def is_whole(connection):
    return connection.content == "same" and connection.got == connection.length


def describe(name, connections, left):
    ends = collections.Counter((c.style, c.end) for c in connections)
    print(
        f"{name}: {len(connections)} connections, {sum(is_whole(c) for c in connections)} whole; "
        f"{', '.join(f'{n} {style} {end}' for (style, end), n in sorted(ends.items()))}; "
        f"left: {dict(collections.Counter(left.values()))}; {time.monotonic() - BEGAN:.0f} s",
        flush=True,
    )


def drained(program, library, closer, n):
    connections, left = play(
        program, closer, n, {"LD_PRELOAD": library, "TCPWRIGHT_SET": "so_linger=drained"}
    )
    describe(f"drained, closed by the {closer}", connections, left)
    assert len(connections) == n
    assert {c.style for c in connections} == {"close", "fork", "shutdown"}
    broken = [c for c in connections if not is_whole(c) or c.end != "EOF"]
    assert not broken, f"{len(broken)} not whole, or without a clean end: {broken[:5]}"
    # A program that ends its half itself may see the other half end before it closes: then its
    # socket is in TIME-WAIT already, and nothing that was set on it matters any more.
    may_wait = {c.port for c in connections if c.style == "shutdown"}
    unexpected = {
        port: state for port, state in left.items() if port not in may_wait or state != "TIME-WAIT"
    }
    assert not unexpected, f"left at the {closer}: {unexpected}"


def without_it(program, closer):
    connections, left = play(program, closer, 50, {})
    describe(f"no library, closed by the {closer}", connections, left)
    assert all(is_whole(c) and c.end == "EOF" for c in connections), "the measure itself is sound"
    assert list(left.values()).count("TIME-WAIT") > 25, "TIME-WAIT would have been seen"


def abort(program, library):
    environment = {"LD_PRELOAD": library, "TCPWRIGHT_SET": "so_linger=abort"}
    # Where the reset itself is lost, the reader waits for nothing.
    connections, left = play(program, "server", 50, environment, patience_s=5)
    describe("abort, closed by the server", connections, left)
    assert not all(map(is_whole, connections)), "lost data would have been seen"
    assert any(c.end == "ECONNRESET" for c in connections), "a reset would have been seen"


def main():
    library, program = (os.path.abspath(argument) for argument in sys.argv[1:3])
    if os.geteuid() != 0:
        skip("needs root, for network namespaces")
    for tool in ("unshare", "nsenter", "ip", "ss", "nft"):
        if not shutil.which(tool):
            skip(f"no {tool}")
    without_it(program, "server")
    without_it(program, "client")
    abort(program, library)
    drained(program, library, "server", 1000)
    drained(program, library, "client", 400)


main()
