"""Without root an audit finds the same, and says what it could not see."""
import os
import shutil

import lab

NOBODY = 65534


def full_range(host):
    host.sysctl("net.ipv4.ip_local_port_range", "40000 40099")
    host.listen("127.0.0.1", 9000)
    return host.connect_many(97, "127.0.0.1", 9000)


def audit_as_nobody(host):
    """The build may lie in a folder that nobody else can enter; the scene's own is opened up."""
    os.chmod(host.folder.name, 0o755)
    profile = host.profile("")
    host.program = shutil.copy(host.program, host.folder.name)
    return host.audit(
        *profile,
        before=["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
                "--bounding-set=-all", "--inh-caps=-all"],
    )


def as_nobody(host):
    clients = full_range(host)
    report = audit_as_nobody(host)
    finding = report.finding("port-exhaustion")
    assert finding["severity"] == "critical"
    to = report.destination("127.0.0.1", 9000)
    assert to["ports_used"] == len(clients) == 97, to
    assert report.data["collection"]["backend"] == "sock_diag"
    gap, = report.gaps("processes")
    assert gap["reason"] and gap["cost"], gap
    assert "python3" not in str(finding["evidence"]), "not its own process"
    action = report.action("port-exhaustion", "net.ipv4.ip_local_port_range")
    assert "cannot be written from here" in action["risk"], action


def nobody_finds_nothing_on_a_healthy_host(host):
    host.listen("127.0.0.1", 9000)
    report = audit_as_nobody(host)
    assert report.data["summary"]["evaluated"] > 0 and report.data["findings"] == []
    assert report.gaps("processes") == [], "nobody's process was asked for"


def as_root(host):
    clients = full_range(host)
    report = host.audit()
    assert len(clients) == 97 and report.data["collection"]["gaps"] == []
    evidence = report.finding("port-exhaustion")["evidence"]
    assert f"pid {os.getpid()}" in str(evidence), evidence


lab.main(as_nobody, nobody_finds_nothing_on_a_healthy_host, as_root)
