"""Thousands of TIME-WAIT are information, by whoever closed first; never a fault by themselves."""
import time

import lab


def closed_by_us(host):
    host.sysctl("net.ipv4.tcp_tw_reuse", 0)  # or a slow machine reuses some ports meanwhile
    host.listen("127.0.0.1", 9000)
    host.open_and_close(300, "127.0.0.1", 9000)
    time.sleep(0.2)
    report = host.audit()
    assert report.state("time_wait") == 300, report.data["sockets"]["states"]
    assert report.finding("tw-rate")["severity"] == "info"
    assert report.actions("tw-rate") == []
    assert sum(report.data["sockets"]["time_wait_histogram"]) == 300
    assert report.data["sockets"]["time_wait_rate_per_s"] == 30.0
    assert report.destination("127.0.0.1", 9000)["ports_used"] == 300


def closed_by_the_peer(host):
    """The server closes first: it pays, on its own port, and no destination does."""
    host.listen("127.0.0.1", 9000, close_first=True)
    ports = host.open_and_close(300, "127.0.0.1", 9000, server_first=True)
    report = host.audit()
    assert report.state("time_wait") == len(ports), report.data["sockets"]["states"]
    assert report.data["destinations"] == [], report.data["destinations"]
    report.quiet("port-exhaustion")
    report.never_proposes("net.ipv4.tcp_tw_reuse")
    report.never_proposes("net.ipv4.tcp_max_tw_buckets")


def healthy(host):
    host.listen("127.0.0.1", 9000)
    report = host.audit()
    assert report.state("time_wait") == 0
    report.quiet("tw-rate")


lab.main(closed_by_us, closed_by_the_peer, healthy)
