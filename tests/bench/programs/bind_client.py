"""bind_client.py PORT ADDRESS...: binds its own address before it connects, as often as that works.

Prints how many connections it has to each ADDRESS."""
import socket
import sys

kept = []
for address in sys.argv[2:]:
    n = 0
    while n < 2000:
        client = socket.socket()
        try:
            client.bind(("127.0.0.1", 0))
            client.connect((address, int(sys.argv[1])))
        except OSError:
            break
        kept.append(client)
        n += 1
    print(n, flush=True)
