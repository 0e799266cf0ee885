#pragma once

#include <stddef.h>

struct err;

/*
 * A profile's file as it stands, before anything is known of what its entries mean: entries in
 * order, with the comments that belong to them. All text in it is safe to print.
 */
struct text_entry {
	const char *section; /* borrowed from the file's sections */
	char *key, *value;   /* owned; both NULL for a section's own line */
	char *reason;        /* owned; the comment lines directly above; NULL: none */
	unsigned int line;
};

struct text_file {
	char **sections; /* owned; "" first: what stands above the first section */
	size_t n_sections, sections_capacity;
	struct text_entry *entries; /* owned */
	size_t n_entries, entries_capacity;
};

/*
 * Longest line and largest file that are read; more is an error, never cut. Profiles are written by
 * hand, so their entries may be searched one by one.
 */
enum { TEXT_FILE_MAX_LINE = 190, TEXT_FILE_MAX_LINES = 4096, TEXT_FILE_MAX_BYTES = 1 << 20 };

/* Both leave RET_FILE alone on failure. NAME is for messages. */
int text_file_read(const char *path, struct text_file *ret_file, struct err *err);
int text_file_parse(const char *name, const char *text, size_t length, struct text_file *ret_file,
		    struct err *err);
void text_file_done(struct text_file *file);

/* The error for a word of ENTRY that is not known, with the nearest one where there is any. */
int text_entry_unknown(const struct text_entry *entry, const char *file, const char *what,
		       const char *nearest, struct err *err);
/* The error for what the same file sets again; BEFORE is the line of the first time. */
int text_entry_twice(const struct text_entry *entry, const char *file, unsigned int before,
		     struct err *err);
