#pragma once

#include <criterion/criterion.h>

#include "root.h"

/* A saved host below tests/fixtures. */
static inline struct root fixture_open(const char *name)
{
	struct root root;
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", FIXTURES, name);
	cr_assert_eq(root_open(path, &root, NULL), 0, "%s", path);
	return root;
}

/* To be freed. */
static inline char *fixture_read(const char *name, const char *path)
{
	struct root root = fixture_open(name);
	char *text = NULL;

	cr_assert_eq(root_read(&root, path, 1 << 20, &text, NULL), 0, "%s/%s", name, path);
	root_close(&root);
	return text;
}
