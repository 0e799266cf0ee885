#pragma once

#include <stdbool.h>
#include <stddef.h>

struct err;

/*
 * The tree that is read: "/" on a live host, a folder elsewhere. Every path of a collector is
 * relative to it, without a leading slash, and never leaves it.
 */
struct root {
	int fd;    /* of the directory; -1: closed */
	bool live; /* it is this host's own "/" */
};

int root_open(const char *path, struct root *ret_root, struct err *err);
void root_close(struct root *root);

/*
 * A descriptor of a file or directory for reading, close-on-exec; -errno. Links of a saved tree are
 * followed inside it; pipes and devices there are refused (-EINVAL).
 */
int root_open_file(const struct root *root, const char *path);

/*
 * The whole file as text with a final NUL, to be freed; -errno, -EFBIG beyond MAX bytes. Files of
 * /proc say nothing of their size, so they are read to the end. RET_LENGTH may be NULL.
 */
int root_read(const struct root *root, const char *path, size_t max, char **ret_text,
	      size_t *ret_length);

/*
 * Is this process in the network namespace of process 1? True where nobody can tell (hidepid), and
 * for a saved tree.
 */
bool root_in_first_netns(const struct root *root);

/* This process could write it now; in a saved tree, whose host is elsewhere: its owner could. */
bool root_writable(const struct root *root, const char *path);
