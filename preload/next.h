#pragma once

#include <sys/socket.h>

/* The functions that the hooks stand in front of: those of the next library, usually libc's. */
struct next {
	int (*accept)(int fd, struct sockaddr *addr, socklen_t *length);
	int (*accept4)(int fd, struct sockaddr *addr, socklen_t *length, int flags);
	int (*bind)(int fd, const struct sockaddr *addr, socklen_t length);
	int (*connect)(int fd, const struct sockaddr *addr, socklen_t length);
	int (*getsockname)(int fd, struct sockaddr *addr, socklen_t *length);
	int (*getsockopt)(int fd, int level, int name, void *value, socklen_t *length);
	int (*listen)(int fd, int backlog);
	int (*setsockopt)(int fd, int level, int name, const void *value, socklen_t length);
};

/*
 * Resolved at the first call, which may come from another library's constructor, before ours has
 * run. While that goes on, others (threads, or the resolver itself) get plain system calls.
 */
const struct next *next_calls(void);
