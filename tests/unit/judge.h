#pragma once

#include <stdlib.h>
#include <string.h>

#include "finding.h"
#include "model.h"
#include "profile.h"
#include "rule.h"

/* What rule tests share: one rule on one model, and questions about its finding. */

static inline const struct rule *rule_of(const struct rule rules[], const char *id)
{
	while (rules->id && strcmp(rules->id, id) != 0)
		rules++;
	if (!rules->id)
		abort();
	return rules;
}

/* RET_FINDING is to be released with finding_done(); NULL asks for the verdict alone. */
static inline enum verdict judge(const struct rule rules[], const char *id,
				 const struct model *model, const struct profile *profile,
				 struct finding *ret_finding)
{
	struct rule_input in = { .model = model, .profile = profile, .rule = rule_of(rules, id) };
	enum verdict verdict;

	if (ret_finding)
		*ret_finding = (struct finding){ 0 };
	verdict = in.rule->check(&in, ret_finding);
	/* A caller that wants no finding gets the same verdict. */
	if (in.rule->check(&in, NULL) != verdict)
		abort();
	return verdict;
}

static inline const struct action *action_on(const struct finding *finding, const char *key)
{
	for (size_t i = 0; i < finding->n_actions; i++)
		if (finding->actions[i].key && strcmp(finding->actions[i].key, key) == 0)
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

/* SUBJECT NULL: of any subject. */
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

/* Models in tests borrow their texts. */
static inline void set_sysctl(struct model *model, enum sysctl_id id, const char *text)
{
	model->sysctls[id] = (struct sysctl_reading){ .text = (char *)text, .writable = true };
}

/* A window of SECONDS in which no counter moved. */
static inline void set_window(struct model *model, struct sample samples[2], double seconds)
{
	memcpy(samples[1].counters, model->counters, sizeof(model->counters));
	memcpy(samples[0].counters, model->counters, sizeof(model->counters));
	samples[1].at_s = seconds;
	model->window_s = seconds;
	model->samples = samples;
	model->n_samples = 2;
}

static inline void set_moved(struct model *model, enum counter_id id, uint64_t before,
			     uint64_t after)
{
	model->samples[0].counters[id] = reading_of(before);
	model->samples[1].counters[id] = reading_of(after);
	model->counters[id] = reading_of(after);
}
