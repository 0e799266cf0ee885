#include <ctype.h>
#include <criterion/criterion.h>

#include "array.h"
#include "engine.h"
#include "err.h"
#include "judge.h"
#include "stack_model.h"

TestSuite(engine);

/* The catalogue's spelling and order, and the worst that each rule may say. */
static const struct {
	const char *id;
	enum severity worst;
} catalogue[] = {
	{ "port-exhaustion", SEV_CRITICAL },
	{ "port-bind-before-connect", SEV_WARNING },
	{ "port-listener-in-range", SEV_ADVICE },
	{ "port-range-sane", SEV_WARNING },
	{ "tw-rate", SEV_INFO },
	{ "tw-overflow", SEV_WARNING },
	{ "tw-reuse", SEV_ADVICE },
	{ "tw-recycle", SEV_CRITICAL },
	{ "close-wait-leak", SEV_CRITICAL },
	{ "accept-queue-full", SEV_CRITICAL },
	{ "backlog-cap", SEV_WARNING },
	{ "syn-queue", SEV_WARNING },
	{ "syncookies-off", SEV_WARNING },
	{ "listen-drops-other", SEV_ADVICE },
	{ "keepalive-missing", SEV_WARNING },
	{ "feature-off", SEV_WARNING },
	{ "profile-value", SEV_ADVICE },
};
enum { N_CATALOGUE = ARRAY_SIZE(catalogue) };

Test(engine, the_table_is_the_catalogue)
{
	size_t n = 0;

	for (const struct rule *rule; (rule = rules_at(n)); n++) {
		cr_assert(n < N_CATALOGUE, "%s is not in the catalogue", rule->id);
		cr_expect_str_eq(rule->id, catalogue[n].id);
		cr_expect_eq(rule->worst, catalogue[n].worst, "%s", rule->id);
		cr_expect_eq(rules_find(rule->id), rule, "%s is there twice", rule->id);
	}
	cr_expect_eq(n, N_CATALOGUE);
	cr_expect_null(rules_find("no-such-rule"));
}

static bool ends_as_a_sentence(const char *text)
{
	return *text && text[strlen(text) - 1] == '.';
}

static size_t count_sentences(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '.' && (text[1] == ' ' || text[1] == '\0');
	return n;
}

Test(engine, why_a_rule_matters_is_said_in_two_sentences)
{
	const struct rule *rule;

	for (size_t i = 0; (rule = rules_at(i)); i++)
		cr_expect_eq(count_sentences(rule->rationale), 2, "%s", rule->id);
}

Test(engine, no_row_has_an_empty_place)
{
	const struct rule *rule;

	for (size_t i = 0; (rule = rules_at(i)); i++) {
		cr_expect_str_not_empty(rule->title, "%s", rule->id);
		cr_expect(rule->check, "%s", rule->id);
		cr_expect(ends_as_a_sentence(rule->rationale), "%s", rule->id);
		cr_expect(!rule->folklore || ends_as_a_sentence(rule->folklore), "%s", rule->id);
		for (size_t t = 0; t < RULE_MAX_THRESHOLDS && rule->thresholds[t].name; t++) {
			cr_expect_str_not_empty(rule->thresholds[t].unit, "%s", rule->id);
			cr_expect_str_not_empty(rule->thresholds[t].meaning, "%s", rule->id);
		}
	}
}

/* "tcp(7)", a file of the kernel's documentation or sources, an RFC; perhaps with a place in it. */
static bool is_document(const char *reference)
{
	const char *section = strchr(reference, '(');

	if (section && isdigit((unsigned char)section[1]) && section[2] == ')')
		return true;
	return strncmp(reference, "RFC ", 4) == 0 || strstr(reference, ".rst") ||
	       strstr(reference, ".c:");
}

Test(engine, every_rule_cites_a_man_page_a_kernel_document_or_an_rfc)
{
	const struct rule *rule;

	for (size_t i = 0; (rule = rules_at(i)); i++) {
		bool cited = false;

		for (size_t r = 0; rule->references[r]; r++)
			cited = cited || is_document(rule->references[r]);
		cr_expect(cited, "%s", rule->id);
	}
}

Test(engine, profiles_may_name_every_rule_and_threshold)
{
	const struct profile_words *words = rules_words();
	bool found = false;

	cr_assert(words);
	cr_expect_eq(words->n_rules, N_CATALOGUE);
	for (size_t i = 0; i < words->n_thresholds; i++)
		found = found || strcmp(words->thresholds[i], "backlog-cap.patience") == 0;
	cr_expect(found);
	cr_expect_eq(rules_words(), words);
}

Test(engine, an_empty_model_is_unknown_to_every_rule_and_each_says_what_is_missing)
{
	struct model *model = model_new();
	struct report report;
	struct err err;

	cr_assert_eq(rules_evaluate(model, NULL, &report, &err), 0);
	cr_expect_eq(report.n_results, N_CATALOGUE);
	for (size_t i = 0; i < report.n_results; i++) {
		const struct rule_result *result = &report.results[i];

		/* Without a profile, nothing is asked for. */
		bool asks_nothing = strcmp(result->id, "profile-value") == 0;

		cr_expect_eq(result->verdict, asks_nothing ? VERDICT_OK : VERDICT_UNKNOWN, "%s",
			     result->id);
		cr_expect_eq(result->finding.n_missing > 0, !asks_nothing, "%s", result->id);
		cr_expect_not_null(result->rationale);
		cr_expect_not_null(result->references[0]);
	}
	report_done(&report);
	model_free(model);
}

