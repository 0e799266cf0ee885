"""/proc/sys mounted read-only, as container runtimes do: advice says where it can be followed."""
import lab

CANNOT = "cannot be written from here"
READ_ONLY = "mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys && exec \"$@\""


def actions(host, *options, **how):
    host.sysctl("net.ipv4.tcp_syncookies", 0)
    host.sysctl("net.ipv4.ip_local_port_range", "40000 40099")
    host.listen("127.0.0.1", 40050)
    report = host.audit(*options, **how)
    found = [
        action
        for rule in ("syncookies-off", "port-range-sane", "port-listener-in-range")
        for action in report.actions(rule, "sysctl")
    ]
    assert {a["key"] for a in found} == {
        "net.ipv4.tcp_syncookies",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_local_reserved_ports",
    }, found
    for action in found:
        assert action["command"] and action["undo"], action
    return found


def sysctls_cannot_be_written(host):
    for action in actions(host, before=["unshare", "-m", "sh", "-c", READ_ONLY, "sh"]):
        assert CANNOT in action["risk"], action


def sysctls_can_be_written(host):
    for action in actions(host):
        assert CANNOT not in (action["risk"] or ""), action


def a_healthy_container(host):
    host.listen("127.0.0.1", 80)
    report = host.audit(before=["unshare", "-m", "sh", "-c", READ_ONLY, "sh"])
    assert report.data["findings"] == [] and report.data["collection"]["gaps"] == []


lab.main(sysctls_cannot_be_written, sysctls_can_be_written, a_healthy_container)
