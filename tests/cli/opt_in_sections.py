"""The commented-out socket sections of the shipped profiles: ready to use once they are copied."""
import json
import re

from program import SOURCE, ProgramTest, main

PROFILES = sorted((SOURCE / "profiles").glob("*.ini"))
# One commented-out section: prose, then lines without a space behind their "#".
BLOCK = re.compile(r"(?:^|(?<=\n\n))((?:# .*\n)+)((?:#\S.*\n)+)")


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
