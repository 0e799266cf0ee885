"""Scenes: real sockets in network namespaces of their own, audited by the real program.

A scene is one script. It has a sick() that stages the trouble and a healthy() twin that differs only
in what makes it sick; each gets a Lab, and runs in a child process in a new network namespace, which
the kernel removes when the child ends. Nothing here touches the machine's own namespace: sysctl()
refuses to.
"""
import ctypes
import errno
import json
import os
import re
import select
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

CLONE_NEWNET = 0x40000000
SKIPPED = 77  # CTest's SKIP_RETURN_CODE
TIMEOUT_S = 110

libc = ctypes.CDLL(None, use_errno=True)


def skip(reason):
    print(f"SKIP: {reason}")
    sys.stdout.flush()
    os._exit(SKIPPED)


def namespace_of(pid):
    return os.readlink(f"/proc/{pid}/ns/net")


def new_namespace():
    """Moves the calling thread, and all that it starts, into a new network namespace."""
    before = namespace_of("thread-self")
    if libc.unshare(CLONE_NEWNET):
        skip(f"no network namespace can be made: {os.strerror(ctypes.get_errno())}")
    if namespace_of("thread-self") == before:
        raise RuntimeError("unshare() succeeded without a new namespace")
    run("ip", "link", "set", "lo", "up")


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


class Report:
    """A report as programs read it, with the look-ups that scenes need."""

    def __init__(self, data):
        self.data = data

    def result(self, rule):
        return next(r for r in self.data["rules"] if r["id"] == rule)["result"]

    def finding(self, rule):
        found = [f for f in self.data["findings"] if f["id"] == rule]
        assert found, f"{rule} did not fire: {json.dumps(self.data['rules'])}"
        return found[0]

    def quiet(self, rule, at_most=None):
        """The rule looked and found nothing; AT_MOST allows a finding up to that severity."""
        result = self.result(rule)
        if at_most and result == "finding":
            severity = self.finding(rule)["severity"]
            order = ["info", "advice", "warning", "critical"]
            assert order.index(severity) <= order.index(at_most), self.finding(rule)
            return
        detail = [f for f in self.data["findings"] if f["id"] == rule]
        assert result == "ok", f"{rule}: {result} {json.dumps(detail)}"

    def evidence(self, rule, name, subject=None):
        """The one value of that name (for that subject)."""
        values = [
            e["value"]
            for e in self.finding(rule)["evidence"]
            if e["name"] == name and (subject is None or e["subject"] == subject)
        ]
        assert len(values) == 1, f"{name} of {rule}: {json.dumps(self.finding(rule)['evidence'])}"
        return values[0]

    def actions(self, rule, kind=None):
        return [a for a in self.finding(rule)["actions"] if kind in (None, a["kind"])]

    def action(self, rule, key):
        found = [a for a in self.finding(rule)["actions"] if a["key"] == key]
        assert found, f"{rule} does not propose {key}: {json.dumps(self.finding(rule)['actions'])}"
        return found[0]

    def never_proposes(self, key):
        for finding in self.data["findings"]:
            assert key not in [a["key"] for a in finding["actions"]], (finding["id"], key)

    def destination(self, address, port):
        found = [
            d
            for d in self.data["destinations"]
            if (d["remote_address"], d["remote_port"]) == (address, port)
        ]
        assert len(found) == 1, json.dumps(self.data["destinations"])[:2000]
        return found[0]

    def listener(self, port):
        found = [l for l in self.data["listeners"] if l["port"] == port]
        assert len(found) == 1, json.dumps(self.data["listeners"])
        return found[0]

    def window_s(self):
        return self.data["series"]["samples"][-1]["at_s"]

    def gained(self, counter):
        """Since the first sample of the window."""
        samples = self.data["series"]["samples"]
        return samples[-1]["counters"][counter] - samples[0]["counters"][counter]

    def gaps(self, source):
        return [g for g in self.data["collection"]["gaps"] if g["source"] == source]

    def state(self, name):
        return self.data["sockets"]["states"][name]


