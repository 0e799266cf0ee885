/* Finds what the hooks stand in front of, whenever the first of them is called. */
#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "next.h"

enum { UNRESOLVED, RESOLVING, RESOLVED };

static int raw_accept(int fd, struct sockaddr *addr, socklen_t *length)
{
	return (int)syscall(SYS_accept4, fd, addr, length, 0);
}

static int raw_accept4(int fd, struct sockaddr *addr, socklen_t *length, int flags)
{
	return (int)syscall(SYS_accept4, fd, addr, length, flags);
}

static int raw_bind(int fd, const struct sockaddr *addr, socklen_t length)
{
	return (int)syscall(SYS_bind, fd, addr, length);
}

static int raw_connect(int fd, const struct sockaddr *addr, socklen_t length)
{
	return (int)syscall(SYS_connect, fd, addr, length);
}

static int raw_getsockname(int fd, struct sockaddr *addr, socklen_t *length)
{
	return (int)syscall(SYS_getsockname, fd, addr, length);
}

static int raw_getsockopt(int fd, int level, int name, void *value, socklen_t *length)
{
	return (int)syscall(SYS_getsockopt, fd, level, name, value, length);
}

static int raw_listen(int fd, int backlog)
{
	return (int)syscall(SYS_listen, fd, backlog);
}

static int raw_setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
	return (int)syscall(SYS_setsockopt, fd, level, name, value, length);
}

static const struct next raw = {
	raw_accept,      raw_accept4,    raw_bind,   raw_connect,
	raw_getsockname, raw_getsockopt, raw_listen, raw_setsockopt,
};
static struct next next;
static atomic_int state = UNRESOLVED;

/* Every name asked for exists in every libc: dlsym() would ask for memory to say that one does not.
 */
static void resolve(void)
{
	static const struct {
		const char *name;
		size_t at;
	} names[] = {
		{ "accept", offsetof(struct next, accept) },
		{ "accept4", offsetof(struct next, accept4) },
		{ "bind", offsetof(struct next, bind) },
		{ "connect", offsetof(struct next, connect) },
		{ "getsockname", offsetof(struct next, getsockname) },
		{ "getsockopt", offsetof(struct next, getsockopt) },
		{ "listen", offsetof(struct next, listen) },
		{ "setsockopt", offsetof(struct next, setsockopt) },
	};

	next = raw;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		void *found = dlsym(RTLD_NEXT, names[i].name);

		if (found)
			*(void **)((char *)&next + names[i].at) = found;
	}
}

const struct next *next_calls(void)
{
	int expected = UNRESOLVED;

	if (atomic_load_explicit(&state, memory_order_acquire) == RESOLVED)
		return &next;
	if (!atomic_compare_exchange_strong(&state, &expected, RESOLVING))
		return &raw;
	resolve();
	atomic_store_explicit(&state, RESOLVED, memory_order_release);
	return &next;
}
