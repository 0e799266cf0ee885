"""slow_server.py PORT SECONDS: one request after the other, each of which takes so long."""
import socket
import sys
import time

listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("", int(sys.argv[1])))
listener.listen(5)
print("ready", flush=True)
while True:
    connection, _ = listener.accept()
    try:
        connection.recv(1000)
        time.sleep(float(sys.argv[2]))
        connection.sendall(b"answer")
    except OSError:
        pass
    connection.close()
