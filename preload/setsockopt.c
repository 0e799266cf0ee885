/*
 * The program's own choices: noted per socket and option; overwritten again where a section says
 * `force`; and where they fight what was set before, ours is taken back.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "apply.h"
#include "counters.h"
#include "ledger.h"
#include "listen.h"
#include "seen.h"
#include "setsockopt.h"
#include "socket.h"

/*
 * Which side a socket that is in use is on; false for one that listen() or connect() still awaits,
 * and for MPTCP that a peer did not speak, which now answers as TCP.
 */
static bool find_side(int fd, struct socket_facts *facts)
{
	struct tcp_info info;

	*facts = (struct socket_facts){ .side = SIDE_LISTEN };
	if (!socket_info(fd, &info) || info.tcpi_state == TCP_CLOSE || socket_is_mptcp(fd))
		return false;
	(void)socket_local(fd, facts);
	if (info.tcpi_state == TCP_LISTEN)
		return true;
	facts->side = seen_is(SEEN_CONNECTED, fd) ? SIDE_CONNECT : SIDE_ACCEPTED;
	(void)socket_peer(fd, facts);
	return true;
}

static void take_back(const struct shim *shim, struct target *target,
		      const struct resolution *resolution, option_set what)
{
	apply_withdraw(shim, target, resolution, what);
	if (what & option_bit(OPTION_SO_LINGER))
		apply_withdraw_drained(shim, target, resolution);
}

/* Takes back what is in force on a socket of that side, inherited from its listener or set on
 * itself. */
static void withdraw(const struct shim *shim, struct target *target, struct socket_facts facts,
		     option_set what)
{
	struct resolution own;

	take_back(shim, target, shim_resolve(shim, &facts, &own), what);
	if (facts.side != SIDE_ACCEPTED)
		return;
	facts.side = SIDE_LISTEN;
	take_back(shim, target, shim_resolve(shim, &facts, &own), what);
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
	const option_set set = shim_noted_by(shim, level, name);
	struct socket_facts facts;
	struct target target;
	option_set fights;
	uint64_t cookie;

	if (!set || !socket_cookie(fd, &cookie))
		return;
	ledger_add(cookie, set);
	atomic_store_explicit(&counters()->records_dropped, ledger_dropped(), memory_order_relaxed);
	fights = policy_fights(set);
	if (level == SOL_SOCKET && name == SO_LINGER)
		fights |= option_bit(OPTION_SO_LINGER); /* with "drained" */
	fights &= shim->asked;                          /* nothing else can have been set before */
	if (!(shim->forced & set) && !fights)
		return;
	if (!socket_is_tcp(fd) || !find_side(fd, &facts))
		return;
	target = (struct target){
		.fd = fd, .side = facts.side, .facts = &facts, .own = ledger_find(cookie).set
	};
	if (facts.side == SIDE_ACCEPTED)
		target.own |= listen_own_on_port(facts.local_port);
	if (shim->forced & set)
		force_again(shim, &target, facts, set);
	if (fights)
		withdraw(shim, &target, facts, fights);
}
