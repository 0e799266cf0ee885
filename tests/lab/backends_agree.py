"""Netlink and /proc/net/tcp: two ways to the same sockets, and the same numbers."""
import math
import time

import lab

# What /proc cannot know is a listener's limit, and sockets that are bound and nothing else.
DESTINATION = (
    "local_address", "remote_address", "remote_port", "ports_used", "ports_available",
    "ports_held_suspected", "time_wait_reusable", "usage", "exhaustion",
)
LISTENER = ("address", "port", "queue")


def every_kind_of_socket(host):
    v4, v6, dual = host.listen("127.0.0.1", 9000), host.listen("::1", 9001), host.listen("::", 9002)
    leaky = host.listen("127.0.0.1", 9003, hold=True)
    host.listen("127.0.0.1", 9004, backlog=5, accept=False)
    host.listen("::1", 9005, backlog=5, accept=False)
    host.open_and_close(20, "127.0.0.1", 9000)
    host.open_and_close(10, "127.0.0.1", 9002)
    host.open_and_close(8, "::1", 9001)
    kept = host.connect_many(7, "127.0.0.1", 9000)
    kept += host.connect_many(5, "::1", 9001)
    kept += host.connect_many(4, "127.0.0.1", 9002)  # v4-mapped at the server's end
    kept += host.connect_many(3, "::ffff:127.0.0.1", 9002)  # and at both
    kept += host.connect_many(3, "127.0.0.1", 9004)
    kept += host.connect_many(2, "::1", 9005)
    left = host.connect_many(6, "127.0.0.1", 9003)
    for server, n in ((v4, 27), (v6, 13), (dual, 17), (leaky, 6)):
        server.wait_for(n)
    for s in left:
        s.close()
    lab.wait_until(lambda: host.in_states("08") == 6, "6 sockets in CLOSE-WAIT")
    lab.wait_until(lambda: host.in_states("05") == 6, "their ACKs: 6 in FIN-WAIT-2")
    return kept


def rows(report, name, keys):
    return sorted(tuple(row[key] for key in keys) for row in report.data[name])


def seconds_left(histogram):
    """Of each TIME-WAIT socket."""
    return [left for left, n in enumerate(histogram) for _ in range(n)]


def same_but_later(before, after, at_most_s):
    left_before, left_after = seconds_left(before), seconds_left(after)
    assert len(left_before) == len(left_after), (before, after)
    for b, a in zip(left_before, left_after):
        # One more either way: the one counts in milliseconds, the other in clock ticks.
        assert -1 <= b - a <= at_most_s + 1, (before, after)


def without_bound(report):
    return {name: n for name, n in report.data["sockets"]["states"].items() if name != "bound_inactive"}


def compare(host):
    began = time.monotonic()
    netlink = host.audit("--backend", "sock_diag")
    proc = host.audit("--backend", "proc")
    apart_s = math.ceil(time.monotonic() - began)

    assert netlink.data["collection"]["backend"] == "sock_diag"
    assert proc.data["collection"]["backend"] == "proc"
    assert netlink.data["collection"]["sockets"] == proc.data["collection"]["sockets"]
    assert without_bound(netlink) == without_bound(proc)
    for name, keys in (("destinations", DESTINATION), ("listeners", LISTENER)):
        assert rows(netlink, name, keys) == rows(proc, name, keys), (netlink.data[name], proc.data[name])
    assert None not in [l["backlog"] for l in netlink.data["listeners"]]
    assert {l["backlog"] for l in proc.data["listeners"]} == {None}
    same_but_later(
        netlink.data["sockets"]["time_wait_histogram"], proc.data["sockets"]["time_wait_histogram"], apart_s
    )
    for one in netlink.data["destinations"]:
        other = proc.destination(one["remote_address"], one["remote_port"])
        same_but_later(one["time_wait_histogram"], other["time_wait_histogram"], apart_s)
    return netlink


def numbers(host):
    host.sysctl("net.ipv4.tcp_tw_reuse", 0)
    kept = every_kind_of_socket(host)
    report = compare(host)
    assert report.state("listen") == 6 and report.state("estab") == 2 * len(kept)
    assert report.state("close_wait") == 6 and report.state("time_wait") == 38
    to = report.destination("127.0.0.1", 9002)
    assert (to["ports_used"], to["ports_available"]) == (17, 28232), "all shown as IPv4"
    assert (report.listener(9004)["queue"], report.listener(9005)["queue"]) == (3, 2)


def reusable_ports(host):
    host.sysctl("net.ipv4.tcp_tw_reuse", 1)
    host.listen("127.0.0.1", 9000)
    host.open_and_close(20, "127.0.0.1", 9000)
    time.sleep(1.2)  # tcp_tw_reuse_delay
    to = compare(host).destination("127.0.0.1", 9000)
    assert (to["ports_used"], to["time_wait_reusable"]) == (0, 20), to


lab.main(numbers, reusable_ports)
