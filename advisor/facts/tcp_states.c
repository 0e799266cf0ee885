/* The TCP states: who enters them, what ends them, and whether they are a fault. */
#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>

#include "array.h"

#include "tcp_states.h"

/* clang-format off */
const struct tcp_state_fact tcp_state_facts[N_TCP_STATES] = {
	[TCP_STATE_ESTAB] = {
		.name = "ESTAB",
		.json = "estab",
		.entered_by = "Both ends, when the handshake is done. A listener's side is in it "
			      "before the program has called accept().",
		.ended_by = "The first close(): ours leads to FIN-WAIT-1, the peer's to "
			    "CLOSE-WAIT. A RST, or retransmissions or keepalive probes without an "
			    "answer, end it at once. Without keepalive an idle one has no end.",
		.is_it_a_fault = "No. But idle ones without keepalive to peers that are gone stay "
				 "for ever, and each takes about 4 KB.",
		.references = { "RFC 9293, 3.3.2", "tcp(7): SO_KEEPALIVE" },
	},
	[TCP_STATE_SYN_SENT] = {
		.name = "SYN-SENT",
		.json = "syn_sent",
		.entered_by = "The client, by connect(): its SYN is out and not answered.",
		.ended_by = "The peer's SYN-ACK, its RST (ECONNREFUSED), or tcp_syn_retries "
			    "without an answer (ETIMEDOUT).",
		.is_it_a_fault = "Only where they stay for seconds: the peer is down, drops SYNs "
				 "because its queue is full, or a firewall swallows them.",
		.references = { "RFC 9293, 3.3.2", "ip-sysctl.rst: tcp_syn_retries" },
	},
	[TCP_STATE_SYN_RECV] = {
		.name = "SYN-RECV",
		.json = "syn_recv",
		.entered_by = "The server, when a SYN arrived and its SYN-ACK is out. The "
			      "kernel's own name for such a request is NEW-SYN-RECV.",
		.ended_by = "The client's ACK, a RST, or tcp_synack_retries without an answer.",
		.is_it_a_fault = "Few are normal. As many as the listener's backlog: a SYN flood, "
				 "clients that cannot be reached, or a full accept queue that "
				 "keeps them here.",
		.references = {
			"RFC 9293, 3.3.2",
			"ip-sysctl.rst: tcp_synack_retries",
			"RFC 4987",
		},
	},
	[TCP_STATE_FIN_WAIT_1] = {
		.name = "FIN-WAIT-1",
		.json = "fin_wait_1",
		.entered_by = "The end that closes first: its FIN is out, perhaps behind data, "
			      "and not acknowledged.",
		.ended_by = "The peer's ACK (FIN-WAIT-2), or tcp_orphan_retries without one.",
		.is_it_a_fault = "Only where they stay: the peer is gone, or does not read and so "
				 "holds up the data before the FIN.",
		.references = { "RFC 9293, 3.6", "ip-sysctl.rst: tcp_orphan_retries" },
	},
	[TCP_STATE_FIN_WAIT_2] = {
		.name = "FIN-WAIT-2",
		.json = "fin_wait_2",
		.entered_by = "The end that closed first, when its FIN is acknowledged and the "
			      "peer has not closed.",
		.ended_by = "The peer's FIN (TIME-WAIT). For an orphan, which no program holds "
			    "any more, tcp_fin_timeout; for a socket that a program half-closed "
			    "with shutdown(), nothing but the peer.",
		.is_it_a_fault = "Not here: the other end is in CLOSE-WAIT and has not closed. An "
				 "orphan cannot be reused by tcp_tw_reuse and counts against "
				 "tcp_max_tw_buckets.",
		.references = { "RFC 9293, 3.6", "ip-sysctl.rst: tcp_fin_timeout" },
	},
	[TCP_STATE_TIME_WAIT] = {
		.name = "TIME-WAIT",
		.json = "time_wait",
		.entered_by = "The end that closed first, and only that one, when both FINs are "
			      "acknowledged.",
		.ended_by = "60 seconds, a constant of the kernel that no sysctl changes, "
			    "tcp_fin_timeout least of all. An outbound connect() may take the "
			    "port earlier (tcp_tw_reuse).",
		.is_it_a_fault = "No. It keeps late segments out of the next connection on the "
				 "same ports, and costs 256 to 515 bytes. It matters only where "
				 "one destination's ephemeral ports run short, at "
				 "tcp_max_tw_buckets, or where a server starts again: its bind() "
				 "fails without SO_REUSEADDR (so_reuseaddr).",
		.references = { "RFC 9293, 3.6", "RFC 1337", "ip-sysctl.rst: tcp_tw_reuse" },
	},
	[TCP_STATE_UNCONN] = {
		.name = "UNCONN",
		.json = "unconn",
		.entered_by = "A socket that is new, or whose connection is over while its "
			      "program still holds it. ss calls it UNCONN, the kernel CLOSE.",
		.ended_by = "connect(), listen(), or the program's close().",
		.is_it_a_fault = "No. The kernel lists none of them, except bound ones since 6.8 "
				 "(BOUND-INACTIVE).",
		.references = { "RFC 9293, 3.3.2: CLOSED", "sock_diag(7)" },
	},
	[TCP_STATE_CLOSE_WAIT] = {
		.name = "CLOSE-WAIT",
		.json = "close_wait",
		.entered_by = "The end whose peer closed first: the FIN is here, and the program "
			      "has not closed.",
		.ended_by = "The program: by close() (LAST-ACK), or by writing to a peer that "
			    "answers with RST. Else only keepalive without an answer, or ss -K: "
			    "it has no timeout, and neither a sysctl nor TCP_USER_TIMEOUT ends it.",
		.is_it_a_fault = "For moments it is normal. One that stays is a bug of the "
				 "program that holds it: it does not read, or has lost the "
				 "socket. Each keeps a file descriptor.",
		.references = { "RFC 9293, 3.6", "tcp(7)" },
	},
	[TCP_STATE_LAST_ACK] = {
		.name = "LAST-ACK",
		.json = "last_ack",
		.entered_by = "The end that closed second: its own FIN is out and not "
			      "acknowledged.",
		.ended_by = "The peer's ACK, or tcp_orphan_retries without one. There is no "
			    "TIME-WAIT on this side.",
		.is_it_a_fault = "Only where they stay: the peer is gone, or has already "
				 "forgotten the connection.",
		.references = { "RFC 9293, 3.6", "ip-sysctl.rst: tcp_orphan_retries" },
	},
	[TCP_STATE_LISTEN] = {
		.name = "LISTEN",
		.json = "listen",
		.entered_by = "A server, by listen().",
		.ended_by = "Its close(), once every process that holds a copy has closed it.",
		.is_it_a_fault = "No. Its two numbers in ss are the accept queue and the queue's "
				 "limit, not bytes.",
		.references = { "RFC 9293, 3.3.2", "listen(2)" },
	},
	[TCP_STATE_CLOSING] = {
		.name = "CLOSING",
		.json = "closing",
		.entered_by = "Both ends, when they close at the same moment: the FINs crossed "
			      "and ours is not acknowledged.",
		.ended_by = "The peer's ACK (TIME-WAIT), or tcp_orphan_retries without one.",
		.is_it_a_fault = "No, and rare.",
		.references = { "RFC 9293, 3.6", "ip-sysctl.rst: tcp_orphan_retries" },
	},
	[TCP_STATE_BOUND_INACTIVE] = {
		.name = "BOUND-INACTIVE",
		.json = "bound_inactive",
		.entered_by = "A program that called bind() and has neither connected nor "
			      "listened. sock_diag shows it since Linux 6.8 to those who ask for "
			      "it (ss -B), /proc/net/tcp never.",
		.ended_by = "connect(), listen(), or close().",
		.is_it_a_fault = "Rarely. But each holds its local port, so connect() cannot use "
				 "that port for any destination.",
		.references = { "sock_diag(7)", "ip(7): IP_BIND_ADDRESS_NO_PORT" },
	},
};
/* clang-format on */

/* Letters and digits alone, without case: TIME_WAIT, time-wait and timewait are one name. */
static bool same_name(const char *a, const char *b)
{
	for (;; a++, b++) {
		while (*a && !isalnum((unsigned char)*a))
			a++;
		while (*b && !isalnum((unsigned char)*b))
			b++;
		if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
			return false;
		if (!*a)
			return true;
	}
}

const struct tcp_state_fact *tcp_state_find(const char *name)
{
	static const struct {
		const char *name;
		enum tcp_state state;
	} others[] = {
		{ "ESTABLISHED", TCP_STATE_ESTAB },     { "SYN-RECEIVED", TCP_STATE_SYN_RECV },
		{ "NEW-SYN-RECV", TCP_STATE_SYN_RECV }, { "LISTENING", TCP_STATE_LISTEN },
		{ "CLOSE", TCP_STATE_UNCONN },          { "CLOSED", TCP_STATE_UNCONN },
	};

	for (size_t i = 0; i < N_TCP_STATES; i++)
		if (tcp_state_facts[i].name && same_name(name, tcp_state_facts[i].name))
			return &tcp_state_facts[i];
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (same_name(name, others[i].name))
			return &tcp_state_facts[others[i].state];
	return NULL;
}
