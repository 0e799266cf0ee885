/*
 * From a name or a file to a profile: reads what each file includes before its own entries, so that
 * these win.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "array.h"
#include "cleanup.h"
#include "err.h"
#include "text.h"

#include "find.h"
#include "header.h"
#include "loading.h"
#include "text_file.h"

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
	struct loading loading;
	const struct profile_path *path;
	struct seen seen[MAX_FILES];
	size_t n_seen, depth, files_capacity;
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
	return err_set(tree->loading.err, ELOOP, "%s:%u: these profiles include each other: %s%s",
		       from->file, from->line, chain, tree->seen[first].base);
}

/* Notes that PATH is being read; *RET_AGAIN becomes true where that was done before. */
static int begin(struct tree *tree, const char *path, const struct origin *from, bool *ret_again)
{
	const char *slash = strrchr(path, '/');
	struct stat st;

	if (stat(path, &st) < 0)
		return err_set(tree->loading.err, errno, "%s: %s", path, strerror(errno));
	for (size_t i = 0; i < tree->n_seen; i++) {
		if (tree->seen[i].device != st.st_dev || tree->seen[i].inode != st.st_ino)
			continue;
		*ret_again = true;
		return tree->seen[i].done ? 0 : refuse_cycle(tree, i, from);
	}
	/* The first file always fits, so there is an origin here. */
	if (tree->depth == MAX_DEPTH || tree->n_seen == MAX_FILES)
		return err_set(tree->loading.err, ELOOP, "%s:%u: includes end at %d files, %d deep",
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
		return err_no_memory(tree->loading.err);
	for (char *name; r == 0 && (name = strsep(&rest, ", "));) {
		CLEANUP(freep) char *found = NULL;
		struct err why;

		if (!*name)
			continue;
		r = profile_find(name, directory, tree->path, &found, &why);
		if (r < 0)
			return err_set(tree->loading.err, -r, "%s:%u: include: %s", path,
				       include->line, why.text);
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

/* The string that origins point to. */
static const char *keep_file(struct tree *tree, const char *path)
{
	struct profile *p = tree->loading.profile;
	char *copy;

	if (!ARRAY_GROW(p->files, tree->files_capacity, p->n_files))
		return NULL;
	copy = strdup(path);
	if (copy)
		p->files[p->n_files++] = copy;
	return copy;
}

static int take_entries(struct tree *tree, const struct text_file *text, const char *path)
{
	const char *file = keep_file(tree, path);
	int r = 0;

	if (!file)
		return err_no_memory(tree->loading.err);
	for (size_t i = 0; i < text->n_entries && r == 0; i++)
		r = profile_set(&tree->loading, &text->entries[i], file);
	return r;
}

/* What is said of the profile itself is the first file's alone, not that of what it includes. */
static int take_header(struct profile *profile, const struct header *header, const char *path,
		       struct err *err)
{
	const char *stem;
	size_t length = profile_stem(path, &stem);

	if (header->name)
		profile->name = strdup(header->name->value);
	else
		profile->name = length > 0 ? strndup(stem, length) : strdup(stem);
	if (header->summary)
		profile->summary = strdup(header->summary->value);
	if (!profile->name || (header->summary && !profile->summary))
		return err_no_memory(err);
	text_neutralise(profile->name); /* a file can be called anything */
	return 0;
}

static int load_text(struct tree *tree, const struct text_file *text, const char *path,
		     const struct origin *from)
{
	struct err *err = tree->loading.err;
	struct header header;
	int r = header_read(text, path, &header, err);

	if (r == 0)
		r = check_name(&header, path, err);
	if (r == 0 && !from)
		r = take_header(tree->loading.profile, &header, path, err);
	if (r == 0 && header.include)
		r = load_includes(tree, path, header.include);
	return r < 0 ? r : take_entries(tree, text, path);
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
	r = text_file_read(path, &text, tree->loading.err);
	if (r == 0)
		r = load_text(tree, &text, path, from);
	tree->depth--;
	tree->seen[me].done = true;
	text_file_done(&text);
	return r;
}

int profile_load_file(const char *file, const struct profile_path *path,
		      const struct profile_words *words, struct profile **ret_profile,
		      struct err *err)
{
	CLEANUP(profile_freep) struct profile *profile = calloc(1, sizeof(*profile));
	struct tree tree = {
		.loading = { .profile = profile, .words = words, .err = err },
		.path = path,
	};
	int r;

	if (!profile)
		return err_no_memory(err);
	r = load_one(&tree, file, NULL);
	if (r < 0)
		return r;
	*ret_profile = TAKE(profile);
	return 0;
}

int profile_load_role(const char *name, const struct profile_path *path,
		      const struct profile_words *words, struct profile **ret_profile,
		      struct err *err)
{
	CLEANUP(freep) char *file = NULL;
	int r = profile_find(name, NULL, path, &file, err);

	return r < 0 ? r : profile_load_file(file, path, words, ret_profile, err);
}
