#pragma once

#include <stddef.h>

struct err;

/* Where role profiles lie, and from a role's name to its file. */

/* Directories to look in, first match wins. Ends with NULL. */
struct profile_path {
	const char *const *directories;
};

/* --profile-dir, /etc, the shipped profiles, and the NULL at the end. */
enum { PROFILE_PATH_LENGTH = 4 };

/*
 * The path that all of tcpwright uses: PROFILE_DIR (NULL: none was given), then
 * /etc/tcpwright/profiles, then the shipped profiles. RET_PATH borrows DIRECTORIES and PROFILE_DIR.
 * An error if PROFILE_DIR is no directory: a misspelt one would quietly give another role.
 */
int profile_search_path(const char *profile_dir,
			const char *directories[static PROFILE_PATH_LENGTH],
			struct profile_path *ret_path, struct err *err);

struct profile_entry {
	char *name, *summary, *file; /* owned; the summary is NULL where there is none */
	char *problem; /* owned; why not even its [profile] section can be read; NULL: it can */
};
/* Every role that PATH offers, by name, hidden ones (same name later on the path) left out. */
int profile_list(const struct profile_path *path, struct profile_entry **ret_entries, size_t *ret_n,
		 struct err *err);
void profile_entries_free(struct profile_entry *entries, size_t n);

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
