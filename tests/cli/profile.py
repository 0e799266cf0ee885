"""`tcpwright profile` as people and programs use it."""
import json
import os
import pty
import shutil
import subprocess

from program import PROGRAM, ProgramTest, main

SHIPPED = ["api-client", "cache", "database", "general", "reverse-proxy", "web-server"]


class Profile(ProgramTest):
    def put(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return path

    def result(self, *arguments, code=0, **options):
        done = self.run_program("profile", *arguments, **options)
        self.assertEqual(done.returncode, code, done.stderr)
        if code in (0, 1):
            self.assertEqual(done.stderr, "")
        else:
            self.assertEqual(done.stdout, "")
        return done

    def json(self, *arguments, code=0, **options):
        return json.loads(self.result(*arguments, "--format=json", code=code, **options).stdout)

    def on_a_terminal(self, *arguments, columns):
        terminal, inside = pty.openpty()
        subprocess.run(["stty", "-onlcr", "columns", str(columns)], stdin=inside, check=True)
        done = self.run_program(*arguments, stdout=inside)
        os.close(inside)
        output = b""
        try:
            while chunk := os.read(terminal, 65536):
                output += chunk
        except OSError:
            pass # how a terminal ends
        os.close(terminal)
        self.assertEqual(done.returncode, 0, done.stderr)
        return output.decode().splitlines()

    def test_every_shipped_role_is_listed_with_a_summary_and_can_be_shown(self):
        roles = {role["name"]: role for role in self.json("list")["roles"]}
        text = self.result("list").stdout
        for name in SHIPPED:
            self.assertTrue(roles[name]["summary"])
            self.assertIsNone(roles[name]["problem"])
            self.assertRegex(text, rf"(?m)^{name} +\S")
            self.assertIn(f"In {os.path.dirname(roles[name]['file'])}/:\n", text)
            self.assertEqual(self.json("show", name)["name"], name)
            self.assertEqual(self.json("check", roles[name]["file"])["checks"][0]["ok"], True)

    def test_each_shipped_value_has_a_reason_and_stands_where_show_says(self):
        for name in SHIPPED:
            shown = self.json("show", name)
            for kind, key in (("sysctls", "key"), ("thresholds", "name"), ("rules", "rule")):
                for entry in shown[kind]:
                    with open(entry["file"], encoding="utf-8") as file:
                        line = file.read().split("\n")[entry["line"] - 1]
                    self.assertIn(entry[key], line)
                    self.assertTrue(entry["reason"], f"{name}: {line}")

    def test_no_shipped_role_widens_ports_or_sets_tw_reuse(self):
        for name in SHIPPED:
            keys = {entry["key"] for entry in self.json("show", name)["sysctls"]}
            self.assertFalse(keys & {"net.ipv4.ip_local_port_range", "net.ipv4.tcp_tw_reuse"})

    def test_a_role_is_shown_with_what_it_includes(self):
        self.put("mine.ini", "[profile]\ninclude = web-server\n[sysctl]\n"
                             "# The sale.\nnet.core.somaxconn = >= 8192\n"
                             "net.ipv4.tcp_rmem = 4096 131072\n[rules]\ntw-rate = off\n")
        shown = self.json("show", "mine", "--profile-dir", self.folder)
        self.assertEqual([os.path.basename(file) for file in shown["files"]],
                         ["web-server.ini", "mine.ini"])
        self.assertEqual(shown["sysctls"][0], {
            "key": "net.core.somaxconn", "op": ">=", "value": "8192", "reason": "The sale.",
            "file": os.path.join(self.folder, "mine.ini"), "line": 5})
        self.assertEqual(shown["rules"][0]["on"], False)
        text = self.result("show", "mine", "--profile-dir", self.folder).stdout
        self.assertRegex(text, r"(?m)^net\.core\.somaxconn +>= 8192 +mine\.ini:5 +The sale\.$")
        self.assertRegex(text, r"(?m)^net\.ipv4\.tcp_rmem += 4096 131072 +mine\.ini:6 *$")
        self.assertRegex(text, r"(?m)^tw-rate +off +mine\.ini:8 *$")

    def test_however_long_the_path_a_profile_is_read_within_80_columns(self):
        folder = os.path.join(self.folder, "deep" * 20)
        os.mkdir(folder)
        self.put(f"{'deep' * 20}/mine.ini", "[profile]\nsummary = ours\ninclude = web-server\n")
        for words in (["list"], ["show", "mine"]):
            lines = self.on_a_terminal("profile", *words, "--profile-dir", folder, columns=80)
            paths = [line for line in lines if f"{folder}/" in line]
            self.assertTrue(paths, words)
            self.assertLessEqual(max(len(line) for line in lines if line not in paths
                                     and not line.startswith(("In ", "  read "))), 80, words)

    def test_a_folder_of_ones_own_hides_what_is_shipped(self):
        self.put("general.ini", "[profile]\nsummary = ours\n")
        role = [role for role in self.json("list", "--profile-dir", self.folder)["roles"]
                if role["name"] == "general"]
        self.assertEqual([entry["summary"] for entry in role], ["ours"])

    def test_a_broken_profile_is_listed_with_what_is_wrong(self):
        self.put("broken.ini", "[profile\n")
        roles = {role["name"]: role
                 for role in self.json("list", "--profile-dir", self.folder)["roles"]}
        self.assertIn("broken.ini:1: ", roles["broken"]["problem"])
        self.assertIn("general", roles)

    def test_check_says_ok_or_what_is_wrong_for_each_file(self):
        good = self.put("good.ini", "[profile]\nname = good\n")
        bad = self.put("bad.ini", "\n[sysctl]\nnet.core.somaxcon = 1\n")
        self.assertEqual(self.result("check", good).stdout, f"{good}: ok (role good)\n")
        done = self.result("check", bad, good, code=1)
        self.assertEqual(done.stdout.splitlines(), [
            f"{bad}:3: unknown sysctl key 'net.core.somaxcon'; did you mean "
            "'net.core.somaxconn'?",
            f"{good}: ok (role good)"])
        checks = self.json("check", good, bad, code=1)["checks"]
        self.assertEqual([check["ok"] for check in checks], [True, False])
        self.assertIsNone(checks[0]["error"])
        self.assertIn("bad.ini:3: ", checks[1]["error"])

    def test_check_survives_every_kind_of_rubbish(self):
        for name, content, says in (
                ("long", b"x" * (10 << 20), "larger than 1048576 bytes"),
                ("line", b"[rules]\n# " + b"x" * 1000, ":2: the line is longer than 190 bytes"),
                ("nul", b"[rules]\n\0", ":2: a NUL byte"),
                ("binary", bytes(range(1, 9)) * 20, ":1: a byte that is no text"),
                ("escape", b"[rules]\n\x1b[2J = on\n", ":2: a byte that is no text"),
                ("cycle", b"[profile]\ninclude = cycle\n", "cycle.ini -> cycle.ini")):
            done = self.result("check", self.put(f"{name}.ini", content), code=1)
            self.assertIn(says, done.stdout)
            self.assertEqual(done.stdout.count("\n"), 1)
        self.assertIn("Is a directory", self.result("check", self.folder, code=1).stdout)

    def test_a_file_name_cannot_move_the_cursor(self):
        path = self.put("a\x1b[2Jb.ini", "")
        self.assertTrue(self.result("check", path).stdout.endswith(
            "/a?[2Jb.ini: ok (role a?[2Jb)\n"))
        self.assertEqual(self.json("check", path)["checks"][0]["file"],
                         os.path.join(self.folder, "a?[2Jb.ini"))

    def test_a_typo_gets_the_nearest_name(self):
        for arguments, says in (
                (["lst"], "did you mean 'list'?"),
                (["show", "web-sever"], "did you mean 'web-server'?"),
                (["list", "--fromat", "json"], "did you mean '--format'?")):
            self.assertIn(says, self.result(*arguments, code=64).stderr)

    def test_wrong_usage_is_said_and_nothing_is_printed(self):
        for arguments in ([], ["show"], ["show", "a", "b"], ["check"], ["list", "x"],
                          ["list", "--format", "xml"], ["list", "--profile-dir"],
                          ["list", "--profile-dir", "/nonexistent"], ["show", "../general"],
                          ["show", ""]):
            self.assertIn("tcpwright: ", self.result(*arguments, code=64).stderr)

    def test_output_that_does_not_arrive_is_an_error(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = self.run_program("profile", "list", "--format", "json", stdout=full)
        self.assertEqual(done.returncode, 3)
        self.assertIn("could not be written", done.stderr)

    def test_a_copy_outside_the_build_tree_does_not_look_into_the_source(self):
        program = os.path.join(self.folder, "tcpwright")
        shutil.copy(PROGRAM, program)
        here = {role["file"] for role in self.json("list")["roles"]}
        there = {role["file"] for role in self.json("list", program=program)["roles"]}
        self.assertTrue(here - there)

    def test_an_unpacked_package_finds_its_own_roles(self):
        program = os.path.join(self.folder, "bin", "tcpwright")
        roles = os.path.join(self.folder, "share", "tcpwright", "profiles")
        os.makedirs(roles)
        os.makedirs(os.path.dirname(program))
        shutil.copy(PROGRAM, program)
        self.put("share/tcpwright/profiles/packed.ini", "[profile]\nsummary = in the package\n")
        found = {role["name"]: role["file"]
                 for role in self.json("list", program=program)["roles"]}
        self.assertEqual(found["packed"], os.path.join(os.path.realpath(roles), "packed.ini"))


if __name__ == "__main__":
    main()
