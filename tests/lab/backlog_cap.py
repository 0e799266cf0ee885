"""Who limits the accept queue: the program's listen(), or somaxconn?"""
import lab


def overflow(host, backlog, clients=40):
    peer = host.neighbour()
    host.listen("10.9.0.1", 9000, backlog=backlog, accept=False)
    peer.do("connect_without_waiting", "10.9.0.1", 9000, clients)
    lab.wait_until(lambda: host.counter("ListenOverflows") > 0, "an overflow")


def the_application_limits(host):
    overflow(host, backlog=5)
    report = host.audit()
    assert report.result("backlog-cap") == "finding"
    report.never_proposes("net.core.somaxconn")
    assert [a["key"] for a in report.actions("backlog-cap", "socket-option")] == ["listen_backlog"]


def somaxconn_may_limit(host):
    """600 clients within a second or two reach a server that empties its queue, of 17, every 200 ms."""
    host.sysctl("net.core.somaxconn", 16)
    peer = host.neighbour()
    host.listen("10.9.0.1", 9000, backlog=1000, nap_s=0.2)
    report = host.watch(lambda: peer.do("connect_without_waiting", "10.9.0.1", 9000, 600))
    assert host.counter("ListenOverflows") > 0
    assert report.listener(9000)["backlog"] == 16
    action = report.action("backlog-cap", "net.core.somaxconn")
    assert int(action["proposed"]) > 16, action
    assert action["restart_needed"], "a live listener keeps its limit"


def healthy(host):
    """A small limit without any overflow is no finding."""
    peer = host.neighbour()
    server = host.listen("10.9.0.1", 9000, backlog=5)
    for i in range(10):
        peer.do("connect", "10.9.0.1", 9000, 1)
        server.wait_for(i + 1)
    assert host.counter("ListenOverflows") == 0
    host.audit().quiet("backlog-cap")


lab.main(the_application_limits, somaxconn_may_limit, healthy)
