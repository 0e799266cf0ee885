"""An unmodified program in Python: each line of standard input is an expression, whose number it
answers, with the errno of an OSError. For what guest.c does not do: other ways to start programs,
to close descriptors and to take them over. It knows nothing of any library that is preloaded."""
import ctypes
import json
import os
import socket
import sys

libc = ctypes.CDLL(None, use_errno=True)


def call(name, *arguments):
    """A function of libc, with what it leaves in errno."""
    ctypes.set_errno(0)
    result = getattr(libc, name)(*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result


def stream():
    """A new TCP socket."""
    return socket.socket(socket.AF_INET, socket.SOCK_STREAM).detach()


def on(fd, method, *arguments):
    """A method of Python's socket on a descriptor that it leaves open."""
    s = socket.socket(fileno=fd)
    try:
        getattr(s, method)(*arguments)
    finally:
        s.detach()
    return fd


def listen(fd, port, backlog=5):
    on(fd, "bind", ("127.0.0.1", port))
    return on(fd, "listen", backlog)


def connect(fd, port):
    return on(fd, "connect", ("127.0.0.1", port))


def accept(fd):
    """The descriptor of a new connection."""
    return call("accept", fd, None, None)


def take(fd):
    """A descriptor that somebody passes on by SCM_RIGHTS."""
    with socket.socket(fileno=os.dup(fd)) as s:
        return socket.recv_fds(s, 1, 1)[1][0]


def read_line():
    """Byte by byte: what comes after the line may be for a child."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            sys.exit(0)
        line += byte
    return line.decode()


def answer(result, error=0):
    os.write(1, (json.dumps({"result": result, "errno": error}) + "\n").encode())


def main():
    answer(os.getpid())
    while True:
        line = read_line()
        try:
            answer(eval(line, globals()) or 0)  # pylint: disable=eval-used
        except OSError as e:
            answer(-1, e.errno)


main()
