/* Long files of /proc, line by line. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "root.h"

#include "lines.h"

/* One read() of /proc/net/tcp gives as many rows as fit; beyond 64 KiB nothing is gained. */
enum { BUFFER_SIZE = 65536 };

int lines_open(struct lines *lines, const struct root *root, const char *path)
{
	CLEANUP(closep) int fd = root_open_file(root, path);

	if (fd < 0)
		return fd;
	*lines = (struct lines){ .buffer = malloc(BUFFER_SIZE + 1) };
	if (!lines->buffer)
		return -ENOMEM;
	lines->fd = TAKE_FD(fd);
	lines->open = true;
	return 0;
}

void lines_close(struct lines *lines)
{
	if (lines->open)
		(void)close(lines->fd);
	free(lines->buffer);
	*lines = (struct lines){ 0 };
}

/* Moves what is unread to the front and reads on; 0 at the end of the file. */
static ssize_t refill(struct lines *lines)
{
	ssize_t n;

	memmove(lines->buffer, lines->buffer + lines->begin, lines->end - lines->begin);
	lines->end -= lines->begin;
	lines->begin = 0;
	do
		n = read(lines->fd, lines->buffer + lines->end, BUFFER_SIZE - lines->end);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	lines->end += (size_t)n;
	return n;
}

/* Reads past the newline of a line that filled the buffer, keeping the line's beginning. */
static ssize_t skip_rest(struct lines *lines)
{
	char chunk[4096];

	for (;;) {
		ssize_t n = read(lines->fd, chunk, sizeof(chunk));
		const char *newline;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		newline = memchr(chunk, '\n', (size_t)n);
		if (newline) {
			size_t rest = (size_t)n - (size_t)(newline + 1 - chunk);

			/* The line is handed out from the same buffer, at most half of it. */
			memcpy(lines->buffer + BUFFER_SIZE - rest, newline + 1, rest);
			lines->begin = BUFFER_SIZE - rest;
			return 0;
		}
	}
}

/* A line that was cut: by the end of the file, or because it filled the buffer. */
static int hand_out_cut(struct lines *lines, size_t length, char **ret_line, bool *ret_whole)
{
	lines->buffer[length] = '\0';
	*ret_line = lines->buffer;
	*ret_whole = false;
	return 1;
}

int lines_next(struct lines *lines, char **ret_line, bool *ret_whole)
{
	size_t searched = 0;

	for (;;) {
		char *start = lines->buffer + lines->begin;
		size_t length = lines->end - lines->begin;
		char *newline = memchr(start + searched, '\n', length - searched);
		ssize_t n;

		if (newline) {
			*newline = '\0';
			lines->begin += (size_t)(newline + 1 - start);
			*ret_line = start;
			*ret_whole = true;
			return 1;
		}
		searched = length;
		if (length == BUFFER_SIZE) {
			lines->begin = lines->end;
			n = skip_rest(lines);
			return n < 0 ? (int)n
				     : hand_out_cut(lines, BUFFER_SIZE / 2, ret_line, ret_whole);
		}
		n = refill(lines);
		if (n < 0)
			return (int)n;
		if (n == 0) {
			lines->begin = lines->end;
			return length == 0 ? 0 : hand_out_cut(lines, length, ret_line, ret_whole);
		}
	}
}
