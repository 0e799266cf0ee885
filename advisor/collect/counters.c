/*
 * /proc/net/netstat and /proc/net/snmp: pairs of lines, names above and values below. Kernels add,
 * move and remove columns, so they are matched by name.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "array.h"
#include "cleanup.h"
#include "counters.h"
#include "number.h"

#include "root.h"
#include "sources.h"

static const struct table {
	const char *name, *file;
	const char *cost;
} tables[] = {
	{ "TcpExt", "/proc/net/netstat",
	  "accept queue overflows, SYN cookies, TIME-WAIT overflows and aborted connections are "
	  "unknown" },
	{ "Tcp", "/proc/net/snmp",
	  "counts of opened, failed, reset and retransmitted connections are unknown" },
};

struct word {
	const char *text;
	size_t length;
};

/* The next word of a line; empty at its end. */
static struct word word_next(const char **at)
{
	struct word word;

	*at += strspn(*at, " \t");
	word.text = *at;
	word.length = strcspn(*at, " \t\n");
	*at += word.length;
	return word;
}

/* What follows "TABLE:" if LINE begins with it, else NULL. */
static const char *after_table(const char *line, const char *table)
{
	size_t length = strlen(table);

	return strncmp(line, table, length) == 0 && line[length] == ':' ? line + length + 1 : NULL;
}

static const char *next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end ? end + 1 : "";
}

static enum counter_id counter_by_name(const char *table, struct word name)
{
	enum counter_id id = 0;

	while (id < N_COUNTERS && (strlen(counter_facts[id].name) != name.length ||
				   memcmp(counter_facts[id].name, name.text, name.length) != 0 ||
				   strcmp(counter_facts[id].table, table) != 0))
		id++;
	return id;
}

static bool word_to_reading(struct word word, struct reading *ret_reading)
{
	ret_reading->known = parse_u64_span(word.text, word.length, &ret_reading->value);
	return ret_reading->known;
}

/* Both lines are whole and have as many values as names: then a column belongs to its name. */
static bool lines_match(const char *names, const char *values)
{
	struct word name, value;

	do {
		name = word_next(&names);
		value = word_next(&values);
	} while (name.length > 0 && value.length > 0);
	return name.length == 0 && value.length == 0 && *names == '\n' && *values == '\n';
}

static void forget(const char *table, struct reading counters[static N_COUNTERS])
{
	for (size_t i = 0; i < N_COUNTERS; i++)
		if (strcmp(counter_facts[i].table, table) == 0)
			counters[i] = (struct reading){ 0 };
}

bool counters_parse(const char *text, const char *table, struct reading counters[static N_COUNTERS])
{
	const char *names = NULL, *values = NULL;
	struct word name;
	bool good = true;

	forget(table, counters);
	for (; *text && !names; text = next_line(text))
		names = after_table(text, table);
	values = names ? after_table(text, table) : NULL;
	if (!values || !lines_match(names, values))
		return false;
	while ((name = word_next(&names)).length > 0) {
		struct word value = word_next(&values);
		enum counter_id id = counter_by_name(table, name);

		if (id < N_COUNTERS && !word_to_reading(value, &counters[id]))
			good = false;
	}
	return good;
}

int counters_sample(const struct root *root, struct reading counters[static N_COUNTERS])
{
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		CLEANUP(freep) char *text = NULL;
		int r = root_read(root, tables[i].file + 1, SOURCE_MAX_BYTES, &text, NULL);

		if (r == -ENOMEM)
			return r;
		(void)counters_parse(text ? text : "", tables[i].name, counters);
	}
	return 0;
}

int counters_collect(const struct root *root, struct model *model, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		const struct table *table = &tables[i];
		CLEANUP(freep) char *text = NULL;
		int r = source_read(root, model, table->file, table->cost, false, &text, err);

		if (r == 0 && text && !counters_parse(text, table->name, model->counters))
			r = source_gap(model, table->file,
				       "its lines are cut, or names and values do not match",
				       table->cost, err);
		if (r < 0)
			return r;
	}
	return 0;
}
