#pragma once

#include <stdbool.h>

struct err;

/* What a program and all the libraries that it is linked with take from one another. */
struct imports {
	unsigned int kinds; /* IMPORTS_SOCKETS... of the program and every library found */
	bool complete;      /* every library was found and could be read */
	char *libc;         /* owned; the libc.so.6 that would be loaded; NULL: none was found */
};

/*
 * Follows DT_NEEDED from FILE as its loader will: RPATH, RUNPATH, $LD_LIBRARY_PATH, the loader's
 * cache, default directories. The C library itself does not count: every function is in it.
 */
int libraries_imports(const char *file, struct imports *ret_imports, struct err *err);
void imports_done(struct imports *imports);
