#pragma once

#include <stdbool.h>

struct err;

/*
 * Which program a command starts: looked for as execvp() would, with `#!` lines followed as the
 * kernel follows them, and `/usr/bin/env PROGRAM` in such a line as env does.
 */
struct resolved {
	char *file;       /* owned; what is given to execv() */
	char *program;    /* owned; what runs in the end: an ELF file, or something unreadable */
	char *started_as; /* owned; what the kernel was told to start last: a script or `program` */
	char *argv0;      /* owned; the name that the program then gets; NULL: the command's */
	char *by;         /* owned; "FILE is a script for PROGRAM", or the like; NULL: no script */
	bool shell;       /* neither ELF nor "#!": execvp() hands it to the shell */
	bool by_env;      /* env runs first, and starts `program` */
	bool empty_environment; /* env was told to pass nothing on */
};

void resolved_done(struct resolved *resolved);

/*
 * SEARCH is $PATH, NULL where it is not set. -ENOENT: there is no such command; any other error: it
 * is there and cannot be executed.
 */
int resolve_command(const char *command, const char *search, struct resolved *ret_resolved,
		    struct err *err);
