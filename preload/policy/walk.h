#pragma once

struct err;
struct header;
struct profile_path;
struct text_entry;

/*
 * What is done with a profile's text, in the order in which it is read: what a file includes comes
 * before its own entries, so that these win. Functions return 0 or a negative errno, which ends the
 * walk, with ERR filled.
 */
struct profile_visitor {
	void *context;
	/* The [profile] section of the first file; not those of what it includes. NULL: unwanted.
	 */
	int (*header)(void *context, const struct header *header, const char *path,
		      struct err *err);
	/* A file whose entries follow: its name, in memory that outlives what is made of them. */
	const char *(*keep_file)(void *context, const char *path); /* NULL: out of memory */
	/* FILE is what keep_file() returned. */
	int (*entry)(void *context, const struct text_entry *entry, const char *file,
		     struct err *err);
};

/*
 * Reads FILE, resolving includes in its own directory first, then along PATH. A file that is
 * reached twice counts once, where it is reached first. A NAME.ini that
 * calls itself something else is refused. Errors name file and line.
 */
int profile_walk(const char *file, const struct profile_path *path,
		 const struct profile_visitor *visitor, struct err *err);
