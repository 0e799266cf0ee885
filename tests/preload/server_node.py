"""node: makes its sockets non-blocking and close-on-exec, and closes them by raw system calls."""
from preload import main
from servers import HttpTest

SCRIPT = """
const body = require("fs").readFileSync(process.argv[1]);
require("http").createServer((request, response) => response.end(body)).listen(8080, "127.0.0.1");
"""


class Node(HttpTest):
    program, backlog = "node", 511

    def command(self):
        return ["node", "-e", SCRIPT, self.documents / "body"]

    def test_its_clients_are_kept_alive(self):
        self.compare()


if __name__ == "__main__":
    main()
