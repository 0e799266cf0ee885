/*
 * The least that reading all TCP sockets can cost: asks sock_diag for them as the audit does at
 * this size (listeners and bound sockets first, then the rest, no extensions) and throws the
 * answers away.
 */
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { BUFFER_BYTES = 256 * 1024, LISTEN = 1 << 10, BOUND_INACTIVE = 1 << 13, ALL = 0x3fff };

static char buffer[BUFFER_BYTES];

static int dump(struct mnl_socket *netlink, uint8_t family, uint32_t states, size_t *bytes)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct inet_diag_req_v2 *request;

	header->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	request = mnl_nlmsg_put_extra_header(header, sizeof(*request));
	request->sdiag_family = family;
	request->sdiag_protocol = IPPROTO_TCP;
	request->idiag_states = states;
	if (mnl_socket_sendto(netlink, header, header->nlmsg_len) < 0)
		return -1;
	for (;;) {
		ssize_t n = mnl_socket_recvfrom(netlink, buffer, sizeof(buffer));

		if (n < (ssize_t)sizeof(struct nlmsghdr))
			return -1;
		*bytes += (size_t)n;
		/* DONE comes in a datagram of its own. */
		header = (struct nlmsghdr *)buffer;
		if (header->nlmsg_type == NLMSG_DONE)
			return 0;
		if (header->nlmsg_type == NLMSG_ERROR)
			return -1;
	}
}

int main(void)
{
	struct mnl_socket *netlink = mnl_socket_open(NETLINK_SOCK_DIAG);
	size_t bytes = 0;

	if (!netlink || mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID) < 0)
		return 1;
	if (dump(netlink, AF_INET, LISTEN | BOUND_INACTIVE, &bytes) < 0 ||
	    dump(netlink, AF_INET6, LISTEN | BOUND_INACTIVE, &bytes) < 0 ||
	    dump(netlink, AF_INET, ALL & ~(LISTEN | BOUND_INACTIVE), &bytes) < 0 ||
	    dump(netlink, AF_INET6, ALL & ~(LISTEN | BOUND_INACTIVE), &bytes) < 0) {
		perror("sock_diag");
		return 1;
	}
	printf("%zu bytes\n", bytes);
	return mnl_socket_close(netlink) < 0;
}
