#pragma once

#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

/* The path of one of the programs of tests/unit/programs; a buffer that the next call reuses. */
static inline const char *program_path(const char *name)
{
	static char path[4096];

	(void)snprintf(path, sizeof(path), "%s/%s", PROGRAMS, name);
	return path;
}

/* The same for one that not every system can build; skips the test with the reason. */
static inline const char *program_path_or_skip(const char *name)
{
	const char *path = program_path(name);

	if (access(path, F_OK) < 0)
		cr_skip_test("this system cannot build the program '%s'", name);
	return path;
}
