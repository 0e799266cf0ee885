#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <tcpwright/policy.h>

#include "find.h"
#include "sysctl_value.h"
#include "sysctls.h"

struct err;

/*
 * Role profiles: what a role expects of a host, from INI files, with includes resolved and with the
 * file and line that each value came from.
 */

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

/* A line of a `[socket NAME]` section, as it stands; `policy` is what they mean. */
struct profile_socket {
	char *section;     /* owned; NAME */
	char *key, *value; /* owned */
	char *reason;      /* owned; as above */
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
	struct policy *policy; /* owned; what those lines mean, checked */
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

/* The threshold that the profile sets, else FALLBACK. */
double profile_threshold(const struct profile *profile, const char *rule, const char *name,
			 double fallback);
/* NULL: the profile says nothing of that rule. PROFILE may be NULL in both. */
const struct profile_rule *profile_rule(const struct profile *profile, const char *rule);
