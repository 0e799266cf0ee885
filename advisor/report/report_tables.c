/* The report's tables, by libsmartcols, and the 60 seconds of closes as a line of bars. */
#include <inttypes.h>
#include <libsmartcols.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "cleanup.h"
#include "model.h"
#include "text.h"

#include "page.h"
#include "report_tables.h"
#include "writer.h"

enum { INDENT = 2, ROWS = 10 };

struct column {
	const char *name;
	int flags;
};

static void unref_table(struct libscols_table **table)
{
	scols_unref_table(*table);
}

/* NULL, and the page knows it, when memory runs out. */
static struct libscols_table *table_new(struct page *page, const struct column columns[], size_t n)
{
	struct libscols_table *table = scols_new_table();
	bool complete = table && scols_table_set_column_separator(table, "  ") == 0;

	for (size_t i = 0; complete && i < n; i++)
		complete = scols_table_new_column(table, columns[i].name, 0, columns[i].flags);
	if (!complete) {
		scols_unref_table(table);
		page->out_of_memory = true;
		return NULL;
	}
	/* The stream is a string: say how wide the page is, or that nothing may be cut. */
	scols_table_set_termforce(table, page->style->width > 0 ? SCOLS_TERMFORCE_ALWAYS
								: SCOLS_TERMFORCE_NEVER);
	if (page->style->width > INDENT)
		scols_table_set_termwidth(table, page->style->width - INDENT);
	return table;
}

/* Whatever a cell came from, it cannot leave its cell. */
__attribute__((format(printf, 4, 5))) static void
set_cell(struct page *page, struct libscols_line *line, size_t column, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = text_vformat(format, args);
	va_end(args);
	if (!text) {
		page->out_of_memory = true;
		return;
	}
	text_neutralise(text);
	if (scols_line_refer_data(line, column, text) != 0) { /* adopts it */
		free(text);
		page->out_of_memory = true;
	}
}

static void set_reading(struct page *page, struct libscols_line *line, size_t column,
			struct reading reading)
{
	if (reading.known)
		set_cell(page, line, column, "%" PRIu64, reading.value);
	else
		set_cell(page, line, column, "?");
}

static void print_heading(struct page *page, const char *heading)
{
	(void)fputc('\n', page->file);
	page_paint(page, INK_BOLD, heading);
	(void)fputc('\n', page->file);
}

static void print_table(struct page *page, struct libscols_table *table)
{
	CLEANUP(freep) char *text = NULL;

	if (scols_print_table_to_string(table, &text) != 0 || !text) {
		page->out_of_memory = true;
		return;
	}
	for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
		size_t length = strlen(line);

		while (length > 0 && line[length - 1] == ' ')
			length--;
		if (length > 0)
			(void)fprintf(page->file, "%*s%.*s\n", INDENT, "", (int)length, line);
	}
}

static void print_rest(struct page *page, uint64_t n_more)
{
	if (n_more > 0)
		page_print(page, INDENT, "and %" PRIu64 " more", n_more);
}

/* No more digits than a forecast from a few seconds is worth. */
static void set_time_left(struct page *page, struct libscols_line *line, size_t column,
			  uint64_t seconds)
{
	if (seconds == 0)
		set_cell(page, line, column, "now");
	else if (seconds < 600)
		set_cell(page, line, column, "in %" PRIu64 " s", seconds);
	else if (seconds < 7200)
		set_cell(page, line, column, "in %" PRIu64 " min", seconds / 60);
	else
		set_cell(page, line, column, "in %" PRIu64 " h", seconds / 3600);
}

static void set_exhaustion(struct page *page, struct libscols_line *line, size_t column,
			   const struct port_budget *budget)
{
	switch (budget->exhaustion) {
	case EXHAUSTION_NEVER:
		set_cell(page, line, column, "never");
		return;
	case EXHAUSTION_EXPECTED:
		set_time_left(page, line, column, budget->seconds_to_exhaustion);
		return;
	case EXHAUSTION_UNKNOWN:
		break;
	}
	set_cell(page, line, column, "?");
}

