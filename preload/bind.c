/*
 * SO_REUSEADDR only where bind() failed without it, so that a bind that works as a lock, or beside
 * one to another address, works as without us; SO_REUSEPORT on the ports that a section names; and
 * what clients want before they have a port.
 */
#include <errno.h>

#include "apply.h"
#include "bind.h"
#include "next.h"
#include "no_port.h"
#include "option_io.h"
#include "seen.h"
#include "socket.h"

static bool facts_of(const struct sockaddr *addr, socklen_t length, struct socket_facts *facts)
{
	*facts = (struct socket_facts){ .side = SIDE_BIND };
	facts->local_known = address_is_plausible(addr) &&
			     address_read(addr, length, facts->local, &facts->local_port);
	return facts->local_known;
}

/* Then bind() fails, and what is on the socket is not of this call. */
static bool has_port(int fd)
{
	struct socket_facts facts;

	return socket_local(fd, &facts) && facts.local_port;
}

bool bind_before(const struct shim *shim, int fd, const struct sockaddr *addr, socklen_t length)
{
	/* Of a port that is given, and of one that is not. */
	const option_set of_port = option_bit(OPTION_SO_REUSEPORT),
			 of_no_port = option_bit(OPTION_IP_BIND_ADDRESS_NO_PORT) |
				      option_bit(OPTION_IP_LOCAL_PORT_RANGE);
	struct socket_facts facts;
	const struct resolution *resolution;
	struct resolution own;
	struct target target;
	option_set wanted;

	if (no_port_take_port(shim, fd) < 0)
		return false;
	if (!(shim->needs[SIDE_BIND].options & (of_port | of_no_port)) ||
	    !facts_of(addr, length, &facts) || !socket_is_tcp(fd))
		return true;
	resolution = shim_resolve(shim, &facts, &own);
	wanted = resolution->wanted & (facts.local_port ? of_port : of_no_port);
	if (!wanted || (facts.local_port && has_port(fd)))
		return true;
	target = apply_target(shim, fd, SIDE_BIND, &facts);
	/* Who made such a socket may not know what getsockname() then says. */
	if (target.unknown_past)
		wanted &= ~option_bit(OPTION_IP_BIND_ADDRESS_NO_PORT);
	apply_resolution(shim, &target, resolution, wanted);
	if (wanted & option_bit(OPTION_IP_BIND_ADDRESS_NO_PORT))
		no_port_note(shim, fd, &target);
	return true;
}

void bind_done(int fd)
{
	seen_forget(fd);
	seen_set(SEEN_BOUND, fd);
}

void bind_failed(const struct shim *shim, int fd, const struct sockaddr *addr, socklen_t length)
{
	struct socket_facts facts;
	const struct resolution *resolution;
	struct resolution own;
	struct target target;

	no_port_drop(shim, fd);
	if (!(shim->needs[SIDE_BIND].options & option_bit(OPTION_SO_REUSEPORT)) ||
	    !facts_of(addr, length, &facts) || !facts.local_port || !socket_is_tcp(fd) ||
	    has_port(fd))
		return;
	resolution = shim_resolve(shim, &facts, &own);
	target = apply_target(shim, fd, SIDE_BIND, &facts);
	apply_flag_off(shim, &target, resolution, OPTION_SO_REUSEPORT);
}

/* Sets SO_REUSEADDR if FD lacks it: false if there is no use in trying again. */
static bool reuse(const struct shim *shim, struct target *target,
		  const struct resolution *resolution)
{
	struct option_value now;

	if (!option_read(target->fd, OPTION_SO_REUSEADDR, &now) || now.number)
		return false;
	apply_resolution(shim, target, resolution, option_bit(OPTION_SO_REUSEADDR));
	return option_read(target->fd, OPTION_SO_REUSEADDR, &now) && now.number;
}

bool bind_again(const struct shim *shim, int fd, const struct sockaddr *addr, socklen_t length)
{
	static const struct option_value off = { .number = 0 };
	struct socket_facts facts;
	const struct resolution *resolution;
	struct resolution own;
	struct target target;

	if (!(shim->needs[SIDE_BIND].options & option_bit(OPTION_SO_REUSEADDR)) ||
	    !facts_of(addr, length, &facts) || !facts.local_port || !socket_is_tcp(fd))
		return false;
	resolution = shim_resolve(shim, &facts, &own);
	if (!(resolution->wanted & option_bit(OPTION_SO_REUSEADDR)))
		return false;
	target = apply_target(shim, fd, SIDE_BIND, &facts);
	if (!reuse(shim, &target, resolution))
		return false;
	if (next_calls()->bind(fd, addr, length) < 0) {
		apply_flag_back(shim, &target, OPTION_SO_REUSEADDR);
		return false;
	}
	/* Off until listen(): else the next one who comes here could bind beside us before that. */
	(void)option_write(fd, OPTION_SO_REUSEADDR, &off);
	return true;
}
