"""A listener with a backlog of 5 that nobody accepts from: 6 fit, the rest waits or is dropped."""
import lab


def burst(host, backlog, clients, accept=False):
    peer = host.neighbour()
    server = host.listen("10.9.0.1", 9000, backlog=backlog, accept=accept)
    peer.do("connect_without_waiting", "10.9.0.1", 9000, clients)
    return server


def sick(host):
    burst(host, backlog=5, clients=14)
    lab.wait_until(lambda: host.counter("ListenOverflows") > 0, "an overflow")
    report = host.audit()
    listener = report.listener(9000)
    assert (listener["queue"], listener["backlog"]) == (6, 5), listener
    finding = report.finding("accept-queue-full")
    assert finding["severity"] == "critical"
    assert "python3" in str(finding["evidence"]), "the program is named"


def limit_unknown_without_netlink(host):
    burst(host, backlog=5, clients=3)
    lab.wait_until(lambda: host.in_states("01") == 3, "3 connections in the queue")
    listener = host.audit("--backend", "proc").listener(9000)
    assert (listener["queue"], listener["backlog"]) == (3, None), listener


def healthy(host):
    burst(host, backlog=128, clients=14, accept=True).wait_for(14)
    assert host.counter("ListenOverflows") == 0
    report = host.audit()
    assert report.listener(9000)["queue"] == 0
    report.quiet("accept-queue-full")


lab.main(sick, limit_unknown_without_netlink, healthy)
