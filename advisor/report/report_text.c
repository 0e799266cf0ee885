/*
 * The report for people: the verdict and what to do first, then the findings worst first, then what
 * is fine, what is unknown, what was not seen, and the figures.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "array.h"
#include "cleanup.h"
#include "err.h"
#include "finding.h"
#include "model.h"
#include "report.h"
#include "text.h"

#include "formats.h"
#include "page.h"
#include "report_finding.h"
#include "report_tables.h"
#include "writer.h"

enum { INDENT = 2, HEAD_LABELS = 6 };

/* The report, and its findings worst first. */
struct document {
	const struct report *report;
	struct report_summary summary;
	const size_t *order;
	size_t n_findings;
};

static const struct rule_result *finding_at(const struct document *doc, size_t index)
{
	return &doc->report->results[doc->order[index]];
}

/* A line of our own with texts of the host in it, made safe as a whole. To be freed. */
__attribute__((format(printf, 2, 3))) static char *safe_text(struct page *page, const char *format,
							     ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = text_vformat(format, args);
	va_end(args);
	if (text)
		text_neutralise(text);
	else
		page->out_of_memory = true;
	return text;
}

static void print_head_item(struct page *page, const char *label, char *text)
{
	if (text)
		page_item(page, 0, HEAD_LABELS, label, text);
	free(text);
}

/* "1 critical, 2 warnings, 1 advice, 3 info": only what there is. */
static void format_severities(char *buf, size_t size, const struct report_summary *s)
{
	const struct {
		unsigned int n;
		const char *one, *many;
	} counts[] = {
		{ s->critical, "critical", "critical" },
		{ s->warning, "warning", "warnings" },
		{ s->advice, "advice", "advice" },
		{ s->info, "info", "info" },
	};
	size_t length = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(counts) && length < size; i++)
		if (counts[i].n > 0)
			length += (size_t)snprintf(
				buf + length, size - length, "%s%u %s", length > 0 ? ", " : "",
				counts[i].n, counts[i].n == 1 ? counts[i].one : counts[i].many);
}

static void print_verdict(struct page *page, const struct document *doc)
{
	const struct report_summary *s = &doc->summary;
	char severities[80];
	enum ink ink = s->critical > 0                               ? INK_RED
		       : s->warning > 0                              ? INK_YELLOW
		       : s->advice + s->info == 0 && s->unknown == 0 ? INK_GREEN
								     : INK_BOLD;

	format_severities(severities, sizeof(severities), s);
	if (doc->n_findings > 0)
		page_paint(page, ink, severities);
	else if (s->ok > 0)
		page_paint(page, ink,
			   s->unknown > 0 ? "Nothing wrong found in what could be seen"
					  : "Nothing wrong found");
	else
		page_paint(page, ink, "No verdict");
	(void)fprintf(page->file, " (%u %s: %u fine, %u unknown)\n", s->evaluated,
		      s->evaluated == 1 ? "rule" : "rules", s->ok, s->unknown);
}

/* "2026-11-20 10:02:07 UTC, "; "" where the time is unknown. */
static void format_time(char *buf, size_t size, time_t when)
{
	struct tm utc;

	if (when == 0 || !gmtime_r(&when, &utc) ||
	    strftime(buf, size, "%Y-%m-%d %H:%M:%S UTC, ", &utc) == 0)
		buf[0] = '\0';
}

static void print_host(struct page *page, const struct model *model)
{
	const struct host *host = &model->host;
	char captured_at[64];

	format_time(captured_at, sizeof(captured_at), host->captured_at.tv_sec);
	print_head_item(page, "Host",
			safe_text(page, "%s, Linux %s, %s%s",
				  host->hostname[0] ? host->hostname : "unknown",
				  host->kernel_release[0] ? host->kernel_release : "unknown",
				  captured_at, host->source[0] ? host->source : "unknown source"));
}

/* What was examined, so that silence can be told from blindness. */
static void print_seen(struct page *page, const struct model *model)
{
	const struct sockets *sockets = &model->sockets;
	char window[48] = "";

	if (model->window_s > 0)
		(void)snprintf(window, sizeof(window), ", changes over %.0f s", model->window_s);
	if (sockets->backend)
		print_head_item(page, "Seen",
				safe_text(page, "%" PRIu64 " TCP socket%s by %s in %.0f ms%s%s",
					  sockets->total, sockets->total == 1 ? "" : "s",
					  sockets->backend, model->duration_s * 1000, window,
					  sockets->may_repeat
						  ? " (the table may have changed meanwhile: "
						    "counts are approximate)"
						  : ""));
	else
		print_head_item(page, "Seen",
				safe_text(page, "no sockets: none could be read%s", window));
}

static void print_role(struct page *page, const struct report_role *role)
{
	print_head_item(page, "Role",
			safe_text(page, "%s (%s)%s%s", role->name, role->chosen_by,
				  role->why[0] ? ": " : "", role->why));
	if (role->hint[0])
		print_head_item(page, "Hint", safe_text(page, "%s", role->hint));
}

