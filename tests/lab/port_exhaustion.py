"""A 100-port range filled to its last port towards one destination (facts: exactly 100)."""
import lab


def narrow(host):
    host.sysctl("net.ipv4.ip_local_port_range", "40000 40099")
    host.listen("127.0.0.1", 9000)


def sick(host):
    narrow(host)
    clients, error = host.connect_until_refused("127.0.0.1", 9000, limit=200)
    assert (len(clients), error) == (100, "EADDRNOTAVAIL"), (len(clients), error)

    report = host.audit()
    assert report.finding("port-exhaustion")["severity"] == "critical"
    to = report.destination("127.0.0.1", 9000)
    assert (to["ports_used"], to["ports_available"], to["usage"]) == (100, 100, 1.0), to
    assert to["ports_held_suspected"] == 0, to
    assert (to["exhaustion"], to["seconds_to_exhaustion"]) == ("expected", 0), to
    # Nothing is in TIME-WAIT here, so there is nothing that reuse could free.
    report.never_proposes("net.ipv4.tcp_tw_reuse")


def reserved_ports_do_not_count(host):
    narrow(host)
    host.sysctl("net.ipv4.ip_local_reserved_ports", "40000-40009")
    host.listen("127.0.0.1", 40050)
    clients, error = host.connect_until_refused("127.0.0.1", 9000, limit=200)
    assert (len(clients), error) == (89, "EADDRNOTAVAIL"), (len(clients), error)

    to = host.audit().destination("127.0.0.1", 9000)
    assert (to["ports_used"], to["ports_available"]) == (89, 89), to


def warning_at_80_percent(host):
    narrow(host)
    clients = host.connect_many(80, "127.0.0.1", 9000)
    report = host.audit()
    assert len(clients) == report.destination("127.0.0.1", 9000)["ports_used"]
    assert report.finding("port-exhaustion")["severity"] == "warning"


def healthy(host):
    narrow(host)
    clients = host.connect_many(30, "127.0.0.1", 9000)
    report = host.audit()
    assert len(clients) == report.destination("127.0.0.1", 9000)["ports_used"]
    report.quiet("port-exhaustion")


def full_but_ports_are_shared_between_destinations(host):
    """45 % of the range towards each of two destinations is no trouble: the range is per destination."""
    narrow(host)
    host.listen("127.0.0.1", 9001)
    clients = host.connect_many(45, "127.0.0.1", 9000) + host.connect_many(45, "127.0.0.1", 9001)
    report = host.audit()
    assert len(clients) == 90
    report.quiet("port-exhaustion")
    report.quiet("port-bind-before-connect")


def soon_at_the_rate_of_the_last_seconds(host):
    """30 closes in the last 10 s, 70 ports left, and nothing expires before: 70 / 3 = 23 s."""
    host.sysctl("net.ipv4.ip_local_port_range", "40000 40099")
    host.neighbour().do("listen", "10.9.0.2", 9000)
    host.open_and_close(30, "10.9.0.2", 9000)
    report = host.audit()
    to = report.destination("10.9.0.2", 9000)
    assert (to["exhaustion"], to["seconds_to_exhaustion"]) == ("expected", 23), to
    assert report.finding("port-exhaustion")["severity"] == "warning"


def established_sockets_that_grow(host):
    """Nothing closes, so that only two samples see it: 90 more in the window, of 200 ports."""
    host.sysctl("net.ipv4.ip_local_port_range", "40000 40199")
    host.listen("127.0.0.1", 9000)
    clients = host.connect_many(40, "127.0.0.1", 9000)
    assert host.audit().destination("127.0.0.1", 9000)["exhaustion"] == "never"
    report = host.watch(lambda: clients.extend(host.connect_many(90, "127.0.0.1", 9000)))
    to = report.destination("127.0.0.1", 9000)
    assert to["ports_used"] == len(clients) == 130, to
    expected = (200 - 130) / (90 / report.window_s())
    assert to["exhaustion"] == "expected", to
    assert abs(to["seconds_to_exhaustion"] - expected) <= 1, (to, expected)
    assert report.finding("port-exhaustion")["severity"] == "warning"


def never_where_the_ports_are_reused_in_time(host):
    host.sysctl("net.ipv4.ip_local_port_range", "40000 40099")
    host.sysctl("net.ipv4.tcp_tw_reuse", 1)
    host.neighbour().do("listen", "10.9.0.2", 9000)
    host.open_and_close(30, "10.9.0.2", 9000)
    report = host.audit()
    assert report.destination("10.9.0.2", 9000)["exhaustion"] == "never"
    report.quiet("port-exhaustion")


lab.main(
    sick,
    reserved_ports_do_not_count,
    warning_at_80_percent,
    healthy,
    full_but_ports_are_shared_between_destinations,
    soon_at_the_rate_of_the_last_seconds,
    established_sockets_that_grow,
    never_where_the_ports_are_reused_in_time,
)
