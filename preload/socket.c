/* What the kernel says of a socket. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>

#include "addr.h"
#include "next.h"
#include "socket.h"

bool socket_is_tcp(int fd)
{
	int repair = 0;
	socklen_t length = sizeof(repair);

	return next_calls()->getsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &repair, &length) == 0 &&
	       repair == 0;
}

bool socket_cookie(int fd, uint64_t *ret_cookie)
{
	socklen_t length = sizeof(*ret_cookie);

	return next_calls()->getsockopt(fd, SOL_SOCKET, SO_COOKIE, ret_cookie, &length) == 0;
}

bool socket_is_listener(int fd)
{
	int listens = 0;
	socklen_t length = sizeof(listens);

	return next_calls()->getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0 &&
	       listens;
}

bool socket_info(int fd, struct tcp_info *ret_info)
{
	socklen_t length = sizeof(*ret_info);

	*ret_info = (struct tcp_info){ 0 };
	return next_calls()->getsockopt(fd, IPPROTO_TCP, TCP_INFO, ret_info, &length) == 0;
}

bool socket_is_mptcp(int fd)
{
	int protocol = 0;
	socklen_t length = sizeof(protocol);

	return next_calls()->getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &length) == 0 &&
	       protocol == IPPROTO_MPTCP;
}

bool socket_local(int fd, struct socket_facts *facts)
{
	struct sockaddr_storage addr = { 0 };
	socklen_t length = sizeof(addr);

	facts->local_known =
		next_calls()->getsockname(fd, (struct sockaddr *)&addr, &length) == 0 &&
		address_read((struct sockaddr *)&addr, length, facts->local, &facts->local_port);
	return facts->local_known;
}

/* Not by getpeername(): a filter of the program's own may kill it for a call it does not make. */
bool socket_peer(int fd, struct socket_facts *facts)
{
	struct sockaddr_in6 addr = { 0 };
	socklen_t length = sizeof(struct sockaddr_in);
	int r = next_calls()->getsockopt(fd, SOL_SOCKET, SO_PEERNAME, &addr, &length);

	/* It gives no more than is asked for, and refuses to give less. */
	if (r == 0 && addr.sin6_family == AF_INET6) {
		length = sizeof(addr);
		r = next_calls()->getsockopt(fd, SOL_SOCKET, SO_PEERNAME, &addr, &length);
	}
	facts->peer_known = r == 0 && address_read((struct sockaddr *)&addr, length, facts->peer,
						   &facts->peer_port);
	return facts->peer_known;
}

bool address_is_plausible(const struct sockaddr *addr)
{
	const uintptr_t at = (uintptr_t)addr, page = 4096;

	return at >= page && at < (uintptr_t)-page;
}

bool address_read(const struct sockaddr *addr, socklen_t length, uint8_t ret_address[static 16],
		  uint16_t *ret_port)
{
	if (length < sizeof(struct sockaddr_in))
		return false;
	if (addr->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)addr;
		const struct addr v4 = addr_from_v4(in->sin_addr.s_addr);

		memcpy(ret_address, v4.bytes, sizeof(v4.bytes));
		*ret_port = ntohs(in->sin_port);
		return true;
	}
	/* RFC 2133 has no scope id at the end, and the kernel takes that too. */
	if (addr->sa_family == AF_INET6 && length >= offsetof(struct sockaddr_in6, sin6_scope_id)) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)addr;

		memcpy(ret_address, &in6->sin6_addr, sizeof(in6->sin6_addr));
		*ret_port = ntohs(in6->sin6_port);
		return true;
	}
	return false;
}