class Server(threading.Thread):
    """Accepts on one port. Closes a connection when its client has, unless it HOLDs; with CLOSE_FIRST
    it closes at once; without ACCEPT everything stays in the accept queue; with NAP_S it looks there
    only so often, and takes all that waits."""

    def __init__(
        self, address, port, backlog=4096, accept=True, close_first=False, hold=False, nap_s=0
    ):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((address, port))
        self.socket.listen(backlog)
        self.socket.setblocking(False)
        self.close_first, self.hold, self.nap_s = close_first, hold, nap_s
        self.accepted = []
        if accept:
            self.start()

    def run(self):
        with selectors.DefaultSelector() as selector:
            selector.register(self.socket, selectors.EVENT_READ)
            while True:
                time.sleep(self.nap_s)
                for key, _ in selector.select():
                    if key.fileobj is self.socket:
                        self.take_all(selector)
                    elif not key.fileobj.recv(65536):
                        selector.unregister(key.fileobj)
                        key.fileobj.close()

    def take_all(self, selector):
        while True:
            try:
                self.take(self.socket.accept()[0], selector)
            except BlockingIOError:
                return

    def take(self, connection, selector):
        self.accepted.append(connection)
        if self.close_first:
            connection.close()
        elif not self.hold:
            selector.register(connection, selectors.EVENT_READ)

    def wait_for(self, n):
        wait_until(lambda: len(self.accepted) >= n, f"{n} connections to be accepted")


def wait_until(condition, what, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.01)


