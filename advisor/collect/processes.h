#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"

enum { COMMAND_BYTES = 200, ARGUMENTS_BYTES = 1024 };

/*
 * The parsers of /proc/PID: text to values, nothing else. For collect_processes() see collect.h.
 */

/* "socket:[433591]", a descriptor's link; false for anything else. */
bool socket_link_parse(const char *link, uint64_t *ret_inode);
/* The soft limit in the text of /proc/PID/limits; unknown if unlimited or not there. */
struct reading nofile_parse(const char *limits);
/* The arguments of /proc/PID/cmdline, LENGTH bytes, joined by spaces and safe to print; 0: none. */
size_t command_join(const char *cmdline, size_t length, char ret_command[static COMMAND_BYTES + 1]);
/*
 * Are these the arguments that the program was started with? Not if they are longer than
 * ARGUMENTS_BYTES, and not if the program has written a title over them, which is one text with
 * spaces and then what is left of the old ones.
 */
bool arguments_are_whole(const char *cmdline, size_t length);
