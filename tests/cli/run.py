"""`run` starts what it can help, keeps out of its way, and refuses the rest with the reason."""
import json
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import sys
import unittest

from program import PROGRAM, ProgramTest, main

BUILD = pathlib.Path(PROGRAM).resolve().parents[1]
PROGRAMS = BUILD / "tests/programs"
LIBRARY = BUILD / "lib/libtcpwright-preload.so"
LISTENS = PROGRAMS / "listens"
KEEPALIVE = ("--set", "so_keepalive=on")
PYTHON = "/usr/bin/python3"
OTHER_USER = 65534

PROFILE = """[socket web]
side = listen
port = 80, 8080
so_keepalive = on
tcp_keepidle = 60s
[socket clients]
side = connect
peer = 10.0.0.0/8
tcp_nodelay = on force
so_rcvbuf = >= 64k
[socket nginx]
side = listen
program = nginx
tcp_keepidle = 30s
listen_backlog = 512
"""


def needs_root(test):
    return unittest.skipUnless(os.geteuid() == 0, "skipped: only root can do that")(test)


def needs_command(name):
    return unittest.skipUnless(shutil.which(name), f"skipped: there is no {name} here")


def environment(**variables):
    """Ours without what `run` sets or reads, and with VARIABLES."""
    kept = {name: value for name, value in os.environ.items()
            if name != "LD_PRELOAD" and not name.startswith("TCPWRIGHT_")}
    return {**kept, **variables}


class RunTest(ProgramTest):
    def start(self, *arguments, code=0, says=(), **options):
        options.setdefault("env", environment())
        done = self.run_program("run", *arguments, **options)
        self.assertEqual(done.returncode, code, f"{done.stderr}{done.stdout}")
        for words in [says] if isinstance(says, str) else says:
            self.assertIn(words, done.stderr)
        return done

    def refused(self, *arguments, code=125, says=(), **options):
        done = self.start(*arguments, code=code, says=says, **options)
        self.assertEqual(done.stdout, "")
        self.assertTrue(done.stderr.startswith("tcpwright: "), done.stderr)
        return done

    def put(self, name, text, mode=0o755):
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def copy(self, source, name=None):
        path = self.folder / (name or pathlib.Path(source).name)
        shutil.copy(source, path)
        path.chmod(0o755)
        return path

    def variables(self, *options, env=None, **more):
        """The environment that a command started by `run` gets."""
        done = self.start(*options, PYTHON, "-c",
                          "import json, os; print(json.dumps(dict(os.environ)))",
                          env=environment() if env is None else env, **more)
        return json.loads(done.stdout)


