/* Options of clients, by peer. */
#include <stdatomic.h>

#include "apply.h"
#include "connect.h"
#include "counters.h"
#include "seen.h"
#include "socket.h"

void connect_before(const struct shim *shim, int fd, const struct sockaddr *addr, socklen_t length)
{
	struct socket_facts facts = { .side = SIDE_CONNECT };
	const struct policy_needs *needs = &shim->needs[SIDE_CONNECT];
	const struct resolution *resolution;
	struct resolution own;
	struct target target;

	if (!needs->options || !address_is_plausible(addr))
		return;
	/* AF_UNSPEC takes a connection apart. */
	facts.peer_known = address_read(addr, length, facts.peer, &facts.peer_port);
	if (!facts.peer_known || !socket_is_tcp(fd))
		return;
	if (needs->local)
		(void)socket_local(fd, &facts);
	atomic_fetch_add_explicit(&counters()->connects, 1, memory_order_relaxed);
	resolution = shim_resolve(shim, &facts, &own);
	if (!resolution->wanted)
		return;
	target = apply_target(shim, fd, SIDE_CONNECT, &facts);
	apply_resolution(shim, &target, resolution, ~(option_set)0);
	seen_set(SEEN_CONNECTED, fd);
}
