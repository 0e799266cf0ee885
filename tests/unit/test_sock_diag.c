#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <string.h>

#include "array.h"
#include "err.h"
#include "sock_diag.h"

TestSuite(sock_diag);

enum { SEQUENCE = 7 };

/* Datagrams as the kernel would send them, built message by message. */
struct datagram {
	_Alignas(struct nlmsghdr) char bytes[4096];
	size_t size;
	int error; /* errno of recv() instead */
};

static struct nlmsghdr *message_add(struct datagram *to, uint16_t type, const void *payload,
				    size_t size)
{
	struct nlmsghdr *header = (struct nlmsghdr *)(to->bytes + to->size);

	*header = (struct nlmsghdr){
		.nlmsg_len = (uint32_t)NLMSG_LENGTH(size),
		.nlmsg_type = type,
		.nlmsg_flags = NLM_F_MULTI,
		.nlmsg_seq = SEQUENCE,
	};
	memcpy(NLMSG_DATA(header), payload, size);
	to->size += NLMSG_ALIGN(header->nlmsg_len);
	return header;
}

static void attribute_add(struct datagram *to, struct nlmsghdr *header, uint16_t type,
			  const void *payload, size_t size)
{
	struct nlattr attribute = { .nla_len = (uint16_t)(NLA_HDRLEN + size), .nla_type = type };
	char *at = (char *)header + NLMSG_ALIGN(header->nlmsg_len);

	memcpy(at, &attribute, sizeof(attribute));
	memcpy(at + NLA_HDRLEN, payload, size);
	header->nlmsg_len = NLMSG_ALIGN(header->nlmsg_len) + attribute.nla_len;
	to->size = (size_t)((char *)header - to->bytes) + NLMSG_ALIGN(header->nlmsg_len);
}

static struct inet_diag_msg message_v4(uint8_t state)
{
	struct inet_diag_msg message = {
		.idiag_family = AF_INET,
		.idiag_state = state,
		.idiag_timer = 3,
		.idiag_expires = 59000,
		.idiag_rqueue = 5,
		.idiag_wqueue = 128,
		.idiag_uid = 33,
		.idiag_inode = 4242,
	};

	message.id.idiag_sport = htons(8080);
	message.id.idiag_dport = htons(50000);
	message.id.idiag_src[0] = htonl(0x7f000001);
	message.id.idiag_dst[0] = htonl(0x0a000002);
	message.id.idiag_cookie[0] = 1;
	message.id.idiag_cookie[1] = 2;
	return message;
}

static struct nlmsghdr *socket_add(struct datagram *to, uint8_t state)
{
	struct inet_diag_msg message = message_v4(state);

	return message_add(to, SOCK_DIAG_BY_FAMILY, &message, sizeof(message));
}

Test(sock_diag, the_fields_of_a_message_are_read)
{
	struct datagram d = { .size = 0 };
	struct nlmsghdr *header = socket_add(&d, TCP_STATE_LISTEN);
	char local[ENDPOINT_STRLEN], remote[ENDPOINT_STRLEN];
	struct sock_row row;

	cr_assert(sock_diag_parse(header, &row));
	endpoint_format(local, &row.local_addr, row.local_port);
	endpoint_format(remote, &row.remote_addr, row.remote_port);
	cr_expect_str_eq(local, "127.0.0.1:8080");
	cr_expect_str_eq(remote, "10.0.0.2:50000");
	cr_expect_eq(row.state, TCP_STATE_LISTEN);
	cr_expect_eq(row.timer, TIMER_TIME_WAIT);
	cr_expect_eq(row.expires_ms, 59000);
	cr_expect_eq(row.rqueue, 5);
	cr_expect_eq(row.wqueue, 128);
	cr_expect(row.limit_known);
	cr_expect_eq(row.uid, 33);
	cr_expect_eq(row.inode, 4242);
	cr_expect_eq(row.cookie, UINT64_C(0x200000001));
	cr_expect_not(row.has_info);
	cr_expect_not(row.no_port_flag_known);
	cr_expect_eq(row.cgroup_id, 0);
}

