#pragma once

#include <stdbool.h>

struct err;

/* The library's file, to be freed: beside the program that runs, in its build tree or where it is
 * installed. -ENOENT: it is not there. */
int launch_find_library(char **ret_library, struct err *err);

struct launch {
	const char *library;
	bool own_policy;      /* `profile` and `set` replace what the environment says of them */
	const char *profile;  /* an absolute path; NULL: none */
	const char *set;      /* items, one a line; NULL: none */
	const char *log;      /* an absolute path; NULL: as the environment says */
	const char *children; /* "keep", "strip"; NULL: as the environment says */
	bool dry_run;         /* false: as the environment says */
};

/* LIST, a value of LD_PRELOAD or NULL, with LIBRARY at its end unless it is there; to be freed,
 * NULL: memory ran out. */
char *launch_preload(const char *list, const char *library);
/* Whether LD_PRELOAD can name this file: blanks and colons separate names, `$` begins a token. */
bool launch_can_preload(const char *library);

/* Changes this process's environment, for launch_exec(). */
int launch_environment(const struct launch *launch, struct err *err);
/* What the library would find wrong in that environment: a value, or a log that cannot be opened.
 */
int launch_check(struct err *err);
/* Becomes FILE; a script without "#!" is handed to the shell, as by execvp(). Returns -errno. */
int launch_exec(const char *file, char *const argv[]);
