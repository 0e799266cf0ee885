#pragma once

struct shim;
struct target;

/*
 * Sockets that we bound to an address without a port (IP_BIND_ADDRESS_NO_PORT), because connect()
 * chooses a better one. Whoever asks for the port before that must get one all the same.
 */

/* After bind_before(): remembers the socket if the option is on it, and not by the program. */
void no_port_note(const struct shim *shim, int fd, const struct target *target);
/*
 * Gives such a socket its port now, as bind() would have. 0: it has one, or is none of ours. -1: no
 * port is left; it is bound to its address as before.
 */
int no_port_take_port(const struct shim *shim, int fd);
/*
 * Takes the option off such a socket and forgets it: bind() has failed, so that there is no address
 * to give a port to; or listen() is about to choose a port itself, and what it accepts must not
 * inherit the option.
 */
void no_port_drop(const struct shim *shim, int fd);
