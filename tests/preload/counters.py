"""The counters and the ring of events: what another process reads of a running program."""
import re
import struct

from preload import PreloadTest, main

# include/tcpwright/shim_counters.h, version 1
NAME, MAGIC, VERSION = "tcpwright-shim", 0x7463707772696768, 1
RESULTS = ("set", "would-set", "kept", "failed", "withdrawn", "skipped")
N_OPTIONS, RING = 32, 256
OPTIONS = {"so_keepalive": 0, "tcp_keepidle": 1, "tcp_user_timeout": 4, "tcp_congestion": 17}


class Counters:
    def __init__(self, pid):
        with open(f"/proc/{pid}/maps", encoding="utf-8") as maps:
            found = re.search(rf"^([0-9a-f]+)-\S+ rw-s .*/memfd:{NAME} ", maps.read(), re.M)
        assert found, "the mapping does not show in /proc/PID/maps"
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            memory.seek(int(found.group(1), 16))
            head = memory.read(32)
            (self.magic, self.version, self.size, self.n_options, ring, self.pid,
             self.dry_run) = struct.unpack("=Q6I", head)
            memory.seek(int(found.group(1), 16))
            data = memory.read(self.size)
        assert ring == RING, ring
        (self.listens, self.connects, self.accepts, self.adopted, self.backlogs_raised,
         self.records_dropped, self.log_lines_lost) = struct.unpack_from("=7Q", data, 32)
        self.results = [struct.unpack_from(f"={N_OPTIONS}Q", data, 88 + i * N_OPTIONS * 8)
                        for i in range(len(RESULTS))]
        at = 88 + len(RESULTS) * N_OPTIONS * 8
        self.n_events = struct.unpack_from("=Q", data, at)[0]
        self.events = [struct.unpack_from("=QiBBBBqii", data, at + 8 + i * 32) for i in range(RING)]

    def count(self, result, option):
        return self.results[RESULTS.index(result)][OPTIONS[option]]


class ReadFromOutside(PreloadTest):
    def test_each_call_and_option_counts(self):
        guest = self.guest(options="so_keepalive=on;tcp_keepidle=60s;tcp_congestion=nonsense;"
                                   "listen_backlog=300", log=False)
        listener = guest.listening(port=8080, backlog=5)
        self.connected(guest, guest.socket(), self.server(9090))
        own = guest.socket()
        guest.set(own, "tcp_keepidle", 77)
        self.connected(guest, own, self.server(9091))
        counters = Counters(guest.pid)
        self.assertEqual((counters.magic, counters.version, counters.pid, counters.dry_run),
                         (MAGIC, VERSION, guest.pid, 0))
        self.assertEqual((counters.listens, counters.connects, counters.backlogs_raised), (1, 2, 1))
        self.assertEqual(counters.count("set", "so_keepalive"), 3)
        self.assertEqual(counters.count("set", "tcp_keepidle"), 2)
        self.assertEqual(counters.count("kept", "tcp_keepidle"), 1)
        self.assertEqual(counters.count("failed", "tcp_congestion"), 3)
        newest = max(counters.events)
        self.assertEqual(newest[0], counters.n_events)
        self.assertIn(listener, [event[1] for event in counters.events if event[0]])

    def test_children_count_into_the_same_mapping(self):
        guest = self.guest(options="so_keepalive=on", log=False)
        server = self.server(9090)
        guest.fork()
        self.connected(guest, guest.socket(), server)
        guest.exit_child()
        self.assertEqual(Counters(guest.pid).count("set", "so_keepalive"), 1)

    def test_the_ring_keeps_the_latest_events(self):
        guest = self.guest(options="so_keepalive=on", log=False)
        server = self.server(9090, backlog=1000)
        for _ in range(RING + 10):
            fd = guest.socket()
            guest.get("connect", fd, "127.0.0.1", 9090)
            guest.get("close", fd)
        counters = Counters(guest.pid)
        self.assertEqual(counters.n_events, RING + 10)
        self.assertEqual(sorted(event[0] for event in counters.events),
                         list(range(11, RING + 11)))
        server.close()

    def test_a_dry_run_says_so(self):
        guest = self.guest(options="so_keepalive=on", log=False, TCPWRIGHT_DRY_RUN="1")
        self.connected(guest, guest.socket(), self.server(9090))
        counters = Counters(guest.pid)
        self.assertEqual(counters.dry_run, 1)
        self.assertEqual(counters.count("would-set", "so_keepalive"), 1)
        self.assertEqual(counters.count("set", "so_keepalive"), 0)


if __name__ == "__main__":
    main()
