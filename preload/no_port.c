/* bind() without a port, and the port after all where the program wants to know it. */
#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "apply.h"
#include "ledger.h"
#include "next.h"
#include "no_port.h"
#include "option_io.h"
#include "socket.h"

/* No socket was ever bound without a port: nobody needs to look. */
static atomic_bool used;

static int set_option(int fd, int on)
{
	return next_calls()->setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
}

void no_port_note(const struct shim *shim, int fd, const struct target *target)
{
	struct option_value now;
	uint64_t cookie;

	if (shim->dry_run || (target->own & option_bit(OPTION_IP_BIND_ADDRESS_NO_PORT)) ||
	    !option_read(fd, OPTION_IP_BIND_ADDRESS_NO_PORT, &now) || !now.number)
		return;
	if (!socket_cookie(fd, &cookie)) {
		(void)set_option(fd, 0);
		return;
	}
	ledger_mark_no_port(cookie, true);
	atomic_store(&used, true);
}

/*
 * Where the ledger may have forgotten, the socket's own option says it. The program may have set
 * that itself; then it is told a port all the same, which is better than port 0 for one who expects
 * none.
 */
static bool is_ours(int fd, uint64_t *ret_cookie)
{
	struct ledger_record record;
	struct option_value now;

	if (!atomic_load_explicit(&used, memory_order_acquire) || !socket_cookie(fd, ret_cookie))
		return false;
	record = ledger_find(*ret_cookie);
	if (record.no_port || !record.forgotten)
		return record.no_port;
	return !(record.set & option_bit(OPTION_IP_BIND_ADDRESS_NO_PORT)) &&
	       option_read(fd, OPTION_IP_BIND_ADDRESS_NO_PORT, &now) && now.number;
}

/* The address that FD is bound to; false if it has a port as well, or cannot say. */
static bool bound_without_port(int fd, struct sockaddr_storage *addr, socklen_t *length)
{
	uint8_t address[16];
	uint16_t port;

	*length = sizeof(*addr);
	return next_calls()->getsockname(fd, (struct sockaddr *)addr, length) == 0 &&
	       address_read((struct sockaddr *)addr, *length, address, &port) && port == 0;
}

int no_port_take_port(const struct shim *shim, int fd)
{
	struct sockaddr_storage addr;
	socklen_t length;
	uint64_t cookie;

	if (!(shim->needs[SIDE_BIND].options & option_bit(OPTION_IP_BIND_ADDRESS_NO_PORT)) ||
	    !is_ours(fd, &cookie) || !bound_without_port(fd, &addr, &length))
		return 0;
	(void)set_option(fd, 0);
	/* EINVAL: another thread was quicker, here or with connect(), and there is a port. */
	if (next_calls()->bind(fd, (struct sockaddr *)&addr, length) == 0 || errno == EINVAL) {
		ledger_mark_no_port(cookie, false);
		return 0;
	}
	/* The kernel has forgotten the address: measured, a bound 127.0.0.9 went out as 127.0.0.1.
	 */
	(void)set_option(fd, 1);
	(void)next_calls()->bind(fd, (struct sockaddr *)&addr, length);
	return -1;
}

void no_port_drop(const struct shim *shim, int fd)
{
	uint64_t cookie;

	if (!(shim->needs[SIDE_BIND].options & option_bit(OPTION_IP_BIND_ADDRESS_NO_PORT)) ||
	    !is_ours(fd, &cookie))
		return;
	(void)set_option(fd, 0);
	ledger_mark_no_port(cookie, false);
}
