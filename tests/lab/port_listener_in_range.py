"""A service that listens inside the ephemeral range can lose its port to any client."""
import lab


def sick(host):
    host.sysctl("net.ipv4.ip_local_reserved_ports", "50000")
    host.listen("127.0.0.1", 40000)
    host.listen("::1", 40001)
    report = host.audit()
    finding = report.finding("port-listener-in-range")
    assert finding["severity"] == "advice"
    action = report.action("port-listener-in-range", "net.ipv4.ip_local_reserved_ports")
    assert action["proposed"] == "40000-40001,50000", action
    assert "python3" in str(finding["evidence"]), "the program is named"

    # The advice holds, and the kernel takes the value as proposed.
    host.sysctl("net.ipv4.ip_local_reserved_ports", action["proposed"])
    assert host.read_sysctl("net.ipv4.ip_local_reserved_ports") == action["proposed"]
    host.audit().quiet("port-listener-in-range")


def healthy(host):
    host.listen("127.0.0.1", 8080)
    host.audit().quiet("port-listener-in-range")


lab.main(sick, healthy)
