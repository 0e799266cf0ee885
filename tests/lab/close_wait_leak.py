"""A server that never closes what its clients have closed."""
import os
import time

import lab

SHORT = "[thresholds]\nclose-wait-leak.age = 1\n"


def leak(host, n):
    server = host.listen("127.0.0.1", 9000, hold=True)
    clients = host.connect_many(n, "127.0.0.1", 9000)
    server.wait_for(n)
    for client in clients:
        client.close()
    lab.wait_until(lambda: host.in_states("08") == n, f"{n} sockets in CLOSE-WAIT")
    time.sleep(1.1)  # the age of SHORT
    return server


def sick(host):
    leak(host, 15)
    report = host.audit(*host.profile(SHORT))
    finding = report.finding("close-wait-leak")
    assert finding["severity"] in ("warning", "critical"), finding
    assert report.state("close_wait") == 15
    assert f"pid {os.getpid()}" in str(finding["evidence"]), finding["evidence"]
    assert report.actions("close-wait-leak", "sysctl") == []


def young(host):
    """Fifteen that closed a moment ago may be work in progress."""
    leak(host, 15)
    host.audit().quiet("close-wait-leak")


def healthy(host):
    server = leak(host, 15)
    for connection in server.accepted:
        connection.close()
    report = host.audit(*host.profile(SHORT))
    assert report.state("close_wait") == 0
    report.quiet("close-wait-leak")


lab.main(sick, young, healthy)
