"""Idle connections to hosts behind a router, with and without keepalive."""
import time

import lab

# The first idle bucket above zero begins at 30 s.
LIMIT = "[thresholds]\nkeepalive-missing.idle_limit = 30\n"


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


def neighbours_are_information(host):
    clients = idle(host, "10.9.0.2", keepalive=False)
    host.audit(*host.profile(LIMIT)).quiet("keepalive-missing", at_most="info")
    assert len(clients) == 25


def healthy(host):
    clients = idle(host, "10.8.0.1", keepalive=True)
    host.audit(*host.profile(LIMIT)).quiet("keepalive-missing")
    assert len(clients) == 25


lab.main(sick, neighbours_are_information, healthy)
