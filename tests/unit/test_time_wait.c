#include <criterion/criterion.h>

#include "array.h"
#include "judge.h"
#include "port_model.h"

TestSuite(time_wait);

#define REUSE_KEY "net.ipv4.tcp_tw_reuse"
#define BUCKETS_KEY "net.ipv4.tcp_max_tw_buckets"

static enum verdict run(const char *id, const struct model *model, struct finding *finding)
{
	return judge(id, model, NULL, finding);
}

static struct model *plain(void)
{
	return port_model("20000 20099", "");
}

Test(time_wait, a_model_of_nothing_is_unknown_to_all_rules)
{
	struct model *model = model_new();

	for (const struct rule *rule = rules_time_wait; rule->id; rule++) {
		struct finding f = { 0 };

		cr_expect_eq(run(rule->id, model, &f), VERDICT_UNKNOWN);
		finding_done(&f);
	}
	model_free(model);
}

/* 120 towards one destination, 3 a second over the last 10 s; 180 of a listener's. */
static struct model *busy(void)
{
	struct model *model = port_model("32768 60999", "");
	struct destination *d = add_destination(model, "10.0.0.1", "10.0.0.2");
	struct listener *listener = add_listener(model, "0.0.0.0", 80);

	use_ports(d, 32768, 32768, 2, 120);
	for (uint32_t left = 50; left < 60; left++)
		make_time_wait(model, d, left, 3);
	make_time_wait(model, d, 7, 90);
	listener->time_wait = 180;
	model->sockets.time_wait_inbound = 180;
	model->sockets.time_wait_histogram[20] += 180;
	model->sockets.states[TCP_STATE_TIME_WAIT] += 180;
	judge_ports(model);
	return model;
}

Test(time_wait, the_rate_is_information_with_numbers_and_never_advice)
{
	struct model *model = busy();
	struct finding f = { 0 };

	cr_assert_eq(run("tw-rate", model, &f), VERDICT_FINDING);
	cr_expect_eq(f.severity, SEV_INFO);
	cr_expect_eq(f.n_actions, 0);
	cr_expect_eq(count_of(&f, "TIME-WAIT"), 300);
	cr_expect_float_eq(evidence_of(&f, NULL, "closes a second, mean of the last 60 s")->real, 5,
			   1e-9);
	cr_expect_float_eq(evidence_of(&f, NULL, "closes a second, mean of the last 10 s")->real, 3,
			   1e-9);
	cr_expect_eq(count_of(&f, "kernel memory of TIME-WAIT"), 120 * 515 + 180 * 256);
	cr_expect_eq(count_of(&f, "TIME-WAIT towards it, a local port each"), 120);
	cr_expect_eq(count_of(&f, "TIME-WAIT of its connections, no port of their own"), 180);
	finding_done(&f);
	model_free(model);
}

Test(time_wait, the_rate_costs_ports_only_where_this_host_connected)
{
	struct model *model = busy();
	struct finding f = { 0 };

	cr_assert_eq(run("tw-rate", model, &f), VERDICT_FINDING);
	cr_expect(strstr(f.explanation, "for the 120 that this host opened itself, a local port"));
	finding_done(&f);
	model->sockets.time_wait_outbound = 0;
	f = (struct finding){ 0 };
	cr_assert_eq(run("tw-rate", model, &f), VERDICT_FINDING);
	cr_expect(strstr(f.explanation, "and no local port"));
	finding_done(&f);
	model_free(model);
}

Test(time_wait, the_rate_says_only_what_is_known)
{
	struct model *model = busy();
	struct finding f = { 0 };

	model->sockets.time_wait_histogram_known = false;
	model->sockets.destinations_known = false;
	cr_assert_eq(run("tw-rate", model, &f), VERDICT_FINDING);
	cr_expect_null(evidence_of(&f, NULL, "closes a second, mean of the last 10 s"));
	cr_expect_eq(count_of(&f, "kernel memory of TIME-WAIT, at least"), 300 * 256);
	cr_expect_eq(count_of(&f, "kernel memory of TIME-WAIT, at most"), 300 * 515);
	finding_done(&f);
	model_free(model);
}

