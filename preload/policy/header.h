#pragma once

struct err;
struct text_entry;
struct text_file;

/* The entries of the [profile] section; NULL: not there. */
struct header {
	const struct text_entry *name, *summary, *include;
};

/* Finds them in TEXT, which is borrowed; refuses keys that are unknown or set twice. */
int header_read(const struct text_file *text, const char *file, struct header *ret_header,
		struct err *err);
