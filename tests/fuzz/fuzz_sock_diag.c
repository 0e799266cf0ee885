/*
 * What the kernel may send to a dump: the input is one datagram, followed by the end of the dump,
 * so that the walk over messages, the parser and its attributes are all reached.
 */
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "sock_diag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t size;
	bool sent;
};

enum { SEQUENCE = 1 };

static ssize_t receive(void *context, void *buffer, size_t size)
{
	const struct nlmsghdr done = { .nlmsg_len = NLMSG_LENGTH(0),
				       .nlmsg_type = NLMSG_DONE,
				       .nlmsg_seq = SEQUENCE };
	struct input *input = context;

	if (input->sent || input->size > size) {
		memcpy(buffer, &done, sizeof(done));
		return sizeof(done);
	}
	input->sent = true;
	memcpy(buffer, input->data, input->size);
	return (ssize_t)input->size;
}

static int row(void *context, const struct sock_row *r)
{
	(void)context;
	if (r->state < TCP_STATE_ESTAB || r->state >= N_TCP_STATES || r->state == TCP_STATE_UNCONN)
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { .data = data, .size = size };
	struct sock_diag_quality quality = { 0 };
	const struct row_sink sink = { row, NULL };
	/* Exactly as large as the datagram: reading past its end is then seen. */
	const size_t room = size > NLMSG_HDRLEN ? size : NLMSG_HDRLEN;
	const struct datagrams from = {
		.receive = receive,
		.context = &input,
		.buffer = malloc(room),
		.size = room,
		.sequence = SEQUENCE,
	};

	if (from.buffer)
		(void)sock_diag_read(&from, &sink, &quality, NULL);
	free(from.buffer);
	return 0;
}
