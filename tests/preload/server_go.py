"""A server in Go: dynamic, and yet it calls no function of libc for its sockets. No library can get
in there, and `tcpwright run` says so before it starts."""
import os
import subprocess

from preload import TCPWRIGHT, backlog_of, main
from servers import PORT, PROFILE, HttpTest, Observed
from trapping import has_shim

SOURCE = """package main

import (
	"net/http"
	_ "os/user" // makes it dynamic
)

func main() {
	panic(http.ListenAndServe("127.0.0.1:8080", http.FileServer(http.Dir("DOCUMENTS"))))
}
"""


class Go(HttpTest):
    program, backlog = "go", 4096
    binary = None

    def setUp(self):
        super().setUp()
        (self.folder / "server.go").write_text(SOURCE.replace("DOCUMENTS", str(self.documents)))
        env = {**os.environ, "GOCACHE": str(self.folder / "cache"), "GOPATH": str(self.folder),
               "GO111MODULE": "off", "GOTOOLCHAIN": "local", "CGO_ENABLED": "1"}
        subprocess.run(["go", "build", "-o", "server", "server.go"], env=env, cwd=self.folder,
                       check=True, timeout=100)

    def command(self):
        return [self.folder / "server"]

    def test_run_refuses_and_says_what_can_be_done(self):
        profile = self.profile(PROFILE)
        done = self.run_program(TCPWRIGHT, "run", "--profile", profile, "--", *self.command(),
                                shim=False)
        self.assertEqual(done.returncode, 125, done.stderr)
        self.assertRegex(done.stderr.replace("\n", " "), "is a Go program.*KeepAlive.*not started")

    def test_forced_it_runs_and_gets_nothing(self):
        profile = self.profile(PROFILE)
        process = self.start([TCPWRIGHT, "run", "--force", "--profile", profile, "--",
                              *self.command()], shim=False)
        self.assertTrue(has_shim(process.pid), "or this test shows nothing")
        observed = Observed(self, self.client(PORT))
        self.assertEqual(backlog_of(PORT), self.backlog)
        self.assertEqual(observed.option("tcp_keepidle"), 15)


if __name__ == "__main__":
    main()
