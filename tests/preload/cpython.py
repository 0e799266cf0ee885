"""CPython's own tests of sockets, asyncio and ssl have the same results as without the library.

cpython.py LIBRARY PROFILES_DIR

Several run at a time, each in namespaces of its own: most of their time they sleep. What differs is
run once more, without the library too, since a test may fail now and then by itself; what differs
again is the library's doing. A low bar by itself: a shim with every known fault passed it.
"""
import collections
import concurrent.futures
import importlib.util
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

PYTHON = "/usr/bin/python3"  # the one that Debian's package of tests is for
# The longest first, so that none of them is alone at the end.
MODULES = ("test_asyncio", "test_ssl", "test_socket")
AT_A_TIME = 4
JOB_S = 400
# It waits for ever where there is no VSOCK device.
LEFT_OUT = "ThreadedVSOCKSocketStreamTest"
# The shell stays, so that signals mean to Python what they mean outside: it is not process 1.
IN_NAMESPACES = """
ip link set lo up && mount -t devpts devpts /dev/pts && cd "$1" || exit 125
[ -z "$2" ] || mount --bind "$2" /etc || exit 125
shift 2
"$@"
exit $?
"""

Job = collections.namedtuple("Job", "configuration module only", defaults=((),))


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def needs():
    if os.geteuid() != 0:
        skip("needs root, for namespaces")
    if subprocess.run(["unshare", "--net", "--mount", "--pid", "--fork", "true"]).returncode:
        skip("no namespaces here")
    for module in MODULES:
        # Debian's Python has the package `test` without its tests.
        found = importlib.util.find_spec(f"test.{module}")
        if not found:
            skip(f"no test.{module}: Debian has it in libpython3.11-testsuite")


def etc_with_localhost(directory):
    """An /etc in which localhost has its addresses, as a bare system's has not; "": it has."""
    try:
        socket.getaddrinfo("localhost", 0)
        return ""
    except OSError:
        pass
    copy = os.path.join(directory, "etc")
    shutil.copytree("/etc", copy, symlinks=True)
    with open(os.path.join(copy, "hosts"), "w") as file:
        file.write("127.0.0.1 localhost\n::1 localhost\n")
    return copy


class Runs:
    def __init__(self, library, profiles, directory):
        self.directory = directory
        self.count = itertools.count()
        self.etc = etc_with_localhost(directory)
        empty = os.path.join(directory, "empty.ini")
        with open(empty, "w") as file:
            file.write("[profile]\nname = empty\nsummary = sets nothing\n")
        self.environments = {"none": {}}
        for name, profile in (
            ("empty", empty),
            ("web-server", f"{profiles}/web-server.ini"),
            ("api-client", f"{profiles}/api-client.ini"),
        ):
            self.environments[name] = {"LD_PRELOAD": library, "TCPWRIGHT_PROFILE": profile}

    def command(self, configuration, *python_arguments):
        # Short, as paths of unix sockets are.
        place = os.path.join(self.directory, str(next(self.count)))
        os.mkdir(place)
        settings = [f"{name}={value}" for name, value in self.environments[configuration].items()]
        return place, [
            "unshare",
            "--net",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
            "sh",
            "-c",
            IN_NAMESPACES,
            "sh",
            place,
            self.etc,
            "env",
            f"TMPDIR={place}",
            *settings,
            PYTHON,
            *python_arguments,
        ]

    def ask(self, configuration, code):
        return subprocess.run(
            self.command(configuration, "-c", code)[1],
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        ).stdout.strip()

    def outcomes(self, job):
        """Of each test by its id. A module that ended early leaves out what it did not come to."""
        matches = [part for test in job.only for part in ("-m", test)]
        place, command = self.command(
            # Where it would work by itself is named by its process id, which is the same in each.
            job.configuration,
            "-m",
            "test",
            "--tempdir",
            ".",
            "--junit-xml",
            "results.xml",
            "-i",
            LEFT_OUT,
            *matches,
            job.module,
        )
        with open(f"{place}/output", "w") as output:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            try:
                child.wait(JOB_S)
            except subprocess.TimeoutExpired:
                os.kill(child.pid, signal.SIGKILL)  # and the kernel all in its namespace
                child.wait()
                print(f"{job.configuration} {job.module}: stopped after {JOB_S} s")
        results = f"{place}/results.xml"
        try:
            tree = xml.etree.ElementTree.parse(results)
        except (OSError, xml.etree.ElementTree.ParseError) as problem:
            print(f"{job.configuration} {job.module}: no results: {problem}")
            with open(f"{place}/output", errors="replace") as output:
                print(output.read()[-2000:])
            return {}
        return {case.get("name"): outcome(case) for case in tree.iter("testcase")}

    def all(self, jobs):
        with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
            return dict(zip(jobs, pool.map(self.outcomes, jobs)))


def outcome(case):
    worst = "ok"
    for child in case:
        if child.tag in ("error", "failure"):
            return child.tag
        if child.tag == "skipped":
            worst = "skipped"
    return worst


def different(found, without):
    return sorted(
        test
        for test in {*found, *without}
        if found.get(test, "missing") != without.get(test, "missing")
    )


def check_that_it_works(runs):
    loaded = "print('libtcpwright-preload' in open('/proc/self/maps').read())"
    kept = """
import socket
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))
"""
    for configuration in runs.environments:
        assert runs.ask(configuration, loaded) == str(configuration != "none"), configuration
        expected = "1" if configuration == "web-server" else "0"
        assert runs.ask(configuration, kept) == expected, configuration


def compare(runs):
    """Tests whose results differ, twice, by configuration and module."""
    jobs = [Job(configuration, module) for module in MODULES for configuration in runs.environments]
    found = runs.all(jobs)
    again = []
    for module in MODULES:
        without = found[Job("none", module)]
        counts = collections.Counter(without.values())
        print(f"{module}: {len(without)} tests without the library: {dict(counts)}")
        assert counts["ok"] > 100, f"{module} hardly ran"
        for configuration in runs.environments:
            tests = different(found[Job(configuration, module)], without)
            if tests:
                again.append(Job(configuration, module, tuple(tests)))
    repeated = []
    for job in again:
        now = runs.all([job, job._replace(configuration="none")])
        with_it, without_it = now[job], now[job._replace(configuration="none")]
        differs = different(with_it, without_it)
        for test in job.only:
            first = found[Job(job.configuration, job.module)].get(test, "missing")
            before = found[Job("none", job.module)].get(test, "missing")
            print(
                f"{'DIFFERS' if test in differs else 'differed once'}: {test}: "
                f"{before} without, {first} with {job.configuration}; "
                f"then {without_it.get(test, 'missing')}, {with_it.get(test, 'missing')}"
            )
        repeated += [(job.configuration, test) for test in differs]
    return repeated


def main():
    library, profiles = (os.path.abspath(argument) for argument in sys.argv[1:3])
    needs()
    with tempfile.TemporaryDirectory(prefix="tw-") as directory:
        os.chmod(directory, 0o755)
        runs = Runs(library, profiles, directory)
        check_that_it_works(runs)
        repeated = compare(runs)
    if repeated:
        sys.exit(f"{len(repeated)} results differ, twice, under the library")


main()
