/* The JSON report's verdicts: what the rules said, and the settings that they speak of. */
#include <string.h>

#include "finding.h"
#include "model.h"
#include "report.h"
#include "sysctls.h"

#include "emitter.h"
#include "report_json_findings.h"

/* A key may be proposed by several findings: the worst one speaks. NULL: none does. */
static const char *recommended(const struct report *report, const size_t order[], size_t n,
			       const char *key)
{
	for (size_t i = 0; i < n; i++) {
		const struct finding *f = &report->results[order[i]].finding;

		for (size_t a = 0; a < f->n_actions; a++)
			if (f->actions[a].kind == ACTION_SYSCTL && f->actions[a].key &&
			    strcmp(f->actions[a].key, key) == 0)
				return f->actions[a].proposed;
	}
	return NULL;
}

void emit_settings(struct emitter *e, const struct report *report, const size_t order[], size_t n)
{
	const struct model *model = report->model;

	emit_array(e, "settings");
	for (size_t i = 0; i < N_SYSCTLS; i++) {
		const struct sysctl_fact *fact = &sysctl_facts[i];

		if (model->sysctls[i].absent)
			continue;
		emit_object(e, NULL);
		emit_text(e, "key", fact->key);
		emit_text(e, "live", model->sysctls[i].text);
		emit_text(e, "recommended", recommended(report, order, n, fact->key));
		emit_text(e, "default", sysctl_default(fact, model->host.kernel));
		emit_close(e);
	}
	emit_close(e);
}

static void emit_evidence(struct emitter *e, const struct evidence *evidence)
{
	emit_object(e, NULL);
	emit_text(e, "name", evidence->name);
	switch (evidence->kind) {
	case EVIDENCE_COUNT:
		emit_count(e, "value", evidence->count);
		break;
	case EVIDENCE_REAL:
		emit_real(e, "value", evidence->real);
		break;
	case EVIDENCE_TEXT:
		emit_text(e, "value", evidence->text);
		break;
	}
	emit_text(e, "unit", evidence->unit);
	emit_text(e, "source", evidence->source);
	emit_text(e, "subject", evidence->subject);
	emit_close(e);
}

static void emit_action(struct emitter *e, const struct action *action)
{
	emit_object(e, NULL);
	emit_text(e, "kind", action_kind_name(action->kind));
	emit_text(e, "key", action->key);
	emit_text(e, "current", action->current);
	emit_text(e, "proposed", action->proposed);
	emit_text(e, "formula", action->formula);
	emit_bool(e, "restart_needed", action->restart_needed);
	emit_text(e, "risk", action->risk);
	emit_text(e, "command", action->command);
	emit_text(e, "undo", action->undo);
	emit_lines(e, "section", action->section);
	emit_close(e);
}

static void emit_finding(struct emitter *e, const struct rule_result *result)
{
	const struct finding *f = &result->finding;

	emit_object(e, NULL);
	emit_text(e, "id", result->id);
	emit_text(e, "severity", severity_name(f->severity));
	emit_text(e, "title", result->title);
	emit_array(e, "evidence");
	for (size_t i = 0; i < f->n_evidence; i++)
		emit_evidence(e, &f->evidence[i]);
	emit_close(e);
	emit_text(e, "explanation", f->explanation);
	emit_text(e, "rationale", result->rationale);
	emit_array(e, "actions");
	for (size_t i = 0; i < f->n_actions; i++)
		emit_action(e, &f->actions[i]);
	emit_close(e);
	emit_array(e, "references");
	for (const char *const *r = result->references; r && *r; r++)
		emit_text(e, NULL, *r);
	emit_close(e);
	emit_close(e);
}

void emit_findings(struct emitter *e, const struct report *report, const size_t order[], size_t n)
{
	emit_array(e, "findings");
	for (size_t i = 0; i < n; i++)
		emit_finding(e, &report->results[order[i]]);
	emit_close(e);
}

void emit_rules(struct emitter *e, const struct report *report)
{
	static const char *const verdicts[] = {
		[VERDICT_OK] = "ok",
		[VERDICT_FINDING] = "finding",
		[VERDICT_UNKNOWN] = "unknown",
	};

	emit_array(e, "rules");
	for (size_t i = 0; i < report->n_results; i++) {
		const struct rule_result *result = &report->results[i];
		const struct finding *f = &result->finding;

		emit_object(e, NULL);
		emit_text(e, "id", result->id);
		emit_text(e, "title", result->title);
		emit_text(e, "result", verdicts[result->verdict]);
		emit_array(e, "missing");
		for (size_t m = 0; result->verdict == VERDICT_UNKNOWN && m < f->n_missing; m++)
			emit_text(e, NULL, f->missing[m]);
		emit_close(e);
		emit_close(e);
	}
	emit_close(e);
}

void emit_summary(struct emitter *e, const struct report *report)
{
	struct report_summary s = report_summarise(report);

	emit_object(e, "summary");
	emit_count(e, "critical", s.critical);
	emit_count(e, "warning", s.warning);
	emit_count(e, "advice", s.advice);
	emit_count(e, "info", s.info);
	emit_count(e, "evaluated", s.evaluated);
	emit_count(e, "ok", s.ok);
	emit_count(e, "unknown", s.unknown);
	emit_close(e);
}
