"""More TIME-WAIT than tcp_max_tw_buckets: connections close without their protection."""
import lab


def sick(host):
    host.sysctl("net.ipv4.tcp_max_tw_buckets", 20)
    host.listen("127.0.0.1", 9000)
    host.open_and_close(60, "127.0.0.1", 9000)
    lost = host.counter("TCPTimeWaitOverflow")
    assert lost > 0
    report = host.audit()
    assert report.finding("tw-overflow")["severity"] == "warning"
    action = report.action("tw-overflow", "net.ipv4.tcp_max_tw_buckets")
    assert int(action["proposed"]) > 20, action
    assert lost in [e["value"] for e in report.finding("tw-overflow")["evidence"]]


def healthy(host):
    host.listen("127.0.0.1", 9000)
    host.open_and_close(60, "127.0.0.1", 9000)
    assert host.counter("TCPTimeWaitOverflow") == 0
    host.audit().quiet("tw-overflow")


lab.main(sick, healthy)
