"""short_client.py ADDRESS PORT PER_SECOND SECONDS: a connection for each question.

Prints how many were answered and how many did not come to be."""
import socket
import sys
import time

address, per_second, seconds = (
    (sys.argv[1], int(sys.argv[2])),
    float(sys.argv[3]),
    float(sys.argv[4]),
)
answered = failed = 0
began = time.monotonic()
while (now := time.monotonic() - began) < seconds:
    late = now - (answered + failed) / per_second
    if late < 0:
        time.sleep(-late)
    try:
        with socket.create_connection(address) as client:
            client.sendall(b"question")
            client.recv(100)
        answered += 1
    except OSError:
        failed += 1
print(answered, failed)