class Start(RunTest):
    def test_the_options_are_set(self):
        self.assertEqual(self.start(*KEEPALIVE, LISTENS).stdout, "keepalive 1\n")
        bare = subprocess.run([LISTENS], capture_output=True, text=True, check=True)
        self.assertEqual(bare.stdout, "keepalive 0\n")

    def test_the_command_is_the_same_process(self):
        with subprocess.Popen([PROGRAM, "run", *KEEPALIVE, "sh", "-c", "echo $$"],
                              stdout=subprocess.PIPE, text=True, env=environment()) as process:
            self.assertEqual(process.stdout.read(), f"{process.pid}\n")

    def test_its_exit_code_and_signals_are_kept(self):
        for code in (0, 1, 64, 125, 255):
            self.start(*KEEPALIVE, "sh", "-c", f"exit {code}", code=code)
        for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGPIPE):
            self.start(*KEEPALIVE, "sh", "-c", f"kill -{int(number)} $$", code=-number)

    def test_signals_and_descriptors_are_as_without_it(self):
        script = "grep -E '^Sig(Ign|Blk|Cgt)' /proc/self/status; ls -l /proc/self/fd | wc -l"
        bare = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True,
                              stdin=subprocess.DEVNULL, env=environment())
        self.assertEqual(self.start(*KEEPALIVE, "sh", "-c", script).stdout, bare.stdout)

    def test_a_caller_that_ignores_sigpipe_has_it_ignored(self):
        done = subprocess.run(
            ["sh", "-c", "trap '' PIPE; exec \"$@\"", "sh", PROGRAM, "run", *KEEPALIVE, "sh", "-c",
             "kill -PIPE $$; echo alive"], capture_output=True, text=True, check=False,
            env=environment())
        self.assertEqual(done.stdout, "alive\n")

    def test_what_stands_behind_the_command_is_the_commands(self):
        words = ["--help", "-h", "--force", "--role", "--", "", "a b"]
        for before in ([], ["--"]):
            done = self.start(*KEEPALIVE, *before, "sh", "-c", 'printf "<%s>" "$@"', "sh", *words)
            self.assertEqual(done.stdout, "".join(f"<{word}>" for word in words))

    def test_help_before_the_command_is_ours(self):
        for words in (["--help"], ["--set", "a=b", "--help", "true"], ["-h"]):
            self.assertTrue(self.start(*words).stdout.startswith("Usage: tcpwright run "))

    def test_the_commands_own_name_is_kept(self):
        link = self.folder / "another-name"
        link.symlink_to(PYTHON)
        for command, search in ((link.name, str(self.folder)), (link, os.environ["PATH"])):
            done = self.start(*KEEPALIVE, command, "-c",
                              "print(open('/proc/self/cmdline').read().split(chr(0))[0])",
                              env=environment(PATH=search))
            self.assertEqual(done.stdout, f"{command}\n")

    def test_a_dry_run_sets_nothing_and_logs(self):
        log = self.folder / "log"
        done = self.start(*KEEPALIVE, "--dry-run", "--log", log, LISTENS)
        self.assertEqual(done.stdout, "keepalive 0\n")
        events = [json.loads(line) for line in log.read_text().splitlines()]
        self.assertIn("would-set", [event["event"] for event in events])

    def test_children_get_the_library_unless_it_is_stripped(self):
        for children, keepalive in (([], 1), (["--children", "keep"], 1),
                                    (["--children", "strip"], 0)):
            done = self.start(*KEEPALIVE, *children, PYTHON, "-c",
                              f"import subprocess; subprocess.run(['{LISTENS}'])")
            self.assertEqual(done.stdout, f"keepalive {keepalive}\n", children)


class Environment(RunTest):
    def test_the_library_comes_behind_what_is_preloaded_already(self):
        self.assertEqual(self.variables(*KEEPALIVE)["LD_PRELOAD"], str(LIBRARY))
        for before in ("libm.so.6", "libm.so.6 libdl.so.2"):
            self.assertEqual(
                self.variables(*KEEPALIVE, env=environment(LD_PRELOAD=before))["LD_PRELOAD"],
                f"{before}:{LIBRARY}")

    def test_it_is_there_once_when_run_starts_run(self):
        done = self.start(*KEEPALIVE, PROGRAM, "run", "--set", "tcp_nodelay=on", "--", "sh", "-c",
                          'echo "$LD_PRELOAD" "$TCPWRIGHT_SET"')
        self.assertEqual(done.stdout, f"{LIBRARY} tcp_nodelay=on\n")

    def test_names_of_files_are_absolute(self):
        self.put("own.ini", PROFILE)
        found = self.variables("--profile", "own.ini", "--log", "log", cwd=self.folder)
        self.assertEqual(found["TCPWRIGHT_PROFILE"], os.path.realpath(self.folder / "own.ini"))
        self.assertEqual(found["TCPWRIGHT_LOG"], os.path.join(os.path.realpath(self.folder), "log"))
        self.assertNotIn("TCPWRIGHT_SET", found)

    def test_a_role_is_found_in_the_folder_given(self):
        self.put("mine.ini", PROFILE)
        found = self.variables("--role", "mine", "--profile-dir", self.folder)
        self.assertEqual(found["TCPWRIGHT_PROFILE"], os.path.realpath(self.folder / "mine.ini"))
        self.assertTrue(self.variables("--role", "web-server")["TCPWRIGHT_PROFILE"]
                        .endswith("/web-server.ini"))

    def test_options_replace_what_the_environment_asks_for(self):
        old = {"TCPWRIGHT_PROFILE": "web-server", "TCPWRIGHT_SET": "tcp_nodelay=on"}
        found = self.variables("--set", "tcp_keepidle=60s", "--set", "so_rcvbuf>=64k",
                               env=environment(**old))
        self.assertEqual(found["TCPWRIGHT_SET"], "tcp_keepidle=60s\nso_rcvbuf>=64k")
        self.assertNotIn("TCPWRIGHT_PROFILE", found)

    def test_without_options_the_environment_is_used_and_checked(self):
        found = self.variables(env=environment(TCPWRIGHT_SET="tcp_nodelay=on;so_keepalive=on"))
        self.assertEqual(found["TCPWRIGHT_SET"], "tcp_nodelay=on;so_keepalive=on")
        self.refused(PYTHON, "-V", env=environment(TCPWRIGHT_SET="tcp_nodelay=on;so_kepalive=on"),
                     says="TCPWRIGHT_SET:2: unknown socket option 'so_kepalive'")
        self.refused(PYTHON, "-V", env=environment(TCPWRIGHT_PROFILE="web-sever"),
                     says="web-server")
        self.refused(*KEEPALIVE, PYTHON, "-V", env=environment(TCPWRIGHT_DRY_RUN="maybe"),
                     says="TCPWRIGHT_DRY_RUN=maybe: expected 0 or 1")


