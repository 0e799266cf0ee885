#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sock_row.h"

struct err;
struct nlmsghdr;
struct sock_diag; /* opaque: the netlink socket and its buffer */

/* -errno with a sentence where the kernel or a filter refuses the socket. */
int sock_diag_open(struct sock_diag **ret_diag, struct err *err);
void sock_diag_close(struct sock_diag *diag); /* NULL is fine */
static inline void sock_diag_closep(struct sock_diag **diag)
{
	sock_diag_close(*diag);
}

#define STATE_BIT(state) (UINT32_C(1) << (state))

struct sock_diag_request {
	/*
	 * AF_INET, AF_INET6, or AF_UNSPEC for both at once: the tables of the whole machine are
	 * then walked once instead of twice. That is the request of before Linux 3.3
	 * (TCPDIAG_GETSOCK), which today's kernels still answer; one that does not says -EOPNOTSUPP
	 * or -EINVAL before any row.
	 */
	uint8_t family;
	uint32_t states; /* STATE_BIT()s. Kernels before 6.8 ignore that of BOUND_INACTIVE. */
	bool with_info;  /* idle times from tcp_info; a third more time for each socket */
};

/* What a dump says of itself; added to over several of them. */
struct sock_diag_quality {
	bool interrupted;   /* the table changed: rows may be missing or there twice */
	uint64_t malformed; /* messages that were no socket */
};

/*
 * Sends every socket of the request to SINK. -errno with a sentence: -ENOENT where the kernel has
 * no tcp_diag, -ETIMEDOUT where it does not answer, what the sink returned. Rows may have gone to
 * the sink before the error.
 */
int sock_diag_dump(struct sock_diag *diag, const struct sock_diag_request *request,
		   const struct row_sink *sink, struct sock_diag_quality *quality, struct err *err);

/* The parts of a dump, apart so that tests need no kernel. */

/* One message with a socket; false when it is too short to be one or no TCP state. */
bool sock_diag_parse(const struct nlmsghdr *header, struct sock_row *ret_row);

/* Where datagrams come from: as recv(2), -1 with errno; ENOSPC for one that did not fit. */
struct datagrams {
	ssize_t (*receive)(void *context, void *buffer, size_t size);
	void *context;
	void *buffer; /* aligned for a struct nlmsghdr */
	size_t size;
	uint32_t sequence; /* of the request; answers to others are skipped */
};

int sock_diag_read(const struct datagrams *from, const struct row_sink *sink,
		   struct sock_diag_quality *quality, struct err *err);
