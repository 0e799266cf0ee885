"""What `cmake --install` gives is whole: under another prefix the program finds what it needs."""
import os
import pathlib
import subprocess

from program import PROGRAM, ProgramTest, main


class Install(ProgramTest):
    def test_an_installed_program_finds_its_profiles_wherever_it_lies(self):
        build = pathlib.Path(PROGRAM).parents[1]
        prefix = self.folder / "some where"
        subprocess.run(["cmake", "--install", build, "--prefix", prefix], check=True,
                       stdout=subprocess.DEVNULL)
        program = prefix / "bin/tcpwright"
        listed = subprocess.run([program, "profile", "show", "general"], check=True, text=True,
                                stdout=subprocess.PIPE, env={**os.environ, "LC_ALL": "C"})
        self.assertIn(str(prefix), listed.stdout)
        for path in ("share/bash-completion/completions/tcpwright", "share/man/man1/tcpwright.1",
                     "share/doc/tcpwright/report.schema.json", "share/doc/tcpwright/LICENSE"):
            self.assertTrue((prefix / path).is_file(), path)


if __name__ == "__main__":
    main()
