#pragma once

struct err;
struct model;
struct root;

/*
 * One row per source that needs nothing but the root: fetches, parses, and records a gap where it
 * cannot. Only running out of memory is an error.
 */
struct source {
	const char *name; /* as a gap names it */
	int (*collect)(const struct root *root, struct model *model, struct err *err);
};

extern const struct source source_host, source_sysctls, source_counters, source_sockstat,
	source_softnet, source_conntrack;
