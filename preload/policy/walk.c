/*
 * From a file to the entries of a whole profile: reads what each file includes before its own
 * entries, so that these win.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <tcpwright/policy.h>

#include "array.h"
#include "cleanup.h"
#include "err.h"
#include "text.h"

#include "find.h"
#include "header.h"
#include "text_file.h"
#include "walk.h"

/* Profiles are written by hand: more than this is an accident. */
enum { MAX_DEPTH = 8, MAX_FILES = 32 };

/* A file that was begun. Two names of one file are one file. */
struct seen {
	dev_t device;
	ino_t inode;
	bool done;
	const char *base; /* of its name; borrowed, valid until it is done */
};

struct tree {
	const struct profile_visitor *visitor;
	struct err *err;
	const struct profile_path *path;
	struct seen seen[MAX_FILES];
	size_t n_seen, depth;
};

/* Where the path to a file comes from: a line of the file above, or the user (NULL). */
static int load_one(struct tree *tree, const char *path, const struct origin *from);

/* "a.ini -> b.ini -> a.ini": the files that are not done, from the one that is wanted again. */
static int refuse_cycle(const struct tree *tree, size_t first, const struct origin *from)
{
	char chain[256] = "";
	size_t length = 0;

	for (size_t i = first; i < tree->n_seen && length < sizeof(chain); i++)
		if (!tree->seen[i].done)
			length += (size_t)snprintf(chain + length, sizeof(chain) - length, "%s -> ",
						   tree->seen[i].base);
	return err_set(tree->err, ELOOP, "%s:%u: these profiles include each other: %s%s",
		       from->file, from->line, chain, tree->seen[first].base);
}

/* Notes that PATH is being read; *RET_AGAIN becomes true where that was done before. */
static int begin(struct tree *tree, const char *path, const struct origin *from, bool *ret_again)
{
	const char *slash = strrchr(path, '/');
	struct stat st;

	if (stat(path, &st) < 0)
		return err_set(tree->err, errno, "%s: %s", path, strerror(errno));
	for (size_t i = 0; i < tree->n_seen; i++) {
		if (tree->seen[i].device != st.st_dev || tree->seen[i].inode != st.st_ino)
			continue;
		*ret_again = true;
		return tree->seen[i].done ? 0 : refuse_cycle(tree, i, from);
	}
	/* The first file always fits, so there is an origin here. */
	if (tree->depth == MAX_DEPTH || tree->n_seen == MAX_FILES)
		return err_set(tree->err, ELOOP, "%s:%u: includes end at %d files, %d deep",
			       from->file, from->line, MAX_FILES, MAX_DEPTH);
	tree->seen[tree->n_seen++] = (struct seen){
		.device = st.st_dev,
		.inode = st.st_ino,
		.base = slash ? slash + 1 : path,
	};
	return 0;
}

static char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

/* INCLUDE's value is one or more names, between spaces and commas. */
static int load_includes(struct tree *tree, const char *path, const struct text_entry *include)
{
	CLEANUP(freep) char *directory = directory_of(path);
	CLEANUP(freep) char *names = strdup(include->value);
	struct origin from = { path, include->line };
	char *rest = names;
	int r = 0;

	if (!directory || !names)
		return err_no_memory(tree->err);
	for (char *name; r == 0 && (name = strsep(&rest, ", "));) {
		CLEANUP(freep) char *found = NULL;
		struct err why;

		if (!*name)
			continue;
		r = profile_find(name, directory, tree->path, &found, &why);
		if (r < 0)
			return err_set(tree->err, -r, "%s:%u: include: %s", path, include->line,
				       why.text);
		r = load_one(tree, found, &from);
	}
	return r;
}

/* Others find a role by its file's name: a different one inside would mislead. */
static int check_name(const struct header *header, const char *path, struct err *err)
{
	const char *name = header->name ? header->name->value : "", *stem;
	size_t length = profile_stem(path, &stem);

	if (!header->name || length == 0 ||
	    (strlen(name) == length && strncmp(name, stem, length) == 0))
		return 0;
	return err_set(err, EINVAL, "%s:%u: name = %s: a role has the name of its file", path,
		       header->name->line, name);
}

static int visit_entries(struct tree *tree, const struct text_file *text, const char *path)
{
	const struct profile_visitor *visitor = tree->visitor;
	const char *file = visitor->keep_file(visitor->context, path);
	int r = 0;

	if (!file)
		return err_no_memory(tree->err);
	for (size_t i = 0; i < text->n_entries && r == 0; i++)
		r = visitor->entry(visitor->context, &text->entries[i], file, tree->err);
	return r;
}

static int load_text(struct tree *tree, const struct text_file *text, const char *path,
		     const struct origin *from)
{
	const struct profile_visitor *visitor = tree->visitor;
	struct header header;
	int r = header_read(text, path, &header, tree->err);

	if (r == 0)
		r = check_name(&header, path, tree->err);
	if (r == 0 && !from && visitor->header)
		r = visitor->header(visitor->context, &header, path, tree->err);
	if (r == 0 && header.include)
		r = load_includes(tree, path, header.include);
	return r < 0 ? r : visit_entries(tree, text, path);
}

static int load_one(struct tree *tree, const char *path, const struct origin *from)
{
	struct text_file text = { 0 };
	size_t me = tree->n_seen;
	bool again = false;
	int r = begin(tree, path, from, &again);

	if (r < 0 || again)
		return r;
	tree->depth++;
	r = text_file_read(path, &text, tree->err);
	if (r == 0)
		r = load_text(tree, &text, path, from);
	tree->depth--;
	tree->seen[me].done = true;
	text_file_done(&text);
	return r;
}

int profile_walk(const char *file, const struct profile_path *path,
		 const struct profile_visitor *visitor, struct err *err)
{
	struct tree tree = { .visitor = visitor, .err = err, .path = path };

	return load_one(&tree, file, NULL);
}
