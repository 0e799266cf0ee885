/* Role profiles as tables for people. */
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "err.h"
#include "profile.h"
#include "text.h"

#include "profile_text.h"
#include "table.h"

int profile_text_list(FILE *file, const struct profile_entry entries[], size_t n,
		      unsigned int width, struct err *err)
{
	static const char *const headings[] = { "ROLE", "SUMMARY", "FILE" };
	CLEANUP(table_done)
	struct table table = { .headings = headings, .n_columns = 3, .prose = 1 };

	for (size_t i = 0; i < n; i++) {
		const struct profile_entry *e = &entries[i];

		table_add(&table, (const char *[]){ e->name, e->problem ? e->problem : e->summary,
						    e->file });
	}
	return table_print(&table, file, width, err);
}

/* SETTING and VALUE are taken over: most are made for this row. NULL: memory ran out. */
static void add_setting(struct table *table, char *setting, char *value,
			const struct origin *origin, const char *reason)
{
	CLEANUP(freep) char *from = text_format("%s:%u", origin->file, origin->line);

	if (setting && value && from)
		table_add(table, (const char *[]){ setting, value, from, reason });
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
	return table_print(&table, file, width, err);
}
