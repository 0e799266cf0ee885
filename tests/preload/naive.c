/*
 * A library with the faults of naive ones, to test the tests. It is loaded in front of the real
 * one: without a fault it passes every call on to that, so that a test passes; with the one that
 * NAIVE_FAULT names it does what others did, or keeps a call from the real library, by calling the
 * kernel itself.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

/* What the tests' profiles say, too: the faults are in when and where it is set. */
enum { IDLE_S = 192, BACKLOG = 300, N_DESCRIPTORS = 1024 };

static const char *fault = "";
static int blind_log = -1;
/* As libraries do that take a descriptor for a socket. */
static bool chosen[N_DESCRIPTORS];

__attribute__((constructor)) static void start(void)
{
	const char *log = getenv("TCPWRIGHT_LOG");

	if (getenv("NAIVE_FAULT"))
		fault = getenv("NAIVE_FAULT");
	if (log && strcmp(fault, "log-without-a-look") == 0)
		blind_log = 500; /* where the real one has it */
}

static bool has(const char *name)
{
	return strcmp(fault, name) == 0;
}

static int set(int fd, int level, int name, int value)
{
	return (int)syscall(SYS_setsockopt, fd, level, name, &value, sizeof(value));
}

static int get(int fd, int level, int name)
{
	int value = 0;
	socklen_t length = sizeof(value);

	(void)syscall(SYS_getsockopt, fd, level, name, &value, &length);
	return value;
}

static bool is_tcp(int fd)
{
	return get(fd, SOL_SOCKET, SO_PROTOCOL) == IPPROTO_TCP;
}

static void set_keepalive(int fd)
{
	(void)set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	(void)set(fd, IPPROTO_TCP, TCP_KEEPIDLE, IDLE_S);
}

static void set_linger(int fd)
{
	const struct linger linger = { 1, 0 };

	(void)syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

/* What several faults do to listeners and clients alike, once the real library is through. */
static void overdo(int fd)
{
	if (!*fault || !is_tcp(fd))
		return;
	if (has("program-overridden") || has("peer-ignored") || has("dry-run-sets") ||
	    (has("record-by-descriptor") && fd >= 0 && fd < N_DESCRIPTORS && !chosen[fd]))
		set_keepalive(fd);
	if (has("linger-1-0"))
		set_linger(fd);
	if (has("drained-undone"))
		(void)set(fd, IPPROTO_TCP, TCP_LINGER2, 60);
	if (has("raise-lowers"))
		(void)set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 100);
	if (has("auto-is-a-guess"))
		(void)set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 10000);
	if (has("ipv4-only"))
		(void)set(fd, IPPROTO_IPV6, IPV6_TCLASS, 0);
	if (has("one-call-too-many"))
		(void)is_tcp(fd);
	if (has("log-without-a-look") && blind_log >= 0)
		(void)!write(blind_log, "{}\n", 3);
	if (has("prints"))
		(void)!write(STDERR_FILENO, "naive\n", 6);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

EXPORT int socket(int family, int type, int protocol)
{
	int fd = NEXT(socket)(family, type, protocol);
	int saved = errno;

	if (fd >= 0 && has("options-at-socket"))
		set_keepalive(fd);
	if (fd >= 0 && has("options-on-anything"))
		(void)set(fd, SOL_SOCKET, SO_PRIORITY, 5);
	errno = saved;
	return fd;
}

EXPORT int setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
	const int one = 1;
	bool keepalive = name == SO_KEEPALIVE && level == SOL_SOCKET;

	if (name == TCP_KEEPIDLE && level == IPPROTO_TCP && fd >= 0 && fd < N_DESCRIPTORS)
		chosen[fd] = true;
	if (has("level-ignored") && name == TCP_NODELAY && length >= sizeof(one))
		value = &one;
	if (has("writes-through-optval") && name == TCP_KEEPIDLE && level == IPPROTO_TCP &&
	    length == sizeof(int))
		*(int *)(uintptr_t)value = IDLE_S;
	if (has("one-choice-is-all") && keepalive) {
		const int idle_s = 7200;

		(void)NEXT(setsockopt)(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
	}
	if (has("failed-calls-count") && name == TCP_KEEPIDLE && level == IPPROTO_TCP) {
		const int idle_s = 7200;

		(void)NEXT(setsockopt)(fd, level, name, &idle_s, sizeof(idle_s));
	}
	if (has("program-unheard") || (has("v6only-unheard") && name == IPV6_V6ONLY))
		return (int)syscall(SYS_setsockopt, fd, level, name, value, length);
	return NEXT(setsockopt)(fd, level, name, value, length);
}

static bool is_bound(int fd)
{
	struct sockaddr_in6 addr = { 0 };
	socklen_t length = sizeof(addr);

	(void)syscall(SYS_getsockname, fd, &addr, &length);
	return ((struct sockaddr_in *)&addr)->sin_addr.s_addr != 0 ||
	       !IN6_IS_ADDR_UNSPECIFIED(&addr.sin6_addr);
}

