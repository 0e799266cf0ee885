#pragma once

#include <stdbool.h>

struct err;
struct profile_path;

/*
 * The first NAME.ini in FIRST (a directory; NULL: none) and then along PATH, to be freed. -ENOENT
 * with the nearest name there is.
 */
int profile_find(const char *name, const char *first, const struct profile_path *path,
		 char **ret_file, struct err *err);

/* Is FILE the one that a role called NAME lies in? */
bool profile_is_named(const char *file, const char *name);
