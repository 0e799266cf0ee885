"""Audits of a window (--for): a sample a second, and what only two samples can tell."""
import time

import lab

SHORT = "[thresholds]\nclose-wait-leak.age = 1\n"


def a_sample_a_second(host):
    report = host.audit("--for", "3")
    samples = report.data["series"]["samples"]
    assert report.data["series"]["interval_s"] == 1
    assert len(samples) == 4, [s["at_s"] for s in samples]
    assert all(s["at_s"] >= i for i, s in enumerate(samples)), [s["at_s"] for s in samples]
    assert samples[0]["at_s"] == 0
    # Nothing happened meanwhile, and the audit itself leaves no trace.
    assert all(s["counters"] == samples[0]["counters"] for s in samples)


def counters_differ_by_what_happened(host):
    host.listen("127.0.0.1", 9000)
    host.open_and_close(10, "127.0.0.1", 9000)
    report = host.watch(lambda: host.open_and_close(25, "127.0.0.1", 9000))
    assert report.gained("Tcp.ActiveOpens") == report.gained("Tcp.PassiveOpens") == 25
    first, *_, last = report.data["series"]["samples"]
    assert (first["counters"]["Tcp.ActiveOpens"], last["counters"]["Tcp.ActiveOpens"]) == (10, 35)
    assert 1 <= report.window_s() < 100, "ended early"
    at = [sample["at_s"] for sample in report.data["series"]["samples"]]
    assert at == sorted(at) and len(at) >= 3, at


def leak(host, n):
    server = host.listen("127.0.0.1", 9000, hold=True)
    leak_more(host, server, n)
    return server


def leak_more(host, server, n):
    before = len(server.accepted)
    clients = host.connect_many(n, "127.0.0.1", 9000)
    server.wait_for(before + n)
    for client in clients:
        client.close()
    lab.wait_until(lambda: host.in_states("08") == before + n, "the clients to be gone")


def a_leak_that_grows_is_critical(host):
    server = leak(host, 15)

    def grow():
        leak_more(host, server, 5)
        time.sleep(1.1)  # what is closed within a second was no leak

    report = host.watch(grow, *host.profile(SHORT))
    assert report.state("close_wait") == 20
    assert report.finding("close-wait-leak")["severity"] == "critical"


def a_leak_that_stays_is_a_warning(host):
    server = leak(host, 15)
    report = host.watch(lambda: None, *host.profile(SHORT))
    assert len(server.accepted) == report.state("close_wait") == 15
    assert report.finding("close-wait-leak")["severity"] == "warning"


def overflows_within_the_window_are_counted(host):
    """Those from before are not its own, and what it saw is exact."""
    peer = host.neighbour()
    host.listen("10.9.0.1", 9000, backlog=5, accept=False)
    peer.do("connect_without_waiting", "10.9.0.1", 9000, 14)
    lab.wait_until(lambda: host.counter("ListenOverflows") > 0, "the first overflow")
    report = host.watch(lambda: peer.do("connect_without_waiting", "10.9.0.1", 9000, 10))
    gained = report.gained("TcpExt.ListenOverflows")
    assert gained >= 10, "each new SYN is dropped, and the earlier ones are sent again"
    assert report.evidence("accept-queue-full", "ListenOverflows") == gained


lab.main(
    a_sample_a_second,
    counters_differ_by_what_happened,
    a_leak_that_grows_is_critical,
    a_leak_that_stays_is_a_warning,
    overflows_within_the_window_are_counted,
)
