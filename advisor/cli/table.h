#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct err;

enum { TABLE_MAX_COLUMNS = 5 };

struct table_row {
	char *cells[TABLE_MAX_COLUMNS]; /* owned */
};

/* CLEANUP(table_done) struct table t = { .headings = headings, .n_columns = 3, .prose = 1 }; */
struct table {
	const char *const *headings;
	size_t n_columns;
	size_t prose; /* the column with sentences: it is folded so that the table fits */
	struct table_row *rows;
	size_t n_rows, capacity;
	bool out_of_memory; /* then printing fails */
};

/* Cells are copied; NULL is an empty one. */
void table_add(struct table *table, const char *const cells[]);
/* WIDTH 0: nobody looks, one row is one line. */
int table_print(const struct table *table, FILE *file, size_t width, struct err *err);
void table_done(struct table *table);
