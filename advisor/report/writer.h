#pragma once

#include <stdbool.h>
#include <stdio.h>

struct err;
struct report;

/* How text may look. Programs' formats ignore it. */
struct report_style {
	bool colour;
	unsigned int width; /* of the terminal; 0: not a terminal, do not cut */
	bool utf8;          /* bars and rules may use block characters */
};

struct report_format {
	const char *name; /* "text", "json" */
	/* Writes to FILE; write errors are checked by the caller. -ENOMEM with a sentence. */
	int (*write)(FILE *file, const struct report *report, const struct report_style *style,
		     struct err *err);
};

const struct report_format *report_format_find(const char *name); /* NULL: no such format */
/* "text|json", as an option's help wants it; a constant, so that it can stand in a table. */
extern const char report_format_names[];

/*
 * Writes the report to PATH whole or not at all: a temporary file beside it, write errors checked,
 * flushed, renamed. Links are followed, an existing file keeps its mode, devices and pipes are
 * written to. PATH NULL or "-": standard output, where -EPIPE comes only to a caller who ignores
 * SIGPIPE. -errno with a sentence.
 */
int report_write(const struct report *report, const struct report_format *format, const char *path,
		 const struct report_style *style, struct err *err);
