"""A client that binds its address before it connects, and takes its ports from all destinations."""
import lab


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
    report.never_proposes("net.ipv4.ip_local_port_range")
    assert len(clients) == 60


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


lab.main(sick, its_ports_are_taken_from_others, healthy, no_port_flag_clears)
