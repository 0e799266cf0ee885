/* The TCP states: who enters them, what ends them, and whether they are a fault. */
#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>

#include "cleanup.h"

#include "tcp_states.h"

const struct tcp_state_fact tcp_state_facts[N_TCP_STATES] = {
	[TCP_STATE_ESTAB] = {
		.name = "ESTAB",
		.json = "estab",
	},
	[TCP_STATE_SYN_SENT] = {
		.name = "SYN-SENT",
		.json = "syn_sent",
	},
	[TCP_STATE_SYN_RECV] = {
		.name = "SYN-RECV",
		.json = "syn_recv",
	},
	[TCP_STATE_FIN_WAIT_1] = {
		.name = "FIN-WAIT-1",
		.json = "fin_wait_1",
	},
	[TCP_STATE_FIN_WAIT_2] = {
		.name = "FIN-WAIT-2",
		.json = "fin_wait_2",
	},
	[TCP_STATE_TIME_WAIT] = {
		.name = "TIME-WAIT",
		.json = "time_wait",
	},
	[TCP_STATE_UNCONN] = {
		.name = "UNCONN",
		.json = "unconn",
	},
	[TCP_STATE_CLOSE_WAIT] = {
		.name = "CLOSE-WAIT",
		.json = "close_wait",
	},
	[TCP_STATE_LAST_ACK] = {
		.name = "LAST-ACK",
		.json = "last_ack",
	},
	[TCP_STATE_LISTEN] = {
		.name = "LISTEN",
		.json = "listen",
	},
	[TCP_STATE_CLOSING] = {
		.name = "CLOSING",
		.json = "closing",
	},
	[TCP_STATE_BOUND_INACTIVE] = {
		.name = "BOUND-INACTIVE",
		.json = "bound_inactive",
	},
};

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
