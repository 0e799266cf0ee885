/*
 * The least that reading all TCP sockets can cost: asks sock_diag for them as the audit does at
 * this size (listeners and bound sockets first, then the rest, no extensions) and throws the
 * answers away.
 */
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { BUFFER_BYTES = 64 * 1024, ALL_STATES = 0x3fff };

static char buffer[BUFFER_BYTES];

static void put_request_of_both(struct nlmsghdr *header)
{
	struct inet_diag_req *request = mnl_nlmsg_put_extra_header(header, sizeof(*request));

	header->nlmsg_type = TCPDIAG_GETSOCK;
	request->idiag_states = ALL_STATES;
}

static void put_request_of_family(struct nlmsghdr *header, uint8_t family)
{
	struct inet_diag_req_v2 *request = mnl_nlmsg_put_extra_header(header, sizeof(*request));

	header->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	request->sdiag_family = family;
	request->sdiag_protocol = IPPROTO_TCP;
	request->idiag_states = ALL_STATES;
}

static int dump(struct mnl_socket *netlink, uint8_t family, size_t *bytes)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);

	if (family == AF_UNSPEC)
		put_request_of_both(header);
	else
		put_request_of_family(header, family);
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
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

int main(int argc, char *argv[])
{
	bool by_family = argc > 1 && strcmp(argv[1], "families") == 0;
	struct mnl_socket *netlink = mnl_socket_open(NETLINK_SOCK_DIAG);
	size_t bytes = 0;
	int r;

	if (!netlink || mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID) < 0)
		return 1;
	r = dump(netlink, by_family ? AF_INET : AF_UNSPEC, &bytes);
	if (r == 0 && by_family)
		r = dump(netlink, AF_INET6, &bytes);
	if (r < 0) {
		perror("sock_diag");
		return 1;
	}
	printf("%zu bytes\n", bytes);
	return mnl_socket_close(netlink) < 0;
}
