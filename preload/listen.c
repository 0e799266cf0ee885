/* Options of listeners, which what they accept inherits, and their backlog. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>

#include "apply.h"
#include "counters.h"
#include "ledger.h"
#include "listen.h"
#include "log.h"
#include "next.h"
#include "no_port.h"
#include "seen.h"
#include "socket.h"

/*
 * What the program has chosen itself on its listeners. The descriptor is a hint, as everywhere:
 * what it is now is asked for when somebody wants to know. What more listeners chose is kept as
 * one.
 */
enum { N_LISTENERS = 64 };
static struct {
	atomic_int fd_plus_1; /* 0: free */
	_Atomic option_set own;
} listeners[N_LISTENERS];
static _Atomic option_set others_own;

static void note_own(int fd, option_set own)
{
	for (size_t i = 0; i < N_LISTENERS; i++) {
		int there = 0;

		if (atomic_compare_exchange_strong(&listeners[i].fd_plus_1, &there, fd + 1) ||
		    there == fd + 1) {
			atomic_store(&listeners[i].own, own);
			return;
		}
	}
	atomic_fetch_or(&others_own, own);
}

option_set listen_own(int fd)
{
	for (size_t i = 0; i < N_LISTENERS; i++)
		if (atomic_load(&listeners[i].fd_plus_1) == fd + 1)
			return atomic_load(&listeners[i].own);
	return atomic_load(&others_own);
}

/* Of the listener at place I: what was known at listen(), and what the program has chosen since. */
static option_set own_of(size_t i, int fd)
{
	option_set own = atomic_load(&listeners[i].own);
	uint64_t cookie;

	return socket_cookie(fd, &cookie) ? own | ledger_find(cookie).set : own;
}

option_set listen_own_on_port(uint16_t port)
{
	option_set own = atomic_load(&others_own);

	for (size_t i = 0; i < N_LISTENERS; i++) {
		int fd = atomic_load(&listeners[i].fd_plus_1) - 1;
		struct socket_facts facts = { .side = SIDE_LISTEN };

		if (fd >= 0 && socket_is_listener(fd) && socket_local(fd, &facts) &&
		    facts.local_port == port)
			own |= own_of(i, fd);
	}
	return own;
}

/* The limit that the kernel has given a listener is in tcpi_sacked: tcp_diag.c, tcp.c. */
static bool read_limit(int fd, unsigned int *ret_limit)
{
	struct tcp_info info;

	if (!socket_info(fd, &info) || info.tcpi_state != TCP_LISTEN)
		return false;
	*ret_limit = info.tcpi_sacked;
	return true;
}

void listen_done(const struct shim *shim, int fd, int backlog)
{
	unsigned int limit;

	if (log_is_open() &&
	    (shim->needs[SIDE_LISTEN].options & option_bit(OPTION_LISTEN_BACKLOG)) &&
	    read_limit(fd, &limit) && limit < (unsigned int)backlog)
		log_socket(fd, SIDE_LISTEN,
			   "the backlog is higher than net.core.somaxconn, which caps it");
}

void listen_failed(const struct shim *shim, int fd)
{
	struct socket_facts facts = { .side = SIDE_LISTEN };
	const struct policy_needs *needs = &shim->needs[SIDE_LISTEN];
	const struct resolution *resolution;
	struct resolution own;
	struct target target;

	/* An accepted socket has it from its listener. */
	if (!(needs->options & option_bit(OPTION_SO_REUSEADDR)) || !seen_is(SEEN_BOUND, fd) ||
	    !socket_is_tcp(fd))
		return;
	if (needs->local)
		(void)socket_local(fd, &facts);
	resolution = shim_resolve(shim, &facts, &own);
	/* As at bind(): that it was looked at for listen() says nothing. */
	target = apply_target(shim, fd, SIDE_BIND, &facts);
	apply_flag_off(shim, &target, resolution, OPTION_SO_REUSEADDR);
}

int listen_before(const struct shim *shim, int fd, int backlog)
{
	struct socket_facts facts = { .side = SIDE_LISTEN };
	const struct policy_needs *needs = &shim->needs[SIDE_LISTEN];
	const struct resolution *resolution;
	struct resolution own;
	struct target target;

	no_port_drop(shim, fd);
	if (!needs->options || !socket_is_tcp(fd))
		return backlog;
	if (needs->local)
		(void)socket_local(fd, &facts);
	atomic_fetch_add_explicit(&counters()->listens, 1, memory_order_relaxed);
	resolution = shim_resolve(shim, &facts, &own);
	if (resolution->wanted) {
		target = apply_target(shim, fd, SIDE_LISTEN, &facts);
		apply_resolution(shim, &target, resolution, ~(option_set)0);
		backlog = apply_backlog(shim, &target, resolution, backlog);
		note_own(fd, target.own);
	}
	seen_set(SEEN_LISTENER, fd);
	return backlog;
}

void listen_adopt(const struct shim *shim, int fd)
{
	struct socket_facts facts = { .side = SIDE_LISTEN };
	const struct resolution *resolution;
	struct resolution own;
	struct target target;
	unsigned int limit;
	int backlog;

	seen_set(SEEN_LISTENER, fd);
	if (!socket_is_tcp(fd) || !read_limit(fd, &limit))
		return;
	(void)socket_local(fd, &facts);
	resolution = shim_resolve(shim, &facts, &own);
	if (!resolution->wanted)
		return;
	atomic_fetch_add_explicit(&counters()->adopted, 1, memory_order_relaxed);
	target = apply_target(shim, fd, SIDE_LISTEN, &facts);
	target.unknown_past = true;
	apply_resolution(shim, &target, resolution, ~(option_set)0);
	note_own(fd, target.own);
	backlog = apply_backlog(shim, &target, resolution, (int)limit);
	if (backlog != (int)limit)
		(void)next_calls()->listen(fd, backlog);
}
