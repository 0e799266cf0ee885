"""socat TCP-LISTEN,fork: a process for each connection."""
from preload import main
from servers import BODY, ServerTest


class Socat(ServerTest):
    program, backlog = "socat", 5
    request, answer = BODY[:4000], BODY[:4000]

    def command(self):
        return ["socat", "TCP-LISTEN:8080,bind=127.0.0.1,fork,reuseaddr", "PIPE"]

    def test_its_clients_are_kept_alive(self):
        self.compare()


if __name__ == "__main__":
    main()
