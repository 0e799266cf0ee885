#pragma once

#include <stddef.h>

struct emitter;
struct report;

/*
 * The verdicts' part of the JSON report: settings, findings, rules, summary. ORDER is that of
 * report_findings_by_severity().
 */
void emit_settings(struct emitter *e, const struct report *report, const size_t order[], size_t n);
void emit_findings(struct emitter *e, const struct report *report, const size_t order[], size_t n);
void emit_rules(struct emitter *e, const struct report *report);
void emit_summary(struct emitter *e, const struct report *report);
