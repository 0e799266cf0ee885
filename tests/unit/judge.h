#pragma once

/* What the tests of rules share: one rule on one model, and questions about its finding. */
#include <criterion/criterion.h>
#include <string.h>

#include <tcpwright/policy.h>

#include "engine.h"
#include "err.h"
#include "finding.h"
#include "model.h"
#include "rule.h"
#include "text_file.h"

static inline const struct rule *rule_of(const char *id)
{
	const struct rule *rule = rules_find(id);

	cr_assert_not_null(rule, "%s", id);
	return rule;
}

static inline bool has_text(const char *text)
{
	return text && *text;
}

/* A section is what the shim takes as it stands, and asks for the option of its action. */
static inline void expect_section_taken(const char *id, const struct action *action)
{
	static struct policy policy; /* too large for a stack */
	struct text_file file = { 0 };
	struct err err = { { 0 } };
	bool asked = false;

	policy = (struct policy){ 0 };
	cr_assert_eq(text_file_parse(id, action->section, strlen(action->section), &file, &err), 0,
		     "%s", err.text);
	for (size_t i = 0; i < file.n_entries; i++) {
		const struct text_entry *entry = &file.entries[i];
		const struct origin origin = { id, entry->line };

		if (!entry->key)
			continue;
		cr_assert_eq(strncmp(entry->section, "socket ", strlen("socket ")), 0);
		cr_expect_eq(policy_entry(&policy, entry->section + strlen("socket "), entry->key,
					  entry->value, &origin, &err),
			     0, "%s", err.text);
		asked = asked || strcmp(entry->key, action->key) == 0;
	}
	cr_assert_eq(policy.n_sections, 1, "%s", action->section);
	cr_expect_eq(policy_check_section(&policy.sections[0], &err), 0, "%s", err.text);
	cr_expect(asked, "%s: %s", action->key, action->section);
	text_file_done(&file);
}

/* A risk, where a value comes from, and of a sysctl the way there and back. */
static inline void expect_action_complete(const char *id, const struct action *action)
{
	cr_expect(has_text(action->key), "%s", id);
	cr_expect(has_text(action->risk), "%s: the risk of %s", id, action->key);
	cr_expect(!action->proposed || action->formula || action->kind == ACTION_APPLICATION,
		  "%s: where the value of %s comes from", id, action->key);
	if (action->section)
		expect_section_taken(id, action);
	cr_expect(!action->section || action->kind == ACTION_SOCKET_OPTION, "%s", id);
	if (action->kind != ACTION_SYSCTL)
		return;
	cr_expect(action->proposed, "%s: a value for %s", id, action->key);
	cr_expect(has_text(action->command), "%s: how to set %s", id, action->key);
	cr_expect_eq(!action->undo, !action->current, "%s: how to undo %s", id, action->key);
}

/* What every finding owes its reader, whatever the rule. */
static inline void expect_complete(const char *id, const struct finding *finding)
{
	cr_expect(has_text(finding->explanation), "%s", id);
	cr_expect_gt(finding->n_evidence, 0, "%s", id);
	for (size_t i = 0; i < finding->n_evidence; i++) {
		cr_expect(has_text(finding->evidence[i].name), "%s", id);
		cr_expect(has_text(finding->evidence[i].source), "%s: the source of %s", id,
			  finding->evidence[i].name);
	}
	for (size_t i = 0; i < finding->n_actions; i++)
		expect_action_complete(id, &finding->actions[i]);
}

/*
 * RET_FINDING is to be released with finding_done(); NULL asks for the verdict alone. Whatever the
 * rule, an unknown says what is missing, and a finding is graded and complete.
 */
static inline enum verdict judge(const char *id, const struct model *model,
				 const struct profile *profile, struct finding *ret_finding)
{
	struct rule_input in = { .model = model, .profile = profile, .rule = rule_of(id) };
	struct finding f = { 0 };
	enum verdict verdict = in.rule->check(&in, &f);

	cr_expect_eq(in.rule->check(&in, NULL), verdict, "%s without a finding", id);
	cr_expect(verdict != VERDICT_UNKNOWN || f.n_missing > 0, "%s", id);
	cr_expect_eq(verdict == VERDICT_FINDING, f.severity != SEV_NONE, "%s", id);
	if (verdict == VERDICT_FINDING)
		expect_complete(id, &f);
	cr_expect_leq(f.severity, in.rule->worst, "%s", id);
	cr_expect_not(f.out_of_memory, "%s", id);
	if (ret_finding)
		*ret_finding = f;
	else
		finding_done(&f);
	return verdict;
}

/* NULL: not among the actions. */
static inline const struct action *action_on(const struct finding *finding, const char *key)
{
	for (size_t i = 0; i < finding->n_actions; i++)
		if (strcmp(finding->actions[i].key, key) == 0)
			return &finding->actions[i];
	return NULL;
}

static inline size_t count_actions(const struct finding *finding, enum action_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < finding->n_actions; i++)
		n += finding->actions[i].kind == kind;
	return n;
}

/* SUBJECT NULL: the first of any subject. */
static inline const struct evidence *evidence_of(const struct finding *finding, const char *subject,
						 const char *name)
{
	for (size_t i = 0; i < finding->n_evidence; i++)
		if (strcmp(finding->evidence[i].name, name) == 0 &&
		    (!subject || (finding->evidence[i].subject &&
				  strcmp(finding->evidence[i].subject, subject) == 0)))
			return &finding->evidence[i];
	return NULL;
}

/* The count of the first evidence of that name, which has to be there and to name its source. */
static inline uint64_t count_of(const struct finding *finding, const char *name)
{
	const struct evidence *evidence = evidence_of(finding, NULL, name);

	cr_assert_not_null(evidence, "%s", name);
	cr_expect(evidence->source && *evidence->source, "%s", name);
	return evidence->count;
}

static inline bool says(const struct finding *finding, const char *words)
{
	return finding->explanation && strstr(finding->explanation, words);
}

static inline bool misses(const struct finding *finding, const char *words)
{
	for (size_t i = 0; i < finding->n_missing; i++)
		if (strstr(finding->missing[i], words))
			return true;
	return false;
}
