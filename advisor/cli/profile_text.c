/* Role profiles as tables for people. */
#include <libsmartcols.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "cleanup.h"
#include "err.h"
#include "profile.h"
#include "text.h"

#include "profile_text.h"

enum {
	MAX_COLUMNS = 4,
	NARROWEST = 24, /* a column of sentences is never folded to less */
};

struct row {
	char *cells[MAX_COLUMNS]; /* owned */
};

struct table {
	const char *const *headings;
	size_t n_columns;
	size_t prose; /* the column with sentences: it is folded so that the table fits */
	struct row *rows;
	size_t n_rows, capacity;
	bool out_of_memory;
};

static void table_done(struct table *table)
{
	for (size_t i = 0; i < table->n_rows; i++)
		for (size_t c = 0; c < MAX_COLUMNS; c++)
			free(table->rows[i].cells[c]);
	free(table->rows);
}

/* Cells may be NULL, which are empty. */
static void add_row(struct table *table, const char *const cells[])
{
	struct row *row;

	if (!ARRAY_GROW(table->rows, table->capacity, table->n_rows)) {
		table->out_of_memory = true;
		return;
	}
	row = &table->rows[table->n_rows++];
	*row = (struct row){ 0 };
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

/* WIDTH 0: nobody looks, one row is one line. */
static int print_table(const struct table *table, FILE *file, size_t width, struct err *err)
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

int profile_text_list(FILE *file, const struct profile_entry entries[], size_t n,
		      unsigned int width, struct err *err)
{
	static const char *const headings[] = { "ROLE", "SUMMARY", "FILE" };
	CLEANUP(table_done)
	struct table table = { .headings = headings, .n_columns = 3, .prose = 1 };

	for (size_t i = 0; i < n; i++) {
		const struct profile_entry *e = &entries[i];

		add_row(&table,
			(const char *[]){ e->name, e->problem ? e->problem : e->summary, e->file });
	}
	return print_table(&table, file, width, err);
}

/* SETTING and VALUE are taken over: most are made for this row. NULL: memory ran out. */
static void add_setting(struct table *table, char *setting, char *value,
			const struct origin *origin, const char *reason)
{
	CLEANUP(freep) char *from = text_format("%s:%u", origin->file, origin->line);

	if (setting && value && from)
		add_row(table, (const char *[]){ setting, value, from, reason });
	else
		table->out_of_memory = true;
	free(setting);
	free(value);
}

static void add_settings(struct table *table, const struct profile *p)
{
	for (size_t i = 0; i < p->n_sysctls; i++) {
		const struct profile_sysctl *s = &p->sysctls[i];

		add_setting(table, strdup(s->fact->key),
			    text_format("%s %s", value_op_text(s->op), s->value), &s->origin,
			    s->reason);
	}
	for (size_t i = 0; i < p->n_thresholds; i++) {
		const struct profile_threshold *t = &p->thresholds[i];

		add_setting(table, text_format("%s.%s", t->rule, t->name),
			    text_format("%.15g", t->value), &t->origin, t->reason);
	}
	for (size_t i = 0; i < p->n_rules; i++) {
		const struct profile_rule *r = &p->rules[i];
		const char *value = r->state == RULE_OFF ? "off" : r->at_most ? r->at_most : "on";

		add_setting(table, strdup(r->rule), strdup(value), &r->origin, r->reason);
	}
	for (size_t i = 0; i < p->n_sockets; i++) {
		const struct profile_socket *s = &p->sockets[i];

		add_setting(table, text_format("[%s] %s", s->section, s->key), strdup(s->value),
			    &s->origin, s->reason);
	}
}

int profile_text_show(FILE *file, const struct profile *profile, unsigned int width,
		      struct err *err)
{
	static const char *const headings[] = { "SETTING", "VALUE", "FROM", "WHY" };
	CLEANUP(table_done)
	struct table table = { .headings = headings, .n_columns = 4, .prose = 3 };

	(void)fprintf(file, "%s%s%s\n", profile->name, profile->summary ? ": " : "",
		      profile->summary ? profile->summary : "");
	for (size_t i = 0; i < profile->n_files; i++)
		(void)fprintf(file, "  read %s\n", profile->files[i]);
	(void)putc('\n', file);
	add_settings(&table, profile);
	if (table.n_rows == 0 && !table.out_of_memory) {
		(void)fputs("It sets nothing: every rule is on, at its own thresholds.\n", file);
		return 0;
	}
	return print_table(&table, file, width, err);
}