class Lab:
    """What a scene may do; everything happens in the scene's own namespace."""

    def __init__(self, program):
        self.program = program
        self.folder = tempfile.TemporaryDirectory(prefix="tcpwright-lab-")
        self.servers = []  # one that does not accept has no thread that would keep it alive

    def sysctl(self, key, value):
        if namespace_of("thread-self") == outside:
            raise RuntimeError(f"{key}: not in the machine's own namespace")
        with open("/proc/sys/" + key.replace(".", "/"), "w") as file:
            file.write(str(value))

    def read_sysctl(self, key):
        with open("/proc/sys/" + key.replace(".", "/")) as file:
            return file.read().split("\n")[0]

    def counter(self, name):
        for path in ("/proc/thread-self/net/netstat", "/proc/thread-self/net/snmp"):
            lines = open(path).read().splitlines()
            for header, values in zip(lines[::2], lines[1::2]):
                names = header.split()
                if name in names:
                    return int(values.split()[names.index(name)])
        raise KeyError(name)

    def listen(self, address, port, **options):
        self.servers.append(Server(address, port, **options))
        return self.servers[-1]

    def connect(
        self, address, port, bind=None, no_port=False, keepalive=False, full_search=False
    ):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        s = socket.socket(family)
        try:
            if keepalive:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if no_port:
                s.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
            if full_search:  # IP_LOCAL_PORT_RANGE with 1-65535: the sysctl's range, both parities
                s.setsockopt(socket.IPPROTO_IP, 51, (65535 << 16 | 1).to_bytes(4, sys.byteorder))
            if bind:
                s.bind((bind, 0))
            s.connect((address, port))
        except OSError:
            s.close()
            raise
        return s

    def connect_many(self, n, address, port, **options):
        return [self.connect(address, port, **options) for _ in range(n)]

    def connect_until_refused(self, address, port, limit, **options):
        """Connects until the kernel says no: the sockets, and the errno's name (None: the limit)."""
        sockets = []
        while len(sockets) < limit:
            try:
                sockets.append(self.connect(address, port, **options))
            except OSError as error:
                return sockets, errno.errorcode[error.errno]
        return sockets, None

    def open_and_close(self, n, address, port, server_first=False):
        """N short connections, one after the other; the side that closes first keeps TIME-WAIT. The
        local ports: fewer than N if the server closes first, for then the kernel may repeat one."""
        # Where a machine is so busy that a FIN is sent again, the second one's answer meets no socket
        # any more, and the RST that comes back would end the TIME-WAIT.
        self.sysctl("net.ipv4.tcp_rfc1337", 1)
        ports = set()
        for _ in range(n):
            s = self.connect(address, port)
            ports.add(s.getsockname()[1])
            if server_first:
                assert s.recv(1) == b""
            s.close()
        wait_until(lambda: self.unfinished() == 0, "the last closes to complete")
        return ports

    def unfinished(self):
        """Sockets on their way out, TIME-WAIT excepted."""
        return self.in_states("04", "05", "08", "09", "0B")  # FIN-WAIT-1, 2, CLOSE-WAIT, LAST-ACK, CLOSING

    def in_states(self, *states):
        """How many sockets are, by the numbers of /proc/net/tcp."""
        n = 0
        for name in ("tcp", "tcp6"):
            with open(f"/proc/thread-self/net/{name}") as file:
                n += sum(line.split()[3] in states for line in file)
        return n

    def neighbour(self, ours="10.9.0.1", theirs="10.9.0.2", far="10.8.0.1"):
        """A second host on a veth, which also routes to FAR: an address behind a router."""
        return Neighbour(ours, theirs, far)

    def profile(self, text):
        path = os.path.join(self.folder.name, "scene.ini")
        with open(path, "w") as file:
            file.write("[profile]\nname = scene\nsummary = made by a scene\n" + text)
        return ["--profile", path]

    def use_section(self, action, code):
        """Runs Python CODE with the preloaded library and the section that ACTION printed; what it
        prints."""
        path = os.path.join(self.folder.name, "section.ini")
        with open(path, "w") as file:
            file.write(action["section"])
        build = os.path.dirname(os.path.dirname(self.program))
        library = os.path.join(build, "lib", "libtcpwright-preload.so")
        assert os.path.exists(library), library
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=30,
            env={**os.environ, "LD_PRELOAD": library, "TCPWRIGHT_PROFILE": path},
        )
        assert done.returncode == 0 and not done.stderr, done.stderr
        return done.stdout

    def audit(self, *options, before=()):
        """BEFORE is a command that runs the program, as unshare does."""
        command = [self.program, "audit", "--format", "json", *options]
        done = subprocess.run([*before, *command], capture_output=True, text=True)
        return read_report(done.returncode, done.stdout, done.stderr)

    def watch(self, load, *options):
        """Audits a window of --for that begins before LOAD does and ends, as by Ctrl-C, once a
        second has been sampled after it: however slow the machine, all of LOAD is inside."""
        terminal, theirs = os.openpty()
        command = [self.program, "audit", "--format", "json", "--for", "100", *options]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=theirs, env={**os.environ, "TERM": "xterm"}
        ) as program:
            os.close(theirs)
            try:
                wait_for_second(terminal)
                load()
                wait_for_second(terminal)
            finally:
                program.send_signal(signal.SIGINT)
            output = program.communicate()[0]
        os.close(terminal)
        return read_report(program.returncode, output, "")


def read_report(code, output, errors):
    assert code in (0, 1, 2) and not errors, f"exit {code}: {errors}"
    report = Report(json.loads(output))
    summary = report.data["summary"]
    expected = 2 if summary["critical"] else 1 if summary["warning"] + summary["advice"] else 0
    assert code == expected, f"exit {code} with {summary}"
    return report


def wait_for_second(terminal):
    """Until the progress line counts on from here."""
    while select.select([terminal], [], [], 0)[0]:
        os.read(terminal, 4096)
    shown = b""
    while not re.search(rb"watching: \d+ of", shown):
        shown += os.read(terminal, 4096)


