"""nginx: a master listens, its workers accept by accept4()."""
import signal

from preload import TCPWRIGHT, main, wait_until
from servers import BACKLOG, KEEPALIVE, PORT, PROFILE, HttpTest, Observed

CONFIGURATION = """
daemon off;
worker_processes 2;
user root;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
	access_log off;
	client_body_temp_path {folder}/t1;
	proxy_temp_path {folder}/t2;
	fastcgi_temp_path {folder}/t3;
	uwsgi_temp_path {folder}/t4;
	scgi_temp_path {folder}/t5;
	server {{
		listen 127.0.0.1:8080;
		root {folder}/documents;
	}}
}}
"""


class Nginx(HttpTest):
    program, backlog = "nginx", 511

    def command(self):
        path = self.folder / "nginx.conf"
        path.write_text(CONFIGURATION.format(folder=self.folder))
        return ["nginx", "-p", self.folder, "-c", path, "-e", self.folder / "error.log"]

    def test_its_clients_are_kept_alive(self):
        self.compare()

    def test_started_by_run_it_keeps_all_when_it_reads_its_settings_again(self):
        command = [TCPWRIGHT, "run", "--profile", self.profile(PROFILE), "--", *self.command()]
        process = self.start(command, shim=False)
        workers = children_of(process.pid)
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: not workers & children_of(process.pid) and children_of(process.pid),
                   "new workers")
        observed = Observed(self, self.client(PORT))
        self.assertEqual(observed.backlog, BACKLOG)
        self.assertEqual({name: observed.option(name) for name in KEEPALIVE}, KEEPALIVE)


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
        return set(children.read().split())


if __name__ == "__main__":
    main()