static void add_destination(struct page *page, struct libscols_table *table,
			    const struct destination *destination)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	const struct port_budget *budget = &destination->budget;
	char local[ADDR_STRLEN], remote[ENDPOINT_STRLEN];

	if (!line) {
		page->out_of_memory = true;
		return;
	}
	(void)addr_format(local, &destination->local_addr);
	(void)endpoint_format(remote, &destination->remote_addr, destination->remote_port);
	set_cell(page, line, 0, "%s", local);
	set_cell(page, line, 1, "%s", remote);
	set_reading(page, line, 2, budget->used);
	set_reading(page, line, 3, budget->available);
	if (budget->usage >= 0)
		set_cell(page, line, 4, "%.1f %%", budget->usage * 100);
	else
		set_cell(page, line, 4, "?");
	set_exhaustion(page, line, 5, budget);
}

void tables_print_destinations(struct page *page, const struct model *model)
{
	static const struct column columns[] = {
		{ "LOCAL", SCOLS_FL_WRAP },  { "DESTINATION", SCOLS_FL_WRAP },
		{ "USED", SCOLS_FL_RIGHT },  { "OF", SCOLS_FL_RIGHT },
		{ "USAGE", SCOLS_FL_RIGHT }, { "RUNS OUT", SCOLS_FL_RIGHT },
	};
	const struct sockets *sockets = &model->sockets;
	size_t n = sockets->n_destinations < ROWS ? sockets->n_destinations : ROWS;
	CLEANUP(unref_table) struct libscols_table *table = NULL;

	if (n == 0)
		return;
	table = table_new(page, columns, ARRAY_SIZE(columns));
	if (!table)
		return;
	for (size_t i = 0; i < n; i++)
		add_destination(page, table, &sockets->destinations[i]);
	print_heading(page, "Destinations by local ports");
	print_table(page, table);
	print_rest(page, sockets->n_destinations - n + sockets->folded_destinations);
	if (model->window_s <= 0)
		page_print(page, INDENT,
			   "RUNS OUT at the rate of closes: one sample does not see how open "
			   "connections grow, --for SECONDS does.");
}

/* Fullest queues first, then those that have a limit, smallest first; an unknown queue is last. */
static int compare_listeners(const void *left, const void *right)
{
	const struct listener *a = *(const struct listener *const *)left;
	const struct listener *b = *(const struct listener *const *)right;
	uint64_t a_queue = a->queue.known ? a->queue.value + 1 : 0;
	uint64_t b_queue = b->queue.known ? b->queue.value + 1 : 0;

	if (a_queue != b_queue)
		return a_queue < b_queue ? 1 : -1;
	if (a->backlog.known && b->backlog.known && a->backlog.value != b->backlog.value)
		return a->backlog.value > b->backlog.value ? 1 : -1;
	return (a->port > b->port) - (a->port < b->port);
}

static void set_program(struct page *page, struct libscols_line *line, size_t column,
			const struct model *model, const struct socket_ref *socket)
{
	const struct process *process = model_process_of(model, socket->inode);
	const char *unit = model_unit_of_socket(model, socket);

	if (process && unit)
		set_cell(page, line, column, "%s (pid %" PRIu32 ", %s)", process->command,
			 process->pid, unit);
	else if (process)
		set_cell(page, line, column, "%s (pid %" PRIu32 ")", process->command,
			 process->pid);
	else
		/* Not "?": most of them nobody asked for. */
		set_cell(page, line, column, "%s", unit ? unit : "-");
}

static void add_listener(struct page *page, struct libscols_table *table, const struct model *model,
			 const struct listener *listener)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	char endpoint[ENDPOINT_STRLEN];

	if (!line) {
		page->out_of_memory = true;
		return;
	}
	(void)endpoint_format(endpoint, &listener->addr, listener->port);
	set_cell(page, line, 0, "%s", endpoint);
	set_reading(page, line, 1, listener->queue);
	set_reading(page, line, 2, listener->backlog);
	set_program(page, line, 3, model, &listener->socket);
}

