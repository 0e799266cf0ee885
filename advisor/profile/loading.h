#pragma once

#include <stddef.h>

#include "profile.h"

struct err;
struct text_entry;

/* What load.c and set.c share while a profile is put together. */
struct loading {
	struct profile *profile;
	size_t files_capacity, sysctls_capacity, thresholds_capacity, rules_capacity,
		sockets_capacity;
	const struct profile_words *words;
	struct err *err;
};

/*
 * Takes one entry (or the line of a section) of FILE over into the profile: an entry for the same
 * thing from another file is replaced, one from the same file is an error. FILE is kept as the
 * origin, so it must be a string of the profile's list of files.
 */
int profile_set(struct loading *loading, const struct text_entry *entry, const char *file);
