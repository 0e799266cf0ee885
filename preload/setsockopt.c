/*
 * The program's own choices: noted per socket and option; overwritten again where a section says
 * `force`; and where they fight what was set before, ours is taken back.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>

#include "apply.h"
#include "ledger.h"
#include "listen.h"
#include "seen.h"
#include "setsockopt.h"
#include "socket.h"

/* The option that a call is about; N_SOCKET_OPTIONS: none of ours. */
static enum option_id option_of(const struct shim *shim, int level, int name)
{
	if (level == IPPROTO_TCP && name == TCP_LINGER2 &&
	    (shim->noted & option_bit(OPTION_SO_LINGER)))
		return OPTION_SO_LINGER; /* so_linger = drained is written there too */
	if (level == IPPROTO_IPV6 && name == IPV6_TCLASS)
		return OPTION_IP_TOS;
	for (unsigned int i = 0; i < N_SOCKET_OPTIONS; i++)
		if (socket_options[i].number == name && socket_options[i].level == level)
			return i;
	return N_SOCKET_OPTIONS;
}

/* Which side a socket that is in use is on; false for one that listen() or connect() still awaits.
 */
static bool find_side(int fd, struct socket_facts *facts)
{
	*facts = (struct socket_facts){ .side = SIDE_LISTEN };
	(void)socket_local(fd, facts);
	if (socket_is_listener(fd))
		return true;
	facts->side = seen_is(SEEN_CONNECTED, fd) ? SIDE_CONNECT : SIDE_ACCEPTED;
	return socket_peer(fd, facts) || facts->side == SIDE_CONNECT;
}

/* What is in force on a socket of that side, inherited from its listener or set on itself. */
static option_set wanted_on(const struct shim *shim, struct socket_facts facts)
{
	struct resolution own;
	option_set wanted = shim_resolve(shim, &facts, &own)->wanted;

	if (facts.side != SIDE_ACCEPTED)
		return wanted;
	facts.side = SIDE_LISTEN;
	return wanted | shim_resolve(shim, &facts, &own)->wanted;
}

static void force_again(const struct shim *shim, struct target *target, struct socket_facts facts,
			option_set set)
{
	struct resolution own;

	apply_resolution(shim, target, shim_resolve(shim, &facts, &own), set);
	if (facts.side != SIDE_ACCEPTED)
		return;
	facts.side = SIDE_LISTEN;
	apply_resolution(shim, target, shim_resolve(shim, &facts, &own),
			 set & ~option_bit(OPTION_SO_REUSEADDR));
}

void setsockopt_done(const struct shim *shim, int fd, int level, int name)
{
	enum option_id option = option_of(shim, level, name);
	struct socket_facts facts;
	struct target target;
	option_set set, fights;
	uint64_t cookie;

	if (option == N_SOCKET_OPTIONS || !(shim->noted & option_bit(option)) ||
	    !socket_cookie(fd, &cookie))
		return;
	set = option_bit(option);
	ledger_add(cookie, set);
	fights = apply_fights(set) & shim->noted;
	if (!(shim->forced & set) && !fights)
		return;
	if (!socket_is_tcp(fd) || !find_side(fd, &facts))
		return;
	target = (struct target){
		.fd = fd, .side = facts.side, .facts = &facts, .own = ledger_find(cookie).set
	};
	if (facts.side == SIDE_ACCEPTED)
		target.own |= listen_own();
	if (shim->forced & set)
		force_again(shim, &target, facts, set);
	if (fights)
		apply_withdraw(shim, &target, wanted_on(shim, facts) & fights);
}
