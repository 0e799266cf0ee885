#pragma once

#include <stdbool.h>
#include <stddef.h>

struct err;
struct policy;
struct profile;

/* Which options `run` is to set: from the command line, or else from the environment. */
struct run_policy {
	/* As given; NULL: not. Borrowed. */
	const char *profile, *role, *profile_dir;
	const char **sets; /* owned */
	size_t n_sets;
	/* What run_policy_load() makes of it. */
	bool own;    /* given on the command line, which then replaces the environment */
	char *file;  /* owned; the profile's, absolute; NULL: none, or the environment's */
	char *items; /* owned; every --set, one a line; NULL: none */
	struct profile *checked; /* owned; NULL: no profile */
	struct policy *policy;   /* all of it, in the order in which it matches; borrowed */
};

/*
 * Reads and checks all of it as the preloaded library will, and as strictly as `profile check`.
 * -ENODATA: nothing is to be set.
 */
int run_policy_load(struct run_policy *run, struct err *err);
void run_policy_done(struct run_policy *run);
