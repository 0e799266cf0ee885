"""What the tests of the preloaded library share.

A test is a method of a PreloadTest. It runs in a network namespace of its own and starts programs
with and without the library: guest (guest.c), which does one socket call per line, or any other.
What then is on a socket is read from outside, by pidfd_getfd() or ss; the library's own log proves
nothing.

Arguments: the library, the library with faults (naive.c), the guest, tcpwright; then unittest's.
"""
import collections
import ctypes
import errno
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

SKIPPED = 77  # CTest's SKIP_RETURN_CODE
CLONE_NEWNET = 0x40000000
SYS_PIDFD_OPEN, SYS_PIDFD_GETFD = 434, 438  # one number on every architecture
TIMEOUT_S = 110  # of a whole file; CTest's is longer

SHIM, NAIVE, GUEST, TCPWRIGHT = (os.path.abspath(path) for path in sys.argv[1:5])
ARGUMENTS = sys.argv[:1] + sys.argv[5:]
SOURCE = pathlib.Path(__file__).resolve().parents[2]
PYTHON = "/usr/bin/python3" if os.access("/usr/bin/python3", os.X_OK) else sys.executable

SOL_SOCKET, IPPROTO_IP, IPPROTO_TCP, IPPROTO_IPV6 = 1, 0, 6, 41
# name: (level, number), of what is read back most
OPTIONS = {
    "so_reuseaddr": (SOL_SOCKET, 2),
    "so_sndbuf": (SOL_SOCKET, 7),
    "so_rcvbuf": (SOL_SOCKET, 8),
    "so_keepalive": (SOL_SOCKET, 9),
    "so_priority": (SOL_SOCKET, 12),
    "so_reuseport": (SOL_SOCKET, 15),
    "so_mark": (SOL_SOCKET, 36),
    "so_busy_poll": (SOL_SOCKET, 46),
    "so_incoming_cpu": (SOL_SOCKET, 49),
    "tcp_nodelay": (IPPROTO_TCP, 1),
    "tcp_maxseg": (IPPROTO_TCP, 2),
    "tcp_keepidle": (IPPROTO_TCP, 4),
    "tcp_keepintvl": (IPPROTO_TCP, 5),
    "tcp_keepcnt": (IPPROTO_TCP, 6),
    "tcp_syncnt": (IPPROTO_TCP, 7),
    "tcp_linger2": (IPPROTO_TCP, 8),
    "tcp_defer_accept": (IPPROTO_TCP, 9),
    "tcp_quickack": (IPPROTO_TCP, 12),
    "tcp_user_timeout": (IPPROTO_TCP, 18),
    "tcp_fastopen": (IPPROTO_TCP, 23),
    "tcp_notsent_lowat": (IPPROTO_TCP, 25),
    "ip_tos": (IPPROTO_IP, 1),
    "ip_bind_address_no_port": (IPPROTO_IP, 24),
    "ip_local_port_range": (IPPROTO_IP, 51),
    "ipv6_tclass": (IPPROTO_IPV6, 67),
    "ipv6_v6only": (IPPROTO_IPV6, 26),
}
SO_LINGER, TCP_CONGESTION = (SOL_SOCKET, 13), (IPPROTO_TCP, 13)

libc = ctypes.CDLL(None, use_errno=True)


def end(code):
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def skip(reason):
    """The whole file."""
    print(f"SKIP: {reason}")
    end(SKIPPED)


def is_open_to_others(path):
    """Whether any user may get at a file: a tree below /root is closed to all but one."""
    path = pathlib.Path(path).resolve()
    return all(folder.stat().st_mode & 0o001 for folder in path.parents)


def wait_until(condition, what, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.01)


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    return done.stdout


def namespace():
    return os.readlink("/proc/thread-self/ns/net")


def new_namespace():
    before = namespace()
    if libc.unshare(CLONE_NEWNET):
        skip(f"no network namespace can be made: {os.strerror(ctypes.get_errno())}")
    if namespace() == before:
        raise RuntimeError("unshare() succeeded without a new namespace")
    run("ip", "link", "set", "lo", "up")


def sysctl(key, value):
    if namespace() == outside:
        raise RuntimeError(f"{key}: not in the machine's own namespace")
    pathlib.Path("/proc/sys/" + key.replace(".", "/")).write_text(str(value))


# The independent reader.


