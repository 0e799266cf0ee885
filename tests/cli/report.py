"""Reports on real hosts and saved ones: the schema, the exit codes, and what could not be seen."""
import json
import os
import pathlib
import socket

from program import PROGRAM, SOCKET_HEADER, SOURCE, ProgramTest, main, own_network, socket_line

try:
    import jsonschema
except ImportError:
    jsonschema = None

LOOPBACK, PEER, LOCAL = "0100007F", "0A00A8C0", "0900A8C0"
ESTABLISHED = 1


def busy(ports):
    """/proc/net/tcp with that many connections to one destination, of a range of 100 ports."""
    lines = [socket_line(i, (LOCAL, 40000 + 2 * i % 100 + i // 50), (PEER, 443), ESTABLISHED, 100 + i)
             for i in range(ports)]
    return {"proc/net/tcp": SOCKET_HEADER + "".join(lines),
            "proc/sys/net/ipv4/ip_local_port_range": "40000\t40099\n"}


class Report(ProgramTest):
    def audit(self, *arguments, code=None, **options):
        done = self.run_program("audit", "--format", "json", *arguments, **options)
        if code is not None:
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def findings(self, report):
        return {finding["id"]: finding["severity"] for finding in report["findings"]}

    def check_schema(self, report):
        if not jsonschema:
            self.skipTest("skipped: no python3-jsonschema")
        schema = json.loads((SOURCE / "docs/report.schema.json").read_text())
        validator = jsonschema.Draft202012Validator(
            schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
        validator.check_schema(schema)
        self.assertEqual([error.message for error in validator.iter_errors(report)], [])

    def test_this_host_obeys_the_schema(self):
        report = self.audit()
        self.check_schema(report)
        self.assertEqual(report["host"]["source"], "live")
        self.assertEqual(report["host"]["hostname"], socket.gethostname())

    def test_an_empty_network_obeys_the_schema_and_has_no_sockets(self):
        report = self.audit(before=own_network())
        self.check_schema(report)
        self.assertEqual(report["collection"]["sockets"], 0)
        self.assertEqual(report["destinations"], [])

    def test_a_saved_host_obeys_the_schema(self):
        report = self.audit("--root", self.saved_host(busy(96)))
        self.check_schema(report)
        self.assertEqual(report["collection"]["backend"], "proc")
        self.assertEqual(report["host"]["hostname"], "saved")

    def test_a_quiet_host_gives_0(self):
        self.assertEqual(self.findings(self.audit("--root", self.saved_host(), code=0)), {})

    def test_a_warning_gives_1_unless_only_critical_fails(self):
        root = self.saved_host({"proc/sys/net/ipv4/tcp_syncookies": "0\n"})
        self.assertEqual(self.findings(self.audit("--root", root, code=1)),
                         {"syncookies-off": "warning"})
        self.audit("--root", root, "--fail-on", "warning", code=1)
        self.audit("--root", root, "--fail-on", "critical", code=0)

    def test_a_critical_finding_gives_2_in_any_case(self):
        root = self.saved_host(busy(96))
        for severity in ("advice", "warning", "critical"):
            report = self.audit("--root", root, "--fail-on", severity, code=2)
        self.assertEqual(self.findings(report)["port-exhaustion"], "critical")
        destination = report["destinations"][0]
        self.assertEqual((destination["ports_used"], destination["ports_available"]), (96, 100))

    def test_the_role_says_who_chose_it(self):
        root = self.saved_host()
        for arguments, name, chosen_by in (([], "general", "default"),
                                           (["--role", "cache"], "cache", "--role"),
                                           (["--role", "auto"], "general", "--role auto")):
            role = self.audit("--root", root, *arguments)["role"]
            self.assertEqual((role["name"], role["chosen_by"]), (name, chosen_by))

    def test_a_profile_changes_the_verdict_and_is_named(self):
        profile = self.folder / "calm.ini"
        profile.write_text("[profile]\nname = calm\nsummary = calm\n[rules]\n"
                           "port-exhaustion = advice\nport-range-sane = off\n")
        root = self.saved_host(busy(96))
        report = self.audit("--root", root, "--profile", profile, code=1)
        self.assertEqual((report["role"]["name"], report["role"]["chosen_by"]),
                         ("calm", "--profile"))
        self.assertEqual(self.findings(report)["port-exhaustion"], "advice")

    def test_a_host_without_proc_gives_3_and_still_a_report(self):
        (self.folder / "empty").mkdir()
        done = self.run_program("audit", "--root", self.folder / "empty", "--format", "json")
        self.assertEqual(done.returncode, 3)
        self.assertRegex(done.stderr, r"^tcpwright: .*proc/net/tcp")
        report = json.loads(done.stdout)
        self.assertIsNone(report["collection"]["backend"])
        self.assertTrue(report["collection"]["gaps"])

    def test_a_root_that_is_not_there_is_named(self):
        self.assert_refused("audit", "--root", self.folder / "none", code=3,
                            says=str(self.folder / "none"))

    def test_netlink_cannot_answer_for_a_saved_host(self):
        done = self.run_program("audit", "--root", self.saved_host(), "--backend", "sock_diag")
        self.assertEqual(done.returncode, 3)
        self.assertIn("sock_diag", done.stderr)

    def test_garbage_in_proc_becomes_a_gap_not_a_crash(self):
        root = self.saved_host({"proc/net/netstat": "TcpExt: A B\nTcpExt: 1\n\x01\x02",
                                "proc/net/snmp": "Tcp: \nTcp",
                                "proc/net/tcp": SOCKET_HEADER + "   0: 0100007F:1F9",
                                "proc/net/sockstat": "TCP: inuse",
                                "proc/sys/net/ipv4/ip_local_port_range": "many\n"})
        report = self.audit("--root", root)
        self.check_schema(report)
        self.assertTrue(report["collection"]["gaps"])
        unknown = [rule["id"] for rule in report["rules"] if rule["result"] == "unknown"]
        self.assertIn("port-exhaustion", unknown)

    def test_a_container_without_proc_still_has_its_sockets_read(self):
        if os.geteuid() != 0:
            self.skipTest("skipped: needs root to hide /proc")
        if b"__asan_init" in pathlib.Path(PROGRAM).read_bytes():
            self.skipTest("skipped: the sanitizers themselves need /proc")
        report = self.audit(before=["unshare", "--mount", "--net", "sh", "-c",
                                    'mount -t tmpfs none /proc && exec "$0" "$@"'], code=0)
        self.check_schema(report)
        self.assertEqual(report["collection"]["backend"], "sock_diag")
        self.assertIsNone(report["destinations"])

    def test_a_user_without_rights_gets_a_whole_report(self):
        if os.geteuid() != 0:
            self.skipTest("skipped: needs root to become another user")
        if not all(folder.stat().st_mode & 1 for folder in pathlib.Path(PROGRAM).parents):
            self.skipTest(f"skipped: another user may not get at {PROGRAM}")
        report = self.audit(before=["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                                    "--inh-caps=-all"])
        self.check_schema(report)
        self.assertEqual(report["collection"]["backend"], "sock_diag")


if __name__ == "__main__":
    main()
