"""TCP features that somebody switched off."""
import lab


def sick(host):
    for name in ("tcp_timestamps", "tcp_sack", "tcp_window_scaling", "tcp_moderate_rcvbuf"):
        host.sysctl(f"net.ipv4.{name}", 0)
    report = host.audit()
    assert report.finding("feature-off")["severity"] == "warning"
    for name in ("tcp_timestamps", "tcp_sack", "tcp_window_scaling", "tcp_moderate_rcvbuf"):
        assert report.action("feature-off", f"net.ipv4.{name}")["proposed"] == "1"


def healthy(host):
    host.audit().quiet("feature-off")


lab.main(sick, healthy)
