#pragma once

struct emitter;
struct report;

/* The verdicts' part of the JSON report: settings, findings, rules, summary. */
void emit_settings(struct emitter *e, const struct report *report);
void emit_findings(struct emitter *e, const struct report *report);
void emit_rules(struct emitter *e, const struct report *report);
void emit_summary(struct emitter *e, const struct report *report);
