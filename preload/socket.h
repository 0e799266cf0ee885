#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include <tcpwright/policy.h>

/* Questions about a socket. All leave errno as the kernel sets it: hooks put it back. */

/*
 * An IPv4 or IPv6 TCP socket. The question is TCP_REPAIR, which only TCP answers: raw sockets have
 * TCP's SO_PROTOCOL, and MPTCP answers most other questions of TCP. A socket that is being repaired
 * (CRIU) is none of ours either.
 */
bool socket_is_tcp(int fd);
/* False where the kernel has no SO_COOKIE, before Linux 4.12. */
bool socket_cookie(int fd, uint64_t *ret_cookie);
bool socket_is_listener(int fd);
struct tcp_info;
bool socket_info(int fd, struct tcp_info *ret_info);
/* What socket_is_tcp() cannot tell where the peer had no MPTCP: the kernel goes on as TCP then. */
bool socket_is_mptcp(int fd);

/* The local side of FD into FACTS; false if it has none that can be told. */
bool socket_local(int fd, struct socket_facts *facts);
/* The same for the peer, where it is connected. */
bool socket_peer(int fd, struct socket_facts *facts);

/*
 * Whether ADDR can be looked at before the kernel has seen it: NULL and -1 are for the kernel to
 * refuse.
 */
bool address_is_plausible(const struct sockaddr *addr);
/* False for any family but IPv4 and IPv6, and for what is too short. IPv4 comes as v4-mapped. */
bool address_read(const struct sockaddr *addr, socklen_t length, uint8_t ret_address[static 16],
		  uint16_t *ret_port);
