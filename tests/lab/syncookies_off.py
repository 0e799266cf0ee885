"""SYN cookies: off, always, and when they are needed."""
import lab


def sick(host):
    host.sysctl("net.ipv4.tcp_syncookies", 0)
    report = host.audit()
    assert report.finding("syncookies-off")["severity"] == "warning"
    assert report.action("syncookies-off", "net.ipv4.tcp_syncookies")["undo"].endswith("='0'")


def always(host):
    host.sysctl("net.ipv4.tcp_syncookies", 2)
    assert host.audit().finding("syncookies-off")["severity"] == "advice"


def healthy(host):
    host.audit().quiet("syncookies-off")


lab.main(sick, always, healthy)
