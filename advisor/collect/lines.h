#pragma once

#include <stdbool.h>
#include <stddef.h>

struct root;

/* Reads files of any length line by line, in one buffer. All zero is closed. */
struct lines {
	char *buffer; /* owned */
	size_t begin, end;
	int fd;
	bool open;
};

/* -errno where the file cannot be opened. */
int lines_open(struct lines *lines, const struct root *root, const char *path);
void lines_close(struct lines *lines);

/*
 * 1 with the next line, without its newline and valid until the next call; 0 at the end; -errno.
 * RET_WHOLE is false for a last line without newline and for one that exceeds the buffer, whose
 * rest is left out: such a line was cut.
 */
int lines_next(struct lines *lines, char **ret_line, bool *ret_whole);
