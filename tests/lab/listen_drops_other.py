"""Drops at a listener that are no accept-queue overflow: the SYN queue without cookies (F12)."""

import lab


def syns(host, n):
    """They arrive within a window: since boot, a few hundred would say little."""
    host.sysctl("net.ipv4.tcp_syncookies", 0)
    host.sysctl("net.ipv4.tcp_max_syn_backlog", 16)
    peer = host.neighbour()
    host.listen("10.9.0.1", 9000, backlog=1000)
    return host.watch(lambda: peer.do("syn_flood", "10.9.0.1", 9000, n))


def sick(host):
    report = syns(host, 400)
    drops, overflows = host.counter("ListenDrops"), host.counter("ListenOverflows")
    other = drops - overflows - host.counter("TCPReqQFullDrop")
    assert overflows == 0 and other > 100, (drops, overflows, other)
    finding = report.finding("listen-drops-other")
    assert other in [e["value"] for e in finding["evidence"]], finding["evidence"]
    report.quiet("accept-queue-full")


def healthy(host):
    report = syns(host, 4)
    assert host.counter("ListenDrops") == 0
    report.quiet("listen-drops-other")


lab.main(sick, healthy)