class Refusals(RunTest):
    def test_nothing_starts_without_something_to_set(self):
        self.refused("true", says="nothing is to be set: give --role, --profile or --set")
        self.refused(*KEEPALIVE, says="which command?")
        self.refused("--role", "general", "true", says="general.ini names no socket option")
        self.refused("--set", "port=80", "true", says="--set names no socket option")

    def test_a_profile_for_other_programs_is_started_with_and_said(self):
        profile = self.put("p.ini", "[socket a]\nprogram = nginx\nso_keepalive = on\n")
        done = self.start("--profile", profile, LISTENS, says="no section is for")
        self.assertEqual(done.stdout, "keepalive 0\n")

    def test_what_fights_between_sections_is_refused(self):
        profile = self.put("p.ini", "[socket a]\nso_linger = drained\n")
        self.refused("--profile", profile, "--set", "tcp_linger2=3s", LISTENS,
                     says="so_linger and tcp_linger2")

    def test_wrong_usage_is_125_too(self):
        for words, says in ((["--no-such-option"], "no option '--no-such-option'"),
                            (["--children", "both"], "expected keep|strip"),
                            (["--set"], "--set needs a value"),
                            (["--role", "general", "--profile", "x", "true"], "exclude each other")):
            self.refused(*words, says=says)

    def test_a_wrong_setting_is_refused(self):
        for text, says in (("tcp_keepidl=60s", "did you mean 'tcp_keepidle'?"),
                           ("tcp_keepidle", "expected OPTION=VALUE"),
                           ("tcp_keepidle=soon", "tcp_keepidle = soon: expected"),
                           ("so_reuseport=on", "name the ports")):
            self.refused("--set", text, LISTENS, says=["--set:1: " if "=" in text else "--set '",
                                                       says])

    def test_a_wrong_profile_is_refused_with_file_and_line(self):
        wrong = self.put("wrong.ini", "[socket a]\nso_kepalive = on\n")
        self.refused("--profile", wrong, LISTENS, says=f"{wrong}:2: ")
        # What is not about sockets makes it wrong as well.
        wrong.write_text("[sysctl]\nnet.core.somaxcon = 1\n")
        self.refused("--profile", wrong, LISTENS, says=f"{wrong}:2: unknown sysctl key")
        wrong.write_text("[socket a]\nso_keepalive = on\ntcp_keepintvl = 1s\n")
        self.refused("--profile", wrong, LISTENS, says=f"{wrong}:3: ")
        self.refused("--profile", self.folder / "none.ini", LISTENS, says="No such file")
        self.refused("--profile", self.folder, LISTENS, says="no regular file")
        self.refused("--role", "web-sever", LISTENS, says="web-server")

    def test_an_include_that_the_library_would_not_find_is_refused(self):
        (self.folder / "other").mkdir()
        self.put("other/base.ini", PROFILE)
        top = self.put("top.ini", "[profile]\ninclude = base\n")
        self.refused("--profile", top, "--profile-dir", self.folder / "other", LISTENS,
                     says=f"{top}:2: ")

    def test_a_log_that_cannot_be_opened_is_refused(self):
        self.refused(*KEEPALIVE, "--log", self.folder, LISTENS, says="Is a directory")
        self.refused(*KEEPALIVE, "--log", self.folder / "no/log", LISTENS, says="No such file")
        # A pipe that somebody reads, as a container's standard error is.
        self.refused(*KEEPALIVE, "--log", "/dev/stderr", LISTENS, says="is a pipe or the like")

    def test_what_is_not_found_is_127_and_what_cannot_be_executed_126(self):
        # A folder that may not be searched might have it: that is another answer.
        self.refused(*KEEPALIVE, "no-such-command", code=127, says="no such command",
                     env=environment(PATH="/usr/bin:/bin"))
        self.refused(*KEEPALIVE, self.folder / "none", code=127, says="no such command")
        plain = self.put("plain", "echo\n", 0o644)
        self.refused(*KEEPALIVE, plain, code=126, says="Permission denied")
        self.refused(*KEEPALIVE, self.folder, code=126, says="Permission denied")
        script = self.put("script", "#!/no/such/shell\n")
        self.refused(*KEEPALIVE, script, code=126, says="'/no/such/shell', which is not there")

    def test_a_missing_library_is_said(self):
        program = self.copy(PROGRAM)
        self.refused(*KEEPALIVE, LISTENS, program=program, says="the preload library is missing")


