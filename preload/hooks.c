/*
 * The functions that programs call in place of libc's. Each does what there is to do around the
 * call, and gives the program the kernel's own answer: result and errno are those of the call
 * itself.
 */
#include <errno.h>
#include <netinet/in.h>

#include "accepted.h"
#include "bind.h"
#include "connect.h"
#include "listen.h"
#include "next.h"
#include "no_port.h"
#include "setsockopt.h"
#include "shim.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT int setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
	const struct shim *shim = shim_get();
	int result, saved = errno;

	if (!shim)
		return next_calls()->setsockopt(fd, level, name, value, length);
	if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY && no_port_take_port(shim, fd) < 0) {
		errno = EINVAL; /* as on any socket that has a port */
		return -1;
	}
	errno = saved;
	result = next_calls()->setsockopt(fd, level, name, value, length);
	saved = errno;
	if (result == 0)
		setsockopt_done(shim, fd, level, name);
	errno = saved;
	return result;
}

EXPORT int bind(int fd, const struct sockaddr *addr, socklen_t length)
{
	const struct shim *shim = shim_get();
	int saved = errno, result;

	if (!shim)
		return next_calls()->bind(fd, addr, length);
	if (!bind_before(shim, fd, addr, length)) {
		errno = EINVAL; /* as on any socket that has a port */
		return -1;
	}
	errno = saved;
	result = next_calls()->bind(fd, addr, length);
	if (result < 0 && errno == EADDRINUSE) {
		result = bind_again(shim, fd, addr, length) ? 0 : -1;
		errno = result == 0 ? saved : EADDRINUSE;
	}
	saved = errno;
	if (result == 0)
		bind_done(fd);
	else
		bind_failed(shim, fd, addr, length);
	errno = saved;
	return result;
}

EXPORT int listen(int fd, int backlog)
{
	const struct shim *shim = shim_get();
	int saved = errno, result;

	if (!shim)
		return next_calls()->listen(fd, backlog);
	backlog = listen_before(shim, fd, backlog);
	errno = saved;
	result = next_calls()->listen(fd, backlog);
	saved = errno;
	if (result == 0)
		listen_done(shim, fd, backlog);
	else
		listen_failed(shim, fd);
	errno = saved;
	return result;
}

EXPORT int connect(int fd, const struct sockaddr *addr, socklen_t length)
{
	const struct shim *shim = shim_get();
	int saved = errno;

	if (shim) {
		connect_before(shim, fd, addr, length);
		errno = saved;
	}
	return next_calls()->connect(fd, addr, length);
}

EXPORT int getsockname(int fd, struct sockaddr *addr, socklen_t *length)
{
	const struct shim *shim = shim_get();
	int saved = errno;

	if (shim && no_port_take_port(shim, fd) < 0) {
		errno = ENOBUFS;
		return -1;
	}
	errno = saved;
	return next_calls()->getsockname(fd, addr, length);
}

EXPORT int accept(int fd, struct sockaddr *addr, socklen_t *length)
{
	const struct shim *shim = shim_get();
	int saved = errno, result;

	if (!shim)
		return next_calls()->accept(fd, addr, length);
	accept_before(shim, fd);
	errno = saved;
	result = next_calls()->accept(fd, addr, length);
	saved = errno;
	accept_done(shim, fd, result);
	errno = saved;
	return result;
}

EXPORT int accept4(int fd, struct sockaddr *addr, socklen_t *length, int flags)
{
	const struct shim *shim = shim_get();
	int saved = errno, result;

	if (!shim)
		return next_calls()->accept4(fd, addr, length, flags);
	accept_before(shim, fd);
	errno = saved;
	result = next_calls()->accept4(fd, addr, length, flags);
	saved = errno;
	accept_done(shim, fd, result);
	errno = saved;
	return result;
}
