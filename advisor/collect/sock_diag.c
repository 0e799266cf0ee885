/*
 * TCP sockets over netlink (sock_diag(7)). libmnl opens the socket, and sends and receives;
 * messages and attributes are walked here by the kernel's inline macros, because libmnl's functions
 * for that are calls into a shared library, four for each attribute of each of a million sockets.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "cleanup.h"
#include "err.h"

#include "sock_diag.h"

enum {
	/*
	 * The kernel fills at most 32 KiB for each call, whatever room there is (netlink_recvmsg():
	 * max_recvmsg_len), so more gains nothing; one that is larger would be cut and seen.
	 */
	BUFFER_SIZE = 65536,
	/* A dump answers at once; this only keeps a broken kernel from hanging the audit. */
	TIMEOUT_S = 10,
};

struct sock_diag {
	struct mnl_socket *socket;
	uint32_t sequence;
	char buffer[BUFFER_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
};

/* -ENOMEM ends an audit that ran out of memory; a kernel short of it only makes us read /proc. */
static int kernel_failed(struct err *err, int code)
{
	return err_set(err, code == ENOMEM ? ENOBUFS : code, "sock_diag: %s", strerror(code));
}

int sock_diag_open(struct sock_diag **ret_diag, struct err *err)
{
	const struct timeval timeout = { .tv_sec = TIMEOUT_S };
	CLEANUP(sock_diag_closep) struct sock_diag *diag = malloc(sizeof(*diag));

	if (!diag)
		return err_no_memory(err);
	diag->sequence = 0;
	diag->socket = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	if (!diag->socket || mnl_socket_bind(diag->socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    setsockopt(mnl_socket_get_fd(diag->socket), SOL_SOCKET, SO_RCVTIMEO, &timeout,
		       sizeof(timeout)) < 0)
		return kernel_failed(err, errno);
	*ret_diag = TAKE(diag);
	return 0;
}

void sock_diag_close(struct sock_diag *diag)
{
	if (!diag)
		return;
	if (diag->socket)
		(void)mnl_socket_close(diag->socket);
	free(diag);
}

static struct addr address_of(uint8_t family, const __be32 words[4])
{
	struct addr addr;

	if (family == AF_INET)
		return addr_from_v4(words[0]);
	/* A v4-mapped address is IPv4 in our form already. */
	memcpy(addr.bytes, words, sizeof(addr.bytes));
	return addr;
}

static bool state_of(const struct inet_diag_msg *message, enum tcp_state *ret_state)
{
	if (message->idiag_state == 0 || message->idiag_state > TCP_STATE_NEW_SYN_RECV)
		return false;
	*ret_state = (enum tcp_state)message->idiag_state;
	if (*ret_state == TCP_STATE_NEW_SYN_RECV)
		*ret_state = TCP_STATE_SYN_RECV;
	/*
	 * BOUND_INACTIVE only exists in requests: its sockets come as CLOSE (6.8+), and no other
	 * closed socket is in a table that a dump walks.
	 */
	if (*ret_state == TCP_STATE_UNCONN)
		*ret_state = TCP_STATE_BOUND_INACTIVE;
	return true;
}

#define INFO_HAS(size, field)                                                                      \
	((size) >= offsetof(struct tcp_info, field) + sizeof(((struct tcp_info *)0)->field))

/* struct tcp_info grows at its end from kernel to kernel: SIZE says what this one has. */
static void info_parse(const void *payload, size_t size, struct sock_row *row)
{
	struct tcp_info info;

	if (!INFO_HAS(size, tcpi_last_ack_recv))
		return;
	memcpy(&info, payload, offsetof(struct tcp_info, tcpi_last_ack_recv) + sizeof(__u32));
	row->has_info = true;
	row->last_data_sent_ms = info.tcpi_last_data_sent;
	row->last_data_recv_ms = info.tcpi_last_data_recv;
	row->last_ack_recv_ms = info.tcpi_last_ack_recv;
}

static void attribute_parse(const struct nlattr *attribute, struct sock_row *row)
{
	const char *payload = (const char *)attribute + NLA_HDRLEN;
	size_t size = attribute->nla_len - (size_t)NLA_HDRLEN;
	struct inet_diag_sockopt options;

	switch (attribute->nla_type & NLA_TYPE_MASK) {
	case INET_DIAG_INFO:
		info_parse(payload, size, row);
		break;
	case INET_DIAG_CGROUP_ID: /* 5.7+, unasked */
		if (size >= sizeof(row->cgroup_id))
			memcpy(&row->cgroup_id, payload, sizeof(row->cgroup_id));
		break;
	case INET_DIAG_SOCKOPT: /* 5.10+, unasked */
		if (size < sizeof(options))
			break;
		memcpy(&options, payload, sizeof(options));
		row->no_port_flag_known = true;
		row->no_port_flag = options.bind_address_no_port;
		break;
	default:
		break;
	}
}

static void attributes_parse(const char *at, size_t left, struct sock_row *row)
{
	while (left >= NLA_HDRLEN) {
		const struct nlattr *attribute = (const struct nlattr *)at;
		size_t step = NLA_ALIGN((size_t)attribute->nla_len);

		if (attribute->nla_len < NLA_HDRLEN || attribute->nla_len > left)
			return;
		attribute_parse(attribute, row);
		if (step >= left)
			return;
		at += step;
		left -= step;
	}
}

bool sock_diag_parse(const struct nlmsghdr *header, struct sock_row *ret_row)
{
	const struct inet_diag_msg *message = NLMSG_DATA(header);
	enum tcp_state state;

	if (header->nlmsg_len < NLMSG_LENGTH(sizeof(*message)) || !state_of(message, &state) ||
	    (message->idiag_family != AF_INET && message->idiag_family != AF_INET6))
		return false;
	*ret_row = (struct sock_row){
		.local_addr = address_of(message->idiag_family, message->id.idiag_src),
		.remote_addr = address_of(message->idiag_family, message->id.idiag_dst),
		.local_port = ntohs(message->id.idiag_sport),
		.remote_port = ntohs(message->id.idiag_dport),
		.state = state,
		.timer = message->idiag_timer,
		.expires_ms = message->idiag_expires,
		.rqueue = message->idiag_rqueue,
		.wqueue = message->idiag_wqueue,
		.limit_known = state == TCP_STATE_LISTEN,
		.uid = message->idiag_uid,
		.inode = message->idiag_inode,
		.cookie = (uint64_t)message->id.idiag_cookie[1] << 32 | message->id.idiag_cookie[0],
	};
	attributes_parse((const char *)message + NLMSG_ALIGN(sizeof(*message)),
			 header->nlmsg_len - NLMSG_LENGTH(sizeof(*message)), ret_row);
	return true;
}

/* The error that NLMSG_ERROR or, since 2.6.19, NLMSG_DONE carries; 0 for none. */
static int status_of(const struct nlmsghdr *header)
{
	int status;

	if (header->nlmsg_len < NLMSG_LENGTH(sizeof(status)))
		return header->nlmsg_type == NLMSG_ERROR ? -EBADMSG : 0;
	memcpy(&status, NLMSG_DATA(header), sizeof(status));
	if (status >= 0 || status < -4095)
		return 0;
	return status == -ENOMEM ? -ENOBUFS : status; /* as in kernel_failed() */
}

enum { MORE, FINISHED };

static int message_take(const struct nlmsghdr *header, const struct row_sink *sink,
			struct sock_diag_quality *quality)
{
	struct sock_row row;
	int r;

	if (header->nlmsg_flags & NLM_F_DUMP_INTR)
		quality->interrupted = true;
	/* Sockets come with the type of the request. */
	if (header->nlmsg_type == SOCK_DIAG_BY_FAMILY || header->nlmsg_type == TCPDIAG_GETSOCK) {
		if (sock_diag_parse(header, &row))
			return sink->row(sink->context, &row);
		quality->malformed++;
		return MORE;
	}
	if (header->nlmsg_type != NLMSG_DONE && header->nlmsg_type != NLMSG_ERROR)
		return MORE;
	r = status_of(header);
	return r < 0 ? r : FINISHED;
}

static int datagram_take(const struct datagrams *from, size_t size, const struct row_sink *sink,
			 struct sock_diag_quality *quality)
{
	const struct nlmsghdr *header = from->buffer;

	while (size >= sizeof(*header)) {
		size_t step = NLMSG_ALIGN((size_t)header->nlmsg_len);
		int r = MORE;

		if (header->nlmsg_len < sizeof(*header) || header->nlmsg_len > size) {
			quality->malformed++;
			return MORE;
		}
		if (header->nlmsg_seq == from->sequence)
			r = message_take(header, sink, quality);
		if (r != MORE || step >= size)
			return r;
		header = (const struct nlmsghdr *)((const char *)header + step);
		size -= step;
	}
	return MORE;
}

static int receive_failed(struct err *err)
{
	switch (errno) {
	case EAGAIN:
		return err_set(err, ETIMEDOUT, "sock_diag: no answer from the kernel in %d s",
			       TIMEOUT_S);
	case ENOSPC:
		return err_set(err, EMSGSIZE, "sock_diag: the kernel's answer was cut");
	default:
		return kernel_failed(err, errno);
	}
}

int sock_diag_read(const struct datagrams *from, const struct row_sink *sink,
		   struct sock_diag_quality *quality, struct err *err)
{
	int r = MORE;

	while (r == MORE) {
		ssize_t size = from->receive(from->context, from->buffer, from->size);

		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return receive_failed(err);
		if (size == 0)
			return err_set(err, EBADMSG, "sock_diag: an empty answer");
		r = datagram_take(from, (size_t)size, sink, quality);
	}
	return r < 0 ? err_set(err, -r, "sock_diag: %s", strerror(-r)) : 0;
}

static ssize_t receive(void *context, void *buffer, size_t size)
{
	return mnl_socket_recvfrom(context, buffer, size);
}

static void put_request_of_family(struct nlmsghdr *header, const struct sock_diag_request *request)
{
	struct inet_diag_req_v2 *body = mnl_nlmsg_put_extra_header(header, sizeof(*body));

	header->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	body->sdiag_family = request->family;
	body->sdiag_protocol = IPPROTO_TCP;
	body->idiag_ext = request->with_info ? 1 << (INET_DIAG_INFO - 1) : 0;
	body->idiag_states = request->states;
}

/* The kernel ignores the family in this one (inet_diag_dump_compat()). */
static void put_request_of_both(struct nlmsghdr *header, const struct sock_diag_request *request)
{
	struct inet_diag_req *body = mnl_nlmsg_put_extra_header(header, sizeof(*body));

	header->nlmsg_type = TCPDIAG_GETSOCK;
	body->idiag_ext = request->with_info ? 1 << (INET_DIAG_INFO - 1) : 0;
	body->idiag_states = request->states;
}

int sock_diag_dump(struct sock_diag *diag, const struct sock_diag_request *request,
		   const struct row_sink *sink, struct sock_diag_quality *quality, struct err *err)
{
	/* libmnl clears what it adds. */
	struct nlmsghdr *header = mnl_nlmsg_put_header(diag->buffer);
	const struct datagrams from = {
		.receive = receive,
		.context = diag->socket,
		.buffer = diag->buffer,
		.size = sizeof(diag->buffer),
		.sequence = ++diag->sequence,
	};

	if (request->family == AF_UNSPEC)
		put_request_of_both(header, request);
	else
		put_request_of_family(header, request);
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	header->nlmsg_seq = diag->sequence;
	if (mnl_socket_sendto(diag->socket, header, header->nlmsg_len) < 0)
		return kernel_failed(err, errno);
	return sock_diag_read(&from, sink, quality, err);
}