static const struct rule_result *result_of(const struct report *report, const char *id)
{
	for (size_t i = 0; i < report->n_results; i++)
		if (strcmp(report->results[i].id, id) == 0)
			return &report->results[i];
	return NULL;
}

/* syncookies = 0 is a warning by its own rule. */
static void evaluate(struct model *model, const struct profile *profile, struct report *ret_report)
{
	struct err err;

	set_sysctl(model, SYSCTL_TCP_SYNCOOKIES, "0");
	set_sysctl(model, SYSCTL_SOMAXCONN, "128");
	cr_assert_eq(rules_evaluate(model, profile, ret_report, &err), 0);
}

Test(engine, a_profile_lowers_a_severity_and_never_lifts_it_over_the_ceiling)
{
	static const struct {
		const char *at_most;
		enum severity severity;
	} cases[] = {
		{ NULL, SEV_WARNING },    { "critical", SEV_WARNING }, { "warning", SEV_WARNING },
		{ "advice", SEV_ADVICE }, { "info", SEV_INFO },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct profile_rule rule = { .rule = (char *)"syncookies-off",
					     .at_most = (char *)cases[i].at_most };
		struct profile profile = { .rules = &rule, .n_rules = 1 };
		struct model model = { 0 };
		struct report report;

		evaluate(&model, &profile, &report);
		cr_expect_eq(result_of(&report, "syncookies-off")->finding.severity,
			     cases[i].severity, "case %zu", i);
		report_done(&report);
	}
}

Test(engine, a_rule_that_is_off_is_not_evaluated_and_asks_for_nobody)
{
	struct profile_rule rules[] = {
		{ .rule = (char *)"accept-queue-full", .state = RULE_OFF },
		{ .rule = (char *)"backlog-cap", .state = RULE_OFF },
	};
	struct profile profile = { .rules = rules, .n_rules = 2 };
	struct listener listener = { .socket = { .inode = 77 },
				     .queue = reading_of(6),
				     .backlog = reading_of(5) };
	struct model model = { .sockets = { .listeners = &listener, .n_listeners = 1 } };
	struct inode_set inodes = { 0 };
	struct report report;

	rules_want(&model, NULL, &inodes);
	cr_expect_eq(inodes.n, 1, "two rules ask, one answer");
	inode_set_done(&inodes);
	rules_want(&model, &profile, &inodes);
	cr_expect_eq(inodes.n, 0);
	inode_set_done(&inodes);
	evaluate(&model, &profile, &report);
	cr_expect_null(result_of(&report, "accept-queue-full"));
	cr_expect_eq(report.n_results, N_CATALOGUE - 2);
	report_done(&report);
}

Test(engine, a_profiles_wish_gives_way_to_evidence_for_the_same_key)
{
	struct profile_sysctl entries[] = {
		{ .fact = &sysctl_facts[SYSCTL_TCP_SYNCOOKIES],
		  .value = (char *)"1",
		  .origin = { .file = "p.ini", .line = 1 } },
		{ .fact = &sysctl_facts[SYSCTL_SOMAXCONN],
		  .value = (char *)"4096",
		  .origin = { .file = "p.ini", .line = 2 } },
	};
	struct profile profile = { .sysctls = entries, .n_sysctls = 2 };
	struct model model = { 0 };
	struct report report;
	const struct finding *wish;

	evaluate(&model, &profile, &report);
	cr_expect(action_on(&result_of(&report, "syncookies-off")->finding,
			    "net.ipv4.tcp_syncookies"));
	wish = &result_of(&report, "profile-value")->finding;
	cr_expect_null(action_on(wish, "net.ipv4.tcp_syncookies"));
	cr_expect_null(evidence_of(wish, "net.ipv4.tcp_syncookies", "live"));
	cr_expect(action_on(wish, "net.core.somaxconn"));
	cr_expect(evidence_of(wish, "net.core.somaxconn", "live"));
	report_done(&report);

	profile.n_sysctls = 1;
	evaluate(&model, &profile, &report);
	cr_expect_eq(result_of(&report, "profile-value")->verdict, VERDICT_OK,
		     "nothing is left to ask for");
	cr_expect_eq(result_of(&report, "profile-value")->finding.n_actions, 0);
	cr_expect_eq(result_of(&report, "profile-value")->finding.n_evidence, 0);
	report_done(&report);

	profile.n_sysctls = 2;
	entries[1].fact = &sysctl_facts[SYSCTL_TCP_FIN_TIMEOUT];
	evaluate(&model, &profile, &report);
	cr_expect_eq(result_of(&report, "profile-value")->verdict, VERDICT_UNKNOWN,
		     "whether anything is left nobody knows");
	cr_expect(
		misses(&result_of(&report, "profile-value")->finding, "net.ipv4.tcp_fin_timeout"));
	report_done(&report);
}

Test(engine, a_wish_stays_where_the_rule_with_evidence_is_off)
{
	struct profile_sysctl entry = { .fact = &sysctl_facts[SYSCTL_TCP_SYNCOOKIES],
					.value = (char *)"1",
					.origin = { .file = "p.ini", .line = 1 } };
	struct profile_rule off = { .rule = (char *)"syncookies-off", .state = RULE_OFF };
	struct profile profile = { .sysctls = &entry, .n_sysctls = 1, .rules = &off, .n_rules = 1 };
	struct model model = { 0 };
	struct report report;

	evaluate(&model, &profile, &report);
	cr_expect(action_on(&result_of(&report, "profile-value")->finding,
			    "net.ipv4.tcp_syncookies"));
	report_done(&report);
}
