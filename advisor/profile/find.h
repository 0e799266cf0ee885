#pragma once

#include <stddef.h>

struct err;
struct profile_path;

/*
 * The first NAME.ini in FIRST (a directory; NULL: none) and then along PATH, to be freed. -ENOENT
 * with the nearest name there is.
 */
int profile_find(const char *name, const char *first, const struct profile_path *path,
		 char **ret_file, struct err *err);

/*
 * The length of the role's name, with which *RET_BASE begins: "web-server" of
 * "/etc/tcpwright/profiles/web-server.ini". 0 if FILE has no such name; *RET_BASE is set all the
 * same.
 */
size_t profile_stem(const char *file, const char **ret_base);
