"""Idle connections to hosts behind a router, with and without keepalive."""
import re
import time

import lab

# The first idle bucket above zero begins at 30 s.
LIMIT = "[thresholds]\nkeepalive-missing.idle_limit = 30\n"


# Both ends of a connection, and what the kernel says of their timers.
ACCEPT_AND_CONNECT = """
import socket, subprocess
listener = socket.create_server(("127.0.0.1", 9100))
client = socket.create_connection(("127.0.0.1", 9100))
accepted = listener.accept()[0]
print(subprocess.run(["ss", "-Htno", "src 127.0.0.1"], capture_output=True, text=True, env={}).stdout)
"""


def idle(host, address, keepalive):
    peer = host.neighbour()
    peer.do("listen", address, 9000)
    clients = host.connect_many(25, address, 9000, keepalive=keepalive)
    time.sleep(31.5)
    return clients


def sick(host):
    clients = idle(host, "10.8.0.1", keepalive=False)
    report = host.audit(*host.profile(LIMIT))
    assert report.finding("keepalive-missing")["severity"] == "warning"
    assert len(clients) in [e["value"] for e in report.finding("keepalive-missing")["evidence"]]
    keys = [a["key"] for a in report.actions("keepalive-missing", "socket-option")]
    assert any("keepalive" in key for key in keys), keys
    report.never_proposes("net.ipv4.tcp_keepalive_time")
    timers = host.use_section(report.action("keepalive-missing", "so_keepalive"), ACCEPT_AND_CONNECT)
    # 0.8 of 30 s, minus what has passed; the kernel's own 7200 s would be told in minutes.
    left = [float(s) for s in re.findall(r"timer:\(keepalive,([\d.]+)sec,0\)", timers)]
    assert len(left) == 2 and max(left) <= 24, timers


def neighbours_are_information(host):
    clients = idle(host, "10.9.0.2", keepalive=False)
    host.audit(*host.profile(LIMIT)).quiet("keepalive-missing", at_most="info")
    assert len(clients) == 25


def healthy(host):
    clients = idle(host, "10.8.0.1", keepalive=True)
    host.audit(*host.profile(LIMIT)).quiet("keepalive-missing")
    assert len(clients) == 25


lab.main(sick, neighbours_are_information, healthy)
