/* Role profiles as tables for people. */
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "err.h"
#include "profile.h"
#include "text.h"

#include "profile_text.h"
#include "table.h"

/* Without its folder, which would take the columns that the sentences need. */
static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* With the slash; 0: PATH has none. */
static size_t folder_length(const char *path)
{
	return (size_t)(base_name(path) - path);
}

static bool is_same_folder(const char *path, const char *other)
{
	size_t length = folder_length(path);

	return length == folder_length(other) && strncmp(path, other, length) == 0;
}

static bool is_first_of_folder(const struct profile_entry entries[], size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (is_same_folder(entries[i].file, entries[index].file))
			return false;
	return true;
}

static int list_folder(FILE *file, const struct profile_entry entries[], size_t n, const char *path,
		       unsigned int width, struct err *err)
{
	static const char *const headings[] = { "ROLE", "SUMMARY" };
	CLEANUP(table_done)
	struct table table = { .headings = headings, .n_columns = 2, .prose = 1 };
	size_t length = folder_length(path);

	(void)fprintf(file, "In %.*s:\n", length > 0 ? (int)length : 1, length > 0 ? path : ".");
	for (size_t i = 0; i < n; i++) {
		const struct profile_entry *e = &entries[i];

		if (is_same_folder(e->file, path))
			table_add(&table, (const char *[]){ e->name,
							    e->problem ? e->problem : e->summary });
	}
	return table_print(&table, file, width, err);
}

int profile_text_list(FILE *file, const struct profile_entry entries[], size_t n,
		      unsigned int width, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		int r;

		if (!is_first_of_folder(entries, i))
			continue;
		if (i > 0)
			(void)putc('\n', file);
		r = list_folder(file, entries, n, entries[i].file, width, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* SETTING and VALUE are taken over: most are made for this row. NULL: memory ran out. */
static void add_setting(struct table *table, char *setting, char *value,
			const struct origin *origin, const char *reason)
{
	CLEANUP(freep) char *from = text_format("%s:%u", base_name(origin->file), origin->line);

	if (setting && value && from)
		table_add(table, (const char *[]){ setting, value, from, reason });
	else
		table->out_of_memory = true;
	free(setting);
	free(value);
}

/* The name of a section once, above its lines: it would widen the column for all of them. */
static void add_sockets(struct table *table, const struct profile *p)
{
	for (size_t i = 0; i < p->n_sockets; i++) {
		const struct profile_socket *s = &p->sockets[i];

		if (i == 0 || strcmp(s->section, p->sockets[i - 1].section) != 0) {
			CLEANUP(freep) char *heading = text_format("[%s]", s->section);

			table->out_of_memory = table->out_of_memory || !heading;
			table_add(table, (const char *[]){ heading, NULL, NULL, NULL });
		}
		add_setting(table, text_format("  %s", s->key), strdup(s->value), &s->origin,
			    s->reason);
	}
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
	add_sockets(table, p);
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
	return table_print(&table, file, width, err);
}