void tables_print_listeners(struct page *page, const struct model *model)
{
	static const struct column columns[] = {
		{ "LISTENER", 0 },
		{ "QUEUE", SCOLS_FL_RIGHT },
		{ "LIMIT", SCOLS_FL_RIGHT },
		{ "PROGRAM", SCOLS_FL_TRUNC },
	};
	const struct sockets *sockets = &model->sockets;
	size_t n = sockets->n_listeners < ROWS ? sockets->n_listeners : ROWS;
	CLEANUP(unref_table) struct libscols_table *table = NULL;
	CLEANUP(freep) const struct listener **order = NULL;

	if (n == 0)
		return;
	order = calloc(sockets->n_listeners, sizeof(const struct listener *));
	if (!order) {
		page->out_of_memory = true;
		return;
	}
	table = table_new(page, columns, ARRAY_SIZE(columns));
	if (!table)
		return;
	for (size_t i = 0; i < sockets->n_listeners; i++)
		order[i] = &sockets->listeners[i];
	qsort(order, sockets->n_listeners, sizeof(const struct listener *), compare_listeners);
	for (size_t i = 0; i < n; i++)
		add_listener(page, table, model, order[i]);
	print_heading(page, "Listeners by accept queue");
	print_table(page, table);
	print_rest(page, sockets->n_listeners - n);
}

void tables_print_states(struct page *page, const struct model *model)
{
	const struct sockets *sockets = &model->sockets;
	CLEANUP(freep) char *text = NULL;
	size_t length;
	FILE *stream;

	if (!sockets->backend || sockets->total == 0)
		return;
	stream = open_memstream(&text, &length);
	if (!stream) {
		page->out_of_memory = true;
		return;
	}
	for (size_t i = 0; i < N_TCP_STATES; i++) {
		uint64_t n = sockets->states[i];

		if (i == TCP_STATE_SYN_RECV)
			n += sockets->states[TCP_STATE_NEW_SYN_RECV];
		if (tcp_state_facts[i].name && n > 0)
			(void)fprintf(stream, "%s%s %" PRIu64, ftell(stream) > 0 ? ", " : "",
				      tcp_state_facts[i].name, n);
	}
	if (fclose(stream) != 0) {
		page->out_of_memory = true;
		return;
	}
	print_heading(page, "Sockets by state");
	page_print(page, INDENT, "%s", text);
}

/* Seconds that share a bar, so that all 60 fit on the page beside their labels. */
static unsigned int seconds_per_bar(const struct page *page)
{
	enum { LABELS = sizeof("  60 s ago || now") - 1 };
	unsigned int seconds = 1;

	while (seconds < 3 && LABELS + TIME_WAIT_SECONDS / seconds > page->width)
		seconds++;
	return seconds;
}

void tables_print_closes(struct page *page, const struct model *model)
{
	const struct sockets *sockets = &model->sockets;
	unsigned int per_bar = seconds_per_bar(page);
	uint32_t bars[TIME_WAIT_SECONDS] = { 0 };
	uint32_t peak = 0;

	if (!sockets->time_wait_histogram_known)
		return;
	for (size_t i = 0; i < TIME_WAIT_SECONDS; i++) {
		bars[i / per_bar] += sockets->time_wait_histogram[i];
		if (sockets->time_wait_histogram[i] > peak)
			peak = sockets->time_wait_histogram[i];
	}
	if (peak == 0)
		return;
	print_heading(page, "Closes that left a TIME-WAIT, over time");
	(void)fputs("  60 s ago |", page->file);
	page_bars(page, bars, TIME_WAIT_SECONDS / per_bar);
	(void)fputs("| now\n", page->file);
	page_print(page, INDENT, "at most %" PRIu32 " in a second, %.1f/s over the last 10 s", peak,
		   model_time_wait_rate(model));
}
