/* A finding as people read it: what was seen, what it means, what to do about it. */
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "finding.h"
#include "report.h"
#include "text.h"

#include "page.h"
#include "report_finding.h"

enum {
	INDENT = 2,
	DEEPER = 4,
	WIDEST_NAME = 40,  /* of a piece of evidence; longer ones push their value aside */
	ACTION_LABELS = 9, /* "command  ..." */
};

void finding_print_severity(struct page *page, const struct rule_result *result)
{
	static const enum ink inks[] = {
		[SEV_NONE] = INK_PLAIN,     [SEV_INFO] = INK_PLAIN,   [SEV_ADVICE] = INK_CYAN,
		[SEV_WARNING] = INK_YELLOW, [SEV_CRITICAL] = INK_RED,
	};
	enum severity severity = result->finding.severity;
	char word[16];

	(void)snprintf(word, sizeof(word), "%s", severity_name(severity));
	for (char *c = word; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	page_paint(page, inks[severity], word);
}

static void print_header(struct page *page, const struct rule_result *result)
{
	unsigned int used = page_columns(severity_name(result->finding.severity)) + 2 +
			    page_columns(result->title);

	finding_print_severity(page, result);
	page_spaces(page, 2);
	page_paint(page, INK_BOLD, result->title);
	if (used + 4 + page_columns(result->id) > page->width) {
		(void)fputc('\n', page->file);
		page_spaces(page, INDENT);
	} else {
		page_spaces(page, 2);
	}
	(void)fputc('[', page->file);
	page_paint(page, INK_DIM, result->id);
	(void)fputs("]\n", page->file);
}

/* To be freed. Counts stay without separators: ports and process numbers are counts as well. */
static char *value_text(const struct evidence *evidence)
{
	const char *space = evidence->unit ? " " : "", *unit = evidence->unit ? evidence->unit : "";

	switch (evidence->kind) {
	case EVIDENCE_COUNT:
		return text_format("%" PRIu64 "%s%s", evidence->count, space, unit);
	case EVIDENCE_REAL:
		if (!isfinite(evidence->real))
			return strdup("unknown");
		return text_format(fabs(evidence->real) >= 100 ? "%.0f%s%s" : "%.4g%s%s",
				   evidence->real, space, unit);
	case EVIDENCE_TEXT:
		break;
	}
	/* A sysctl may well be empty; nothing at all would look like a lost value. */
	if (evidence->text && !*evidence->text)
		return strdup("(empty)");
	return text_format("%s%s%s", evidence->text ? evidence->text : "", space, unit);
}

static void print_evidence(struct page *page, const struct evidence *evidence,
			   unsigned int name_width)
{
	CLEANUP(freep) char *value = value_text(evidence);
	CLEANUP(freep) char *text = NULL;

	if (value)
		text = evidence->source ? text_format("%s (%s)", value, evidence->source)
					: TAKE(value);
	if (!text) {
		page->out_of_memory = true;
		return;
	}
	page_item(page, DEEPER, name_width + 2, evidence->name ? evidence->name : "", text);
}

static bool has_subject(const struct evidence *evidence, const char *subject)
{
	return evidence->subject && strcmp(evidence->subject, subject) == 0;
}

static bool is_first_of_subject(const struct finding *f, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (has_subject(&f->evidence[i], f->evidence[index].subject))
			return false;
	return true;
}

static void print_group(struct page *page, const struct finding *f, const char *subject,
			unsigned int name_width)
{
	page_print(page, INDENT, "%s", subject);
	for (size_t i = 0; i < f->n_evidence; i++)
		if (has_subject(&f->evidence[i], subject))
			print_evidence(page, &f->evidence[i], name_width);
}

char *finding_headline(const struct rule_result *result)
{
	const struct finding *f = &result->finding;
	const char *subject = NULL;
	size_t n = 0;

	for (size_t i = 0; i < f->n_evidence; i++)
		if (f->evidence[i].subject && is_first_of_subject(f, i) && n++ == 0)
			subject = f->evidence[i].subject;
	if (n == 0)
		return strdup(result->title);
	if (n == 1)
		return text_format("%s: %s", result->title, subject);
	return text_format("%s: %s, and %zu more", result->title, subject, n - 1);
}

/* The host's own figures, then subject by subject in the order in which the rule named them. */
static void print_all_evidence(struct page *page, const struct finding *f)
{
	unsigned int name_width = 0;

	for (size_t i = 0; i < f->n_evidence; i++) {
		unsigned int columns = f->evidence[i].name ? page_columns(f->evidence[i].name) : 0;

		if (columns > name_width && columns <= WIDEST_NAME)
			name_width = columns;
	}
	for (size_t i = 0; i < f->n_evidence; i++)
		if (!f->evidence[i].subject)
			print_evidence(page, &f->evidence[i], name_width);
	for (size_t i = 0; i < f->n_evidence; i++)
		if (f->evidence[i].subject && is_first_of_subject(f, i))
			print_group(page, f, f->evidence[i].subject, name_width);
}

char *action_headline(const struct action *action)
{
	static const char *const kinds[] = {
		[ACTION_SYSCTL] = "sysctl ",
		[ACTION_SOCKET_OPTION] = "socket option ",
		[ACTION_APPLICATION] = "", /* its key is a phrase: "find the cause" */
	};
	const char *kind = kinds[action->kind];
	const char *key = action->key ? action->key : "";
	const char *proposed = action->proposed;

	if (!proposed)
		return text_format("%s%s", kind, key);
	if (!*proposed)
		proposed = "(empty)";
	if (!action->current)
		return text_format("%s%s: %s", kind, key, proposed);
	return text_format("%s%s: %s -> %s", kind, key,
			   *action->current ? action->current : "(empty)", proposed);
}

/* On one line, however long: people copy it. */
static void print_command(struct page *page, const char *label, const char *command)
{
	if (!command)
		return;
	page_spaces(page, DEEPER + 3);
	page_paint(page, INK_DIM, label);
	page_spaces(page, ACTION_LABELS - page_columns(label));
	page_paint(page, INK_BOLD, command);
	(void)fputc('\n', page->file);
}

static void print_note(struct page *page, const char *label, const char *text)
{
	if (text)
		page_item(page, DEEPER + 3, ACTION_LABELS, label, text);
}

/* As it stands, line by line: people copy it into a file, where indentation means nothing. */
static void print_section(struct page *page, const char *section)
{
	for (const char *line = section; *line;) {
		size_t length = strcspn(line, "\n");
		CLEANUP(freep) char *text = strndup(line, length);

		if (!text) {
			page->out_of_memory = true;
			return;
		}
		print_command(page, line == section ? "section" : "", text);
		line += length + (line[length] != '\0');
	}
}

/* How it is done. PREVIOUS may have been the other half of one section; NULL: the first action. */
static void print_ways(struct page *page, const struct action *action,
		       const struct action *previous)
{
	if (action->section && previous && previous->section &&
	    strcmp(action->section, previous->section) == 0) {
		print_note(page, action->command ? "command" : "section", "as above");
		return;
	}
	print_command(page, "command", action->command);
	if (action->section)
		print_section(page, action->section);
}

static void print_action(struct page *page, size_t number, const struct action *action,
			 const struct action *previous)
{
	CLEANUP(freep) char *headline = action_headline(action);
	char label[32];

	if (!headline) {
		page->out_of_memory = true;
		return;
	}
	(void)snprintf(label, sizeof(label), "%zu.", number);
	page_item(page, DEEPER, 3, label, headline);
	print_ways(page, action, previous);
	print_command(page, "undo", action->undo);
	print_note(page, "formula", action->formula);
	print_note(page, "risk", action->risk);
	if (action->restart_needed)
		print_note(page, "restart", "the program must be restarted");
}

static void print_heading(struct page *page, const char *heading)
{
	page_spaces(page, INDENT);
	page_paint(page, INK_BOLD, heading);
	(void)fputc('\n', page->file);
}

/* In one paragraph: they are for those who doubt, and would fill half a screen line by line. */
static void print_references(struct page *page, const char *const references[])
{
	CLEANUP(freep) char *text = NULL;

	for (const char *const *r = references; r && *r; r++) {
		char *longer = text ? text_format("%s; %s", text, *r) : strdup(*r);

		free(text);
		text = longer;
		if (!text) {
			page->out_of_memory = true;
			return;
		}
	}
	if (!text)
		return;
	print_heading(page, "Documented in");
	page_print(page, DEEPER, "%s", text);
}

void finding_print(struct page *page, const struct rule_result *result)
{
	const struct finding *f = &result->finding;

	print_header(page, result);
	print_all_evidence(page, f);
	if (f->explanation)
		page_print(page, INDENT, "%s", f->explanation);
	if (result->rationale) {
		print_heading(page, "Why it matters");
		page_print(page, DEEPER, "%s", result->rationale);
	}
	if (f->n_actions > 0)
		print_heading(page, "What to do");
	for (size_t i = 0; i < f->n_actions; i++)
		print_action(page, i + 1, &f->actions[i], i > 0 ? &f->actions[i - 1] : NULL);
	print_references(page, result->references);
}