/* What each finding says and of whom, before any of them is told in full. */
static void print_overview(struct page *page, const struct document *doc)
{
	enum { SEVERITIES = 10 };

	if (doc->n_findings < 2)
		return;
	(void)fputc('\n', page->file);
	for (size_t i = 0; i < doc->n_findings; i++) {
		const struct rule_result *result = finding_at(doc, i);
		CLEANUP(freep) char *headline = finding_headline(result);

		if (!headline) {
			page->out_of_memory = true;
			return;
		}
		page_spaces(page, INDENT);
		finding_print_severity(page, result);
		page_spaces(page,
			    SEVERITIES - page_columns(severity_name(result->finding.severity)));
		page_wrap(page, INDENT + SEVERITIES, INDENT + SEVERITIES, headline);
	}
}

/* The first action of the worst finding that has one; info asks for nothing. */
static const struct action *first_action(const struct document *doc)
{
	for (size_t i = 0; i < doc->n_findings; i++) {
		const struct finding *f = &finding_at(doc, i)->finding;

		if (f->severity >= SEV_ADVICE && f->n_actions > 0)
			return &f->actions[0];
	}
	return NULL;
}

static void print_first_action(struct page *page, const struct document *doc)
{
	const struct action *action = first_action(doc);
	CLEANUP(freep) char *headline = NULL;

	if (!action)
		return;
	headline = action_headline(action);
	if (!headline) {
		page->out_of_memory = true;
		return;
	}
	(void)fputc('\n', page->file);
	page_paint(page, INK_BOLD, "Do first:");
	(void)fputc(' ', page->file);
	page_wrap(page, 10, INDENT, headline);
	if (action->command)
		(void)fprintf(page->file, "%*s%s\n", INDENT, "", action->command);
}

static void print_findings(struct page *page, const struct document *doc)
{
	for (size_t i = 0; i < doc->n_findings; i++) {
		(void)fputc('\n', page->file);
		finding_print(page, finding_at(doc, i));
	}
}

static void print_fine(struct page *page, const struct document *doc)
{
	CLEANUP(freep) char *text = NULL;
	const char *separator = "";
	size_t length;
	FILE *stream;

	if (doc->summary.ok == 0)
		return;
	stream = open_memstream(&text, &length);
	if (!stream) {
		page->out_of_memory = true;
		return;
	}
	for (size_t i = 0; i < doc->report->n_results; i++) {
		const struct rule_result *result = &doc->report->results[i];

		if (result->verdict != VERDICT_OK)
			continue;
		(void)fprintf(stream, "%s%s", separator, result->id);
		separator = ", ";
	}
	if (fclose(stream) != 0) {
		page->out_of_memory = true;
		return;
	}
	(void)fputc('\n', page->file);
	page_paint(page, INK_GREEN, "Fine:");
	(void)fputc(' ', page->file);
	page_wrap(page, 6, INDENT, text);
}

static void print_section(struct page *page, const char *heading)
{
	(void)fputc('\n', page->file);
	page_paint(page, INK_BOLD, heading);
	(void)fputc('\n', page->file);
}

static void print_unknown(struct page *page, const struct document *doc)
{
	if (doc->summary.unknown == 0)
		return;
	print_section(page, "Unknown, because data are missing");
	for (size_t i = 0; i < doc->report->n_results; i++) {
		const struct rule_result *result = &doc->report->results[i];
		const struct finding *f = &result->finding;

		if (result->verdict != VERDICT_UNKNOWN)
			continue;
		if (f->n_missing == 0)
			page_print(page, INDENT, "%s", result->id);
		for (size_t m = 0; m < f->n_missing; m++)
			page_print(page, INDENT, "%s: %s", result->id, f->missing[m]);
	}
}

static void print_gaps(struct page *page, const struct model *model)
{
	if (model->n_gaps == 0)
		return;
	print_section(page, "Not seen");
	for (size_t i = 0; i < model->n_gaps; i++) {
		const struct gap *gap = &model->gaps[i];
		CLEANUP(freep)
		char *text = safe_text(page, "%s: %s; %s", gap->source, gap->reason, gap->cost);

		if (text)
			page_print(page, INDENT, "%s", text);
	}
}

int report_text_write(FILE *file, const struct report *report, const struct report_style *style,
		      struct err *err)
{
	const struct model *model = report->model;
	CLEANUP(freep) size_t *order = calloc(report->n_results + 1, sizeof(*order));
	struct page page = page_of(file, style);
	struct document doc = { .report = report, .summary = report_summarise(report) };

	if (!order)
		return err_no_memory(err);
	doc.order = order;
	doc.n_findings = report_findings_by_severity(report, order);
	print_verdict(&page, &doc);
	print_host(&page, model);
	print_seen(&page, model);
	print_role(&page, &report->role);
	print_overview(&page, &doc);
	print_first_action(&page, &doc);
	print_findings(&page, &doc);
	print_fine(&page, &doc);
	print_unknown(&page, &doc);
	print_gaps(&page, model);
	tables_print_destinations(&page, model);
	tables_print_listeners(&page, model);
	tables_print_states(&page, model);
	tables_print_closes(&page, model);
	return page.out_of_memory ? err_no_memory(err) : 0;
}
