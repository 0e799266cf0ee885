/* Options of listeners, which what they accept inherits, and their backlog. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>

#include "apply.h"
#include "counters.h"
#include "listen.h"
#include "log.h"
#include "next.h"
#include "no_port.h"
#include "seen.h"
#include "socket.h"

/* What the program has chosen itself on any of its listeners. */
static _Atomic option_set listeners_own;

option_set listen_own(void)
{
	return atomic_load(&listeners_own);
}

/* The limit that the kernel has given a listener is in tcpi_sacked: tcp_diag.c, tcp.c. */
static bool read_limit(int fd, unsigned int *ret_limit)
{
	struct tcp_info info = { 0 };
	socklen_t length = sizeof(info);

	if (next_calls()->getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) < 0 ||
	    info.tcpi_state != TCP_LISTEN)
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

int listen_before(const struct shim *shim, int fd, int backlog)
{
	struct socket_facts facts = { .side = SIDE_LISTEN };
	const struct policy_needs *needs = &shim->needs[SIDE_LISTEN];
	const struct resolution *resolution;
	struct resolution own;
	struct target target;

	no_port_before_listen(shim, fd);
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
		atomic_fetch_or(&listeners_own, target.own);
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
	atomic_fetch_or(&listeners_own, target.own);
	backlog = apply_backlog(shim, &target, resolution, (int)limit);
	if (backlog != (int)limit)
		(void)next_calls()->listen(fd, backlog);
}
