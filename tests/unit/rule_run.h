#pragma once

/* Running single rules on models, and looking at what they say. */
#include <criterion/criterion.h>
#include <string.h>

#include "finding.h"
#include "rule.h"

static inline const struct rule *find_rule(const struct rule group[], const char *id)
{
	while (group->id && strcmp(group->id, id) != 0)
		group++;
	cr_assert_not_null(group->id, "%s", id);
	return group;
}

/* The verdict, which has to be the same where nobody wants the finding. */
static inline enum verdict run_rule(const struct rule group[], const char *id,
				    const struct model *model, struct finding *finding)
{
	struct rule_input in = { .model = model, .rule = find_rule(group, id) };
	enum verdict verdict = in.rule->check(&in, finding);

	cr_expect_eq(in.rule->check(&in, NULL), verdict, "%s without a finding", id);
	cr_expect_eq(verdict == VERDICT_UNKNOWN, finding->n_missing > 0, "%s", id);
	cr_expect_eq(verdict == VERDICT_FINDING, finding->severity != SEV_NONE, "%s", id);
	cr_expect(verdict != VERDICT_FINDING || finding->explanation, "%s", id);
	cr_expect_leq(finding->severity, in.rule->worst, "%s", id);
	cr_expect_not(finding->out_of_memory);
	return verdict;
}

/* NULL: not among the actions. */
static inline const struct action *find_action(const struct finding *finding, const char *key)
{
	for (size_t i = 0; i < finding->n_actions; i++)
		if (strcmp(finding->actions[i].key, key) == 0)
			return &finding->actions[i];
	return NULL;
}

static inline const struct evidence *find_evidence(const struct finding *finding, const char *name)
{
	for (size_t i = 0; i < finding->n_evidence; i++)
		if (strcmp(finding->evidence[i].name, name) == 0)
			return &finding->evidence[i];
	return NULL;
}

/* The count of the first evidence of that name, which has to be there. */
static inline uint64_t count_of(const struct finding *finding, const char *name)
{
	const struct evidence *evidence = find_evidence(finding, name);

	cr_assert_not_null(evidence, "%s", name);
	cr_expect(evidence->source && *evidence->source, "%s", name);
	return evidence->count;
}
