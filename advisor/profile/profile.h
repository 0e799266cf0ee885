#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "sysctl_value.h"
#include "sysctls.h"

struct err;

/*
 * Role profiles: what a role expects of a host, from INI files, with includes resolved and with the
 * file and line that each value came from.
 */

/* Where a line stands. The file's name is owned by the profile's list of files. */
struct origin {
	const char *file;
	unsigned int line;
};

struct profile_sysctl {
	const struct sysctl_fact *fact;
	enum value_op op;
	char *value;  /* owned; checked: it can be a value of the key */
	char *reason; /* owned; the comment lines above the entry; NULL: none */
	struct origin origin;
};

/* `[thresholds]`: "port-exhaustion.warning = 80" */
struct profile_threshold {
	char *rule, *name; /* owned; known names */
	double value;
	char *reason; /* owned; as above */
	struct origin origin;
};

enum rule_switch { RULE_ON, RULE_OFF };

/* `[rules]`: "tw-rate = off", "syncookies-off = advice" */
struct profile_rule {
	char *rule; /* owned */
	enum rule_switch state;
	char *at_most; /* owned; "info".."critical": it is lowered to this; NULL: as graded */
	char *reason;  /* owned; as above */
	struct origin origin;
};

/* A line of a `[socket NAME]` section, kept for the shim as it stands. */
struct profile_socket {
	char *section;     /* owned; NAME */
	char *key, *value; /* owned */
	struct origin origin;
};

struct profile {
	char *name, *summary; /* owned */
	char **files; /* owned; every file read, the profile's own last; origins point in here */
	size_t n_files;
	struct profile_sysctl *sysctls; /* one per key: a later entry replaces an earlier one */
	size_t n_sysctls;
	struct profile_threshold *thresholds; /* one per rule and name */
	size_t n_thresholds;
	struct profile_rule *rules; /* one per rule */
	size_t n_rules;
	struct profile_socket *sockets;
	size_t n_sockets;
};

/*
 * The names that profiles may use and that belong to layers above this one. Rules are in rules/,
 * which reads profiles: so the caller hands their names in.
 */
struct profile_words {
	const char *const *rules; /* ids */
	size_t n_rules;
	const char *const *thresholds; /* "rule.name" */
	size_t n_thresholds;
};

/* Directories to look in, first match wins. Ends with NULL. */
struct profile_path {
	const char *const *directories;
};

/* --profile-dir, /etc, the shipped profiles, and the NULL at the end. */
enum { PROFILE_PATH_LENGTH = 4 };

/*
 * The path that every subcommand uses: PROFILE_DIR (NULL: none was given), then
 * /etc/tcpwright/profiles, then the shipped profiles. RET_PATH borrows DIRECTORIES and PROFILE_DIR.
 * An error if PROFILE_DIR is no directory: a misspelt one would quietly give another role.
 */
int profile_search_path(const char *profile_dir,
			const char *directories[static PROFILE_PATH_LENGTH],
			struct profile_path *ret_path, struct err *err);

void profile_free(struct profile *profile); /* NULL is fine */
static inline void profile_freep(struct profile **profile)
{
	profile_free(*profile);
}

/*
 * Reads FILE, resolving includes in its own directory first, then along PATH. A file that is
 * reached twice counts once, where it is reached first. A NAME.ini that
 * calls itself something else is refused. Errors name file and line. WORDS may not be NULL.
 */
int profile_load_file(const char *file, const struct profile_path *path,
		      const struct profile_words *words, struct profile **ret_profile,
		      struct err *err);
/* Reads the first NAME.ini of PATH; -ENOENT with the nearest name there is. */
int profile_load_role(const char *name, const struct profile_path *path,
		      const struct profile_words *words, struct profile **ret_profile,
		      struct err *err);

struct profile_entry {
	char *name, *summary, *file; /* owned; the summary is NULL where there is none */
	char *problem; /* owned; why not even its [profile] section can be read; NULL: it can */
};
/* Every role that PATH offers, by name, hidden ones (same name later on the path) left out. */
int profile_list(const struct profile_path *path, struct profile_entry **ret_entries, size_t *ret_n,
		 struct err *err);
void profile_entries_free(struct profile_entry *entries, size_t n);

/* The threshold that the profile sets, else FALLBACK. */
double profile_threshold(const struct profile *profile, const char *rule, const char *name,
			 double fallback);
/* NULL: the profile says nothing of that rule. PROFILE may be NULL in both. */
const struct profile_rule *profile_rule(const struct profile *profile, const char *rule);