class Programs(RunTest):
    def refused_program(self, command, says, **options):
        """Refused with a reason; and the reason is true: with --force nothing is set."""
        self.refused(*KEEPALIVE, command, says=[says, "--force tries anyway"], **options)
        done = self.start(*KEEPALIVE, "--force", command, says=says, **options)
        self.assertNotIn("keepalive 1", done.stdout)
        return done

    def built(self, name):
        path = PROGRAMS / name
        if not path.exists():
            self.skipTest(f"skipped: this system cannot build the program '{name}'")
        return path

    def test_a_program_without_socket_calls(self):
        self.refused_program(PROGRAMS / "idles", "takes no socket call")

    def test_a_static_program(self):
        self.refused_program(self.built("static"), "is statically linked")

    def test_a_32_bit_program(self):
        if sys.maxsize < 1 << 32:
            self.skipTest("skipped: 32-bit is this machine's own kind")
        self.refused(*KEEPALIVE, self.built("narrow"), says="is a 32-bit program")

    @needs_root
    def test_a_setuid_program_but_not_for_its_owner(self):
        program = self.copy(LISTENS)
        os.chown(program, OTHER_USER, -1)
        program.chmod(0o4755)
        if os.statvfs(program).f_flag & os.ST_NOSUID:
            self.skipTest("skipped: the temporary folder is mounted without setuid")
        done = self.refused_program(program, "is a setuid program")
        self.assertEqual(done.stdout, "keepalive 0\n")
        os.chown(program, 0, 0)
        program.chmod(0o4755)
        self.assertEqual(self.start(*KEEPALIVE, program).stdout, "keepalive 1\n")

    @needs_root
    def test_a_setgid_program(self):
        program = self.copy(LISTENS)
        os.chown(program, -1, OTHER_USER)
        program.chmod(0o2755)
        self.refused_program(program, "is a setgid program")

    @needs_root
    @needs_command("setpriv")
    def test_a_setuid_program_gains_nothing_where_the_caller_gave_that_up(self):
        program = self.copy(LISTENS)
        os.chown(program, OTHER_USER, -1)
        program.chmod(stat.S_ISUID | 0o755)
        done = self.start(*KEEPALIVE, program, before=["setpriv", "--no-new-privs"])
        self.assertEqual(done.stdout, "keepalive 1\n")

    @needs_root
    @needs_command("setcap")
    @needs_command("setpriv")
    def test_a_program_with_capabilities_but_not_for_root(self):
        program = self.copy(LISTENS)
        done = subprocess.run(["setcap", "cap_net_bind_service=ep", program], check=False,
                              capture_output=True, text=True)
        if done.returncode != 0:
            self.skipTest(f"skipped: no file capabilities here: {done.stderr.strip()}")
        other = ["setpriv", f"--reuid={OTHER_USER}", "--clear-groups"]
        if subprocess.run([*other, "test", "-x", PROGRAM], check=False).returncode != 0:
            self.skipTest("skipped: another user cannot reach the build tree")
        done = self.refused_program(program, "is a program with file capabilities", before=other)
        self.assertEqual(done.stdout, "keepalive 0\n")
        self.assertEqual(self.start(*KEEPALIVE, program).stdout, "keepalive 1\n")

    @needs_command("musl-gcc")
    def test_a_musl_program_is_started(self):
        program = self.folder / "musl"
        source = pathlib.Path(__file__).parents[1] / "unit/programs/listens.c"
        subprocess.run(["musl-gcc", "-o", program, source], check=True)
        self.assertEqual(self.start(*KEEPALIVE, program).stdout, "keepalive 1\n")

    @needs_command("go")
    def test_a_go_program_however_it_is_linked(self):
        source = self.put("main.go", "package main\n\nfunc main() {}\n")
        cache = {"GOCACHE": str(self.folder / "cache"), "GOFLAGS": "-mod=mod", "GO111MODULE": "off"}
        for flags in ("-s -w", "-linkmode=external"):
            program = self.folder / "go-program"
            done = subprocess.run(["go", "build", "-ldflags", flags, "-o", program, source],
                                  check=False, capture_output=True, text=True,
                                  env={**os.environ, **cache, "CGO_ENABLED": "1"})
            if done.returncode != 0:
                self.skipTest(f"skipped: go cannot build: {done.stderr.strip()}")
            self.refused(*KEEPALIVE, program, says="is a Go program")
            if sys.maxsize < 1 << 32:
                continue
            # As some packers leave it: without a table of sections.
            code = bytearray(program.read_bytes())
            code[0x28:0x30] = bytes(8)
            code[0x3c:0x40] = bytes(4)
            program.write_bytes(code)
            self.refused(*KEEPALIVE, program, says="is a Go program")

    def test_a_program_of_another_libc(self):
        program = self.copy(LISTENS)
        code = program.read_bytes()
        start = code.index(b"/ld-linux") if b"/ld-linux" in code else -1
        if start < 0:
            self.skipTest("skipped: the loader here is not called ld-linux")
        program.write_bytes(code[:start] + b"/ld-uClib" + code[start + 9:])
        self.refused(*KEEPALIVE, program, says="a C library other than glibc and musl")
        # --force gets to where the kernel says it.
        self.refused(*KEEPALIVE, "--force", program, code=126,
                     says="the loader that it asks for is not there")

    def test_known_programs_are_refused_by_name(self):
        for name, says in (("vsftpd", "seccomp_sandbox"), ("systemctl", "ExecStart=")):
            self.refused(*KEEPALIVE, self.copy(LISTENS, name), says=says)
        done = self.start(*KEEPALIVE, self.copy(LISTENS, "tor"), says="Sandbox 1")
        self.assertEqual(done.stdout, "keepalive 1\n")

    def test_a_script_is_judged_by_what_runs_it(self):
        listens = ("import socket\ns = socket.socket()\ns.listen()\n"
                   "print(s.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))\n")
        inner = self.put("inner", f"#!{PYTHON}\n{listens}")
        for script in (inner, self.put("env", f"#!/usr/bin/env python3\n{listens}"),
                       self.put("split", f"#!/usr/bin/env -S A=1 python3 -u\n{listens}"),
                       self.put("shell", f"#!/bin/sh\nexec {inner}\n"),
                       self.put("bare", f"exec {inner}\n")):
            done = self.start(*KEEPALIVE, script, env=environment(PATH="/usr/bin:/bin"))
            self.assertEqual((script.name, done.stdout), (script.name, "1\n"))
            self.assertEqual(done.stderr, "")
        self.refused(*KEEPALIVE, "--children", "strip", self.folder / "env",
                     says="started by env, and --children strip")
        self.assertEqual(self.start(*KEEPALIVE, "--children", "strip", inner).stdout, "1\n")
        idle = self.put("idle", f"#!{PROGRAMS / 'idles'}\n")
        self.refused(*KEEPALIVE, idle, says="takes no socket call")
        emptied = self.put("emptied", "#!/usr/bin/env -S -i /usr/bin/python3\n")
        self.refused(*KEEPALIVE, emptied, says="LD_PRELOAD is not")

    def test_programs_that_make_sockets_later_start_without_a_word(self):
        for name in ("python3", "perl", "ruby", "php", "node", "java", "bash", "nginx",
                     "redis-server", "lua", "beam.smp"):
            path = shutil.which(name, path="/usr/bin:/usr/sbin")
            if path:
                with self.subTest(name):
                    done = self.start(*KEEPALIVE, "--explain", "listen", "0.0.0.0:80", path)
                    self.assertEqual(done.stderr, "")


