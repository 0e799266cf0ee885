"""Healthy hosts, busy ones too: nothing above information, whatever the role."""
import resource
import socket

import lab

ROLES = ("general", "web-server", "reverse-proxy", "database", "cache", "api-client")


def open_files(n):
    """For the scene, and for neighbours that are made later."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < n:
        lab.skip(f"needs {n} open files, and the limit is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (n, hard))


def silent(report):
    loud = [f for f in report.data["findings"] if f["severity"] != "info"]
    assert loud == [], loud
    assert report.data["collection"]["gaps"] == [], report.data["collection"]
    unknown = [r for r in report.data["rules"] if r["result"] == "unknown"]
    assert unknown == [], unknown


def in_every_role(host):
    """Once the host has the one value that database and cache want other than the kernel."""
    host.sysctl("net.ipv4.tcp_keepalive_time", 192)
    for role in ROLES:
        silent(host.audit("--role", role))


def thousands_in_time_wait(host):
    """They count as ports in use, and are 7 % of the range."""
    host.neighbour().do("listen", "10.9.0.2", 9000)
    host.open_and_close(2000, "10.9.0.2", 9000)
    report = host.audit()
    assert report.state("time_wait") == 2000, report.data["sockets"]["states"]
    assert report.finding("tw-rate")["severity"] == "info"
    in_every_role(host)


def hundreds_with_keepalive(host):
    peer = host.neighbour()
    server = host.listen("10.9.0.1", 5432, hold=True)
    server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)  # inherited on accept
    peer.do("connect", "10.9.0.1", 5432, 300)
    server.wait_for(300)
    report = host.audit("--role", "database")
    assert report.state("estab") == 300
    report.quiet("keepalive-missing")
    in_every_role(host)


def a_proxy_with_ports_to_spare(host):
    """30 % of the range, the same ports towards both upstreams."""
    open_files(20000)
    host.sysctl("net.ipv4.ip_local_port_range", "20000 29999")
    peer = host.neighbour()
    server = host.listen("10.9.0.1", 80, hold=True)
    for port in (8081, 8082):
        peer.do("listen", "10.9.0.2", port)
    clients = [s for port in (8081, 8082) for s in host.connect_many(3000, "10.9.0.2", port)]
    peer.do("connect", "10.9.0.1", 80, 1000)
    server.wait_for(1000)
    report = host.audit("--role", "auto")
    assert report.data["role"]["name"] == "reverse-proxy", report.data["role"]
    assert len(clients) == 6000 and report.destination("10.9.0.2", 8081)["usage"] == 0.3
    silent(report)
    in_every_role(host)


def listeners_only(host):
    for port in (22, 80, 443, 5432, 11211):
        host.listen("0.0.0.0", port)
    host.listen("::1", 6379)
    report = host.audit()
    assert report.state("listen") == 6
    assert report.data["findings"] == []
    in_every_role(host)


def nothing_at_all(host):
    assert host.audit().data["findings"] == []
    in_every_role(host)


lab.main(
    thousands_in_time_wait,
    hundreds_with_keepalive,
    a_proxy_with_ports_to_spare,
    listeners_only,
    nothing_at_all,
)
