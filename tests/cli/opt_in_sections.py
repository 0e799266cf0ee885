"""The commented-out socket sections of the shipped profiles: ready to use once they are copied."""
import json
import pathlib
import re
import subprocess

from program import PROGRAM, SOURCE, ProgramTest, main, own_network

PROFILES = sorted((SOURCE / "profiles").glob("*.ini"))
# One commented-out section: prose, then lines without a space behind their "#".
BLOCK = re.compile(r"(?:^|(?<=\n\n))((?:# .*\n)+)((?:#\S.*\n)+)")

LIBRARY = pathlib.Path(PROGRAM).resolve().parents[1] / "lib/libtcpwright-preload.so"
# A server, and a client that binds its address first.
BOTH_SIDES = """
import socket
listener = socket.socket()
listener.bind(("127.0.0.1", 80))
listener.listen(5)
client = socket.socket()
client.bind(("127.0.0.1", 0))
client.connect(("127.0.0.1", 80))
"""


def blocks(file):
    for prose, section in BLOCK.findall(file.read_text(encoding="utf-8")):
        yield " ".join(line[2:] for line in prose.splitlines()), section.replace("#", "")


class OptInSections(ProgramTest):
    def rules(self):
        listed = json.loads(self.run_program("explain", "--list", "--format=json").stdout)
        return set(listed["rules"])

    def test_every_commented_out_section_is_found(self):
        commented = sum(file.read_text(encoding="utf-8").count("#[socket ") for file in PROFILES)
        self.assertGreater(commented, 0)
        self.assertEqual(sum(len(list(blocks(file))) for file in PROFILES), commented)

    def test_each_is_taken_as_it_stands_and_beside_the_role_it_is_for(self):
        for file in PROFILES:
            for i, (_, section) in enumerate(blocks(file)):
                mine = self.folder / f"mine-{file.stem}-{i}.ini"
                mine.write_text(f"[profile]\ninclude = {file.stem}\n\n{section}", encoding="utf-8")
                done = self.run_program("profile", "check", mine)
                self.assertEqual(done.returncode, 0, f"{file.name}: {section}{done.stdout}")

    def log_of(self, profile):
        log = profile.with_suffix(".log")
        command = [*own_network(), "sh", "-c", 'ip link set lo up && exec env "$@"', "sh",
                   f"LD_PRELOAD={LIBRARY}", f"TCPWRIGHT_PROFILE={profile}", f"TCPWRIGHT_LOG={log}",
                   "/usr/bin/python3", "-c", BOTH_SIDES]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]

    def test_each_does_what_it_is_for_in_a_program(self):
        for file in PROFILES:
            for i, (_, section) in enumerate(blocks(file)):
                section = section.replace("program = NAME", "program = python3*")
                mine = self.folder / f"mine-{file.stem}-{i}.ini"
                mine.write_text(f"[profile]\ninclude = {file.stem}\n\n{section}", encoding="utf-8")
                name = re.search(r"\[socket (\S+)\]", section)[1]
                events = [event for event in self.log_of(mine) if event.get("section") == name]
                options = set(re.findall(r"(?m)^([a-z0-9]+_[a-z0-9_]+) =", section))
                self.assertEqual({event["option"] for event in events}, options, section)
                for event in events:
                    # A kernel that is older than the option says so.
                    self.assertIn((event["event"], event["result"]),
                                  (("set", "ok"), ("failed", "ENOPROTOOPT")), event)

    def test_each_states_its_price_and_which_finding_asks_for_it(self):
        rules = self.rules()
        for file in PROFILES:
            for prose, section in blocks(file):
                said = f"{file.name}: {section}"
                self.assertTrue("price" in prose or "only ages requests" in prose, said)
                named = rules & set(re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)+", prose))
                self.assertTrue(named or "No finding asks for it" in prose, said)

    def test_names_are_used_once(self):
        names = [name for file in PROFILES
                 for name in re.findall(r"(?m)^#?\[socket (\S+)\]", file.read_text(encoding="utf-8"))]
        self.assertEqual(len(names), len(set(names)))


if __name__ == "__main__":
    main()