Test(sock_diag, v4_mapped_sockets_are_ipv4)
{
	struct datagram d = { .size = 0 };
	struct inet_diag_msg message = message_v4(TCP_STATE_ESTAB);
	char text[ENDPOINT_STRLEN];
	struct sock_row row;

	message.idiag_family = AF_INET6;
	message.id.idiag_src[0] = message.id.idiag_src[1] = 0;
	message.id.idiag_src[2] = htonl(0xffff);
	message.id.idiag_src[3] = htonl(0x0a010203);
	cr_assert(sock_diag_parse(message_add(&d, SOCK_DIAG_BY_FAMILY, &message, sizeof(message)),
				  &row));
	endpoint_format(text, &row.local_addr, row.local_port);
	cr_expect_str_eq(text, "10.1.2.3:8080");
	cr_expect(addr_is_v4(&row.local_addr));
	cr_expect_not(row.limit_known, "wqueue is a limit for listeners only");
}

Test(sock_diag, every_state_has_its_name)
{
	static const struct {
		uint8_t sent;
		bool read;
		enum tcp_state state;
	} cases[] = {
		{ 0, false, 0 },
		{ 1, true, TCP_STATE_ESTAB },
		{ 2, true, TCP_STATE_SYN_SENT },
		{ 3, true, TCP_STATE_SYN_RECV },
		{ 4, true, TCP_STATE_FIN_WAIT_1 },
		{ 5, true, TCP_STATE_FIN_WAIT_2 },
		{ 6, true, TCP_STATE_TIME_WAIT },
		{ 7, true, TCP_STATE_BOUND_INACTIVE },
		{ 8, true, TCP_STATE_CLOSE_WAIT },
		{ 9, true, TCP_STATE_LAST_ACK },
		{ 10, true, TCP_STATE_LISTEN },
		{ 11, true, TCP_STATE_CLOSING },
		{ 12, true, TCP_STATE_SYN_RECV },
		{ 13, false, 0 },
		{ 255, false, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct datagram d = { .size = 0 };
		struct sock_row row = { 0 };

		cr_expect_eq(sock_diag_parse(socket_add(&d, cases[i].sent), &row), cases[i].read,
			     "%u", cases[i].sent);
		cr_expect_eq(row.state, cases[i].state, "%u", cases[i].sent);
	}
}

Test(sock_diag, attributes_are_read_by_their_length)
{
	const uint64_t cgroup = UINT64_C(0x123456789a);
	const struct tcp_info info = { .tcpi_last_data_sent = 11,
				       .tcpi_last_data_recv = 22,
				       .tcpi_last_ack_recv = 33 };
	const struct inet_diag_sockopt options = { .bind_address_no_port = 1 };
	const size_t enough = offsetof(struct tcp_info, tcpi_last_ack_recv) + 4;
	struct datagram d = { .size = 0 };
	struct nlmsghdr *header = socket_add(&d, TCP_STATE_ESTAB);
	char larger[1024] = { 0 };
	struct sock_row row;

	attribute_add(&d, header, INET_DIAG_SHUTDOWN, "", 1);
	attribute_add(&d, header, INET_DIAG_INFO, &info, enough - 1);
	cr_assert(sock_diag_parse(header, &row));
	cr_expect_not(row.has_info, "too short to hold all three times");
	memcpy(larger, &info, sizeof(info));
	attribute_add(&d, header, INET_DIAG_INFO, larger, sizeof(larger));
	attribute_add(&d, header, INET_DIAG_CGROUP_ID, &cgroup, 4);
	cr_assert(sock_diag_parse(header, &row));
	cr_expect_eq(row.cgroup_id, 0, "half a cgroup id is none");
	attribute_add(&d, header, INET_DIAG_CGROUP_ID, &cgroup, sizeof(cgroup));
	attribute_add(&d, header, INET_DIAG_SOCKOPT, &options, sizeof(options));
	cr_assert(sock_diag_parse(header, &row));
	cr_expect(row.has_info, "a later kernel's tcp_info is longer");
	cr_expect_eq(row.last_data_sent_ms, 11);
	cr_expect_eq(row.last_data_recv_ms, 22);
	cr_expect_eq(row.last_ack_recv_ms, 33);
	cr_expect_eq(row.cgroup_id, cgroup);
	cr_expect(row.no_port_flag_known && row.no_port_flag);
}

Test(sock_diag, a_short_message_is_no_socket_and_a_lying_attribute_ends_the_list)
{
	const uint64_t cgroup = 9;
	struct datagram d = { .size = 0 };
	struct nlmsghdr *header = socket_add(&d, TCP_STATE_ESTAB);
	struct nlattr *lie;
	struct sock_row row;

	attribute_add(&d, header, INET_DIAG_SHUTDOWN, "", 1);
	lie = (struct nlattr *)((char *)header + NLMSG_LENGTH(sizeof(struct inet_diag_msg)));
	attribute_add(&d, header, INET_DIAG_CGROUP_ID, &cgroup, sizeof(cgroup));
	for (uint16_t length = 0; length < NLA_HDRLEN; length++) {
		lie->nla_len = length;
		cr_assert(sock_diag_parse(header, &row));
		cr_expect_eq(row.cgroup_id, 0);
	}
	lie->nla_len = 4000;
	cr_assert(sock_diag_parse(header, &row));
	cr_expect_eq(row.cgroup_id, 0);
	header->nlmsg_len = (uint32_t)NLMSG_LENGTH(sizeof(struct inet_diag_msg)) - 1;
	cr_expect_not(sock_diag_parse(header, &row));
}

/* The seam: datagrams from an array. */
struct script {
	const struct datagram *datagrams;
	size_t n, next;
	unsigned int rows;
	int row_answer;
};

static ssize_t script_receive(void *context, void *buffer, size_t size)
{
	struct script *script = context;
	const struct datagram *datagram = &script->datagrams[script->next++];

	cr_assert_leq(script->next, script->n, "read past the end of the dump");
	if (datagram->error) {
		errno = datagram->error;
		return -1;
	}
	cr_assert_leq(datagram->size, size);
	memcpy(buffer, datagram->bytes, datagram->size);
	return (ssize_t)datagram->size;
}

static int script_row(void *context, const struct sock_row *row)
{
	struct script *script = context;

	(void)row;
	script->rows++;
	return script->row_answer;
}

static int script_read(struct script *script, struct sock_diag_quality *quality, struct err *err)
{
	_Alignas(struct nlmsghdr) char buffer[4096];
	const struct datagrams from = {
		.receive = script_receive,
		.context = script,
		.buffer = buffer,
		.size = sizeof(buffer),
		.sequence = SEQUENCE,
	};
	const struct row_sink sink = { script_row, script };

	/* What lies behind a datagram looks like an error, and is no part of it. */
	memset(buffer, 0xff, sizeof(buffer));
	return sock_diag_read(&from, &sink, quality, err);
}

static void done_add(struct datagram *to, int status)
{
	message_add(to, NLMSG_DONE, &status, sizeof(status));
}

Test(sock_diag, a_dump_ends_with_done_and_survives_signals_and_strangers)
{
	struct datagram d[4] = { { .size = 0 }, { .error = EINTR }, { .size = 0 }, { .size = 0 } };
	struct script script = { .datagrams = d, .n = 4 };
	struct sock_diag_quality quality = { 0 };

	socket_add(&d[0], TCP_STATE_ESTAB);
	socket_add(&d[0], TCP_STATE_ESTAB)->nlmsg_seq = SEQUENCE + 1;
	message_add(&d[0], NLMSG_NOOP, "", 0);
	socket_add(&d[2], TCP_STATE_ESTAB);
	done_add(&d[3], 0);
	cr_expect_eq(script_read(&script, &quality, NULL), 0);
	cr_expect_eq(script.rows, 2, "an answer to another request is none of ours");
	cr_expect_eq(script.next, 4);
	cr_expect_not(quality.interrupted);
	cr_expect_eq(quality.malformed, 0);
}

Test(sock_diag, a_message_without_a_status_is_done_or_broken_by_its_type)
{
	static const struct {
		uint16_t type;
		int expected;
	} cases[] = { { NLMSG_DONE, 0 }, { NLMSG_ERROR, -EBADMSG } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct datagram d = { .size = 0 };
		struct script script = { .datagrams = &d, .n = 1 };
		struct sock_diag_quality quality = { 0 };

		message_add(&d, cases[i].type, "", 0);
		cr_expect_eq(script_read(&script, &quality, NULL), cases[i].expected, "%zu", i);
	}
}

Test(sock_diag, errors_end_a_dump_with_their_number_and_a_sentence)
{
	const struct nlmsgerr refused = { .error = -EPERM };
	struct datagram d[8] = {
		{ .error = EAGAIN },
		{ .error = ENOSPC },
		{ .error = ENOBUFS },
		{ .size = 0 },
	};
	const int expected[] = { -ETIMEDOUT, -EMSGSIZE, -ENOBUFS, -EBADMSG,
				 -EPERM,     -EINVAL,   -ENOBUFS, -ENOBUFS };

	message_add(&d[4], NLMSG_ERROR, &refused, sizeof(refused));
	done_add(&d[5], -EINVAL);
	done_add(&d[6], -ENOMEM); /* the kernel's trouble, not ours: /proc may still do */
	d[7].error = ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(d); i++) {
		struct script script = { .datagrams = &d[i], .n = 1 };
		struct sock_diag_quality quality = { 0 };
		struct err err = { "" };

		cr_expect_eq(script_read(&script, &quality, &err), expected[i], "%zu", i);
		cr_expect_eq(strncmp(err.text, "sock_diag: ", 11), 0, "%s", err.text);
	}
}