Test(time_wait, top_destinations_of_equal_count_are_each_named_once)
{
	struct model *model = port_model("32768 60999", "");
	struct finding f = { 0 };
	size_t named = 0;

	for (uint32_t i = 0; i < 7; i++) {
		struct destination *d = add_destination(model, "10.0.0.1", "10.0.0.2");

		d->remote_port = (uint16_t)(80 + i);
		use_ports(d, 32768, 32768, 2, 40);
		make_time_wait(model, d, 5, 40);
	}
	judge_ports(model);
	cr_assert_eq(run("tw-rate", model, &f), VERDICT_FINDING);
	for (size_t i = 0; i < f.n_evidence; i++) {
		if (!f.evidence[i].subject)
			continue;
		named++;
		for (size_t j = i + 1; j < f.n_evidence; j++)
			cr_expect_str_neq(f.evidence[i].subject, f.evidence[j].subject);
	}
	cr_expect_eq(named, 5);
	finding_done(&f);
	model_free(model);
}

Test(time_wait, top_destinations_are_those_with_most_in_their_order)
{
	static const uint32_t counts[] = { 30, 10, 60, 20, 50, 40, 70 };
	static const uint64_t top[] = { 70, 60, 50, 40, 30 };
	struct model *model = port_model("32768 60999", "");
	struct finding f = { 0 };
	size_t named = 0;

	for (uint32_t i = 0; i < ARRAY_SIZE(counts); i++) {
		struct destination *d = add_destination(model, "10.0.0.1", "10.0.0.2");

		d->remote_port = (uint16_t)(80 + i);
		/* Of one size, so that nothing has sorted them before. */
		use_ports(d, 32768, 32768, 2, 100);
		make_time_wait(model, d, 5, counts[i]);
	}
	cr_assert_eq(run("tw-rate", model, &f), VERDICT_FINDING);
	for (size_t i = 0; i < f.n_evidence; i++) {
		if (!f.evidence[i].subject)
			continue;
		cr_assert_lt(named, ARRAY_SIZE(top));
		cr_expect_eq(f.evidence[i].count, top[named], "place %zu", named);
		named++;
	}
	cr_expect_eq(named, ARRAY_SIZE(top));
	finding_done(&f);
	model_free(model);
}

Test(time_wait, few_are_not_mentioned)
{
	struct model *model = plain();
	struct finding f = { 0 };

	model->sockets.states[TCP_STATE_TIME_WAIT] = 99;
	cr_expect_eq(run("tw-rate", model, &f), VERDICT_OK);
	finding_done(&f);
	model_free(model);
}

struct overflow_case {
	const char *what, *limit; /* NULL: unknown */
	struct reading used,
		lost; /* LOST since boot, a day ago; in the window where there is one */
	double window_s;
	enum verdict verdict;
	enum severity severity;
	const char *proposed;
};

static struct model *overflow_model(const struct overflow_case *c)
{
	struct model *model = plain();

	set_sysctl(model, SYSCTL_TCP_MAX_TW_BUCKETS, c->limit);
	model->sockets.backend = NULL;
	model->sockstat.tw = c->used;
	model->counters[COUNTER_TIME_WAIT_OVERFLOW] = c->lost;
	model->window_s = c->window_s;
	if (c->window_s > 0) {
		model->samples = calloc(2, sizeof(*model->samples));
		cr_assert_not_null(model->samples);
		model->n_samples = 2;
		model->samples[0].counters[COUNTER_TIME_WAIT_OVERFLOW] =
			(struct reading){ .value = 1000, .known = c->lost.known };
		model->samples[1].counters[COUNTER_TIME_WAIT_OVERFLOW] =
			(struct reading){ .value = 1000 + c->lost.value, .known = c->lost.known };
	}
	return model;
}

