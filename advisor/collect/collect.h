#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct model;

/*
 * Reads a host into a model. One file per source; every path is opened below `root`. A source that
 * cannot be read becomes a gap in the model, not a failure.
 */

enum backend {
	BACKEND_AUTO, /* sock_diag; /proc where that is refused or the root is not this host */
	BACKEND_SOCK_DIAG,
	BACKEND_PROC,
};

struct collect_options {
	const char *root; /* NULL or "/": this host, live */
	enum backend backend;
	unsigned int window_s; /* 0: a single sample; a saved host has no other: -EINVAL */
	/* Called once a second during a window; NULL: nobody wants to know. */
	void (*progress)(void *context, unsigned int elapsed_s, unsigned int window_s);
	void *progress_context;
	/*
	 * Asked once a second, with the same context; true ends the window early, and the model
	 * says how long it was. NULL: never.
	 */
	bool (*interrupted)(void *context);
};

/*
 * -ENOTSUP when no backend could read sockets: the model is then handed out all the same, with the
 * reason among its gaps and the sentence in ERR. Other errors: no model.
 */
int collect(const struct collect_options *options, struct model **ret_model, struct err *err);

/*
 * Finds the processes of the sockets with these inodes (sorted, unique), in one pass over
 * /proc/PID/fd, and records a gap where other users' processes could not be read.
 */
int collect_processes(const char *root, const uint64_t inodes[], size_t n_inodes,
		      struct model *model, struct err *err);
