"""What the benchmarks of the preloaded library share."""
import ctypes
import datetime
import multiprocessing
import os
import pathlib
import platform
import subprocess
import sys

CLONE_NEWNET = 0x40000000
SOURCE = pathlib.Path(__file__).resolve().parents[2]


def need_root():
    if os.geteuid() != 0:
        sys.exit("the benchmark makes network namespaces and needs root")


def run(command, **options):
    return subprocess.run(
        command.split(), check=True, capture_output=True, text=True, **options
    ).stdout


def sysctl(name, value):
    with open("/proc/sys/" + name.replace(".", "/"), "w") as file:
        file.write(str(value))


def counter(name):
    """A counter of TcpExt in this process's namespace."""
    with open("/proc/self/net/netstat") as file:
        names, values = (line.split() for line in file if line.startswith("TcpExt:"))
    return int(dict(zip(names, values))[name])


def new_namespace():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET):
        sys.exit(f"no network namespace: {os.strerror(ctypes.get_errno())}")
    run("ip link set lo up")


def preload(build, settings=None, profile=None):
    """The environment of a program that runs with the library."""
    environment = {"LD_PRELOAD": f"{os.path.abspath(build)}/lib/libtcpwright-preload.so"}
    if settings:
        environment["TCPWRIGHT_SET"] = settings
    if profile:
        environment["TCPWRIGHT_PROFILE"] = f"{SOURCE}/profiles/{profile}.ini"
    return environment


def with_environment(environment):
    return {**os.environ, **environment}


class InNamespace:
    """Runs FUNCTION in a process and a network namespace of its own, beside others."""

    def __init__(self, function, *arguments):
        self.receiver, sender = multiprocessing.Pipe(duplex=False)
        self.process = multiprocessing.get_context("fork").Process(
            target=self.work, args=(sender, function, arguments)
        )
        self.process.start()
        sender.close()

    @staticmethod
    def work(sender, function, arguments):
        new_namespace()
        sender.send(function(*arguments))

    def result(self):
        try:
            return self.receiver.recv()
        except EOFError:
            sys.exit("a measurement failed, see above")
        finally:
            self.process.join()


def here():
    """When and where, for a table that somebody reads later."""
    model = "unknown processor"
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
    date = datetime.date.today().isoformat()
    return f"{date}, Linux {platform.release()}, {len(os.sched_getaffinity(0))} x {model}"
