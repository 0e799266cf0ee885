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


# listen() on two ports of another address, and what the kernel then says of them.
LISTEN = """
import socket, subprocess
for port in (9000, 9001):
    s = socket.create_server(("127.0.0.1", port), backlog=5)
    command = ["ss", "-Hltn", f"src 127.0.0.1:{port}"]
    print(subprocess.run(command, capture_output=True, text=True, env={}).stdout.split()[2])
    globals()[f"keep{port}"] = s
"""


def the_section_lengthens_this_queue(host):
    peer = host.neighbour()
    host.listen("10.9.0.1", 9000, backlog=5, nap_s=0.05)
    report = host.watch(lambda: peer.do("connect_without_waiting", "10.9.0.1", 9000, 200))
    action = report.action("backlog-cap", "listen_backlog")
    assert int(action["proposed"]) > 5, action
    assert host.use_section(action, LISTEN).split() == [action["proposed"], "5"], action


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


lab.main(the_application_limits, the_section_lengthens_this_queue, somaxconn_may_limit, healthy)
