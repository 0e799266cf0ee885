#include <criterion/criterion.h>
#include <string.h>

#include "array.h"
#include "cleanup.h"
#include "engine.h"
#include "err.h"
#include "number.h"
#include "profile.h"
#include "rule.h"

/* The profiles of the source tree, held to the real rules. */
static const char *directories[PROFILE_PATH_LENGTH];
static struct profile_path path;

static void find_profiles(void)
{
	cr_assert_eq(profile_search_path(NULL, directories, &path, NULL), 0);
	/* What this machine's administrator has is not what is shipped. */
	path.directories = directories + 1;
}

TestSuite(profile_shipped, .init = find_profiles);

static const char *const roles[] = { "api-client", "cache",         "database",
				     "general",    "reverse-proxy", "web-server" };

static struct profile *load(const char *role)
{
	struct profile *profile = NULL;
	struct err err = { { 0 } };

	cr_assert_eq(profile_load_role(role, &path, rules_words(), &profile, &err), 0, "%s",
		     err.text);
	return profile;
}

static const struct profile_sysctl *find_sysctl(const struct profile *profile, enum sysctl_id id)
{
	for (size_t i = 0; i < profile->n_sysctls; i++)
		if (profile->sysctls[i].fact == &sysctl_facts[id])
			return &profile->sysctls[i];
	return NULL;
}

/* The threshold in force: the profile's, else the rule's own. */
static double threshold(const struct profile *profile, const char *rule, const char *name)
{
	const struct rule_input in = { .profile = profile, .rule = rules_find(rule) };

	return rule_threshold(&in, name);
}

Test(profile_shipped, each_role_has_a_file_and_each_file_is_a_role)
{
	struct profile_entry *entries;
	size_t n;

	cr_assert_eq(profile_list(&path, &entries, &n, NULL), 0);
	cr_assert_eq(n, ARRAY_SIZE(roles));
	for (size_t i = 0; i < n; i++) {
		cr_expect_str_eq(entries[i].name, roles[i]);
		cr_expect_not_null(entries[i].summary, "%s", roles[i]);
	}
	profile_entries_free(entries, n);
}

Test(profile_shipped, each_value_has_its_reason)
{
	size_t n = 0;

	for (size_t r = 0; r < ARRAY_SIZE(roles); r++) {
		CLEANUP(profile_freep) struct profile *p = load(roles[r]);

		n += p->n_sysctls + p->n_thresholds + p->n_rules;
		for (size_t i = 0; i < p->n_sysctls; i++)
			cr_expect_not_null(p->sysctls[i].reason, "%s: %s", roles[r],
					   p->sysctls[i].fact->key);
		for (size_t i = 0; i < p->n_thresholds; i++)
			cr_expect_not_null(p->thresholds[i].reason, "%s: %s.%s", roles[r],
					   p->thresholds[i].rule, p->thresholds[i].name);
		for (size_t i = 0; i < p->n_rules; i++)
			cr_expect_not_null(p->rules[i].reason, "%s: %s", roles[r],
					   p->rules[i].rule);
		for (size_t i = 0; i < p->n_sockets; i++)
			cr_expect(p->sockets[i].reason || !socket_option_find(p->sockets[i].key),
				  "%s: %s", roles[r], p->sockets[i].key);
	}
	cr_expect_gt(n, 0);
}

Test(profile_shipped, no_role_sets_what_only_evidence_may_ask_for)
{
	static const enum sysctl_id never[] = {
		SYSCTL_IP_LOCAL_PORT_RANGE, SYSCTL_TCP_TW_REUSE, SYSCTL_TCP_TW_RECYCLE,
		SYSCTL_TCP_FIN_TIMEOUT,     SYSCTL_TCP_RMEM,     SYSCTL_TCP_WMEM
	};

	for (size_t r = 0; r < ARRAY_SIZE(roles); r++) {
		CLEANUP(profile_freep) struct profile *p = load(roles[r]);

		for (size_t i = 0; i < ARRAY_SIZE(never); i++)
			cr_expect_null(find_sysctl(p, never[i]), "%s: %s", roles[r],
				       sysctl_facts[never[i]].key);
	}
}

Test(profile_shipped, general_changes_nothing)
{
	CLEANUP(profile_freep) struct profile *p = load("general");

	cr_expect_eq(p->n_sysctls + p->n_thresholds + p->n_rules + p->n_sockets, 0);
}

