"""What the tests of the command line share: running the program, saved hosts, and skipping."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM = sys.argv.pop(1)
SOURCE = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = 77


class ProgramTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.folder.chmod(0o755)

    def run_program(self, *arguments, program=PROGRAM, before=(), **options):
        """Runs the program, by default with its output kept; BEFORE is a command to run it under."""
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        return subprocess.run([*before, program, *map(str, arguments)], text=True, timeout=60,
                              errors="replace", stdin=subprocess.DEVNULL, check=False, **options)

    def assert_refused(self, *arguments, code=64, says=()):
        """The program refuses: exit code, nothing on standard output, and the words on the other."""
        done = self.run_program(*arguments)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stdout, "")
        for words in [says] if isinstance(says, str) else says:
            self.assertIn(words, done.stderr)
        return done

    def saved_host(self, files=None):
        """A quiet host as files below a folder; FILES (path: text) replaces some, None leaves out."""
        every = {**QUIET_HOST, **(files or {})}
        root = self.folder / "host"
        for path, text in every.items():
            if text is None:
                continue
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        return root


def own_network():
    """A command that gives what follows a network namespace of its own, with no sockets in it."""
    command = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    done = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise unittest.SkipTest(f"skipped: no network namespace: {done.stderr.strip()}")
    return command


def main():
    """Like unittest.main(), and a file of which every test was skipped was skipped."""
    result = unittest.main(module="__main__", exit=False).result
    for test, why in result.skipped:
        print(f"{test.id()}: {why}")
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(SKIPPED if result.skipped and len(result.skipped) == result.testsRun else 0)


SOCKET_HEADER = ("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid"
                 "  timeout inode\n")


def socket_line(number, local, remote, state, inode=0):
    """A line of /proc/net/tcp between two (address, port), addresses as the kernel writes them."""
    ends = " ".join(f"{address}:{port:04X}" for address, port in (local, remote))
    return (f"{number:4d}: {ends} {state:02X} 00000000:00000000 00:00000000 00000000  1000"
            f"        0 {inode} 1 0000000000000000 20 4 30 10 -1\n")


SYSCTLS = {
    "ip_local_port_range": "32768\t60999",
    "ip_local_reserved_ports": "",
    "tcp_tw_reuse": "2",
    "tcp_tw_reuse_delay": "1000",
    "tcp_max_tw_buckets": "262144",
    "tcp_timestamps": "1",
    "tcp_sack": "1",
    "tcp_window_scaling": "1",
    "tcp_moderate_rcvbuf": "1",
    "tcp_syncookies": "1",
    "tcp_max_syn_backlog": "4096",
    "tcp_fin_timeout": "60",
}

QUIET_HOST = {
    "proc/net/tcp": SOCKET_HEADER,
    "proc/net/tcp6": SOCKET_HEADER,
    "proc/net/netstat": "TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 0 0 0\n",
    "proc/net/snmp": "Tcp: ActiveOpens PassiveOpens\nTcp: 0 0\n",
    "proc/net/sockstat": "sockets: used 10\nTCP: inuse 0 orphan 0 tw 0 alloc 0 mem 0\n",
    "proc/net/sockstat6": "TCP6: inuse 0\n",
    "proc/uptime": "100000.00 100000.00\n",
    "proc/sys/kernel/osrelease": "6.18.0\n",
    "proc/sys/kernel/hostname": "saved\n",
    "proc/sys/net/core/somaxconn": "4096\n",
    **{f"proc/sys/net/ipv4/{key}": value + "\n" for key, value in SYSCTLS.items()},
}