class Explain(RunTest):
    def setUp(self):
        super().setUp()
        self.profile = self.put("own.ini", PROFILE)

    def explain(self, *words, **options):
        """Rows of both tables, cells by spaces of two or more, without the headings."""
        done = self.start("--profile", self.profile, "--explain", *words, **options)
        title, *tables = done.stdout.split("\n", 1)
        chosen, _, others = "\n".join(tables).partition("\nNOT SET")
        return title, chosen, others, done

    def row(self, text, option):
        rows = [line for line in text.splitlines() if line.startswith(option + " ")]
        self.assertEqual(len(rows), 1, text)
        return rows[0]

    def test_a_listener_gets_what_its_section_says(self):
        title, chosen, others, _ = self.explain("listen", "0.0.0.0:80", "/usr/bin/python3")
        self.assertIn("a listener on 0.0.0.0:80", title)
        row = self.row(chosen, "tcp_keepidle")
        self.assertRegex(row, rf"60 s +listen\(\) +web +{self.profile}:5$")
        self.assertRegex(self.row(others, "listen_backlog"),
                         rf"another program: nginx +nginx +{self.profile}:15$")
        self.assertRegex(self.row(others, "tcp_nodelay"), "not for listeners")

    def test_program_globs_are_matched_against_the_command(self):
        nginx = self.copy(LISTENS, "nginx")
        _, chosen, others, _ = self.explain("listen", "0.0.0.0:443", nginx)
        self.assertRegex(self.row(chosen, "tcp_keepidle"), "30 s .* nginx ")
        self.assertRegex(self.row(chosen, "listen_backlog"), "512")
        self.assertRegex(self.row(others, "tcp_keepidle"), "for other ports")

    def test_what_comes_first_is_named(self):
        nginx = self.copy(LISTENS, "nginx")
        _, chosen, others, _ = self.explain("listen", "[::]:8080", nginx)
        self.assertRegex(self.row(chosen, "tcp_keepidle"), "60 s .* web ")
        self.assertRegex(self.row(others, "tcp_keepidle"), r"\[web\] comes first")

    def test_a_client_gets_what_its_peer_asks_for(self):
        title, chosen, others, _ = self.explain("connect", "10.1.2.3:443")
        self.assertIn("connects to 10.1.2.3:443", title)
        self.assertRegex(self.row(chosen, "tcp_nodelay"), r"on \(force\) +connect\(\)")
        self.assertRegex(self.row(chosen, "so_rcvbuf"), "at least 65536 bytes")
        _, chosen, _, _ = self.explain("listen", "0.0.0.0:443")
        self.assertRegex(self.row(chosen, "listen_backlog"), r"nginx \(program nginx\) ")
        title, chosen, others, _ = self.explain("connect", "[2001:db8::1]:443")
        self.assertTrue(title.endswith(": nothing"), title)
        self.assertRegex(self.row(others, "tcp_nodelay"), "for other peers")

    def test_single_settings_come_before_the_profile(self):
        done = self.start("--profile", self.profile, "--set", "tcp_keepidle=10s force",
                          "--set", "tcp_keepintvl=60s", "--explain", "listen", "127.0.0.1:80")
        self.assertRegex(done.stdout, r"(?m)^tcp_keepidle +10 s \(force\) +listen\(\) +--set +--set:1$")

    def test_nothing_is_started_and_a_refusal_is_said(self):
        marker = self.folder / "marker"
        self.explain("listen", "0.0.0.0:80", "--", "sh", "-c", f"touch {marker}")
        self.assertFalse(marker.exists())
        done = self.start("--profile", self.profile, "--explain", "listen", "0.0.0.0:80",
                          PROGRAMS / "idles", code=125, says="takes no socket call")
        self.assertIn("tcp_keepidle", done.stdout)

    def test_what_is_not_shown_is_said(self):
        self.start(*KEEPALIVE, "--explain", "listen", "0.0.0.0:80", says="is not shown",
                   env=environment(TCPWRIGHT_COMPAT="1"))

    def test_options_may_follow_the_address(self):
        done = self.start("--explain", "listen", "0.0.0.0:80", *KEEPALIVE)
        self.assertIn("so_keepalive", done.stdout)

    def test_wrong_addresses_are_refused(self):
        for word in ("80", ":80", "0.0.0.0", "0.0.0.0:", "0.0.0.0:65536", "::1:80", "[::1]80",
                     "localhost:80", "[1.2.3.4:80", "0.0.0.0:80x"):
            self.refused(*KEEPALIVE, "--explain", "listen", word, says="expected ADDRESS:PORT")
        self.refused(*KEEPALIVE, "--explain", "listen", says="needs an address")
        self.refused(*KEEPALIVE, "--explain", "accept", "0.0.0.0:80", says="listen|connect")

    def test_output_that_does_not_arrive_is_125(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            self.start(*KEEPALIVE, "--explain", "listen", "0.0.0.0:80", stdout=full, code=125)


class Installed(RunTest):
    def install(self, prefix):
        subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix], check=True,
                       stdout=subprocess.DEVNULL)
        return prefix / "bin/tcpwright"

    def test_an_installed_program_finds_its_own_library_and_roles(self):
        prefix = pathlib.Path(os.path.realpath(self.folder)) / "prefix"
        program = self.install(prefix)
        found = self.variables("--role", "web-server", program=program)
        self.assertTrue(found["LD_PRELOAD"].startswith(str(prefix)), found["LD_PRELOAD"])
        self.assertTrue(found["TCPWRIGHT_PROFILE"].startswith(str(prefix)))
        self.assertEqual(self.start(*KEEPALIVE, LISTENS, program=program).stdout, "keepalive 1\n")

    def test_a_prefix_that_ld_preload_cannot_name_is_said(self):
        program = self.install(self.folder / "some where")
        self.refused(*KEEPALIVE, LISTENS, program=program, says="LD_PRELOAD cannot name")


if __name__ == "__main__":
    if not LIBRARY.exists():
        print(f"skipped: {LIBRARY} was not built")
        sys.exit(77)
    main()
