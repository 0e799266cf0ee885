#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "tcp_states.h"

/* What the kernel's timer column says; the numbers are those of sock_diag and /proc/net/tcp. */
enum sock_timer {
	TIMER_NONE,
	TIMER_RETRANSMIT,
	TIMER_KEEPALIVE,
	TIMER_TIME_WAIT,
	TIMER_PROBE,
};

/* One socket as a backend saw it. What a backend cannot know says so. */
struct sock_row {
	struct addr local_addr, remote_addr;
	uint16_t local_port, remote_port;
	enum tcp_state state;
	uint8_t timer;           /* enum sock_timer */
	uint32_t expires_ms;     /* of the timer */
	uint32_t rqueue, wqueue; /* of a listener from sock_diag: queue and limit */
	bool limit_known;        /* wqueue is a listener's limit: not from /proc */
	uint32_t uid;
	uint64_t inode;
	uint64_t cookie;                       /* 0: unknown */
	uint64_t cgroup_id;                    /* 0: unknown */
	bool no_port_flag_known, no_port_flag; /* IP_BIND_ADDRESS_NO_PORT was set */
	bool has_info;                         /* the three below come from tcp_info */
	uint32_t last_data_sent_ms, last_data_recv_ms, last_ack_recv_ms;
};

/* Where a backend sends its rows. A negative answer ends the reading and is handed on. */
struct row_sink {
	int (*row)(void *context, const struct sock_row *row);
	void *context;
};
