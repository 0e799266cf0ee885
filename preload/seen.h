#pragma once

#include <stdbool.h>

/*
 * A few bits per descriptor, as a hint that saves system calls. Descriptors are closed and used again
 * behind our back, so a bit is never a fact: where it matters, SO_COOKIE decides.
 */
enum seen {
	SEEN_BOUND,     /* bind() was called here: the socket was made here */
	SEEN_LISTENER,  /* a listener that was looked at */
	SEEN_CONNECTED, /* connect() was called here, and options were set */
	N_SEEN
};

void seen_set(enum seen what, int fd);
bool seen_is(enum seen what, int fd);
/*
 * Of a socket that is to listen: bind() was the last that was seen of its number. Any other came
 * from elsewhere, as far as anybody can tell.
 */
bool seen_as_bound(int fd);
/* A new descriptor: what was known of the number is of another socket. */
void seen_forget(int fd);
