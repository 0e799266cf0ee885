"""Programs that a program starts: with the library, or without (TCPWRIGHT_CHILDREN)."""
import json

from preload import PreloadTest, SHIM, main

KEEPALIVE = "so_keepalive=on;tcp_keepidle=192s"
# Sets up a listener, and starts a program that does the same: what is on both, and the environment
# there.
PARENT = """
import json, os, socket, subprocess, sys
s = socket.create_server(("127.0.0.1", 0))
idle = s.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
if len(sys.argv) > 1:
    print(json.dumps([idle, {k: v for k, v in os.environ.items()
                             if k.startswith("TCPWRIGHT_") or k in ("LD_PRELOAD", "KEPT")}]))
else:
    child = subprocess.run([sys.executable, "-I", "-c", os.environ["SELF"], "child"],
                           capture_output=True, text=True, check=True).stdout
    print(json.dumps([idle, *json.loads(child)]))
"""


class Children(PreloadTest):
    def started(self, **options):
        """Idle time in the program, in the one that it starts, and the environment of that."""
        done = self.run_program("/usr/bin/python3", "-I", "-c", PARENT, SELF=PARENT, KEPT="yes",
                                **options)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)

    def test_they_have_the_library_by_default(self):
        for options in ({}, {"TCPWRIGHT_CHILDREN": "keep"}):
            parent, child, environment = self.started(options=KEEPALIVE, **options)
            self.assertEqual((parent, child), (192, 192))
            self.assertIn("LD_PRELOAD", environment)
            self.assertEqual(environment["TCPWRIGHT_SET"], KEEPALIVE)

    def test_stripped_they_have_nothing_of_it_and_all_else(self):
        parent, child, environment = self.started(options=KEEPALIVE, TCPWRIGHT_CHILDREN="strip")
        self.assertEqual((parent, child), (192, 7200))
        self.assertEqual(environment, {"KEPT": "yes"})

    def test_stripped_they_keep_other_libraries(self):
        other = self.folder / "other.so"
        other.symlink_to("/lib/x86_64-linux-gnu/libm.so.6")
        if not other.exists():
            self.skipTest("skipped: libm.so.6 is elsewhere here")
        for before, after in ((f"{other}:{SHIM}", f"{other}"), (f"{SHIM} {other}", f"{other}"),
                              (f"{other}:{SHIM}:{other}", f"{other}:{other}")):
            with self.subTest(before):
                environment = self.started(options=KEEPALIVE, TCPWRIGHT_CHILDREN="strip",
                                           LD_PRELOAD=before)[2]
                self.assertEqual(environment, {"KEPT": "yes", "LD_PRELOAD": after})

    def test_a_forked_child_logs_under_its_own_number(self):
        guest = self.guest(options=KEEPALIVE)
        child = guest.fork()
        guest.listening()
        guest.exit_child()
        self.assertEqual({line["pid"] for line in self.log_lines(event="set")}, {child})

    def test_a_forked_child_works_as_its_parent(self):
        guest = self.guest(options=KEEPALIVE)
        guest.fork()
        fd = guest.listening()
        answer = guest.getsockopt(fd, 6, 4)
        guest.exit_child()
        self.assertEqual(answer.value, 192)


if __name__ == "__main__":
    main()
