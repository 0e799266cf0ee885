/* The kernel's TCP counters: their names, and what they do and do not count. */
#include <string.h>
#include <strings.h>

#include "counters.h"

/* clang-format off */
const struct counter_fact counter_facts[N_COUNTERS] = {
	[COUNTER_ACTIVE_OPENS] = {
		.table = "Tcp",
		.name = "ActiveOpens",
		.meaning = "Connections that this host began: connect() sent a SYN.",
		.misunderstood = "It counts attempts, not successes: those that failed are in "
				 "here and again in AttemptFails.",
		.references = { "RFC 4022: tcpActiveOpens", "snmp_counter.rst" },
	},
	[COUNTER_PASSIVE_OPENS] = {
		.table = "Tcp",
		.name = "PassiveOpens",
		.meaning = "Connections that a listener of this host took up: the handshake was "
			   "completed.",
		.misunderstood = "It does not say that a program accepted them: connections that "
				 "still wait in the accept queue are counted.",
		.references = { "RFC 4022: tcpPassiveOpens", "snmp_counter.rst" },
	},
	[COUNTER_ATTEMPT_FAILS] = {
		.table = "Tcp",
		.name = "AttemptFails",
		.meaning = "Handshakes that failed, both those that this host began (refused, "
			   "timed out) and half-open ones that the client reset.",
		.misunderstood = "Running out of ports is not in here: a connect() that fails "
				 "with EADDRNOTAVAIL moves no counter at all.",
		.references = { "RFC 4022: tcpAttemptFails" },
	},
	[COUNTER_ESTAB_RESETS] = {
		.table = "Tcp",
		.name = "EstabResets",
		.meaning = "Connections that went from ESTAB or CLOSE-WAIT straight to closed: by "
			   "a RST from the peer, or by one of ours.",
		.misunderstood = "It does not say who sent the RST. The TCPAbortOn counters count "
				 "those that this host sent, by reason.",
		.references = { "RFC 4022: tcpEstabResets" },
	},
	[COUNTER_IN_SEGS] = {
		.table = "Tcp",
		.name = "InSegs",
		.meaning = "Segments received, bad ones included.",
		.misunderstood = "Segments that were joined on reception count once, while "
				 "OutSegs counts each: the two do not compare.",
		.references = { "RFC 4022: tcpInSegs" },
	},
	[COUNTER_OUT_SEGS] = {
		.table = "Tcp",
		.name = "OutSegs",
		.meaning = "Segments sent, retransmissions not included.",
		.references = { "RFC 4022: tcpOutSegs" },
	},
	[COUNTER_RETRANS_SEGS] = {
		.table = "Tcp",
		.name = "RetransSegs",
		.meaning = "Segments sent again.",
		.misunderstood = "Some are needless, and a SYN sent again to a peer that is down "
				 "counts as well. A share above one per cent points at the path, "
				 "which no sysctl mends.",
		.references = { "RFC 4022: tcpRetransSegs" },
	},
	[COUNTER_OUT_RSTS] = {
		.table = "Tcp",
		.name = "OutRsts",
		.meaning = "RST segments sent, for connections that were aborted and for ports "
			   "where nobody listens.",
		.misunderstood = "A port scan raises it as much as a fault does.",
		.references = { "RFC 4022: tcpOutRsts" },
	},
	[COUNTER_SYNCOOKIES_SENT] = {
		.table = "TcpExt",
		.name = "SyncookiesSent",
		.meaning = "SYNs that were answered with a cookie, because a listener's SYN queue "
			   "was full or tcp_syncookies is 2.",
		.misunderstood = "Often no attack but a small backlog: while tcp_syncookies is 1 "
				 "the SYN queue's limit is the listener's backlog.",
		.references = { "snmp_counter.rst", "RFC 4987", "tcp(7): tcp_syncookies" },
	},
	[COUNTER_SYNCOOKIES_RECV] = {
		.table = "TcpExt",
		.name = "SyncookiesRecv",
		.meaning = "Final ACKs of handshakes that held a valid cookie: these clients were "
			   "real.",
		.misunderstood = "Close to SyncookiesSent: a burst of real clients. Far below: a "
				 "flood of SYNs from forged addresses. Above it: the accept queue "
				 "is full as well, and each ACK that it drops counts again when "
				 "the client repeats it.",
		.references = { "snmp_counter.rst", "RFC 4987" },
	},
	[COUNTER_SYNCOOKIES_FAILED] = {
		.table = "TcpExt",
		.name = "SyncookiesFailed",
		.meaning = "ACKs to a listener that had sent cookies lately, which belonged to no "
			   "connection and held no valid cookie.",
		.misunderstood = "They can come from connections that this host has long "
				 "forgotten, so it is no proof of an attack.",
		.references = { "snmp_counter.rst" },
	},
	[COUNTER_TW] = {
		.table = "TcpExt",
		.name = "TW",
		.meaning = "Connections that went into TIME-WAIT, or as orphans into FIN-WAIT-2: "
			   "this host closed first.",
		.misunderstood = "It is no number of sockets: those that are there now are in "
				 "/proc/net/sockstat. Its growth per second is the rate at which "
				 "this host closes first.",
		.references = { "RFC 9293, 3.6", "net/ipv4/inet_timewait_sock.c" },
	},
	[COUNTER_TW_RECYCLED] = {
		.table = "TcpExt",
		.name = "TWRecycled",
		.meaning = "TIME-WAIT sockets whose port an outbound connect() took early, by "
			   "tcp_tw_reuse.",
		.misunderstood = "In spite of its name it has nothing to do with the removed "
				 "tcp_tw_recycle.",
		.references = { "ip-sysctl.rst: tcp_tw_reuse", "net/ipv4/inet_hashtables.c: __inet_check_established" },
	},
	[COUNTER_PAWS_PASSIVE] = {
		.table = "TcpExt",
		.name = "PAWSPassive",
		.meaning = "SYNs that tcp_tw_recycle refused because of their timestamp, before "
			   "Linux 4.12.",
		.misunderstood = "Newer kernels keep the name and never count: since 4.12 there "
				 "is nothing that could.",
		.references = { "kernel commit 4396e46187ca", "RFC 7323, 5" },
	},
	[COUNTER_LISTEN_OVERFLOWS] = {
		.table = "TcpExt",
		.name = "ListenOverflows",
		.meaning = "SYNs and final ACKs that were dropped because a listener's accept "
			   "queue was full: the program did not call accept() fast enough.",
		.misunderstood = "Retransmissions count again, so it is larger than the number of "
				 "clients. It names no listener: sock_diag's queue lengths do. It "
				 "is the one counter that proves an overflow.",
		.references = { "snmp_counter.rst", "listen(2)" },
	},
	[COUNTER_LISTEN_DROPS] = {
		.table = "TcpExt",
		.name = "ListenDrops",
		.meaning = "SYNs and final ACKs that a listener dropped for any reason: "
			   "ListenOverflows, a full SYN queue, no memory, no route.",
		.misunderstood = "It is no proof of a full accept queue. Only what "
				 "ListenOverflows counts is one.",
		.references = { "snmp_counter.rst" },
	},
	[COUNTER_TIME_WAIT_OVERFLOW] = {
		.table = "TcpExt",
		.name = "TCPTimeWaitOverflow",
		.meaning = "Connections that closed without TIME-WAIT because tcp_max_tw_buckets "
			   "was reached.",
		.misunderstood = "Nobody is reset and the log stays empty: what is lost is the "
				 "protection of the next connection on the same ports.",
		.references = { "ip-sysctl.rst: tcp_max_tw_buckets", "RFC 1337" },
	},
	[COUNTER_REQ_Q_FULL_DO_COOKIES] = {
		.table = "TcpExt",
		.name = "TCPReqQFullDoCookies",
		.meaning = "SYNs that met a full SYN queue and were answered with a cookie.",
		.misunderstood = "Raising tcp_max_syn_backlog changes nothing while "
				 "tcp_syncookies is 1: the queue's limit is the listener's "
				 "backlog.",
		.references = { "tcp(7): tcp_syncookies", "RFC 4987" },
	},
	[COUNTER_REQ_Q_FULL_DROP] = {
		.table = "TcpExt",
		.name = "TCPReqQFullDrop",
		.meaning = "SYNs that met a full SYN queue and were dropped, because "
			   "tcp_syncookies is 0.",
		.misunderstood = "Drops by the three-quarter limit of tcp_max_syn_backlog are not "
				 "in here: they show in ListenDrops only.",
		.references = { "tcp(7): tcp_syncookies", "RFC 4987" },
	},
	[COUNTER_DEFER_ACCEPT_DROP] = {
		.table = "TcpExt",
		.name = "TCPDeferAcceptDrop",
		.meaning = "Final ACKs without data that a listener with TCP_DEFER_ACCEPT left "
			   "aside, to wait for the first data.",
		.misunderstood = "It is what the option is for, not a loss.",
		.references = { "tcp(7): TCP_DEFER_ACCEPT" },
	},
	[COUNTER_ABORT_ON_DATA] = {
		.table = "TcpExt",
		.name = "TCPAbortOnData",
		.meaning = "Connections reset because of how the program closed them: SO_LINGER "
			   "with a time of 0, data that arrived after the close, or TCP_LINGER2 "
			   "below 0.",
		.misunderstood = "These causes cannot be told apart. The last one delivers "
				 "everything and is often wanted; the first loses what the peer "
				 "has not received.",
		.references = { "socket(7): SO_LINGER", "tcp(7): TCP_LINGER2", "RFC 2525, 2.17" },
	},
	[COUNTER_ABORT_ON_CLOSE] = {
		.table = "TcpExt",
		.name = "TCPAbortOnClose",
		.meaning = "Connections reset because the program closed them without having read "
			   "all that had arrived.",
		.misunderstood = "One unread byte is enough, and the peer can lose the end of the "
				 "answer. It is the program's bug: no sysctl changes it.",
		.references = { "RFC 9293, 3.6.1", "RFC 2525, 2.17" },
	},
	[COUNTER_ABORT_ON_MEMORY] = {
		.table = "TcpExt",
		.name = "TCPAbortOnMemory",
		.meaning = "Orphaned connections reset because tcp_max_orphans or the last value "
			   "of tcp_mem was exceeded.",
		.misunderstood = "Both limits are the whole host's, so a container can pay for "
				 "its neighbours.",
		.references = { "ip-sysctl.rst: tcp_max_orphans", "tcp(7): tcp_max_orphans" },
	},
	[COUNTER_ABORT_ON_TIMEOUT] = {
		.table = "TcpExt",
		.name = "TCPAbortOnTimeout",
		.meaning = "Connections given up because retransmissions, keepalive or "
			   "zero-window probes got no answer for too long.",
		.misunderstood = "The peer or the path is gone. A shorter timeout makes it notice "
				 "sooner, not less often.",
		.references = { "tcp(7): tcp_retries2, TCP_USER_TIMEOUT", "snmp_counter.rst" },
	},
	[COUNTER_MEMORY_PRESSURES] = {
		.table = "TcpExt",
		.name = "TCPMemoryPressures",
		.meaning = "How often all TCP sockets together exceeded the second value of "
			   "tcp_mem.",
		.misunderstood = "It is about the memory of the whole host's TCP, not about one "
				 "connection's buffers.",
		.references = { "ip-sysctl.rst: tcp_mem", "net/ipv4/tcp.c: tcp_enter_memory_pressure" },
	},
};
/* clang-format on */

/* What follows the table's name and an optional dot; NAME itself where it has no such beginning. */
static const char *without_table(const char *name, const char *table)
{
	size_t length = strlen(table);

	if (strncasecmp(name, table, length) != 0)
		return name;
	return name + length + (name[length] == '.');
}

const struct counter_fact *counter_find(const char *name)
{
	for (size_t i = 0; i < N_COUNTERS; i++) {
		const struct counter_fact *fact = &counter_facts[i];

		if (strcasecmp(name, fact->name) == 0 ||
		    strcasecmp(without_table(name, fact->table), fact->name) == 0)
			return fact;
	}
	return NULL;
}

const char *counter_file(const struct counter_fact *fact)
{
	return strcmp(fact->table, "Tcp") == 0 ? "/proc/net/snmp" : "/proc/net/netstat";
}
