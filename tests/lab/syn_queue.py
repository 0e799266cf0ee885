"""A flood of SYNs from addresses that never answer, against a listener with a small backlog."""
import lab


def flood(host, cookies, n):
    host.sysctl("net.ipv4.tcp_syncookies", cookies)
    peer = host.neighbour()
    host.listen("10.9.0.1", 9000, backlog=16)
    peer.do("syn_flood", "10.9.0.1", 9000, n)


def sick(host):
    flood(host, cookies=1, n=400)
    lab.wait_until(lambda: host.counter("SyncookiesSent") > 0, "the first cookie")
    report = host.audit()
    assert report.state("syn_recv") > 0
    assert report.finding("syn-queue")["severity"] in ("advice", "warning")
    report.action("syn-queue", "stop the flood")  # nobody answered a cookie
    # While cookies are on, the SYN queue's limit is the listener's backlog (F11).
    report.never_proposes("net.ipv4.tcp_max_syn_backlog")


def without_cookies(host):
    flood(host, cookies=0, n=400)
    lab.wait_until(lambda: host.counter("TCPReqQFullDrop") > 0, "the first drop")
    report = host.audit()
    assert report.finding("syn-queue")["severity"] == "warning"
    assert report.action("syncookies-off", "net.ipv4.tcp_syncookies")["proposed"] == "1"


def healthy(host):
    flood(host, cookies=1, n=4)
    lab.wait_until(lambda: host.in_states("03") == 4, "4 sockets in SYN-RECV")
    assert host.counter("SyncookiesSent") == 0
    host.audit().quiet("syn-queue")


lab.main(sick, without_cookies, healthy)
