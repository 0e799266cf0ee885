"""python3 -m http.server: a backlog of 5, and a connection for each request."""
from preload import PYTHON, main
from servers import ClosesFirst, HttpTest


class Python(HttpTest, ClosesFirst):
    program, backlog = PYTHON, 5

    def command(self):
        return [PYTHON, "-m", "http.server", "8080", "--bind", "127.0.0.1", "-d", self.documents]

    def settled(self, connection):
        """It closes once it has answered, and sets nothing itself."""

    def test_its_clients_are_kept_alive(self):
        self.compare()

    def test_drained_it_leaves_no_time_wait_and_loses_nothing(self):
        self.ends_drained()


if __name__ == "__main__":
    main()