def system_call(number, *arguments):
    result = libc.syscall(number, *(ctypes.c_long(a) for a in arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def borrow(pid, fd):
    """The very socket that process PID has as FD, as a socket of ours. Close it."""
    pidfd = system_call(SYS_PIDFD_OPEN, pid, 0)
    try:
        return socket.socket(fileno=system_call(SYS_PIDFD_GETFD, pidfd, fd, 0))
    finally:
        os.close(pidfd)


def read_option(pid, fd, name, size=4):
    """By a name of OPTIONS or (LEVEL, NUMBER): an int, or with another SIZE bytes."""
    level, number = OPTIONS[name] if isinstance(name, str) else name
    with borrow(pid, fd) as s:
        value = s.getsockopt(level, number, size)
    return int.from_bytes(value, sys.byteorder, signed=True) if size == 4 else value


def read_linger(pid, fd):
    """(l_onoff, l_linger)"""
    return struct.unpack("ii", read_option(pid, fd, SO_LINGER, 8))


def read_congestion(pid, fd):
    return read_option(pid, fd, TCP_CONGESTION, 16).split(b"\0")[0].decode()


def ss(*options):
    """Lines of ss, without the header."""
    return run("ss", "-H", "-n", *options).splitlines()


def backlog_of(port):
    """What the kernel lets wait: Send-Q of a listener."""
    found = [line.split() for line in ss("-lt", f"sport = {port}")]
    assert len(found) == 1, found
    return int(found[0][2])


def time_waits():
    return len(ss("-ta", "state", "time-wait"))


# Programs.


class Answer:
    """What a call gave the program: result, error (an errno's name, or None), and more by name."""

    def __init__(self, data):
        self.data = data
        self.result = data["result"]
        self.errno = data["errno"]  # what is in errno, whether the call failed or not
        failed = self.result == -1
        self.error = errno.errorcode[self.errno] if failed else None
        self.address, self.port = data.get("address"), data.get("port")
        self.value = data.get("value")

    def key(self):
        """To be compared with what another run gave."""
        return (self.result, self.errno)

    def __repr__(self):
        return json.dumps(self.data)


class Guest:
    """A running guest. Methods are calls: guest.listen(fd, 5). FDs are the guest's own."""

    def __init__(self, command, environment, **options):
        self.answers = []
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, **options)
        self.pid = self._answer().result

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            self.process.stdin.close()
            self.process.stdout.close()
            raise AssertionError(f"the program has ended: {self.process.wait()}")
        return Answer(json.loads(line))

    def tell(self, *words):
        """One line without waiting for an answer."""
        self.process.stdin.write((" ".join(map(str, words)) + "\n").encode())
        self.process.stdin.flush()

    def do(self, *words):
        self.tell(*words)
        answer = self._answer()
        self.answers.append((words[0], answer))
        return answer

    def get(self, *words):
        """Of a call that must succeed: its result."""
        answer = self.do(*words)
        if answer.result == -1:
            raise AssertionError(f"{' '.join(map(str, words))}: {answer.error}")
        return answer.result

    def __getattr__(self, name):
        return lambda *arguments: self.do(name, *arguments)

    def socket(self, family=socket.AF_INET, kind=socket.SOCK_STREAM, protocol=0):
        return self.get("socket", int(family), int(kind), protocol)

    def set(self, fd, name, value):
        """setsockopt() by a name of OPTIONS; an int, or bytes."""
        level, number = OPTIONS[name] if isinstance(name, str) else name
        if isinstance(value, int):
            value = (value & 0xFFFFFFFF).to_bytes(4, sys.byteorder)
        return self.do("setsockopt", fd, level, number, value.hex())

    def bound(self, address="127.0.0.1", port=0, family=None):
        fd = self.socket(family or (socket.AF_INET6 if ":" in address else socket.AF_INET))
        self.get("bind", fd, address, port)
        return fd

    def listening(self, address="127.0.0.1", port=8080, backlog=64):
        """A server's usual three calls."""
        fd = self.bound(address, port)
        self.get("listen", fd, backlog)
        return fd

    def fork(self):
        """What follows is done by the child, until it exit()s; its pid."""
        return self.get("fork")

    def exit_child(self):
        self.tell("exit", 0)
        answer = self._answer()
        assert answer.result == 0, answer

    def end(self):
        self.process.stdin.close()
        try:
            code = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self.process.stdout.close()
        assert code == 0, f"exit {code}"


class PreloadTest(unittest.TestCase):
    def setUp(self):
        new_namespace()
        folder = tempfile.TemporaryDirectory(prefix="tcpwright-preload-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.folder.chmod(0o755)
        self.log = self.folder / "log"

    def needs_an_open_tree(self):
        if not is_open_to_others(GUEST):
            self.skipTest(f"skipped: another user may not get at {GUEST}")

    def profile(self, text, name="test.ini"):
        """A file with these sections; the path is a TCPWRIGHT_PROFILE."""
        path = self.folder / name
        path.write_text(f"[profile]\nname = {path.stem}\nsummary = made by a test\n" + text)
        return str(path)

    def environment(self, shim=True, profile=None, options=None, log=True, **variables):
        """PROFILE: a path or a role's name; text with a section becomes a file. OPTIONS:
        TCPWRIGHT_SET. LOG: True is self.log. Other VARIABLES as they are."""
        env = {k: v for k, v in os.environ.items()
               if not k.startswith("TCPWRIGHT_") and k != "LD_PRELOAD"}
        if not shim:
            return {**env, **variables}
        fault = os.environ.get("TCPWRIGHT_TEST_FAULT")
        env["LD_PRELOAD"] = SHIM
        if fault is not None:
            env["LD_PRELOAD"] = f"{NAIVE}:{SHIM}"
            env["NAIVE_FAULT"] = fault
        if profile:
            env["TCPWRIGHT_PROFILE"] = self.profile(profile) if "[socket" in str(profile) \
                else str(profile)
        if options:
            env["TCPWRIGHT_SET"] = options
        if log:
            env["TCPWRIGHT_LOG"] = str(self.log if log is True else log)
        return {**env, **variables}

    def guest(self, *arguments, before=(), program=GUEST, popen=None, **options):
        """Starts a guest; OPTIONS are environment()'s. BEFORE is a command that runs it."""
        guest = Guest([*before, program, *arguments], self.environment(**options), **(popen or {}))
        self.addCleanup(guest.end)
        return guest

    def run_program(self, *command, timeout=60, **options):
        """Runs any program to its end; OPTIONS are environment()'s."""
        return subprocess.run([str(word) for word in command], env=self.environment(**options),
                              capture_output=True, text=True, timeout=timeout, check=False)

    def both(self, script, *arguments, **options):
        """Runs SCRIPT(guest, ...) without and with the library, each in a new namespace: what it
        returned, and all results and errnos, must be the same. Returns what it returned."""
        runs = []
        for shim in (False, True):
            new_namespace()
            guest = self.guest(shim=shim, **options)
            returned = script(guest, *arguments)
            runs.append((returned, [(call, a.key()) for call, a in guest.answers]))
        self.assertEqual(runs[0], runs[1])
        return returned

    def check(self, guest, fd, **expected):
        """Reads options of the guest's FD from outside."""
        found = {name: read_option(guest.pid, fd, name) for name in expected}
        self.assertEqual(found, expected)

    def client(self, port, address="127.0.0.1", source=None):
        """A connection of the test's own, without the library."""
        s = socket.create_connection((address, port), 10, source and (source, 0))
        self.addCleanup(s.close)
        return s

    def server(self, port=0, address="127.0.0.1", backlog=64):
        """A listener of the test's own, for guests to connect to."""
        s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        self.addCleanup(s.close)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((address, port))
        s.listen(backlog)
        s.settimeout(10)
        return s

    def accepted(self, guest, listener, **client):
        """(the guest's descriptor of a new connection, our end of it)"""
        port = guest_port(guest, listener)
        ours = self.client(port, **client)
        return guest.get("accept", listener), ours

    def connected(self, guest, fd, server):
        """Connects the guest's FD; our end of it."""
        address, port = server.getsockname()[:2]
        guest.get("connect", fd, address, port)
        ours = server.accept()[0]
        self.addCleanup(ours.close)
        return ours

    def log_lines(self, **wanted):
        """Lines of the log that have these fields. Every line must be JSON, whole and by itself."""
        if not self.log.exists():
            return []
        text = self.log.read_text(encoding="ascii")
        self.assertTrue(text.endswith("\n") or not text, text[-200:])
        lines = [json.loads(line) for line in text.splitlines()]
        return [l for l in lines if all(l.get(k) == v for k, v in wanted.items())]


def guest_port(guest, fd):
    """Read from outside: a getsockname() of the guest's own might change something."""
    with borrow(guest.pid, fd) as s:
        return s.getsockname()[1]


# strace.


class Trace:
    """System calls of a guest, for each of its calls. Start it with guest(before=trace.before)."""

    def __init__(self, test, *options):
        if not shutil.which("strace"):
            raise unittest.SkipTest("skipped: strace is not installed")
        self.test, self.options = test, options
        self.file = test.folder / "trace"

    def guest(self, **options):
        env = self.test.environment(**options)
        own = [f"-E{k}={v}" for k, v in env.items()
               if k.startswith(("TCPWRIGHT_", "NAIVE_")) or k == "LD_PRELOAD"]
        command = ["strace", "-qq", "-o", str(self.file), *self.options, *own, GUEST]
        guest = Guest(command, self.test.environment(shim=False))
        self.test.addCleanup(guest.end)
        return guest

    def calls(self):
        """One list of (name, whole line) for each line that the guest was told, once it ended."""
        groups, reading = [], False
        for line in self.file.read_text().splitlines():
            if line.startswith("read(0,"):
                if not reading:
                    groups.append([])
                reading = True
                continue
            reading = False
            if line.startswith(("write(1,", "+++", "---")):
                continue
            if groups:
                groups[-1].append((line.split("(")[0], line))
        return groups[:-1]  # the last read() saw the end

    def counts(self):
        return [collections.Counter(name for name, _ in group) for group in self.calls()]


outside = namespace()


def main():
    """Like unittest.main(). A file of which every test was skipped was skipped."""
    if os.geteuid() != 0:
        skip("needs root to make network namespaces and to read other programs' sockets")
    if not os.path.exists(SHIM):
        skip("the library was not built")
    signal.alarm(TIMEOUT_S)
    result = unittest.main(module="__main__", exit=False, argv=ARGUMENTS).result
    for test, why in result.skipped:
        print(f"{test.id()}: {why}")
    if not result.wasSuccessful():
        end(1)
    end(SKIPPED if result.skipped and len(result.skipped) == result.testsRun else 0)
