"""Ranges that work, and serve nobody well."""
import lab


def equal_parity(host):
    host.sysctl("net.ipv4.ip_local_port_range", "32768 60998")
    assert host.audit().finding("port-range-sane")["severity"] in ("advice", "warning")


def too_small(host):
    host.sysctl("net.ipv4.ip_local_port_range", "40000 40999")
    report = host.audit()
    assert report.finding("port-range-sane")["severity"] == "warning"


def healthy(host):
    host.audit().quiet("port-range-sane")


lab.main(equal_parity, too_small, healthy)
