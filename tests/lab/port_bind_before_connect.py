"""A client that binds its address before it connects, and takes its ports from all destinations."""
import errno

import lab


# 100 connections to each of two destinations: more than are left if bind() chooses their ports.
BIND_AND_CONNECT = """
import socket
keep = []
for port in (9000, 9001):
    for n in range(100):
        keep.append(socket.create_connection(("127.0.0.1", port), source_address=("127.0.0.1", 0)))
    print(n + 1)
"""


def narrow(host):
    host.sysctl("net.ipv4.ip_local_port_range", "40000 40199")
    for port in (9000, 9001):
        host.listen("127.0.0.1", port)


def sick(host):
    narrow(host)
    clients = host.connect_many(60, "127.0.0.1", 9000, bind="127.0.0.1")
    report = host.audit()
    finding = report.finding("port-bind-before-connect")
    assert finding["severity"] == "warning"
    option = report.action("port-bind-before-connect", "ip_bind_address_no_port")
    assert option["kind"] == "socket-option", option
    assert "python3" in str(finding["evidence"]), "the program is named"
    keys = [a["key"] for a in report.actions("port-bind-before-connect")]
    assert "net.ipv4.ip_local_port_range" not in keys, "the range is not to blame"
    assert len(clients) == 60
    assert host.use_section(option, BIND_AND_CONNECT).split() == ["100", "100"], option


def its_ports_are_taken_from_others(host):
    narrow(host)
    bound = host.connect_many(60, "127.0.0.1", 9000, bind="127.0.0.1")
    plain = host.connect_many(10, "127.0.0.1", 9001)
    report = host.audit()
    mine, other = report.destination("127.0.0.1", 9000), report.destination("127.0.0.1", 9001)
    assert mine["ports_available"] == 200, "never its own"
    assert (other["ports_available"], other["ports_held_suspected"]) == (140, 60), other
    # And the kernel agrees with the arithmetic.
    more, error = host.connect_until_refused("127.0.0.1", 9001, limit=300)
    assert (len(plain) + len(more), error) == (140, "EADDRNOTAVAIL"), (len(more), error)
    assert len(bound) == 60


def healthy(host):
    narrow(host)
    clients = host.connect_many(60, "127.0.0.1", 9000)
    host.audit().quiet("port-bind-before-connect")
    assert len(clients) == 60


def no_port_flag_clears(host):
    narrow(host)
    clients = host.connect_many(60, "127.0.0.1", 9000, bind="127.0.0.1", no_port=True)
    host.audit().quiet("port-bind-before-connect")
    assert len(clients) == 60


def past_half_of_the_range(host):
    """bind() has spilled into connect()'s parity: now it is ports that nobody shares that accuse."""
    host.sysctl("net.ipv4.ip_local_port_range", "40000 40099")
    for port in range(9000, 9004):
        host.listen("127.0.0.1", port)
    clients = [
        host.connect("127.0.0.1", port, bind="127.0.0.1")
        for _ in range(24)
        for port in range(9000, 9004)
    ]
    report = host.audit()
    assert report.finding("port-bind-before-connect")["severity"] == "warning"
    assert report.evidence("port-bind-before-connect", "ports held for all destinations") == 96
    to = report.destination("127.0.0.1", 9000)
    assert (to["ports_available"], to["ports_held_suspected"], to["ports_used"]) == (28, 72, 24), to
    assert len(clients) == 96


def full_search_is_not_accused(host):
    """It uses both parities from the start, and shares ports between destinations."""
    narrow(host)
    try:
        clients = host.connect_many(60, "127.0.0.1", 9000, full_search=True)
    except OSError as error:
        if error.errno == errno.ENOPROTOOPT:
            lab.skip("IP_LOCAL_PORT_RANGE needs Linux 6.3")
        raise
    clients += host.connect_many(60, "127.0.0.1", 9001, full_search=True)
    host.audit().quiet("port-bind-before-connect")
    assert len(clients) == 120


lab.main(
    sick,
    its_ports_are_taken_from_others,
    healthy,
    no_port_flag_clears,
    past_half_of_the_range,
    full_search_is_not_accused,
)
