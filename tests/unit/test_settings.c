#include <criterion/criterion.h>

#include "array.h"
#include "judge.h"
#include "stack_model.h"

TestSuite(settings);

static void set_features(struct model *model, const char *text)
{
	set_sysctl(model, SYSCTL_TCP_TIMESTAMPS, text);
	set_sysctl(model, SYSCTL_TCP_SACK, text);
	set_sysctl(model, SYSCTL_TCP_WINDOW_SCALING, text);
	set_sysctl(model, SYSCTL_TCP_MODERATE_RCVBUF, text);
}

Test(settings, each_feature_that_is_off_is_switched_on_again)
{
	static const enum sysctl_id features[] = { SYSCTL_TCP_TIMESTAMPS, SYSCTL_TCP_SACK,
						   SYSCTL_TCP_WINDOW_SCALING,
						   SYSCTL_TCP_MODERATE_RCVBUF };

	for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
		const char *key = sysctl_facts[features[i]].key;
		struct model model = { 0 };
		struct finding f;

		set_features(&model, "1");
		set_sysctl(&model, features[i], "0");
		cr_expect_eq(judge("feature-off", &model, NULL, &f), VERDICT_FINDING);
		cr_expect_eq(f.severity, SEV_WARNING);
		cr_expect_eq(f.n_actions, 1);
		cr_expect_str_eq(action_on(&f, key)->proposed, "1");
		cr_expect_str_eq(evidence_of(&f, NULL, key)->text, "0");
		finding_done(&f);
	}
}

Test(settings, timestamps_without_a_random_offset_are_on)
{
	struct model model = { 0 };

	set_features(&model, "1");
	cr_expect_eq(judge("feature-off", &model, NULL, NULL), VERDICT_OK);
	set_sysctl(&model, SYSCTL_TCP_TIMESTAMPS, "2");
	cr_expect_eq(judge("feature-off", &model, NULL, NULL), VERDICT_OK);
}

Test(settings, a_feature_that_cannot_be_read_is_unknown_unless_another_is_off)
{
	struct model model = { 0 };
	struct finding f;

	set_features(&model, "1");
	set_sysctl(&model, SYSCTL_TCP_SACK, NULL);
	cr_expect_eq(judge("feature-off", &model, NULL, &f), VERDICT_UNKNOWN);
	cr_expect(misses(&f, "net.ipv4.tcp_sack"));
	cr_expect_eq(f.n_missing, 1);
	finding_done(&f);
	set_sysctl(&model, SYSCTL_TCP_TIMESTAMPS, "0");
	cr_expect_eq(judge("feature-off", &model, NULL, NULL), VERDICT_FINDING);
}

static struct profile_sysctl entry_of(enum sysctl_id id, enum value_op op, const char *value)
{
	return (struct profile_sysctl){ .fact = &sysctl_facts[id],
					.op = op,
					.value = (char *)value,
					.reason = (char *)"bursts",
					.origin = { .file = "web.ini", .line = 12 } };
}

Test(settings, a_profiles_wish_is_advice_with_file_line_and_reason)
{
	struct profile_sysctl entry = entry_of(SYSCTL_SOMAXCONN, VALUE_AT_LEAST, "4096");
	struct profile profile = { .name = (char *)"web", .sysctls = &entry, .n_sysctls = 1 };
	struct model model = { 0 };
	struct finding f;

	set_sysctl(&model, SYSCTL_SOMAXCONN, "128");
	cr_assert_eq(judge("profile-value", &model, &profile, &f), VERDICT_FINDING);
	cr_expect_eq(f.severity, SEV_ADVICE);
	cr_expect_str_eq(action_on(&f, "net.core.somaxconn")->proposed, "4096");
	cr_expect_str_eq(action_on(&f, "net.core.somaxconn")->formula,
			 "web.ini:12: net.core.somaxconn >= 4096");
	cr_expect_str_eq(evidence_of(&f, "net.core.somaxconn", "reason")->text, "bursts");
	cr_expect_str_eq(evidence_of(&f, "net.core.somaxconn", "asked for")->source, "web.ini:12");
	cr_expect_str_eq(evidence_of(&f, "net.core.somaxconn", "live")->source,
			 "/proc/sys/net/core/somaxconn");
	finding_done(&f);
}

Test(settings, values_are_compared_and_joined_as_values)
{
	static const struct {
		enum sysctl_id id;
		enum value_op op;
		const char *live, *wanted, *proposed; /* NULL: nothing to do */
	} cases[] = {
		{ SYSCTL_SOMAXCONN, VALUE_AT_LEAST, "4096", "4096", NULL },
		{ SYSCTL_SOMAXCONN, VALUE_AT_LEAST, "8192", "4096", NULL },
		{ SYSCTL_SOMAXCONN, VALUE_EQUAL, "8192", "4096", "4096" },
		{ SYSCTL_TCP_FIN_TIMEOUT, VALUE_AT_MOST, "60", "30", "30" },
		{ SYSCTL_TCP_FIN_TIMEOUT, VALUE_AT_MOST, "20", "30", NULL },
		{ SYSCTL_IP_LOCAL_PORT_RANGE, VALUE_AT_LEAST, "32768\t60999", "32768 60999", NULL },
		{ SYSCTL_IP_LOCAL_RESERVED_PORTS, VALUE_AT_LEAST, "8080", "9090", "8080,9090" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct profile_sysctl entry = entry_of(cases[i].id, cases[i].op, cases[i].wanted);
		struct profile profile = { .sysctls = &entry, .n_sysctls = 1 };
		struct model model = { 0 };
		struct finding f;

		set_sysctl(&model, cases[i].id, cases[i].live);
		cr_expect_eq(judge("profile-value", &model, &profile, &f),
			     cases[i].proposed ? VERDICT_FINDING : VERDICT_OK, "case %zu", i);
		if (cases[i].proposed)
			cr_expect_str_eq(f.actions[0].proposed, cases[i].proposed);
		finding_done(&f);
	}
}

Test(settings, a_key_that_the_kernel_lacks_is_named_and_not_proposed)
{
	struct profile_sysctl entries[] = {
		entry_of(SYSCTL_TCP_TW_REUSE_DELAY, VALUE_EQUAL, "1000"),
		entry_of(SYSCTL_SOMAXCONN, VALUE_AT_LEAST, "4096"),
	};
	struct profile profile = { .sysctls = entries, .n_sysctls = 2 };
	struct model model = { 0 };
	struct finding f;

	set_sysctl(&model, SYSCTL_SOMAXCONN, "4096");
	model.sysctls[SYSCTL_TCP_TW_REUSE_DELAY].absent = true;
	cr_expect_eq(judge("profile-value", &model, &profile, &f), VERDICT_UNKNOWN);
	cr_expect(misses(&f, "net.ipv4.tcp_tw_reuse_delay (this kernel has no such key)"));
	finding_done(&f);
	set_sysctl(&model, SYSCTL_SOMAXCONN, "128");
	cr_expect_eq(judge("profile-value", &model, &profile, &f), VERDICT_FINDING);
	cr_expect(says(&f, "This kernel has no net.ipv4.tcp_tw_reuse_delay."));
	cr_expect_null(action_on(&f, "net.ipv4.tcp_tw_reuse_delay"));
	finding_done(&f);
}

Test(settings, without_a_profile_nothing_is_asked_for)
{
	struct model model = { 0 };

	cr_expect_eq(judge("profile-value", &model, NULL, NULL), VERDICT_OK);
}
