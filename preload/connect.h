#pragma once

#include <sys/socket.h>

struct shim;

/* Sets what clients to ADDR are to have; anything but TCP is left alone. */
void connect_before(const struct shim *shim, int fd, const struct sockaddr *addr, socklen_t length);
