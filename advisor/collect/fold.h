#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "tcp_states.h"

struct err;
struct model;

/* One socket as a backend saw it. Filled by both parsers; fields that a backend cannot know say so. */
struct sock_row {
	struct addr local_addr, remote_addr;
	uint16_t local_port, remote_port;
	enum tcp_state state;
	uint8_t timer;	     /* 0 none, 1 retransmit, 2 keepalive, 3 TIME-WAIT, 4 probe */
	uint32_t expires_ms; /* of the timer */
	uint32_t rqueue, wqueue; /* of a listener from sock_diag: queue and limit */
	bool limit_known;	 /* wqueue is a listener's limit: not from /proc */
	uint32_t uid;
	uint64_t inode;
	uint64_t cookie;    /* 0: unknown */
	uint64_t cgroup_id; /* 0: unknown */
	bool no_port_flag_known, no_port_flag; /* IP_BIND_ADDRESS_NO_PORT was set */
	bool has_info;	    /* the three below come from tcp_info */
	uint32_t last_data_sent_ms, last_data_recv_ms, last_ack_recv_ms;
};

struct fold; /* opaque: the tables that exist only while rows arrive */

/*
 * Rows are folded into aggregates as they arrive, so memory does not grow with the number of
 * sockets. Order: first listeners and bound idle sockets of both families, then everything else,
 * because a listener's port tells what is inbound. The port range, reserved ports and routes must be
 * in MODEL's settings before.
 */
int fold_new(const struct model *model, struct fold **ret_fold, struct err *err);
void fold_free(struct fold *fold);

/* -ENOMEM only. */
int fold_row(struct fold *fold, const struct sock_row *row);

/*
 * More destinations came by than can be kept: those that matter were then estimated, and one more
 * pass over the table counts them exactly. Call fold_begin_second_pass() and feed all rows again.
 */
bool fold_needs_second_pass(const struct fold *fold);
int fold_begin_second_pass(struct fold *fold);

/* Moves the aggregates into model->sockets, replacing what is there, and frees the fold. */
int fold_finish(struct fold *fold, struct model *model, struct err *err);
