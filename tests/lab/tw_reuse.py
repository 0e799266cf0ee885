"""tcp_tw_reuse helps only where this host connects, closes first, and runs short of ports."""
import time

import lab


def narrow(host):
    host.sysctl("net.ipv4.ip_local_port_range", "40000 40099")
    return host.neighbour()


def sick(host):
    peer = narrow(host)
    peer.do("listen", "10.9.0.2", 9000)
    host.open_and_close(90, "10.9.0.2", 9000)
    time.sleep(1.2)
    report = host.audit()
    to = report.destination("10.9.0.2", 9000)
    assert (to["ports_used"], to["time_wait_reusable"]) == (90, 0), to
    action = report.action("tw-reuse", "net.ipv4.tcp_tw_reuse")
    assert action["proposed"] == "1", action

    # The advice holds: after a second the ports are free again, and the kernel gives them out.
    host.sysctl("net.ipv4.tcp_tw_reuse", 1)
    to = host.audit().destination("10.9.0.2", 9000)
    assert (to["ports_used"], to["time_wait_reusable"]) == (0, 90), to
    clients, error = host.connect_until_refused("10.9.0.2", 9000, limit=100)
    assert (len(clients), error) == (100, None)


def not_without_timestamps(host):
    peer = narrow(host)
    host.sysctl("net.ipv4.tcp_timestamps", 0)
    peer.do("listen", "10.9.0.2", 9000)
    host.open_and_close(90, "10.9.0.2", 9000)
    time.sleep(1.2)
    host.audit().never_proposes("net.ipv4.tcp_tw_reuse")


def not_for_inbound(host):
    """We are the server and close first: TIME-WAIT is on our own port, and reuse cannot help."""
    peer = narrow(host)
    host.listen("10.9.0.1", 9000, close_first=True)
    peer.do("connect", "10.9.0.1", 9000, 300)
    lab.wait_until(lambda: host.in_states("05") == 300, "us to have closed first")
    peer.do("close_all")
    lab.wait_until(lambda: host.unfinished() == 0, "the peer to have closed as well")
    report = host.audit()
    assert report.state("time_wait") == 300, report.data["sockets"]["states"]
    report.never_proposes("net.ipv4.tcp_tw_reuse")


def healthy(host):
    """The same ninety, with ports to spare."""
    peer = host.neighbour()
    peer.do("listen", "10.9.0.2", 9000)
    host.open_and_close(90, "10.9.0.2", 9000)
    time.sleep(1.2)
    report = host.audit()
    report.quiet("tw-reuse")
    report.quiet("port-exhaustion")


lab.main(sick, not_without_timestamps, not_for_inbound, healthy)
