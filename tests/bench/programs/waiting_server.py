"""waiting_server.py PORT [DATA]: waits for its one client, which may be told something meanwhile.

Sends DATA when a line comes in, and prints how recv() ended and when."""
import socket
import sys
import time

connection, _ = socket.create_server(("", int(sys.argv[1]))).accept()
connection.recv(1)
print("connected", flush=True)
sys.stdin.readline()
began = time.monotonic()
if len(sys.argv) > 2:
    connection.sendall(sys.argv[2].encode())
try:
    end = connection.recv(1) or "EOF"
except OSError as error:
    end = error.strerror
print(f"{time.monotonic() - began:.1f} {end}", flush=True)
