#pragma once

#include <stdint.h>

#include <tcpwright/options.h>

struct shim;

/* Returns the backlog that listen() is to be called with. */
int listen_before(const struct shim *shim, int fd, int backlog);
/* SO_REUSEADDR on a socket that does not listen would let others bind its port. */
void listen_failed(const struct shim *shim, int fd);
/* Says in the log where BACKLOG is more than the kernel allows. */
void listen_done(const struct shim *shim, int fd, int backlog);

/*
 * A listener that was made elsewhere (socket activation, SCM_RIGHTS) and is accepted from here:
 * what is no default on it counts as chosen by who made it.
 */
void listen_adopt(const struct shim *shim, int fd);

/* What the program has chosen itself on a listener, which accepted sockets inherit. */
option_set listen_own(int fd);
/* The same for all open listeners on a port, with some system calls. */
option_set listen_own_on_port(uint16_t port);
