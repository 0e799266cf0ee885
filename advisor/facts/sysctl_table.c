/*
 * What tcpwright knows of each sysctl key: facts and prose only, in the order of enum sysctl_id.
 * Code that looks keys up is in sysctls.c. Defaults are those of a mainline kernel; a
 * distribution's own sysctl files come later and may say otherwise.
 */
#include <stdint.h>

#include "sysctls.h"

/* clang-format off */

/* One byte in the kernel since 5.13; nothing above 255 made sense for these keys before. */
#define BYTE { 0, UINT8_MAX }
#define NOT_NEGATIVE { 0, INT32_MAX }
#define POSITIVE { 1, INT32_MAX }
#define LONG { 0, INT64_MAX }
/* Kept as ticks in an int: at 100 ticks a second, the fewest there are, this fits. */
#define TICKS { 0, INT32_MAX / 100 }

const struct sysctl_fact sysctl_facts[N_SYSCTLS] = {
	[SYSCTL_IP_LOCAL_PORT_RANGE] = {
		.key = "net.ipv4.ip_local_port_range",
		.type = SYSCTL_PORT_RANGE,
		.scope = SCOPE_NETNS,
		.n_values = 1,
		.range = { 1, UINT16_MAX },
		.defaults = { { 0, "32768 61000" }, { KERNEL(4, 2), "32768 60999" } },
		.meaning = "The ports that connect() and a bind() to port 0 choose from. The "
			   "limit is per destination: each remote address and port can be reached "
			   "from the whole range once for every local address.",
		.misunderstood = "It limits neither the connections of the whole host nor those "
				 "that clients open to its services. Widened over the ports of "
				 "services that are not in ip_local_reserved_ports, it lets a "
				 "client take a service's port while that service restarts. Ends "
				 "of the same parity make the kernel warn: connect() and bind(0) "
				 "begin with ports of different parity.",
		.references = {
			"ip-sysctl.rst: ip_local_port_range",
			"ip(7)",
			"connect(2): EADDRNOTAVAIL",
		},
	},
	[SYSCTL_IP_LOCAL_RESERVED_PORTS] = {
		.key = "net.ipv4.ip_local_reserved_ports",
		.type = SYSCTL_PORT_SET,
		.scope = SCOPE_NETNS,
		.n_values = 1,
		.range = { 0, UINT16_MAX },
		.defaults = { { 0, "" } },
		.meaning = "Ports that the kernel never chooses by itself, neither for connect() "
			   "nor for a bind() to port 0. It is a set: the kernel prints it sorted "
			   "and with ranges, whatever was written.",
		.misunderstood = "It forbids nothing: a program that binds a reserved port by its "
				 "number gets it. A write replaces the whole set, so what is "
				 "there has to be written again with the addition. An empty write "
				 "is no write at all: only a newline clears the set.",
		.references = { "ip-sysctl.rst: ip_local_reserved_ports", "ip(7)" },
	},
	[SYSCTL_IP_UNPRIVILEGED_PORT_START] = {
		.key = "net.ipv4.ip_unprivileged_port_start",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_NETNS,
		.n_values = 1,
		.range = { 0, UINT16_MAX },
		.since = KERNEL(4, 11),
		.defaults = { { KERNEL(4, 11), "1024" } },
		.meaning = "The first port that a program may bind without CAP_NET_BIND_SERVICE. "
			   "The ephemeral range may not begin below it: the kernel refuses a "
			   "write to either key that would make them overlap.",
		.misunderstood = "Lowering it opens those ports to every program in the network "
				 "namespace, not to one service: socket activation or an ambient "
				 "capability in the service's unit is narrower.",
		.references = { "ip-sysctl.rst: ip_unprivileged_port_start", "capabilities(7)" },
	},
	[SYSCTL_TCP_TW_REUSE] = {
		.key = "net.ipv4.tcp_tw_reuse",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_NETNS,
		.n_values = 1,
		.range = { 0, 2 },
		.defaults = { { 0, "0" }, { KERNEL(4, 19), "2" } },
		.meaning = "Lets connect() take a local port whose last connection to the same "
			   "destination is still in TIME-WAIT, once tcp_tw_reuse_delay has "
			   "passed. 0 is never, 1 always, 2 for loopback addresses only. Both "
			   "ends need TCP timestamps.",
		.misunderstood = "It has no effect on connections that clients open to this host, "
				 "and none without tcp_timestamps at both ends. It shortens no "
				 "TIME-WAIT, and a program that binds before it connects still "
				 "cannot have the port. 2 does not cover a connection to one's "
				 "own address outside 127.0.0.0/8 and ::1. It is not the removed "
				 "tcp_tw_recycle.",
		.references = { "ip-sysctl.rst: tcp_tw_reuse", "tcp(7)", "RFC 6191" },
	},
	[SYSCTL_TCP_TW_REUSE_DELAY] = {
		.key = "net.ipv4.tcp_tw_reuse_delay",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_NETNS,
		.unit = "ms",
		.n_values = 1,
		.range = { 1, 60000 },
		.since = KERNEL(6, 14),
		.defaults = { { KERNEL(6, 14), "1000" } },
		.meaning = "How old a TIME-WAIT socket has to be before tcp_tw_reuse lets "
			   "connect() take its port. Older kernels have no such key and wait one "
			   "second.",
		.misunderstood = "Less than one tick of the peer's timestamp clock is unsafe: the "
				 "peer could not tell the new connection from the old one.",
		.references = { "ip-sysctl.rst: tcp_tw_reuse_delay", "RFC 7323" },
	},
	[SYSCTL_TCP_TW_RECYCLE] = {
		.key = "net.ipv4.tcp_tw_recycle",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_NETNS,
		.n_values = 1,
		.range = NOT_NEGATIVE,
		.removed = KERNEL(4, 12),
		.defaults = { { 0, "0" } },
		.meaning = "Before Linux 4.12: ended TIME-WAIT early, and refused a SYN whose "
			   "timestamp was older than the last one from the same address.",
		.misunderstood = "Clients behind one NAT address have different clocks: with this "
				 "key on, some of them could not connect, and nothing but the "
				 "counter PAWSPassive told. It is gone since 4.12 and nothing "
				 "took its place: a line that sets it is an error in a file, "
				 "without effect.",
		.references = { "tcp(7)", "kernel commit 4396e46187ca", "RFC 1323" },
	},
	[SYSCTL_TCP_MAX_TW_BUCKETS] = {
		.key = "net.ipv4.tcp_max_tw_buckets",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_NETNS,
		.unit = "sockets",
		.n_values = 1,
		.range = NOT_NEGATIVE,
		.computed = "half of the buckets of TCP's hash table (tcp_ehash_entries), which "
			    "grow with memory: 131072 of 262144",
		.meaning = "How many TIME-WAIT sockets a network namespace may hold, orphaned "
			   "FIN-WAIT-2 sockets included. Beyond it a connection closes without "
			   "TIME-WAIT and TCPTimeWaitOverflow counts one.",
		.misunderstood = "Lowering it is no cure for many TIME-WAIT sockets: it takes "
				 "away what protects the next connection on the same ports from "
				 "late segments. One costs 256 to 515 bytes, so 10,000 of them "
				 "cost 2.5 to 5 MB. Nothing is reset or logged when it is "
				 "exceeded.",
		.references = { "ip-sysctl.rst: tcp_max_tw_buckets", "tcp(7)", "RFC 1337" },
	},
	[SYSCTL_TCP_EHASH_ENTRIES] = {
		.key = "net.ipv4.tcp_ehash_entries",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_NETNS,
		.unit = "buckets",
		.n_values = 1,
		.read_only = true,
		.since = KERNEL(6, 1),
		.computed = "chosen at boot by the size of memory, or by thash_entries= on the "
			    "kernel's command line",
		.meaning = "How many buckets TCP's hash table of connections has. It is negative "
			   "in a network namespace that uses the host's table. Half of it is "
			   "the default of tcp_max_tw_buckets.",
		.misunderstood = "It is no limit: a bucket holds any number of sockets.",
		.references = { "ip-sysctl.rst: tcp_ehash_entries" },
	},
	[SYSCTL_TCP_FIN_TIMEOUT] = {
		.key = "net.ipv4.tcp_fin_timeout",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_NETNS,
		.unit = "s",
		.range = TICKS,
		.n_values = 1,
		.defaults = { { 0, "60" } },
		.meaning = "How long a FIN-WAIT-2 socket that no program holds any more waits for "
			   "the peer's FIN. Above 60 the total is twice what exceeds 60: 70 gives "
			   "20 seconds.",
		.misunderstood = "It does not shorten TIME-WAIT, which always lasts 60 seconds. "
				 "It does not touch a FIN-WAIT-2 socket that a program still "
				 "holds, nor CLOSE-WAIT.",
		.references = {
			"ip-sysctl.rst: tcp_fin_timeout",
			"tcp(7): tcp_fin_timeout, TCP_LINGER2",
			"RFC 9293, 3.6",
		},
	},
	[SYSCTL_TCP_MAX_ORPHANS] = {
		.key = "net.ipv4.tcp_max_orphans",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_GLOBAL,
		.unit = "sockets",
		.n_values = 1,
		.range = NOT_NEGATIVE,
		.computed = "half of the buckets of the host's TCP hash table "
			    "(tcp_ehash_entries), which grow with memory",
		.meaning = "How many sockets of the whole host may be orphans: closed by their "
			   "program, but with data or a FIN that the peer has not acknowledged. "
			   "Beyond it they are reset, and TCPAbortOnMemory counts.",
		.misunderstood = "TIME-WAIT sockets are no orphans and do not count. The limit is "
				 "the host's: a container neither sees it nor has one of its own.",
		.references = { "ip-sysctl.rst: tcp_max_orphans", "tcp(7)" },
	},
	[SYSCTL_TCP_TIMESTAMPS] = {
		.key = "net.ipv4.tcp_timestamps",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_NETNS,
		.n_values = 1,
		.range = BYTE,
		.defaults = { { 0, "1" } },
		.meaning = "Puts a timestamp into each segment: for measuring round trips, and "
			   "for telling old segments from new ones. 0 is off; 1 is on with an "
			   "offset of its own for each connection; 2 (4.10+) is on without.",
		.misunderstood = "Turning them off saves 12 bytes a segment and loses much: "
				 "tcp_tw_reuse then does nothing, fast connections lose their "
				 "protection against wrapped sequence numbers, and a SYN cookie "
				 "can no longer carry SACK and window scaling. Since 4.10 they do "
				 "not give away the uptime.",
		.references = { "ip-sysctl.rst: tcp_timestamps", "tcp(7)", "RFC 7323" },
	},
	[SYSCTL_SOMAXCONN] = {
		.key = "net.core.somaxconn",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_NETNS,
		.unit = "connections",
		.n_values = 1,
		.range = NOT_NEGATIVE,
		.restart_needed = true,
		.defaults = { { 0, "128" }, { KERNEL(5, 4), "4096" } },
		.meaning = "The most that listen() grants as a listener's backlog. The accept "
			   "queue's limit is the smaller of this and the program's own number, "
			   "taken when listen() is called.",
		.misunderstood = "It changes no listener that is already there: the program has "
				 "to call listen() again, usually by a restart. It raises nothing "
				 "where the program asks for less (511, 128). A longer queue "
				 "before a server that is too slow only makes requests older.",
		.references = { "ip-sysctl.rst: somaxconn", "listen(2)" },
	},
	[SYSCTL_TCP_MAX_SYN_BACKLOG] = {
		.key = "net.ipv4.tcp_max_syn_backlog",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_NETNS,
		.unit = "requests",
		.n_values = 1,
		.range = NOT_NEGATIVE,
		.computed = "the buckets of TCP's hash table (tcp_ehash_entries) / 128 since 5.4, "
			    "/ 256 before; at least 128",
		.meaning = "With tcp_syncookies=0 a listener takes at most about three quarters "
			   "of this many half-open connections from peers that it does not know, "
			   "and never more than its backlog.",
		.misunderstood = "It has no effect while tcp_syncookies is 1, the default: then "
				 "the SYN queue's limit is the listener's backlog. Drops because "
				 "of it count in ListenDrops only.",
		.references = { "ip-sysctl.rst: tcp_max_syn_backlog", "tcp(7)", "listen(2)" },
	},
	[SYSCTL_TCP_SYNCOOKIES] = {
		.key = "net.ipv4.tcp_syncookies",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_NETNS,
		.n_values = 1,
		.range = NOT_NEGATIVE,
		.defaults = { { 0, "1" } },
		.meaning = "What happens to a SYN when a listener's SYN queue is full: 1 answers "
			   "with a cookie and keeps no state, 0 drops it. 2 always answers with "
			   "cookies, full or not.",
		.misunderstood = "Cookies cost nothing while no queue is full, and with "
				 "timestamps they keep SACK and window scaling. 2 is for tests. "
				 "They do not lengthen the accept queue: a client answered by "
				 "cookie can believe that it is connected while the full server "
				 "has forgotten it.",
		.references = { "ip-sysctl.rst: tcp_syncookies", "tcp(7)", "RFC 4987" },
	},
	[SYSCTL_TCP_ABORT_ON_OVERFLOW] = {
		.key = "net.ipv4.tcp_abort_on_overflow",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_NETNS,
		.n_values = 1,
		.range = BYTE,
		.defaults = { { 0, "0" } },
		.meaning = "Whether a client whose handshake ends at a full accept queue gets a "
			   "RST (1) or silence (0). After silence the handshake recovers by "
			   "itself once the server has accepted others.",
		.misunderstood = "It does not change what happens to new SYNs, which a full queue "
				 "drops either way. With 1, a short burst that nobody would have "
				 "noticed becomes connections that fail.",
		.references = { "ip-sysctl.rst: tcp_abort_on_overflow", "tcp(7)" },
	},
	[SYSCTL_TCP_SYNACK_RETRIES] = {
		.key = "net.ipv4.tcp_synack_retries",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_NETNS,
		.unit = "retries",
		.n_values = 1,
		.range = BYTE,
		.defaults = { { 0, "5" } },
		.meaning = "How often a SYN-ACK is sent again before a half-open connection is "
			   "given up: 5 is 63 seconds.",
		.misunderstood = "Against a SYN flood, SYN cookies are the remedy: a lower number "
				 "here drops clients with bad links as well. A listener whose SYN "
				 "queue is more than half full already gives up earlier.",
		.references = { "ip-sysctl.rst: tcp_synack_retries", "tcp(7)" },
	},
	[SYSCTL_TCP_KEEPALIVE_TIME] = {
		.key = "net.ipv4.tcp_keepalive_time",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_NETNS,
		.unit = "s",
		.range = TICKS,
		.n_values = 1,
		.defaults = { { 0, "7200" } },
		.meaning = "How long a connection with SO_KEEPALIVE is idle before the first "
			   "probe, unless the program set TCP_KEEPIDLE.",
		.misunderstood = "It does nothing for sockets without SO_KEEPALIVE, and most "
				 "programs do not set that. To outlive a firewall's or load "
				 "balancer's idle limit it has to be shorter than that limit.",
		.references = {
			"ip-sysctl.rst: tcp_keepalive_time",
			"tcp(7): TCP_KEEPIDLE",
			"RFC 9293, 3.8.4",
		},
	},
	[SYSCTL_TCP_KEEPALIVE_INTVL] = {
		.key = "net.ipv4.tcp_keepalive_intvl",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_NETNS,
		.unit = "s",
		.range = TICKS,
		.n_values = 1,
		.defaults = { { 0, "75" } },
		.meaning = "The time between two keepalive probes that nobody answered, unless "
			   "the program set TCP_KEEPINTVL.",
		.misunderstood = "It does nothing without SO_KEEPALIVE, and nothing while probes "
				 "are answered: then the next one is due after tcp_keepalive_time.",
		.references = { "ip-sysctl.rst: tcp_keepalive_intvl", "tcp(7): TCP_KEEPINTVL" },
	},
	[SYSCTL_TCP_KEEPALIVE_PROBES] = {
		.key = "net.ipv4.tcp_keepalive_probes",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_NETNS,
		.unit = "probes",
		.n_values = 1,
		.range = BYTE,
		.defaults = { { 0, "9" } },
		.meaning = "How many keepalive probes may go unanswered before the connection is "
			   "reset, unless the program set TCP_KEEPCNT. With the defaults a dead "
			   "peer is noticed after 2 hours and 11 minutes.",
		.misunderstood = "It does nothing without SO_KEEPALIVE. A socket with "
				 "TCP_USER_TIMEOUT goes by that time instead of this number.",
		.references = { "ip-sysctl.rst: tcp_keepalive_probes", "tcp(7): TCP_KEEPCNT" },
	},
	[SYSCTL_TCP_SYN_RETRIES] = {
		.key = "net.ipv4.tcp_syn_retries",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_NETNS,
		.unit = "retries",
		.n_values = 1,
		.range = { 1, 127 },
		.defaults = { { 0, "5" }, { KERNEL(3, 7), "6" } },
		.meaning = "How often connect() sends its SYN again before it fails with "
			   "ETIMEDOUT: 6 is 127 seconds, and 131 with the four more that "
			   "tcp_syn_linear_timeouts adds.",
		.misunderstood = "A program with its own connect timeout never sees it; "
				 "TCP_SYNCNT and TCP_USER_TIMEOUT set it for one socket.",
		.references = { "ip-sysctl.rst: tcp_syn_retries", "tcp(7): TCP_SYNCNT" },
	},
	[SYSCTL_TCP_SYN_LINEAR_TIMEOUTS] = {
		.key = "net.ipv4.tcp_syn_linear_timeouts",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_NETNS,
		.unit = "retries",
		.n_values = 1,
		.range = { 0, 127 },
		.since = KERNEL(6, 5),
		.defaults = { { KERNEL(6, 5), "4" } },
		.meaning = "How many SYN retransmissions come at even distances of one second "
			   "before the distance doubles: with 4 they come after 1 2 3 4 5 7 11 "
			   "seconds, without after 1 3 7 15.",
		.misunderstood = "It changes the client's SYN only, not the server's SYN-ACK. "
				 "Connects that take exactly 1 or 3 seconds are its trace: the "
				 "first SYN was lost or dropped.",
		.references = {
			"ip-sysctl.rst: tcp_syn_linear_timeouts",
			"kernel commit ccce324dabfe",
		},
	},
	[SYSCTL_TCP_RETRIES1] = {
		.key = "net.ipv4.tcp_retries1",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_NETNS,
		.unit = "retries",
		.n_values = 1,
		.range = BYTE,
		.defaults = { { 0, "3" } },
		.meaning = "After how many retransmissions without an answer TCP asks the routing "
			   "layer for another way.",
		.misunderstood = "It ends no connection: tcp_retries2 does.",
		.references = { "ip-sysctl.rst: tcp_retries1", "tcp(7)", "RFC 1122, 4.2.3.5" },
	},
	[SYSCTL_TCP_RETRIES2] = {
		.key = "net.ipv4.tcp_retries2",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_NETNS,
		.unit = "retries",
		.n_values = 1,
		.range = BYTE,
		.defaults = { { 0, "15" } },
		.meaning = "How long an established connection retransmits to a peer that does "
			   "not answer: 15 is at least 924.6 seconds, 8 about 100 seconds.",
		.misunderstood = "It is no count of packets: the kernel turns it into a time, "
				 "from the shortest retransmission timeout with doubling. It "
				 "notices nothing on an idle connection, where only keepalive "
				 "does. TCP_USER_TIMEOUT sets the time for one socket.",
		.references = {
			"ip-sysctl.rst: tcp_retries2",
			"tcp(7): TCP_USER_TIMEOUT",
			"RFC 1122, 4.2.3.5",
			"RFC 5482",
		},
	},
	[SYSCTL_TCP_ORPHAN_RETRIES] = {
		.key = "net.ipv4.tcp_orphan_retries",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_NETNS,
		.unit = "retries",
		.n_values = 1,
		.range = BYTE,
		.defaults = { { 0, "0" } },
		.meaning = "How often a closed connection retransmits what the peer has not "
			   "acknowledged, in FIN-WAIT-1, LAST-ACK and CLOSING. 0 stands for 8.",
		.misunderstood = "0 does not mean never. It has no effect on FIN-WAIT-2, which "
				 "has nothing to retransmit: see tcp_fin_timeout.",
		.references = { "ip-sysctl.rst: tcp_orphan_retries", "tcp(7)" },
	},
	[SYSCTL_TCP_SLOW_START_AFTER_IDLE] = {
		.key = "net.ipv4.tcp_slow_start_after_idle",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_NETNS,
		.n_values = 1,
		.range = BYTE,
		.defaults = { { 0, "1" } },
		.meaning = "Whether a connection that was idle for longer than its retransmission "
			   "timeout starts again with a small congestion window.",
		.misunderstood = "Turning it off helps long-lived connections that idle and then "
				 "send bursts over a long path. On short paths or short "
				 "connections it changes nothing that can be measured.",
		.references = {
			"ip-sysctl.rst: tcp_slow_start_after_idle",
			"RFC 2861",
			"RFC 5681, 4.1",
		},
	},
	[SYSCTL_TCP_SACK] = {
		.key = "net.ipv4.tcp_sack",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_NETNS,
		.n_values = 1,
		.range = BYTE,
		.defaults = { { 0, "1" } },
		.meaning = "Selective acknowledgements: the receiver says which segments after a "
			   "gap it has, so that only the gap is sent again.",
		.misunderstood = "Turning it off was a stopgap for the kernel bug CVE-2019-11477, "
				 "mended since June 2019. It saves no CPU time worth having, and "
				 "makes every loss expensive.",
		.references = { "ip-sysctl.rst: tcp_sack", "RFC 2018", "RFC 8985" },
	},
	[SYSCTL_TCP_WINDOW_SCALING] = {
		.key = "net.ipv4.tcp_window_scaling",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_NETNS,
		.n_values = 1,
		.range = BYTE,
		.defaults = { { 0, "1" } },
		.meaning = "Lets windows be larger than 64 KiB. Agreed on in the handshake, so a "
			   "change counts for new connections only.",
		.misunderstood = "Without it no buffer size helps: a connection moves at most 64 "
				 "KiB per round trip, 6.5 MB/s at 10 ms.",
		.references = { "ip-sysctl.rst: tcp_window_scaling", "RFC 7323, 2" },
	},
	[SYSCTL_TCP_MODERATE_RCVBUF] = {
		.key = "net.ipv4.tcp_moderate_rcvbuf",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_NETNS,
		.n_values = 1,
		.range = BYTE,
		.defaults = { { 0, "1" } },
		.meaning = "Lets the kernel size each connection's receive buffer by what its "
			   "reader takes, up to the third value of tcp_rmem.",
		.misunderstood = "A program that sets SO_RCVBUF turns it off for that socket, "
				 "often to its harm: then rmem_max is the limit and nothing grows.",
		.references = { "ip-sysctl.rst: tcp_moderate_rcvbuf", "tcp(7)" },
	},
	[SYSCTL_TCP_CONGESTION_CONTROL] = {
		.key = "net.ipv4.tcp_congestion_control",
		.type = SYSCTL_STRING,
		.scope = SCOPE_NETNS,
		.n_values = 1,
		.computed = "what the kernel was built with, cubic in mainline; a new network "
			    "namespace takes the first namespace's",
		.meaning = "The congestion control algorithm of new connections. An accepted "
			   "connection takes its listener's; TCP_CONGESTION sets it for one "
			   "socket.",
		.misunderstood = "It governs what this host sends, not what it receives. "
				 "Connections that exist keep theirs. BBR paces itself since "
				 "4.13: it no longer needs the fq qdisc, though fq paces with "
				 "less CPU.",
		.references = {
			"ip-sysctl.rst: tcp_congestion_control",
			"tcp(7): TCP_CONGESTION",
			"RFC 9438",
		},
	},
	[SYSCTL_TCP_FASTOPEN] = {
		.key = "net.ipv4.tcp_fastopen",
		.type = SYSCTL_BIT_MASK,
		.scope = SCOPE_NETNS,
		.n_values = 1,
		.range = NOT_NEGATIVE,
		.since = KERNEL(3, 6),
		.defaults = { { KERNEL(3, 6), "0" }, { KERNEL(3, 13), "1" } },
		.meaning = "Data in the SYN. Bit 1 allows it to clients, bit 2 to servers; "
			   "further bits do without the cookie (4, 0x200) or without the "
			   "listener's own TCP_FASTOPEN (0x400).",
		.misunderstood = "3 speeds up nothing by itself: client and server programs have "
				 "to ask for it. Data in a SYN can arrive twice, and some "
				 "networks drop such SYNs.",
		.references = { "ip-sysctl.rst: tcp_fastopen", "tcp(7): TCP_FASTOPEN", "RFC 7413" },
	},
	[SYSCTL_TCP_NOTSENT_LOWAT] = {
		.key = "net.ipv4.tcp_notsent_lowat",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_NETNS,
		.unit = "bytes",
		.n_values = 1,
		.range = { 0, UINT32_MAX },
		.since = KERNEL(3, 12),
		.defaults = { { KERNEL(3, 12), "4294967295" } },
		.meaning = "A socket with more unsent bytes than this is not writable. It keeps "
			   "what waits in the kernel short, so that a program can still decide "
			   "late what to send. The default is no limit.",
		.misunderstood = "It does not limit what is in flight, and is no buffer size. It "
				 "helps programs that wait for writability, and costs the others "
				 "more wake-ups.",
		.references = { "ip-sysctl.rst: tcp_notsent_lowat", "kernel commit c9bee3b7fdec" },
	},
	[SYSCTL_TCP_MTU_PROBING] = {
		.key = "net.ipv4.tcp_mtu_probing",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_NETNS,
		.n_values = 1,
		.range = BYTE,
		.defaults = { { 0, "0" } },
		.meaning = "Finds the path's largest packet by trying. 0 is off, 1 begins when "
			   "large segments vanish without an ICMP message, 2 always begins small.",
		.misunderstood = "It mends connections that hang after the handshake because a "
				 "firewall drops ICMP; it speeds up nothing that works.",
		.references = { "ip-sysctl.rst: tcp_mtu_probing", "RFC 4821" },
	},
	[SYSCTL_TCP_MEM] = {
		.key = "net.ipv4.tcp_mem",
		.type = SYSCTL_VECTOR,
		.scope = SCOPE_GLOBAL,
		.unit = "pages",
		.n_values = 3,
		.range = LONG,
		.computed = "3/64, 1/16 and 3/32 of the memory at boot",
		.meaning = "What all TCP sockets of the host together may use: below the first "
			   "value TCP is at ease, above the second it saves, above the third it "
			   "refuses.",
		.misunderstood = "The unit is pages, not bytes: numbers copied from tcp_rmem are "
				 "thousands of times too large and switch the protection off. It "
				 "is the host's: a container neither sees it nor has its own.",
		.references = { "ip-sysctl.rst: tcp_mem", "tcp(7)" },
	},
	[SYSCTL_TCP_RMEM] = {
		.key = "net.ipv4.tcp_rmem",
		.type = SYSCTL_VECTOR,
		.scope = SCOPE_NETNS,
		.unit = "bytes",
		.n_values = 3,
		.range = POSITIVE,
		.defaults = {
			{ 0, "4096 87380 6291456" },
			{ KERNEL(4, 20), "4096 131072 6291456" },
			{ KERNEL(6, 16), "4096 131072 33554432" },
		},
		.computed = "the third value is at most 1/128 of the memory, so less than this on "
			    "hosts under 4 GiB; the first is one page",
		.meaning = "A connection's receive buffer: what it has under memory pressure, "
			   "what it starts with, and up to where the kernel lets it grow by "
			   "itself.",
		.misunderstood = "rmem_max is no precondition and no cap of it. Old guides that "
				 "set a maximum of 16 MiB lower it since 6.16. A large second "
				 "value is paid by every connection; a large third one only by "
				 "those that need it. The kernel takes nonsense such as \"8192 "
				 "4096 2048\".",
		.references = {
			"ip-sysctl.rst: tcp_rmem",
			"tcp(7)",
			"kernel commit a337531b942b",
			"kernel commit 572be9bf9d0d",
		},
	},
	[SYSCTL_TCP_WMEM] = {
		.key = "net.ipv4.tcp_wmem",
		.type = SYSCTL_VECTOR,
		.scope = SCOPE_NETNS,
		.unit = "bytes",
		.n_values = 3,
		.range = POSITIVE,
		.defaults = { { 0, "4096 16384 4194304" } },
		.computed = "the third value is at most 1/128 of the memory, so less than this on "
			    "hosts under 512 MiB; the first is one page",
		.meaning = "A connection's send buffer: what it has under memory pressure, what "
			   "it starts with, and up to where the kernel lets it grow by itself.",
		.misunderstood = "wmem_max is no precondition and no cap of it: that limits "
				 "SO_SNDBUF only. A larger maximum helps where a connection is "
				 "limited by its send buffer, else it only keeps more data "
				 "waiting.",
		.references = { "ip-sysctl.rst: tcp_wmem", "tcp(7)" },
	},
	[SYSCTL_RMEM_MAX] = {
		.key = "net.core.rmem_max",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_GLOBAL,
		.unit = "bytes",
		.n_values = 1,
		.range = NOT_NEGATIVE,
		.defaults = { { 0, "212992" }, { KERNEL(6, 18), "4194304" } },
		.computed = "before 6.18 it depends on the architecture; this is the value of "
			    "64-bit hosts",
		.meaning = "The most that a program gets by SO_RCVBUF, for sockets of every kind; "
			   "the kernel then doubles it, for its own overhead.",
		.misunderstood = "It is no precondition of tcp_rmem: a TCP connection whose "
				 "program sets no SO_RCVBUF grows to the third value of tcp_rmem, "
				 "whatever this says. Containers see it and cannot write it.",
		.references = {
			"net.rst: rmem_max",
			"socket(7): SO_RCVBUF",
			"kernel commit a6d4f25888b8",
		},
	},
	[SYSCTL_WMEM_MAX] = {
		.key = "net.core.wmem_max",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_GLOBAL,
		.unit = "bytes",
		.n_values = 1,
		.range = NOT_NEGATIVE,
		.defaults = { { 0, "212992" }, { KERNEL(6, 18), "4194304" } },
		.computed = "before 6.18 it depends on the architecture; this is the value of "
			    "64-bit hosts",
		.meaning = "The most that a program gets by SO_SNDBUF, for sockets of every kind; "
			   "the kernel then doubles it, for its own overhead.",
		.misunderstood = "It is no precondition of tcp_wmem: a TCP connection whose "
				 "program sets no SO_SNDBUF grows to the third value of tcp_wmem, "
				 "whatever this says. Containers see it and cannot write it.",
		.references = {
			"net.rst: wmem_max",
			"socket(7): SO_SNDBUF",
			"kernel commit a6d4f25888b8",
		},
	},
	[SYSCTL_RMEM_DEFAULT] = {
		.key = "net.core.rmem_default",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_GLOBAL,
		.unit = "bytes",
		.n_values = 1,
		.range = NOT_NEGATIVE,
		.defaults = { { 0, "212992" } },
		.computed = "it depends on the architecture; this is the value of 64-bit hosts",
		.meaning = "The receive buffer that sockets other than TCP start with.",
		.misunderstood = "It does nothing for TCP, which takes the second value of "
				 "tcp_rmem. Raised to megabytes, every UDP and unix socket may "
				 "queue that much.",
		.references = { "net.rst: rmem_default", "socket(7)" },
	},
	[SYSCTL_WMEM_DEFAULT] = {
		.key = "net.core.wmem_default",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_GLOBAL,
		.unit = "bytes",
		.n_values = 1,
		.range = NOT_NEGATIVE,
		.defaults = { { 0, "212992" } },
		.computed = "it depends on the architecture; this is the value of 64-bit hosts",
		.meaning = "The send buffer that sockets other than TCP start with.",
		.misunderstood = "It does nothing for TCP, which takes the second value of "
				 "tcp_wmem. Raised to megabytes, every UDP and unix socket may "
				 "queue that much.",
		.references = { "net.rst: wmem_default", "socket(7)" },
	},
	[SYSCTL_NETDEV_MAX_BACKLOG] = {
		.key = "net.core.netdev_max_backlog",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_GLOBAL,
		.unit = "packets",
		.n_values = 1,
		.range = NOT_NEGATIVE,
		.defaults = { { 0, "1000" } },
		.meaning = "How many packets may wait for one CPU where they are queued for it: "
			   "after receive packet steering, from loopback and veth, and from "
			   "drivers without NAPI.",
		.misunderstood = "It is no connection backlog, and an ordinary network card "
				 "without packet steering does not use this queue. The sign that "
				 "it is too short is the second column of /proc/net/softnet_stat.",
		.references = { "net.rst: netdev_max_backlog", "scaling.rst" },
	},
	[SYSCTL_DEFAULT_QDISC] = {
		.key = "net.core.default_qdisc",
		.type = SYSCTL_STRING,
		.scope = SCOPE_GLOBAL,
		.n_values = 1,
		.since = KERNEL(3, 12),
		.computed = "what the kernel was built with, pfifo_fast in mainline; systemd's "
			    "own sysctl file sets fq_codel",
		.meaning = "The queueing discipline that a network interface gets when it comes "
			   "up.",
		.misunderstood = "Interfaces that are up keep theirs, and one with several queues "
				 "gets one discipline for each below mq. BBR does not need fq "
				 "since 4.13.",
		.references = { "net.rst: default_qdisc", "tc(8)" },
	},
	[SYSCTL_NF_CONNTRACK_MAX] = {
		.key = "net.netfilter.nf_conntrack_max",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_GLOBAL,
		.unit = "connections",
		.n_values = 1,
		.range = NOT_NEGATIVE,
		.computed = "the number of hash buckets since 5.15, four times that before; "
			    "buckets grow with memory, up to 262144",
		.meaning = "How many connections the firewall's connection tracking follows. When "
			   "the table is full, packets of new connections are dropped, with "
			   "\"table full, dropping packet\" in the kernel's log.",
		.misunderstood = "The key exists only while the module nf_conntrack is loaded, so "
				 "a line in a file can come too early at boot. Raise the buckets "
				 "with it, or chains grow long. It has nothing to do with "
				 "sockets: forwarded connections count as well.",
		.references = {
			"nf_conntrack-sysctl.rst: nf_conntrack_max",
			"nf_conntrack-sysctl.rst: nf_conntrack_buckets",
		},
	},
	[SYSCTL_NF_CONNTRACK_TCP_TIMEOUT_ESTABLISHED] = {
		.key = "net.netfilter.nf_conntrack_tcp_timeout_established",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_NETNS,
		.unit = "s",
		.range = TICKS,
		.n_values = 1,
		.defaults = { { 0, "432000" } },
		.meaning = "How long connection tracking remembers an established connection that "
			   "sends nothing: five days.",
		.misunderstood = "It closes no socket. When it is shorter than the keepalive time "
				 "in force, an idle connection is forgotten first, and its next "
				 "packet may be dropped without a word to either end.",
		.references = {
			"nf_conntrack-sysctl.rst: nf_conntrack_tcp_timeout_established",
			"RFC 5382, REQ-5",
		},
	},
	[SYSCTL_FILE_MAX] = {
		.key = "fs.file-max",
		.type = SYSCTL_NUMBER,
		.scope = SCOPE_GLOBAL,
		.unit = "files",
		.n_values = 1,
		.range = LONG,
		.computed = "about one file for every 10 KiB of memory; systemd raises it to the "
			    "largest number at boot, since version 240",
		.meaning = "How many files, sockets included, the whole host may have open.",
		.misunderstood = "\"Too many open files\" (EMFILE) is not about it: that is the "
				 "process's own limit, LimitNOFILE= of its unit. Only ENFILE, "
				 "\"too many open files in system\", is.",
		.references = {
			"fs.rst: file-max & file-nr",
			"proc(5): file-max",
			"systemd.exec(5): LimitNOFILE=",
		},
	},
};
