/* Tables for people, by libsmartcols: aligned, and folded between words where a terminal is narrow.
 */
#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "cleanup.h"
#include "err.h"
#include "text.h"

#include "table.h"

enum { NARROWEST = 24 }; /* a column of sentences is never folded to less */

void table_done(struct table *table)
{
	for (size_t i = 0; i < table->n_rows; i++)
		for (size_t c = 0; c < TABLE_MAX_COLUMNS; c++)
			free(table->rows[i].cells[c]);
	free(table->rows);
}

void table_add(struct table *table, const char *const cells[])
{
	struct table_row *row;

	if (!ARRAY_GROW(table->rows, table->capacity, table->n_rows)) {
		table->out_of_memory = true;
		return;
	}
	row = &table->rows[table->n_rows++];
	*row = (struct table_row){ 0 };
	for (size_t c = 0; c < table->n_columns; c++) {
		row->cells[c] = strdup(cells[c] ? cells[c] : "");
		if (!row->cells[c])
			table->out_of_memory = true;
	}
}

static size_t columns_of(const char *text)
{
	return text_columns(text, strlen(text));
}

/* What the other columns leave of a terminal's width. */
static size_t room_for_prose(const struct table *table, size_t width)
{
	size_t taken = 0;

	for (size_t c = 0; c < table->n_columns; c++) {
		size_t widest = strlen(table->headings[c]);

		for (size_t i = 0; i < table->n_rows; i++)
			if (columns_of(table->rows[i].cells[c]) > widest)
				widest = columns_of(table->rows[i].cells[c]);
		if (c != table->prose)
			taken += widest + 1;
	}
	return width > taken + NARROWEST ? width - taken : NARROWEST;
}

/* Breaks TEXT between words, in place: libsmartcols by itself would cut words. */
static void fold(char *text, size_t width)
{
	char *start = text, *space = NULL;

	for (char *c = text; *c; c++) {
		if (text_columns(start, (size_t)(c - start)) >= width && space) {
			*space = '\n';
			start = space + 1;
			space = NULL;
		}
		if (*c == ' ')
			space = c;
	}
}

static void scols_unrefp(struct libscols_table **table)
{
	scols_unref_table(*table);
}

static bool fill(struct libscols_table *scols, const struct table *table)
{
	for (size_t c = 0; c < table->n_columns; c++) {
		struct libscols_column *column =
			scols_table_new_column(scols, table->headings[c], 0, SCOLS_FL_WRAP);

		if (!column || scols_column_set_safechars(column, "\n") < 0 ||
		    scols_column_set_wrapfunc(column, scols_wrapnl_chunksize,
					      scols_wrapnl_nextchunk, NULL) < 0)
			return false;
	}
	for (size_t i = 0; i < table->n_rows; i++) {
		struct libscols_line *line = scols_table_new_line(scols, NULL);

		for (size_t c = 0; c < table->n_columns; c++)
			if (!line || scols_line_set_data(line, c, table->rows[i].cells[c]) < 0)
				return false;
	}
	return true;
}

int table_print(const struct table *table, FILE *file, size_t width, struct err *err)
{
	CLEANUP(scols_unrefp) struct libscols_table *scols = scols_new_table();
	size_t room = width > 0 && !table->out_of_memory ? room_for_prose(table, width) : 0;

	if (!scols || table->out_of_memory)
		return err_no_memory(err);
	for (size_t i = 0; room > 0 && i < table->n_rows; i++)
		fold(table->rows[i].cells[table->prose], room);
	if (!fill(scols, table) || scols_table_set_stream(scols, file) < 0 ||
	    scols_print_table(scols) < 0)
		return err_no_memory(err);
	return 0;
}
