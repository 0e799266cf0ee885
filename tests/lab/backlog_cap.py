"""Who limits the accept queue: the program's listen(), or somaxconn?"""
import time

import lab


def overflow(host, backlog, clients=40):
    peer = host.neighbour()
    host.listen("10.9.0.1", 9000, backlog=backlog, accept=False)
    peer.do("connect_without_waiting", "10.9.0.1", 9000, clients)
    time.sleep(2.5)
    assert host.counter("ListenOverflows") > 0


def the_application_limits(host):
    overflow(host, backlog=5)
    report = host.audit()
    assert report.result("backlog-cap") == "finding"
    report.never_proposes("net.core.somaxconn")
    assert [a["key"] for a in report.actions("backlog-cap", "socket-option")] == ["listen_backlog"]


def somaxconn_may_limit(host):
    """A server that looks at its queue five times a second: 17 fit each time, more come."""
    host.sysctl("net.core.somaxconn", 16)
    peer = host.neighbour()
    host.listen("10.9.0.1", 9000, backlog=1000, nap_s=0.2)
    peer.do("soon", 0.5, "connect_without_waiting", "10.9.0.1", 9000, 600)
    report = host.audit("--for", "4")
    assert report.listener(9000)["backlog"] == 16
    action = report.action("backlog-cap", "net.core.somaxconn")
    assert int(action["proposed"]) > 16, action
    assert action["restart_needed"], "a live listener keeps its limit"


def healthy(host):
    """A small limit without any overflow is no finding."""
    peer = host.neighbour()
    server = host.listen("10.9.0.1", 9000, backlog=5)
    for _ in range(10):
        peer.do("connect", "10.9.0.1", 9000, 1)
    server.wait_for(10)
    assert host.counter("ListenOverflows") == 0
    host.audit().quiet("backlog-cap")


lab.main(the_application_limits, somaxconn_may_limit, healthy)
