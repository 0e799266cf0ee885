"""socat TCP-LISTEN,fork: a process for each connection."""
from preload import main
from servers import BODY, ClosesFirst, ServerTest


class Socat(ServerTest):
    program, backlog = "socat", 5
    request, answer = BODY[:4000], BODY[:4000]

    def command(self):
        return ["socat", "TCP-LISTEN:8080,bind=127.0.0.1,fork,reuseaddr", "PIPE"]

    def test_its_clients_are_kept_alive(self):
        self.compare()


class SocatSending(ClosesFirst):
    program = "socat"

    def command(self):
        return ["socat", "-U", "TCP-LISTEN:8080,bind=127.0.0.1,fork,reuseaddr",
                f"OPEN:{self.documents}/body,rdonly"]

    def test_drained_it_leaves_no_time_wait_and_loses_nothing(self):
        """Whose parent has each connection open as well, for a while."""
        self.ends_drained()


if __name__ == "__main__":
    main()
