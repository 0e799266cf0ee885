/* Accepted sockets: most have all they need from their listener, and cost nothing here. */
#include <stdatomic.h>

#include "accepted.h"
#include "apply.h"
#include "counters.h"
#include "listen.h"
#include "seen.h"
#include "socket.h"

void accept_before(const struct shim *shim, int listener)
{
	if (shim->needs[SIDE_LISTEN].options && !seen_is(SEEN_LISTENER, listener))
		listen_adopt(shim, listener);
}

void accept_done(const struct shim *shim, int listener, int fd)
{
	struct socket_facts facts = { .side = SIDE_ACCEPTED };
	const struct policy_needs *needs = &shim->needs[SIDE_ACCEPTED];
	const struct resolution *resolution;
	struct resolution own;
	struct target target;

	if (fd < 0)
		return;
	seen_forget(fd);
	if (!needs->options || !socket_is_tcp(fd))
		return;
	if (needs->local)
		(void)socket_local(fd, &facts);
	if (needs->peer)
		(void)socket_peer(fd, &facts);
	atomic_fetch_add_explicit(&counters()->accepts, 1, memory_order_relaxed);
	resolution = shim_resolve(shim, &facts, &own);
	/* The program has had no say on it yet; on its listener it may have had. */
	target = apply_target(shim, listener, SIDE_ACCEPTED, &facts);
	target.fd = fd;
	target.unknown_past = target.unknown_past || !seen_is(SEEN_BOUND, listener);
	target.own |= listen_own(listener);
	apply_resolution(shim, &target, resolution, ~(option_set)0);
}
