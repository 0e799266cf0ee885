#pragma once

#include <stdbool.h>
#include <sys/socket.h>

struct shim;

/*
 * What has to be set before an address is bound. False: FD has an address already, as far as the
 * program can know, and bind() must fail.
 */
bool bind_before(const struct shim *shim, int fd, const struct sockaddr *addr, socklen_t length);
void bind_done(int fd);
/* Takes that back, so that the program can try another address. */
void bind_failed(const struct shim *shim, int fd, const struct sockaddr *addr, socklen_t length);
/* After EADDRINUSE: once more with SO_REUSEADDR, where a section asks for it. True: it is bound. */
bool bind_again(const struct shim *shim, int fd, const struct sockaddr *addr, socklen_t length);
