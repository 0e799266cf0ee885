"""python3 -m http.server: a backlog of 5, and a connection for each request."""
from preload import PYTHON, main
from servers import HttpTest


class Python(HttpTest):
    program, backlog = PYTHON, 5

    def command(self):
        return [PYTHON, "-m", "http.server", "8080", "--bind", "127.0.0.1", "-d", self.documents]

    def settled(self, connection):
        """It closes once it has answered, and sets nothing itself."""

    def test_its_clients_are_kept_alive(self):
        self.compare()


if __name__ == "__main__":
    main()
