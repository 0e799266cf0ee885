#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "finding.h"
#include "model.h"

/*
 * The report model: what writers print and exit codes are made of. The engine copies title,
 * rationale and references of every rule that it evaluated, fired or not, so that a writer needs
 * nothing from rules/.
 */
struct rule_result {
	const char *id; /* borrowed from the rule table, like the next three */
	const char *title;
	const char *rationale;         /* why it matters: two sentences */
	const char *const *references; /* NULL-terminated */
	enum severity worst;           /* ceiling */
	enum verdict verdict;
	struct finding finding; /* for UNKNOWN only its missing[] counts */
};

struct report_role {
	char name[64];
	char chosen_by[32]; /* "default", "--role", "--role auto", "--profile" */
	char why[512];      /* the evidence, or "" */
	char hint[640];     /* what auto would choose, where nobody chose; "" */
};

struct report {
	const struct model *model; /* borrowed; judged */
	struct report_role role;
	struct rule_result *results; /* owned; in the order of the rule table */
	size_t n_results;
};

void report_done(struct report *report);

struct report_summary {
	unsigned int critical, warning, advice, info;
	unsigned int evaluated, ok, unknown;
};
struct report_summary report_summarise(const struct report *report);

/*
 * Indices of the results that fired, worst first, the table's order within a severity. INDICES has
 * room for n_results; returns how many there are.
 */
size_t report_findings_by_severity(const struct report *report, size_t indices[]);
