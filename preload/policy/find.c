/* Names of roles to files and back, along the path. */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "array.h"
#include "cleanup.h"
#include "err.h"
#include "nearest.h"
#include "text.h"

#include "find.h"
#include "header.h"
#include "text_file.h"

enum { LONGEST_ROLE = 60, MAX_DIRECTORIES = 8 };

static const char suffix[] = ".ini";

struct entries {
	struct profile_entry *list;
	size_t n, capacity;
};

static bool is_role_name(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";

	return *name && strlen(name) <= LONGEST_ROLE && name[strspn(name, allowed)] == '\0';
}

size_t profile_stem(const char *file, const char **ret_base)
{
	const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file;
	size_t length = strlen(base), cut = strlen(suffix);

	*ret_base = base;
	return length > cut && strcmp(base + length - cut, suffix) == 0 ? length - cut : 0;
}

static void entry_done(struct profile_entry *entry)
{
	free(entry->name);
	free(entry->summary);
	free(entry->file);
	free(entry->problem);
}

void profile_entries_free(struct profile_entry *entries, size_t n)
{
	for (size_t i = 0; i < n; i++)
		entry_done(&entries[i]);
	free(entries);
}

static bool has_name(const struct entries *entries, const char *name)
{
	for (size_t i = 0; i < entries->n; i++)
		if (strcmp(entries->list[i].name, name) == 0)
			return true;
	return false;
}

/* What a search comes across is read unasked, and reading a named pipe would never end. */
static int refuse_special(const char *file, const struct stat *st, struct err *err)
{
	return S_ISREG(st->st_mode) ? 0 : err_set(err, EINVAL, "%s: no regular file", file);
}

/* A profile that cannot be read is listed with the reason: it still hides others of its name. */
static int describe(struct profile_entry *entry, struct err *err)
{
	struct text_file text = { 0 };
	struct header header = { 0 };
	struct err why;
	struct stat st;
	int r = 0;

	if (stat(entry->file, &st) == 0)
		r = refuse_special(entry->file, &st, &why);
	if (r == 0)
		r = text_file_read(entry->file, &text, &why);
	if (r == 0)
		r = header_read(&text, entry->file, &header, &why);
	if (r < 0)
		entry->problem = strdup(why.text);
	else if (header.summary)
		entry->summary = strdup(header.summary->value);
	text_file_done(&text);
	if ((r < 0 && !entry->problem) || (header.summary && !entry->summary))
		return err_no_memory(err);
	return 0;
}

static int add_entry(struct entries *entries, const char *directory, const char *base,
		     struct err *err)
{
	struct profile_entry entry = { 0 };
	const char *name;
	int r;

	entry.name = strndup(base, profile_stem(base, &name));
	if (entry.name && (!is_role_name(entry.name) || has_name(entries, entry.name))) {
		free(entry.name);
		return 0;
	}
	entry.file = text_format("%s/%s", directory, base);
	if (!entry.name || !entry.file || !ARRAY_GROW(entries->list, entries->capacity, entries->n))
		r = err_no_memory(err);
	else
		r = describe(&entry, err);
	if (r < 0) {
		entry_done(&entry);
		return r;
	}
	entries->list[entries->n++] = entry;
	return 0;
}

static void closedirp(DIR **directory)
{
	if (*directory)
		(void)closedir(*directory);
}

static int add_directory(struct entries *entries, const char *path, struct err *err)
{
	CLEANUP(closedirp) DIR *directory = opendir(path);
	struct dirent *file;
	int r = 0;

	/* Most hosts have no profiles of their own. */
	if (!directory && errno == ENOENT)
		return 0;
	if (!directory)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	while (r == 0 && (file = readdir(directory))) {
		const char *name;

		if (profile_stem(file->d_name, &name) > 0)
			r = add_entry(entries, path, file->d_name, err);
	}
	return r;
}

static int by_name(const void *a, const void *b)
{
	const struct profile_entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

int profile_list(const struct profile_path *path, struct profile_entry **ret_entries, size_t *ret_n,
		 struct err *err)
{
	struct entries entries = { 0 };
	int r = 0;

	for (size_t i = 0; path->directories[i] && r == 0; i++)
		r = add_directory(&entries, path->directories[i], err);
	if (r < 0) {
		profile_entries_free(entries.list, entries.n);
		return r;
	}
	if (entries.n > 0)
		qsort(entries.list, entries.n, sizeof(*entries.list), by_name);
	*ret_entries = entries.list;
	*ret_n = entries.n;
	return 0;
}

/* The nearest role to a name that is none; always -ENOENT. */
static int no_such_profile(const char *name, const struct profile_path *path, struct err *err)
{
	CLEANUP(freep) const char **names = NULL;
	struct profile_entry *entries = NULL;
	const char *nearest = NULL;
	size_t n = 0;

	if (profile_list(path, &entries, &n, NULL) == 0 && n > 0)
		names = malloc(n * sizeof(*names));
	for (size_t i = 0; names && i < n; i++)
		names[i] = entries[i].name;
	if (names)
		nearest = nearest_name(name, names, n);
	if (nearest)
		err_set(err, ENOENT, "there is no profile '%s'; did you mean '%s'?", name, nearest);
	else
		err_set(err, ENOENT,
			"there is no profile '%s' in %s or the other folders; 'tcpwright profile "
			"list' shows what there is",
			name, path->directories[0]);
	profile_entries_free(entries, n);
	return -ENOENT;
}

/* 1 if DIRECTORY has it, 0 if not. */
static int look_in(const char *directory, const char *name, char **ret_file, struct err *err)
{
	CLEANUP(freep) char *file = text_format("%s/%s%s", directory, name, suffix);
	struct stat st;

	if (!file)
		return err_no_memory(err);
	if (stat(file, &st) == 0) {
		int r = refuse_special(file, &st, err);

		if (r < 0)
			return r;
		*ret_file = TAKE(file);
		return 1;
	}
	if (errno == ENOENT || errno == ENOTDIR)
		return 0;
	return err_set(err, errno, "%s: %s", file, strerror(errno));
}

int profile_find(const char *name, const char *first, const struct profile_path *path,
		 char **ret_file, struct err *err)
{
	const char *directories[MAX_DIRECTORIES + 1] = { 0 };
	const struct profile_path whole = { .directories = directories };
	size_t n = 0;

	if (!is_role_name(name))
		return err_set(err, EINVAL,
			       "'%s' is no profile's name: those have lower-case letters, digits, "
			       "'-' and '_'",
			       name);
	if (first)
		directories[n++] = first;
	for (size_t i = 0; path->directories[i] && n < MAX_DIRECTORIES; i++)
		directories[n++] = path->directories[i];
	for (size_t i = 0; i < n; i++) {
		int r = look_in(directories[i], name, ret_file, err);

		if (r != 0)
			return r < 0 ? r : 0;
	}
	return no_such_profile(name, &whole, err);
}
