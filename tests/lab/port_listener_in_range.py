"""A service that listens inside the ephemeral range can lose its port to any client."""
import lab

UNIT_FOLDER = "/run/systemd/system"


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


def beside_a_unit(then, process_1="--pid --fork --mount-proc"):
    """A command that runs the program where a socket unit is installed, in a mount namespace, and
    where process 1 is in the scene's network namespace, as systemd would be."""
    script = (
        f"mount -t tmpfs tmpfs /run && mkdir -p {UNIT_FOLDER}/sockets.target.wants && cd {UNIT_FOLDER} &&"
        f" printf '[Socket]\\nListenStream=40050\\n' >lab-app.socket && {then} && exec \"$@\""
    )
    return ["unshare", "--mount", *process_1.split(), "sh", "-c", script, "sh"]


ENABLE = "ln -s ../lab-app.socket sockets.target.wants/"


def a_unit_that_does_not_run(host):
    host.sysctl("net.ipv4.ip_local_port_range", "40000 40099")
    host.listen("127.0.0.1", 40001)
    report = host.audit(before=beside_a_unit(ENABLE))
    rule = "port-listener-in-range"
    assert report.evidence(rule, "port of a unit that is not running", "lab-app.socket") == 40050
    file = [e["source"] for e in report.finding(rule)["evidence"] if e["value"] == 40050]
    assert file == [f"{UNIT_FOLDER}/lab-app.socket"], file
    assert report.action(rule, "net.ipv4.ip_local_reserved_ports")["proposed"] == "40001,40050"

    # Once it runs, it is a listener like any other.
    host.listen("127.0.0.1", 40050)
    report = host.audit(before=beside_a_unit(ENABLE))
    assert "lab-app.socket" not in str(report.finding(rule))
    assert report.action(rule, "net.ipv4.ip_local_reserved_ports")["proposed"] == "40001,40050"


def units_that_will_not_run_here(host):
    host.sysctl("net.ipv4.ip_local_port_range", "40000 40099")
    for where in (
        beside_a_unit("true"),  # installed, and not enabled
        beside_a_unit(f"{ENABLE} && ln -sf /dev/null lab-app.socket"),
        beside_a_unit(ENABLE, process_1=""),  # systemd's sockets are in another network namespace
    ):
        host.audit(before=where).quiet("port-listener-in-range")


lab.main(sick, healthy, a_unit_that_does_not_run, units_that_will_not_run_here)
