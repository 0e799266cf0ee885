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
 * The TCP state of a socket of ours, and which side it is on; TCP_CLOSE for one that was never in
 * use, as far as its descriptor tells, and for MPTCP that a peer did not speak, which now answers
 * as TCP.
 */
static int find_state(int fd, struct socket_facts *facts)
{
	struct tcp_info info;
	bool connected = seen_is(SEEN_CONNECTED, fd);

	*facts = (struct socket_facts){ .side = SIDE_LISTEN };
	if (!socket_info(fd, &info) || (info.tcpi_state == TCP_CLOSE && !connected) ||
	    socket_is_mptcp(fd))
		return TCP_CLOSE;
	(void)socket_local(fd, facts);
	if (info.tcpi_state == TCP_LISTEN)
		return TCP_LISTEN;
	facts->side = connected ? SIDE_CONNECT : SIDE_ACCEPTED;
	(void)socket_peer(fd, facts);
	return info.tcpi_state;
}

static void take_back(const struct shim *shim, struct target *target,
		      const struct resolution *resolution, option_set what)
{
	apply_withdraw(shim, target, resolution, what);
	if (what & option_bit(OPTION_SO_LINGER))
		apply_withdraw_drained(shim, target, resolution);
}

/* Once connect() has failed a socket has no peer: what is in force may be of any section. */
static void withdraw_of_any_peer(const struct shim *shim, struct target *target, option_set what)
{
	for (size_t i = 0; i < shim->policy->n_sections; i++) {
		const struct policy_section *section = &shim->policy->sections[i];
		struct resolution own = { 0 };

		if (section->left_out || !(section->sides & ON_CLIENT))
			continue;
		for (size_t k = 0; k < section->n_settings; k++) {
			own.settings[section->settings[k].option] = &section->settings[k];
			own.wanted |= option_bit(section->settings[k].option);
		}
		take_back(shim, target, &own, what);
	}
}

static void withdraw_of_side(const struct shim *shim, struct target *target,
			     struct socket_facts facts, enum socket_side side, option_set what)
{
	struct resolution own;

	facts.side = side;
	take_back(shim, target, shim_resolve(shim, &facts, &own), what);
}

/*
 * Takes back what is in force, set on the socket or inherited from its listener. For a connection
 * both sides are tried: after dup() its descriptor says nothing of how it was made.
 */
static void withdraw(const struct shim *shim, struct target *target,
		     const struct socket_facts *facts, int state, option_set what)
{
	if (state == TCP_LISTEN) {
		withdraw_of_side(shim, target, *facts, SIDE_LISTEN, what);
	} else if (!facts->peer_known) {
		withdraw_of_any_peer(shim, target, what);
	} else {
		withdraw_of_side(shim, target, *facts, SIDE_CONNECT, what);
		withdraw_of_side(shim, target, *facts, SIDE_ACCEPTED, what);
		withdraw_of_side(shim, target, *facts, SIDE_LISTEN, what);
	}
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
	int state;

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
	if (!socket_is_tcp(fd))
		return;
	state = find_state(fd, &facts);
	if (state == TCP_CLOSE && facts.side == SIDE_LISTEN)
		return;
	target = (struct target){
		.fd = fd, .side = facts.side, .facts = &facts, .own = ledger_find(cookie).set
	};
	if (facts.peer_known)
		target.own |= listen_own_on_port(facts.local_port);
	if ((shim->forced & set) && state != TCP_CLOSE)
		force_again(shim, &target, facts, set);
	if (fights)
		withdraw(shim, &target, &facts, state, fights);
}