Test(sock_diag, an_interrupted_dump_is_read_on_and_says_so)
{
	struct datagram d = { .size = 0 };
	struct script script = { .datagrams = &d, .n = 1 };
	struct sock_diag_quality quality = { 0 };

	socket_add(&d, TCP_STATE_ESTAB)->nlmsg_flags |= NLM_F_DUMP_INTR;
	socket_add(&d, TCP_STATE_ESTAB);
	done_add(&d, 0);
	cr_expect_eq(script_read(&script, &quality, NULL), 0);
	cr_expect(quality.interrupted);
	cr_expect_eq(script.rows, 2);
}

Test(sock_diag, malformed_messages_are_counted_and_never_read_past)
{
	struct datagram d[2] = { { .size = 0 }, { .size = 0 } };
	struct script script = { .datagrams = d, .n = 2 };
	struct sock_diag_quality quality = { 0 };

	message_add(&d[0], SOCK_DIAG_BY_FAMILY, "short", 5);
	socket_add(&d[0], TCP_STATE_ESTAB)->nlmsg_len = 4000;
	done_add(&d[1], 0);
	cr_expect_eq(script_read(&script, &quality, NULL), 0);
	cr_expect_eq(quality.malformed, 2);
	cr_expect_eq(script.rows, 0);
}

Test(sock_diag, a_sink_that_fails_ends_the_dump)
{
	struct datagram d = { .size = 0 };
	struct script script = { .datagrams = &d, .n = 1, .row_answer = -ENOMEM };
	struct sock_diag_quality quality = { 0 };

	socket_add(&d, TCP_STATE_ESTAB);
	socket_add(&d, TCP_STATE_ESTAB);
	done_add(&d, 0);
	cr_expect_eq(script_read(&script, &quality, NULL), -ENOMEM);
	cr_expect_eq(script.rows, 1);
}
