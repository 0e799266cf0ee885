#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <tcpwright/options.h>

/* One option of one socket. Nothing but system calls; errno is theirs. */

/* The value on the socket, in the option's unit; false if it cannot be read. */
bool option_read(int fd, enum option_id option, struct option_value *ret_value);
/* 0 or a positive errno. */
int option_write(int fd, enum option_id option, const struct option_value *value);

/*
 * so_linger = drained is TCP_LINGER2 = -1, which stays where the program sets SO_LINGER: whether it
 * is there, and its end (0 or a positive errno).
 */
bool option_is_drained(int fd);
int option_end_drained(int fd);

/* The time after which the keepalive in force ends a dead connection; false: there is none. */
bool option_keepalive_ms(int fd, int64_t *ret_ms);
