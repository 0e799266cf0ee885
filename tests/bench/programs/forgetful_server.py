"""forgetful_server.py PORT: says something to each client and hangs up; has no SO_REUSEADDR."""
import errno
import socket
import sys

listener = socket.socket()
try:
    listener.bind(("", int(sys.argv[1])))
except OSError as error:
    print(errno.errorcode[error.errno], flush=True)
    sys.exit(1)
listener.listen(5)
print("started", flush=True)
while True:
    connection, _ = listener.accept()
    connection.sendall(b"hello")
    connection.close()
