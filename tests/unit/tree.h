#pragma once

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "root.h"

/* A saved host that a test makes up, in a temporary directory that it removes. */
struct tree {
	char path[64];
	struct root root;
};

static inline struct tree tree_new(void)
{
	struct tree tree = { .path = "/tmp/tcpwright-test-XXXXXX" };

	cr_assert(mkdtemp(tree.path));
	cr_assert_eq(root_open(tree.path, &tree.root, NULL), 0);
	return tree;
}

/* The full name of NAME, whose directories are made; to be freed. */
static inline char *tree_path(const struct tree *tree, const char *name)
{
	char *path = NULL;

	cr_assert_geq(asprintf(&path, "%s/%s", tree->path, name), 0);
	for (char *at = path + strlen(tree->path) + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		(void)mkdir(path, 0755);
		*at = '/';
	}
	return path;
}

static inline void tree_write_bytes(const struct tree *tree, const char *name, const void *bytes,
				    size_t length)
{
	char *path = tree_path(tree, name);
	FILE *file = fopen(path, "w");

	cr_assert(file, "%s", path);
	cr_assert_eq(fwrite(bytes, 1, length, file), length);
	cr_assert_eq(fclose(file), 0);
	free(path);
}

static inline void tree_write(const struct tree *tree, const char *name, const char *text)
{
	tree_write_bytes(tree, name, text, strlen(text));
}

/* A directory in a file's place cannot be read, by root neither. */
static inline void tree_make_unreadable(const struct tree *tree, const char *name)
{
	char *path = tree_path(tree, name);

	cr_assert_eq(mkdir(path, 0755), 0, "%s", path);
	free(path);
}

static inline void tree_link(const struct tree *tree, const char *target, const char *name)
{
	char *path = tree_path(tree, name);

	cr_assert_eq(symlink(target, path), 0, "%s", path);
	free(path);
}

static inline int tree_remove_one(const char *path, const struct stat *st, int type,
				  struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(path);
}

static inline void tree_done(struct tree *tree)
{
	root_close(&tree->root);
	(void)nftw(tree->path, tree_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
