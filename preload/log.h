#pragma once

#include <stdbool.h>

#include <tcpwright/policy.h>
#include <tcpwright/shim_counters.h>

struct err;

/*
 * The log: one JSON object per line, each written by one write(2) to a file opened for appending.
 * Nothing here is called on a hook's way while it is not open, and a line that cannot be written is
 * counted and forgotten.
 */

/* Opens PATH, on a high descriptor. PROGRAM is what every line names; it is kept. */
int log_open(const char *path, struct err *err);
bool log_is_open(void);
void log_program(const char *program);

/* "start", "error" or "note", with a sentence. */
void log_message(const char *event, const char *message);

/* What happened to one option of one socket. */
struct log_line {
	int fd;
	enum socket_side side;
	const struct socket_facts *facts; /* NULL: the socket itself is asked for its addresses */
	const struct policy_setting *setting;
	const char *section; /* that the setting is of; NULL: of none */
	enum option_id option;
	const struct option_value *before; /* NULL: unknown */
	const struct option_value *value;
	enum shim_result result;
	int error; /* errno of a failure */
};
void log_option(const struct log_line *line);
/* Options that were asked for and fight others that are: sections are only checked one by one. */
void log_left_out(int fd, enum socket_side side, option_set left_out);
/* Something worth knowing of a socket, in a sentence. */
void log_socket(int fd, enum socket_side side, const char *message);