EXPORT int bind(int fd, const struct sockaddr *addr, socklen_t length)
{
	int result;

	if (has("reads-wrong-pointers") && addr->sa_family == AF_INET6)
		return -1;
	if (has("reuse-before-bind") && is_tcp(fd))
		(void)set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (has("reuse-on-udp") && !is_tcp(fd))
		(void)set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (has("reuseport-everywhere"))
		(void)set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (has("second-bind-unheard") && is_bound(fd))
		return (int)syscall(SYS_bind, fd, addr, length);
	result = NEXT(bind)(fd, addr, length);
	if (result < 0 && errno == EADDRINUSE && has("reuse-left-on")) {
		(void)set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
		errno = EADDRINUSE;
	}
	if (result == 0 && has("reuse-on-until-listen") && is_tcp(fd))
		(void)set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (result == 0 && has("no-port-for-any-port"))
		(void)set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
	if (result == 0 && has("no-range"))
		(void)set(fd, IPPROTO_IP, 51, 0);
	if (result == 0 && has("errno-touched"))
		errno = EINVAL;
	return result;
}

EXPORT int listen(int fd, int backlog)
{
	int result = NEXT(listen)(fd, backlog), saved = errno;

	if (result < 0)
		return result;
	overdo(fd);
	if (has("reuse-not-at-listen"))
		(void)set(fd, SOL_SOCKET, SO_REUSEADDR, 0);
	if (has("backlog-replaced"))
		(void)syscall(SYS_listen, fd, BACKLOG);
	if (has("backlog-signed") && backlog < BACKLOG && backlog != 0 && backlog != 1)
		(void)syscall(SYS_listen, fd, BACKLOG);
	if (has("backlog-of-0-raised") && backlog >= 0 && backlog < BACKLOG)
		(void)syscall(SYS_listen, fd, BACKLOG);
	if (has("no-port-left-on"))
		(void)set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
	errno = saved;
	return result;
}

EXPORT int connect(int fd, const struct sockaddr *addr, socklen_t length)
{
	int result, saved;

	if (has("no-range"))
		return (int)syscall(SYS_connect, fd, addr, length);
	if (has("set-after-connect")) {
		result = (int)syscall(SYS_connect, fd, addr, length);
		saved = errno;
		(void)set(fd, SOL_SOCKET, SO_RCVBUF, 1 << 14);
		errno = saved;
		return result;
	}
	result = NEXT(connect)(fd, addr, length);
	saved = errno;
	overdo(fd);
	errno = has("errno-touched") ? EINVAL : saved;
	return result;
}

/* Clears the option and binds again, and forgets that the address may be gone when that fails. */
static int take_port(int fd)
{
	struct sockaddr_in6 addr = { 0 };
	socklen_t length = sizeof(addr);

	(void)syscall(SYS_getsockname, fd, &addr, &length);
	if (addr.sin6_port || !is_tcp(fd))
		return 0;
	(void)set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 0);
	return (int)syscall(SYS_bind, fd, &addr, length);
}

EXPORT int getsockname(int fd, struct sockaddr *addr, socklen_t *length)
{
	if (has("getsockname-unheard"))
		return (int)syscall(SYS_getsockname, fd, addr, length);
	if (has("address-lost") && take_port(fd) < 0) {
		errno = ENOBUFS;
		return -1;
	}
	if (has("port-0-when-full")) {
		(void)NEXT(getsockname)(fd, addr, length);
		return (int)syscall(SYS_getsockname, fd, addr, length);
	}
	return NEXT(getsockname)(fd, addr, length);
}

static int accepted(int fd)
{
	int saved = errno;

	if (fd >= 0)
		overdo(fd);
	errno = saved;
	return fd;
}

EXPORT int accept(int fd, struct sockaddr *addr, socklen_t *length)
{
	if (has("accept-unheard"))
		return (int)syscall(SYS_accept4, fd, addr, length, 0);
	return accepted(NEXT(accept)(fd, addr, length));
}

EXPORT int accept4(int fd, struct sockaddr *addr, socklen_t *length, int flags)
{
	if (has("accept-unheard"))
		return (int)syscall(SYS_accept4, fd, addr, length, flags);
	return accepted(NEXT(accept4)(fd, addr, length, flags));
}

/* A RST instead of TIME-WAIT, where nothing is unsent: what the peer did not read yet is not asked.
 */
EXPORT int close(int fd)
{
	int unsent = 0;

	if (has("reset-at-close") && is_tcp(fd) && !get(fd, SOL_SOCKET, SO_ACCEPTCONN) &&
	    ioctl(fd, SIOCOUTQ, &unsent) == 0 && unsent == 0)
		set_linger(fd);
	return NEXT(close)(fd);
}
