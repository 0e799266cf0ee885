#pragma once

#include <tcpwright/options.h>

struct shim;

/* Returns the backlog that listen() is to be called with. */
int listen_before(const struct shim *shim, int fd, int backlog);
/* Says in the log where BACKLOG is more than the kernel allows. */
void listen_done(const struct shim *shim, int fd, int backlog);

/*
 * A listener that was made elsewhere (socket activation, SCM_RIGHTS) and is accepted from here:
 * what is no default on it counts as chosen by who made it.
 */
void listen_adopt(const struct shim *shim, int fd);

/* What the program has chosen itself on any of its listeners, which accepted sockets inherit. */
option_set listen_own(void);