Test(time_wait, an_overflow_is_seen_by_its_counter_or_by_full_buckets)
{
	static const struct overflow_case cases[] = {
		{ "healthy", "1000", { 100, true }, { 0, true }, 0, VERDICT_OK, SEV_NONE, NULL },
		{ "80 % are not above",
		  "1000",
		  { 800, true },
		  { 0, true },
		  0,
		  VERDICT_OK,
		  SEV_NONE,
		  NULL },
		{ "nearly full",
		  "1000",
		  { 801, true },
		  { 0, true },
		  0,
		  VERDICT_FINDING,
		  SEV_WARNING,
		  "1602" },
		{ "nearly full, counter unknown",
		  "1000",
		  { 801, true },
		  { 0, false },
		  0,
		  VERDICT_FINDING,
		  SEV_WARNING,
		  "1602" },
		{ "since boot",
		  "1000",
		  { 100, true },
		  { 500, true },
		  0,
		  VERDICT_FINDING,
		  SEV_ADVICE,
		  "2000" },
		{ "since boot, too few",
		  "1000",
		  { 100, true },
		  { 99, true },
		  0,
		  VERDICT_OK,
		  SEV_NONE,
		  NULL },
		/* 60 x 50 / 10 + 1 = 301 would fit: the limit was reached all the same. */
		{ "now",
		  "1000",
		  { 100, true },
		  { 50, true },
		  10,
		  VERDICT_FINDING,
		  SEV_WARNING,
		  "2000" },
		/* 60 x 5000 / 10 + 1 = 30001 */
		{ "now and fast",
		  "1000",
		  { 1000, true },
		  { 5000, true },
		  10,
		  VERDICT_FINDING,
		  SEV_WARNING,
		  "60002" },
		{ "more than any host loses",
		  "1000",
		  { 1000, true },
		  { UINT64_MAX / 2, true },
		  1,
		  VERDICT_FINDING,
		  SEV_WARNING,
		  "2147483647" },
		{ "not now", "1000", { 100, true }, { 0, true }, 10, VERDICT_OK, SEV_NONE, NULL },
		{ "counter unknown",
		  "1000",
		  { 100, true },
		  { 0, false },
		  0,
		  VERDICT_UNKNOWN,
		  SEV_NONE,
		  NULL },
		{ "limit unknown",
		  NULL,
		  { 100, true },
		  { 0, true },
		  0,
		  VERDICT_UNKNOWN,
		  SEV_NONE,
		  NULL },
		{ "use unknown",
		  "1000",
		  { 0, false },
		  { 0, true },
		  0,
		  VERDICT_UNKNOWN,
		  SEV_NONE,
		  NULL },
		{ "lost, limit unknown",
		  NULL,
		  { 100, true },
		  { 500, true },
		  0,
		  VERDICT_FINDING,
		  SEV_ADVICE,
		  NULL },
		{ "as high as it goes",
		  "2147483647",
		  { 2000000000, true },
		  { 0, true },
		  0,
		  VERDICT_FINDING,
		  SEV_WARNING,
		  NULL },
		{ "some where none may be",
		  "0",
		  { 1, true },
		  { 0, true },
		  0,
		  VERDICT_FINDING,
		  SEV_WARNING,
		  "2" },
		{ "no TIME-WAIT at all",
		  "0",
		  { 0, true },
		  { 0, true },
		  0,
		  VERDICT_OK,
		  SEV_NONE,
		  NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct overflow_case *c = &cases[i];
		struct model *model = overflow_model(c);
		const struct action *action;
		struct finding f = { 0 };

		cr_expect_eq(run("tw-overflow", model, &f), c->verdict, "%s", c->what);
		cr_expect_eq(f.severity, c->severity, "%s", c->what);
		action = action_on(&f, BUCKETS_KEY);
		cr_expect_eq(action != NULL, c->proposed != NULL, "%s", c->what);
		if (action && c->proposed)
			cr_expect_str_eq(action->proposed, c->proposed, "%s", c->what);
		finding_done(&f);
		model_free(model);
	}
}

Test(time_wait, a_limit_below_the_kernels_own_is_raised_to_it_and_none_is_lowered)
{
	static const struct {
		const char *entries, *limit;
		uint64_t used;
		enum severity severity;
		const char *proposed;
	} cases[] = {
		{ "262144", "131072", 100, SEV_NONE, NULL },
		{ "262144", "131071", 100, SEV_ADVICE, "131072" },
		{ "-262144", "5000", 100, SEV_ADVICE, "131072" },
		{ "262144", "5000", 4001, SEV_WARNING, "131072" },
		{ "262144", "0", 0, SEV_ADVICE, "131072" },
		{ "262144", "400000", 100, SEV_NONE, NULL },
		{ "2000", "900", 800, SEV_WARNING, "1600" },
		{ "0", "5000", 100, SEV_NONE, NULL },
		{ NULL, "5000", 100, SEV_NONE, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct overflow_case c = { .limit = cases[i].limit,
						 .used = { cases[i].used, true },
						 .lost = { 0, true } };
		struct model *model = overflow_model(&c);
		struct finding f = { 0 };
		const struct action *action;

		set_sysctl(model, SYSCTL_TCP_EHASH_ENTRIES, cases[i].entries);
		(void)run("tw-overflow", model, &f);
		cr_expect_eq(f.severity, cases[i].severity, "case %zu", i);
		action = action_on(&f, BUCKETS_KEY);
		cr_expect_eq(action != NULL, cases[i].proposed != NULL, "case %zu", i);
		if (action && cases[i].proposed)
			cr_expect_str_eq(action->proposed, cases[i].proposed, "case %zu", i);
		finding_done(&f);
		model_free(model);
	}
}

Test(time_wait, losses_since_boot_are_no_rate_however_young_the_host)
{
	const struct overflow_case c = { .limit = "1000",
					 .used = { 100, true },
					 .lost = { 500, true } };
	struct model *model = overflow_model(&c);
	struct finding f = { 0 };

	model->host.uptime_s = reading_of(10);
	cr_assert_eq(run("tw-overflow", model, &f), VERDICT_FINDING);
	cr_assert(action_on(&f, BUCKETS_KEY));
	cr_expect_str_eq(action_on(&f, BUCKETS_KEY)->proposed, "2000");
	finding_done(&f);
	model_free(model);
}

Test(time_wait, losses_since_boot_say_so_and_what_would_tell_more)
{
	const struct overflow_case c = { .limit = "1000",
					 .used = { 100, true },
					 .lost = { 500, true } };
	struct model *model = overflow_model(&c);
	struct finding f = { 0 };

	cr_assert_eq(run("tw-overflow", model, &f), VERDICT_FINDING);
	cr_expect_eq(count_of(&f, "TCPTimeWaitOverflow"), 500);
	cr_expect_str_eq(evidence_of(&f, NULL, "TCPTimeWaitOverflow")->source,
			 "/proc/net/netstat TcpExt.TCPTimeWaitOverflow, since boot");
	cr_expect(strstr(f.explanation, "--for SECONDS"));
	cr_expect(strstr(f.actions[0].formula, "2000 x 256 to 515 bytes = 0.51 to 1.03 MB"), "%s",
		  f.actions[0].formula);
	finding_done(&f);
	model_free(model);
}

struct reuse_rule_case {
	const char *what, *mode, *timestamps, *remote;
	uint32_t used, time_wait;
	enum verdict verdict;
	const char *key; /* of the only action */
};

Test(time_wait, reuse_is_asked_for_only_by_a_client_that_closes_first_and_lacks_ports)
{
	static const struct reuse_rule_case cases[] = {
		{ "asked for", "2", "1", "10.0.0.2", 90, 90, VERDICT_FINDING, REUSE_KEY },
		{ "off", "0", "1", "10.0.0.2", 50, 50, VERDICT_FINDING, REUSE_KEY },
		{ "ports to spare", "2", "1", "10.0.0.2", 49, 49, VERDICT_OK, NULL },
		{ "the peer closes first", "2", "1", "10.0.0.2", 90, 0, VERDICT_OK, NULL },
		{ "no timestamps", "2", "0", "10.0.0.2", 90, 90, VERDICT_OK, NULL },
		{ "timestamps unknown", "2", NULL, "10.0.0.2", 90, 90, VERDICT_UNKNOWN, NULL },
		{ "loopback has it", "2", "1", "127.0.0.1", 90, 90, VERDICT_OK, NULL },
		{ "set without need", "1", "1", "10.0.0.2", 1, 0, VERDICT_OK, NULL },
		{ "off without need", "0", "1", "10.0.0.2", 1, 0, VERDICT_OK, NULL },
		{ "in force", "1", "1", "10.0.0.2", 90, 90, VERDICT_OK, NULL },
		{ "set, without effect", "1", "0", "10.0.0.2", 1, 0, VERDICT_FINDING,
		  "net.ipv4.tcp_timestamps" },
		{ "set, effect unknown", "1", NULL, "10.0.0.2", 1, 0, VERDICT_UNKNOWN, NULL },
		{ "unknown", NULL, "1", "10.0.0.2", 1, 0, VERDICT_UNKNOWN, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct reuse_rule_case *c = &cases[i];
		struct model *model = plain();
		struct destination *d = add_destination(model, "10.0.0.1", c->remote);
		struct finding f = { 0 };

		set_sysctl(model, SYSCTL_TCP_TW_REUSE, c->mode);
		set_sysctl(model, SYSCTL_TCP_TIMESTAMPS, c->timestamps);
		use_ports(d, 20000, 20000, 1, c->used);
		if (c->time_wait)
			make_time_wait(model, d, 59, c->time_wait);
		judge_ports(model);
		cr_expect_eq(run("tw-reuse", model, &f), c->verdict, "%s", c->what);
		cr_expect_eq(f.n_actions, c->key ? 1 : 0, "%s", c->what);
		if (c->key)
			cr_expect_not_null(action_on(&f, c->key), "%s", c->what);
		finding_done(&f);
		model_free(model);
	}
}

Test(time_wait, reuse_shows_who_closes_first)
{
	struct model *model = plain();
	struct destination *d = add_destination(model, "10.0.0.1", "10.0.0.2");
	struct finding f = { 0 };

	use_ports(d, 20000, 20000, 2, 50);
	make_time_wait(model, d, 30, 45);
	judge_ports(model);
	cr_assert_eq(run("tw-reuse", model, &f), VERDICT_FINDING);
	cr_expect_eq(count_of(&f, "TIME-WAIT on outbound ports"), 45);
	cr_expect_str_eq(evidence_of(&f, NULL, "usage (U/R)")->subject, "10.0.0.1 -> 10.0.0.2:443");
	cr_expect(strstr(f.actions[0].formula, "45 of 50 ports"), "%s", f.actions[0].formula);
	cr_expect(strstr(f.explanation, "Inbound connections are not affected"));
	finding_done(&f);
	model_free(model);
}

Test(time_wait, inbound_time_wait_never_asks_for_reuse)
{
	struct model *model = plain();
	struct finding f = { 0 };

	add_listener(model, "0.0.0.0", 80)->time_wait = 50000;
	model->sockets.time_wait_inbound = 50000;
	model->sockets.states[TCP_STATE_TIME_WAIT] = 50000;
	judge_ports(model);
	cr_expect_eq(run("tw-reuse", model, &f), VERDICT_OK);
	cr_expect_eq(f.n_actions, 0);
	finding_done(&f);
	model_free(model);
}

Test(time_wait, recycle_is_critical_where_the_kernel_still_has_it)
{
	static const struct {
		const char *text;
		bool absent;
		kernel_version kernel;
		enum verdict verdict;
		enum severity severity;
	} cases[] = {
		{ NULL, true, KERNEL(6, 12), VERDICT_OK, SEV_NONE },
		{ NULL, true, 0, VERDICT_OK, SEV_NONE },
		{ NULL, false, KERNEL(4, 9), VERDICT_UNKNOWN, SEV_NONE },
		{ "0", false, KERNEL(4, 9), VERDICT_OK, SEV_NONE },
		{ "1", false, KERNEL(4, 9), VERDICT_FINDING, SEV_CRITICAL },
		{ "1", false, 0, VERDICT_FINDING, SEV_CRITICAL },
		{ "1", false, KERNEL(4, 12), VERDICT_FINDING, SEV_ADVICE },
		{ "garbage", false, KERNEL(4, 9), VERDICT_UNKNOWN, SEV_NONE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct model *model = plain();
		struct finding f = { 0 };

		set_sysctl(model, SYSCTL_TCP_TW_RECYCLE, cases[i].text);
		model->sysctls[SYSCTL_TCP_TW_RECYCLE].absent = cases[i].absent;
		model->host.kernel = cases[i].kernel;
		cr_expect_eq(run("tw-recycle", model, &f), cases[i].verdict, "case %zu", i);
		cr_expect_eq(f.severity, cases[i].severity, "case %zu", i);
		if (cases[i].verdict == VERDICT_FINDING)
			cr_expect_str_eq(f.actions[0].proposed, "0");
		finding_done(&f);
		model_free(model);
	}
}
