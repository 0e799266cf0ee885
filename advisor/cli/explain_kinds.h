#pragma once

#include <stddef.h>

struct emitter;
struct page;

/* A kind of thing that can be explained. Its rows are those of one table. */
struct explain_kind {
	const char *heading;                   /* over the list of its words */
	const char *json;                      /* the member of that list */
	const char *(*name_at)(size_t index);  /* NULL beyond the last */
	const void *(*find)(const char *word); /* a row by any common spelling; NULL: none */
	void (*print)(struct page *page, const void *row);
	/* The members of an object that the caller opens and closes. */
	void (*emit)(struct emitter *e, const void *row);
};

enum { N_EXPLAIN_KINDS = 6 };

extern const struct explain_kind explain_kinds[N_EXPLAIN_KINDS];
