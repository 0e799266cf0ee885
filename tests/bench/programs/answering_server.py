"""answering_server.py PORT: answers, and closes after the client has."""
import socket
import sys
import threading


def serve(connection):
    with connection:
        while connection.recv(100):
            connection.sendall(b"answer")


listener = socket.create_server(("", int(sys.argv[1])), backlog=128)
print("ready", flush=True)
while True:
    threading.Thread(target=serve, args=listener.accept()[:1], daemon=True).start()
