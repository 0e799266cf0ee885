/* Evaluates the rule table for a profile; every listing of rules is a loop over rules_at(). */
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "cleanup.h"
#include "err.h"
#include "text.h"

#include "engine.h"
#include "rule.h"

/* In the order of the catalogue, which is that of reports. */
static const struct rule *const groups[] = {
	rules_ports,   rules_port_range, rules_time_wait,    rules_closing, rules_accept,
	rules_backlog, rules_syn_queue,  rules_listen_drops, rules_idle,    rules_settings,
};

const struct rule *rules_at(size_t index)
{
	for (size_t g = 0; g < ARRAY_SIZE(groups); g++)
		for (const struct rule *rule = groups[g]; rule->id; rule++)
			if (index-- == 0)
				return rule;
	return NULL;
}

const struct rule *rules_find(const char *id)
{
	const struct rule *rule;

	for (size_t i = 0; (rule = rules_at(i)); i++)
		if (strcmp(rule->id, id) == 0)
			return rule;
	return NULL;
}

static bool words_collect(const char ***ret_rules, size_t *ret_n_rules,
			  const char ***ret_thresholds, size_t *ret_n_thresholds)
{
	size_t rules_capacity = 0, thresholds_capacity = 0;
	const struct rule *rule;

	for (size_t i = 0; (rule = rules_at(i)); i++) {
		if (!ARRAY_GROW(*ret_rules, rules_capacity, *ret_n_rules))
			return false;
		(*ret_rules)[(*ret_n_rules)++] = rule->id;
		for (size_t t = 0; t < RULE_MAX_THRESHOLDS && rule->thresholds[t].name; t++) {
			char *word = text_format("%s.%s", rule->id, rule->thresholds[t].name);

			if (!word ||
			    !ARRAY_GROW(*ret_thresholds, thresholds_capacity, *ret_n_thresholds)) {
				free(word);
				return false;
			}
			(*ret_thresholds)[(*ret_n_thresholds)++] = word;
		}
	}
	return true;
}

const struct profile_words *rules_words(void)
{
	/* Reachable until the end of the program: the table never changes. */
	static struct profile_words words;
	static const char **rules, **thresholds;

	if (words.rules)
		return &words;
	if (!words_collect(&rules, &words.n_rules, &thresholds, &words.n_thresholds))
		return NULL;
	words.rules = rules;
	words.thresholds = thresholds;
	return &words;
}

static bool is_off(const struct profile *profile, const struct rule *rule)
{
	const struct profile_rule *setting = profile_rule(profile, rule->id);

	return setting && setting->state == RULE_OFF;
}

void rules_want(const struct model *model, const struct profile *profile, struct inode_set *inodes)
{
	const struct rule *rule;

	for (size_t i = 0; (rule = rules_at(i)); i++) {
		struct rule_input in = { .model = model, .profile = profile, .rule = rule };

		if (rule->wants && !is_off(profile, rule))
			rule->wants(&in, inodes);
	}
	inode_set_finish(inodes);
}

/* The row's ceiling, and the profile's lower one where it sets one. */
static enum severity ceiling(const struct profile *profile, const struct rule *rule)
{
	const struct profile_rule *setting = profile_rule(profile, rule->id);
	enum severity lowered;

	if (setting && setting->at_most && severity_parse(setting->at_most, &lowered) &&
	    lowered < rule->worst)
		return lowered;
	return rule->worst;
}

static void evaluate(const struct rule_input *in, struct rule_result *result)
{
	const struct rule *rule = in->rule;
	enum severity highest = ceiling(in->profile, rule);

	*result = (struct rule_result){
		.id = rule->id,
		.title = rule->title,
		.rationale = rule->rationale,
		.references = rule->references,
		.worst = rule->worst,
	};
	result->verdict = rule->check(in, &result->finding);
	if (result->finding.severity > highest)
		result->finding.severity = highest;
}

static bool is_sysctl(const struct action *action, const char *key)
{
	return action->kind == ACTION_SYSCTL && strcmp(action->key, key) == 0;
}

/* KEY as a finding of a rule that yields to nobody has it; NULL where none proposes a value. */
static const char *proposed_key(const struct report *report, const char *key)
{
	for (size_t i = 0; i < report->n_results; i++) {
		const struct rule_result *result = &report->results[i];
		const struct finding *finding = &result->finding;

		if (result->verdict != VERDICT_FINDING || rules_find(result->id)->yields)
			continue;
		for (size_t a = 0; a < finding->n_actions; a++)
			if (is_sysctl(&finding->actions[a], key))
				return finding->actions[a].key;
	}
	return NULL;
}

/*
 * A rule is pure and sees no other rule's findings, so who goes first is settled here: evidence
 * before a profile's wishes. A finding that is left without proposals says nothing any more.
 */
static void give_way(const struct report *report, struct rule_result *result)
{
	struct finding *finding = &result->finding;

	for (size_t i = 0; i < finding->n_actions;) {
		const struct action *action = &finding->actions[i];
		const char *key =
			action->kind == ACTION_SYSCTL ? proposed_key(report, action->key) : NULL;

		if (key)
			finding_withdraw(finding, key);
		else
			i++;
	}
	if (finding->n_actions > 0)
		return;
	result->verdict = finding->n_missing > 0 ? VERDICT_UNKNOWN : VERDICT_OK;
	if (result->verdict == VERDICT_OK)
		finding_done(finding);
}

int rules_evaluate(const struct model *model, const struct profile *profile,
		   struct report *ret_report, struct err *err)
{
	struct report report = { .model = model };
	size_t n = 0;
	const struct rule *rule;

	while (rules_at(n))
		n++;
	report.results = calloc(n, sizeof(*report.results));
	if (!report.results)
		return err_no_memory(err);
	for (size_t i = 0; (rule = rules_at(i)); i++) {
		struct rule_input in = { .model = model, .profile = profile, .rule = rule };
		struct rule_result *result = &report.results[report.n_results];

		if (is_off(profile, rule))
			continue;
		evaluate(&in, result);
		report.n_results++;
		if (result->finding.out_of_memory) {
			report_done(&report);
			return err_no_memory(err);
		}
	}
	for (size_t i = 0; i < report.n_results; i++)
		if (report.results[i].verdict == VERDICT_FINDING &&
		    rules_find(report.results[i].id)->yields)
			give_way(&report, &report.results[i]);
	*ret_report = report;
	return 0;
}
