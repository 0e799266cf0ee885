#pragma once

/* The kernel's numbers (include/net/tcp_states.h). */
enum tcp_state {
	TCP_STATE_ESTAB = 1,
	TCP_STATE_SYN_SENT,
	TCP_STATE_SYN_RECV,
	TCP_STATE_FIN_WAIT_1,
	TCP_STATE_FIN_WAIT_2,
	TCP_STATE_TIME_WAIT,
	TCP_STATE_UNCONN, /* CLOSE: dumped only for BOUND_INACTIVE below */
	TCP_STATE_CLOSE_WAIT,
	TCP_STATE_LAST_ACK,
	TCP_STATE_LISTEN,
	TCP_STATE_CLOSING,
	TCP_STATE_NEW_SYN_RECV, /* reported as SYN-RECV */
	/*
	 * 6.8+: bound, neither listening nor connected. sock_diag is asked for it by this number
	 * and answers with 7, UNCONN.
	 */
	TCP_STATE_BOUND_INACTIVE,
	N_TCP_STATES
};

enum { TCP_STATE_MAX_REFERENCES = 3 };

struct tcp_state_fact {
	const char *name; /* as ss prints it: "TIME-WAIT" */
	const char *json; /* lower case with underscores: "time_wait" */
	const char *entered_by;
	const char *ended_by;
	const char *is_it_a_fault;
	const char *references[TCP_STATE_MAX_REFERENCES];
};

/* Indexed by enum tcp_state; the name is NULL for 0 and for numbers that are never shown. */
extern const struct tcp_state_fact tcp_state_facts[N_TCP_STATES];

/* By any common spelling (TIME-WAIT, TIME_WAIT, timewait, ESTABLISHED); NULL if unknown. */
const struct tcp_state_fact *tcp_state_find(const char *name);
