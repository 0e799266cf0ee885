#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sock_row.h"

struct root;

/*
 * /proc/net/tcp and /proc/net/tcp6, for where netlink is refused and for saved hosts. They know no
 * listener's limit, cookie, cgroup, socket option, idle time, nor bound idle sockets.
 */

/* One line of either file, without its newline. False for the heading, cut lines and garbage. */
bool proc_tcp_parse_line(const char *line, struct sock_row *ret_row);

enum proc_tcp_part {
	PROC_TCP_LISTENERS,
	PROC_TCP_OTHERS, /* all other sockets */
};

/*
 * Reads one of the two files; adds to *BAD_LINES those that could not be read. -errno; -EBADMSG for
 * a file with neither heading nor rows: /proc's files have no size, so archives save them empty.
 */
int proc_tcp_read(const struct root *root, const char *path, enum proc_tcp_part part,
		  const struct row_sink *sink, uint64_t *bad_lines);