/* The settings of one option in all sections of a role, handed to CHECK one by one. */
static void each_setting(const struct profile *p,
			 void (*check)(const struct profile *p,
				       const struct policy_section *section,
				       const struct policy_setting *setting))
{
	for (size_t i = 0; i < p->policy->n_sections; i++)
		for (size_t k = 0; k < p->policy->sections[i].n_settings; k++)
			check(p, &p->policy->sections[i], &p->policy->sections[i].settings[k]);
}

static void expect_harmless(const struct profile *p, const struct policy_section *section,
			    const struct policy_setting *setting)
{
	const option_set harmless =
		option_bit(OPTION_SO_KEEPALIVE) | option_bit(OPTION_TCP_KEEPIDLE) |
		option_bit(OPTION_TCP_KEEPINTVL) | option_bit(OPTION_TCP_KEEPCNT);
	option_set allowed = harmless;

	if (section->sides == ON_LISTENER)
		allowed |= option_bit(OPTION_SO_REUSEADDR);
	cr_expect(allowed & option_bit(setting->option), "%s: %s", p->name,
		  socket_options[setting->option].name);
	cr_expect_not(setting->force, "%s: %s", p->name, socket_options[setting->option].name);
}

Test(profile_shipped, sockets_get_keepalive_and_listeners_a_careful_reuseaddr_and_nothing_else)
{
	for (size_t r = 0; r < ARRAY_SIZE(roles); r++) {
		CLEANUP(profile_freep) struct profile *p = load(roles[r]);

		each_setting(p, expect_harmless);
		cr_expect_eq(p->n_sockets == 0, strcmp(roles[r], "general") == 0, "%s", roles[r]);
	}
}

static int64_t value_in(const struct policy_section *section, enum option_id id, int64_t fallback)
{
	for (size_t i = 0; i < section->n_settings; i++)
		if (section->settings[i].option == id)
			return section->settings[i].value.number;
	return fallback;
}

static void expect_keepalive_within(const struct profile *p, const struct policy_section *section,
				    const struct policy_setting *setting)
{
	double limit = threshold(p, "keepalive-missing", "idle_limit");

	if (setting->option != OPTION_SO_KEEPALIVE)
		return;
	cr_expect_leq((double)value_in(section, OPTION_TCP_KEEPIDLE, 7200), 0.8 * limit, "%s: %s",
		      p->name, section->name);
	/* The kernel's own where nothing is set: tcp(7). */
	cr_expect_geq(value_in(section, OPTION_TCP_KEEPINTVL, 75) *
			      value_in(section, OPTION_TCP_KEEPCNT, 9),
		      120, "%s: %s", p->name, section->name);
}

Test(profile_shipped, keepalive_of_sockets_is_within_the_limit_and_outlives_an_outage)
{
	for (size_t r = 0; r < ARRAY_SIZE(roles); r++) {
		CLEANUP(profile_freep) struct profile *p = load(roles[r]);

		each_setting(p, expect_keepalive_within);
	}
}

Test(profile_shipped, a_connect_of_a_client_costs_two_options)
{
	CLEANUP(profile_freep) struct profile *p = load("api-client");
	const struct socket_facts facts = { .side = SIDE_CONNECT };
	struct resolution resolution;

	policy_resolve(p->policy, &facts, &resolution);
	cr_expect_eq(resolution.wanted,
		     option_bit(OPTION_SO_KEEPALIVE) | option_bit(OPTION_TCP_KEEPIDLE));
}

Test(profile_shipped, the_grades_of_port_usage_rise_in_every_role)
{
	for (size_t r = 0; r < ARRAY_SIZE(roles); r++) {
		CLEANUP(profile_freep) struct profile *p = load(roles[r]);
		double advice = threshold(p, "port-exhaustion", "advice"),
		       warning = threshold(p, "port-exhaustion", "warning"),
		       critical = threshold(p, "port-exhaustion", "critical");

		cr_expect(advice < warning && warning < critical && critical <= 100, "%s",
			  roles[r]);
	}
}

Test(profile_shipped, keepalive_probes_come_before_the_idle_limit_with_room_to_spare)
{
	for (size_t r = 0; r < ARRAY_SIZE(roles); r++) {
		CLEANUP(profile_freep) struct profile *p = load(roles[r]);
		const struct profile_sysctl *time = find_sysctl(p, SYSCTL_TCP_KEEPALIVE_TIME);
		uint32_t seconds;

		if (!time)
			continue;
		cr_assert(parse_u32(time->value, 1, 7200, &seconds));
		cr_expect_eq(time->op, VALUE_AT_MOST, "%s", roles[r]);
		cr_expect_leq(seconds, 0.8 * threshold(p, "keepalive-missing", "idle_limit"), "%s",
			      roles[r]);
	}
}
