"""lighttpd: sets TCP_NODELAY itself."""
from preload import main
from servers import HttpTest

CONFIGURATION = """
server.document-root = "{folder}/documents"
server.bind = "127.0.0.1"
server.port = 8080
server.modules = ()
"""


class Lighttpd(HttpTest):
    program, backlog = "lighttpd", 1024

    def command(self):
        path = self.folder / "lighttpd.conf"
        path.write_text(CONFIGURATION.format(folder=self.folder))
        return ["lighttpd", "-D", "-f", path]

    def test_its_clients_are_kept_alive(self):
        self.compare()


if __name__ == "__main__":
    main()
