"""holding_server.py PORT: keeps what connects, until the other end closes."""
import os
import select
import socket
import sys

listener = socket.create_server(("", int(sys.argv[1])), backlog=4096)
listener.setblocking(False)
print("ready", flush=True)
os.fork()
poll = select.epoll()
poll.register(listener, select.EPOLLIN | select.EPOLLEXCLUSIVE)
held = {}
while True:
    for fd, _ in poll.poll():
        if fd != listener.fileno():
            held.pop(fd).close()
            continue
        try:
            connection, _ = listener.accept()
        except OSError:
            continue
        held[connection.fileno()] = connection
        poll.register(connection, select.EPOLLRDHUP)