class Neighbour:
    """Another host: a process of its own in a namespace of its own, joined by a veth."""

    def __init__(self, ours, theirs, far):
        ready, self.task = os.pipe(), os.pipe()
        answers = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            self._serve(ready[1], self.task[0], answers[1])
        os.read(ready[0], 1)
        self.answers = os.fdopen(answers[0])
        run("ip", "link", "add", "lab0", "type", "veth", "peer", "name", "lab0", "netns", str(self.pid))
        run("ip", "addr", "add", f"{ours}/24", "dev", "lab0")
        run("ip", "link", "set", "lab0", "up")
        self.do("run", "ip", "addr", "add", f"{theirs}/24", "dev", "lab0")
        self.do("run", "ip", "link", "set", "lab0", "up")
        self.do("run", "ip", "addr", "add", f"{far}/32", "dev", "lo")
        run("ip", "route", "add", "default", "via", theirs)

    def _serve(self, ready, tasks, answers):
        """The child: does what it is told, one JSON line at a time, until the pipe closes."""
        libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        os.close(self.task[1])  # or the end of the parent would never be seen
        new_namespace()
        os.write(ready, b".")
        kept = []
        with os.fdopen(tasks) as lines:
            for line in lines:
                name, arguments = json.loads(line)
                try:
                    answer = getattr(Deeds, name)(kept, *arguments)
                except Exception as error:  # told to the parent, which fails
                    answer = {"error": repr(error)}
                os.write(answers, (json.dumps(answer) + "\n").encode())
        os._exit(0)

    def do(self, name, *arguments):
        os.write(self.task[1], (json.dumps([name, arguments]) + "\n").encode())
        answer = json.loads(self.answers.readline())
        if isinstance(answer, dict) and "error" in answer:
            raise RuntimeError(f"{name}: {answer['error']}")
        return answer


class Deeds:
    """What a neighbour can be told to do. KEPT holds its sockets open."""

    @staticmethod
    def run(kept, *command):
        run(*command)

    @staticmethod
    def listen(kept, address, port):
        kept.append(Server(address, port))

    @staticmethod
    def connect(kept, address, port, n, source=None):
        for _ in range(n):
            kept.append(socket.create_connection((address, port), 5, source and (source, 0)))

    @staticmethod
    def connect_without_waiting(kept, address, port, n):
        for _ in range(n):
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex((address, port))
            kept.append(s)

    @staticmethod
    def close_all(kept):
        for s in kept:
            if isinstance(s, socket.socket):
                s.close()

    @staticmethod
    def syn_flood(kept, address, port, n):
        """N SYNs from as many addresses of 10.7.0.0/16, which nobody has: no answer ever comes."""
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        target = socket.inet_aton(address)
        for i in range(n):
            source = socket.inet_aton(f"10.7.{i // 250}.{i % 250 + 1}")
            raw.sendto(syn_packet(source, target, 20000 + i, port), (address, 0))


def checksum(data):
    total = sum(int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def syn_packet(source, target, source_port, port):
    def tcp(check):
        return (
            source_port.to_bytes(2, "big") + port.to_bytes(2, "big") + bytes(8)
            + bytes([5 << 4, 2]) + (64240).to_bytes(2, "big") + check.to_bytes(2, "big") + bytes(2)
        )

    pseudo = source + target + bytes([0, socket.IPPROTO_TCP]) + (20).to_bytes(2, "big")
    ip = bytes([0x45, 0, 0, 40]) + bytes(4) + bytes([64, socket.IPPROTO_TCP]) + bytes(2) + source + target
    return ip + tcp(checksum(pseudo + tcp(0)))


def _play(program, act):
    """One half of a scene, in a child: its exit code is 0, 1 or SKIPPED."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        signal.alarm(TIMEOUT_S)
        new_namespace()
        act(Lab(program))
        print(f"{act.__name__}: as expected")
        code = 0
    except SystemExit as exit:
        code = exit.code
    except BaseException:
        traceback.print_exc()
        print(f"{act.__name__}: FAILED")
    sys.stdout.flush()
    os._exit(code)


outside = namespace_of("self")


def main(*acts):
    """Plays the acts side by side. Records that a scene ran, for the check that not all skipped."""
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} TCPWRIGHT")
    if os.geteuid() != 0:
        skip("needs root to make network namespaces")
    children = [_play(os.path.abspath(sys.argv[1]), act) for act in acts]
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    if any(code not in (0, SKIPPED) for code in codes):
        sys.exit(1)
    sys.exit(SKIPPED if SKIPPED in codes else 0)
