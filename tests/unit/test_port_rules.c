#include <criterion/criterion.h>
#include <stdio.h>

#include "addr.h"

#include "array.h"
#include "judge.h"
#include "port_model.h"

TestSuite(port_rules);

#define RANGE_100 "20000\t20099"
#define RANGE_KEY "net.ipv4.ip_local_port_range"
#define RESERVED_KEY "net.ipv4.ip_local_reserved_ports"
#define REUSE_KEY "net.ipv4.tcp_tw_reuse"
#define NO_PORT_KEY "ip_bind_address_no_port"

/* One destination with N ports, connect()'s parity first. */
static struct model *with_usage(uint32_t n)
{
	struct model *model = port_model(RANGE_100, "");
	struct destination *d = add_destination(model, "10.0.0.1", "10.0.0.2");

	use_ports(d, 20000, 20000, 2, n < 50 ? n : 50);
	if (n > 50)
		use_ports(d, 20000, 20001, 2, n - 50);
	return model;
}

static enum verdict run(const char *id, const struct model *model, struct finding *finding)
{
	return judge(id, model, NULL, finding);
}

Test(port_rules, exhaustion_is_graded_by_usage)
{
	static const struct {
		uint32_t used;
		enum severity severity;
	} cases[] = {
		{ 0, SEV_NONE },      { 49, SEV_NONE },      { 50, SEV_ADVICE },
		{ 79, SEV_ADVICE },   { 80, SEV_WARNING },   { 94, SEV_WARNING },
		{ 95, SEV_CRITICAL }, { 100, SEV_CRITICAL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct model *model = with_usage(cases[i].used);
		struct finding f = { 0 };

		judge_ports(model);
		cr_expect_eq(run("port-exhaustion", model, &f),
			     cases[i].severity ? VERDICT_FINDING : VERDICT_OK);
		cr_expect_eq(f.severity, cases[i].severity, "%u used", cases[i].used);
		finding_done(&f);
		model_free(model);
	}
}

Test(port_rules, exhaustion_shows_its_numbers_and_its_formula)
{
	struct model *model = with_usage(95);
	struct finding f = { 0 };

	judge_ports(model);
	cr_assert_eq(run("port-exhaustion", model, &f), VERDICT_FINDING);
	cr_expect_eq(count_of(&f, "ports used (U)"), 95);
	cr_expect_eq(count_of(&f, "ports available (R)"), 100);
	cr_expect_float_eq(evidence_of(&f, NULL, "usage (U/R)")->real, 95, 1e-9);
	cr_expect_str_eq(evidence_of(&f, NULL, RANGE_KEY)->text, "20000 20099");
	cr_expect_str_eq(f.evidence[0].subject, "10.0.0.1 -> 10.0.0.2:443");
	cr_expect_str_eq(f.evidence[0].source, "sock_diag idiag_sport");
	cr_expect_str_eq(f.actions[0].key, "connection pool");
	cr_expect(strstr(f.actions[0].formula, "100 / 60 = 1.7"), "%s", f.actions[0].formula);
	cr_expect(strstr(f.explanation, "--for SECONDS"));
	finding_done(&f);
	model_free(model);
}

Test(port_rules, as_many_addresses_as_leave_each_half_of_its_ports)
{
	static const struct {
		uint32_t used;
		const char *proposed; /* NULL: one is enough */
		const char *formula;
	} cases[] = {
		{ 50, NULL, NULL },
		{ 51, "2 addresses", "51 / 50, rounded up: 2" },
		{ 97, "2 addresses", "97 / 50, rounded up: 2" },
		{ 100, "2 addresses", "100 / 50, rounded up: 2 at least" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct model *model = with_usage(cases[i].used);
		const struct action *action;
		struct finding f = { 0 };

		judge_ports(model);
		cr_assert_eq(run("port-exhaustion", model, &f), VERDICT_FINDING);
		action = action_on(&f, "more local or remote addresses");
		cr_expect_eq(action != NULL, cases[i].proposed != NULL, "case %zu", i);
		if (action && cases[i].proposed) {
			cr_expect_str_eq(action->proposed, cases[i].proposed);
			cr_expect(strstr(action->formula, cases[i].formula), "%s", action->formula);
		}
		finding_done(&f);
		model_free(model);
	}
}

Test(port_rules, exhaustion_near_at_a_low_usage_is_a_warning)
{
	static const struct {
		uint32_t used, before;
		enum verdict verdict;
	} cases[] = {
		{ 20, 10, VERDICT_FINDING }, /* 2 a second, 80 left: 40 s */
		{ 20, 15, VERDICT_OK },      /* 1 a second: 80 s */
		{ 9, 0, VERDICT_OK },        /* 50 s, but a burst of 9 % is no trend */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct model *model = with_usage(cases[i].used);
		struct finding f = { 0 };

		model->window_s = 5;
		model->sockets.destinations[0].ports_before = reading_of(cases[i].before);
		judge_ports(model);
		cr_expect_eq(run("port-exhaustion", model, &f), cases[i].verdict, "case %zu", i);
		if (cases[i].verdict == VERDICT_FINDING) {
			cr_expect_eq(f.severity, SEV_WARNING);
			cr_expect_eq(count_of(&f, "time to exhaustion"), 40);
			cr_expect_float_eq(evidence_of(&f, NULL, "ports taken")->real, 2, 1e-9);
		}
		finding_done(&f);
		model_free(model);
	}
}

Test(port_rules, a_window_that_did_not_see_the_destination_begin_is_not_named_as_the_source)
{
	static const struct {
		struct reading before;
		const char *source;
	} cases[] = {
		{ { 90, true }, "ports used in the first and the last sample" },
		{ { 0, false }, "sock_diag idiag_expires" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct model *model = with_usage(95);
		struct finding f = { 0 };

		model->window_s = 5;
		model->sockets.destinations[0].ports_before = cases[i].before;
		judge_ports(model);
		cr_assert_eq(run("port-exhaustion", model, &f), VERDICT_FINDING);
		cr_expect_str_eq(evidence_of(&f, NULL, "time to exhaustion")->source,
				 cases[i].source);
		finding_done(&f);
		model_free(model);
	}
}

Test(port_rules, exhaustion_without_its_data_is_unknown)
{
	static const char *const missing[] = {
		"sockets",           RANGE_KEY, RESERVED_KEY,
		"outbound",          REUSE_KEY, "net.ipv4.tcp_timestamps",
		"ages of TIME-WAIT",
	};

	for (size_t what = 0; what < ARRAY_SIZE(missing); what++) {
		struct model *model = with_usage(95);
		struct finding f = { 0 };

		if (what == 0)
			model->sockets.backend = NULL;
		else if (what == 1)
			set_sysctl(model, SYSCTL_IP_LOCAL_PORT_RANGE, NULL);
		else if (what == 2)
			set_sysctl(model, SYSCTL_IP_LOCAL_RESERVED_PORTS, NULL);
		else if (what == 3)
			model->sockets.listeners_known = false;
		else
			make_time_wait(model, &model->sockets.destinations[0], 5, 10);
		if (what >= 4)
			set_sysctl(model, SYSCTL_TCP_TW_REUSE, what == 4 ? NULL : "1");
		if (what == 5)
			set_sysctl(model, SYSCTL_TCP_TIMESTAMPS, NULL);
		if (what == 6) {
			free(model->sockets.destinations[0].time_wait_histogram);
			model->sockets.destinations[0].time_wait_histogram = NULL;
		}
		judge_ports(model);
		cr_expect_eq(run("port-exhaustion", model, &f), VERDICT_UNKNOWN, "case %zu", what);
		cr_expect_eq(f.n_missing, 1, "case %zu", what);
		cr_expect(misses(&f, missing[what]), "case %zu", what);
		finding_done(&f);
		model_free(model);
	}
}

Test(port_rules, exhaustion_without_any_port_to_give_is_unknown)
{
	struct model *model = port_model("20000 20001", "20000-20001");
	struct finding f = { 0 };

	(void)add_destination(model, "10.0.0.1", "10.0.0.2");
	judge_ports(model);
	cr_expect_eq(run("port-exhaustion", model, &f), VERDICT_UNKNOWN);
	cr_expect(strstr(f.missing[0], "R = 0"), "%s", f.missing[0]);
	finding_done(&f);
	model_free(model);
}

Test(port_rules, a_model_of_nothing_is_unknown_to_all_rules)
{
	struct model *model = model_new();

	for (const struct rule *rule = rules_ports; rule->id; rule++) {
		struct finding f = { 0 };

		cr_expect_eq(run(rule->id, model, &f), VERDICT_UNKNOWN);
		finding_done(&f);
	}
	model_free(model);
}

Test(port_rules, never_a_wider_range_without_reserving_the_listeners_inside)
{
	struct model *model = with_usage(90);
	const struct action *reserved, *range;
	struct finding f = { 0 };

	set_sysctl(model, SYSCTL_IP_LOCAL_RESERVED_PORTS, "30000,8080");
	add_listener(model, "0.0.0.0", 11211);
	add_listener(model, "127.0.0.1", 15672);
	add_listener(model, "0.0.0.0", 443);
	add_listener(model, "0.0.0.0", 50000)->kernel_chosen = true;
	judge_ports(model);
	cr_assert_eq(run("port-exhaustion", model, &f), VERDICT_FINDING);
	reserved = action_on(&f, RESERVED_KEY);
	range = action_on(&f, RANGE_KEY);
	cr_assert(reserved && range);
	cr_expect_lt(reserved, range, "what reserves comes first");
	cr_expect_str_eq(reserved->proposed, "8080,11211,15672,30000");
	cr_expect_str_eq(range->proposed, "10240 65535");
	cr_expect(strstr(range->formula, "65535 - 10240 + 1 = 55296 ports instead of 100"));
	cr_expect_eq(range, &f.actions[f.n_actions - 1], "the range comes last");
	finding_done(&f);
	model_free(model);
}

Test(port_rules, never_a_wider_range_where_listeners_cannot_be_reserved)
{
	struct model *model = with_usage(90);
	struct finding f = { 0 };

	set_sysctl(model, SYSCTL_IP_LOCAL_RESERVED_PORTS, NULL);
	model->sysctls[SYSCTL_IP_LOCAL_RESERVED_PORTS].absent = true;
	add_listener(model, "0.0.0.0", 11211);
	judge_ports(model);
	cr_assert_eq(run("port-exhaustion", model, &f), VERDICT_FINDING);
	cr_expect_null(action_on(&f, RANGE_KEY));
	finding_done(&f);
	model_free(model);
}

Test(port_rules, a_range_that_is_wide_already_is_not_widened)
{
	static const struct {
		const char *range, *unprivileged, *proposed;
	} cases[] = {
		{ "10240 65535", "1024", NULL },          { "1024 65535", "1024", NULL },
		{ "12000 65535", "1024", NULL }, /* 3 % more is not worth it */
		{ "32768 60999", "1024", "10240 65535" }, { "32768 60999", "20001", "20002 65535" },
		{ "2001 40000", "1024", "2001 65534" }, /* ends of different parity */
		{ "2000 40001", "1024", "2000 65535" }, /* they are already */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct model *model = port_model(cases[i].range, "");
		uint16_t low = ports_range(model).low;
		const struct action *range;
		struct finding f = { 0 };

		set_sysctl(model, SYSCTL_IP_UNPRIVILEGED_PORT_START, cases[i].unprivileged);
		use_ports(add_destination(model, "10.0.0.1", "10.0.0.2"), low, low, 1,
			  ports_range(model).high - low + 1U);
		judge_ports(model);
		cr_assert_eq(run("port-exhaustion", model, &f), VERDICT_FINDING);
		range = action_on(&f, RANGE_KEY);
		cr_expect_eq(range != NULL, cases[i].proposed != NULL, "%s", cases[i].range);
		if (range && cases[i].proposed)
			cr_expect_str_eq(range->proposed, cases[i].proposed);
		finding_done(&f);
		model_free(model);
	}
}

Test(port_rules, reuse_is_advised_only_where_it_works)
{
	static const struct {
		const char *mode, *timestamps, *remote;
		uint32_t time_wait;
		bool advised;
	} cases[] = {
		{ "2", "1", "10.0.0.2", 80, true },
		{ "0", "1", "10.0.0.2", 80, true },
		{ "0", "1", "10.0.0.2", 0, false },  /* nothing closed here first */
		{ "0", "1", "10.0.0.2", 5, false },  /* too little to gain */
		{ "0", "0", "10.0.0.2", 80, false }, /* no effect without timestamps */
		{ "0", NULL, "10.0.0.2", 80, false },
		{ "1", "1", "10.0.0.2", 80, false }, /* in force, and yet too young */
		{ "2", "1", "127.0.0.1", 80, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct model *model = port_model(RANGE_100, "");
		struct destination *d = add_destination(model, "10.0.0.1", cases[i].remote);
		struct finding f = { 0 };

		set_sysctl(model, SYSCTL_TCP_TW_REUSE, cases[i].mode);
		set_sysctl(model, SYSCTL_TCP_TIMESTAMPS, cases[i].timestamps);
		use_ports(d, 20000, 20000, 1, 96);
		if (cases[i].time_wait)
			make_time_wait(model, d, 59, cases[i].time_wait);
		judge_ports(model);
		cr_assert_eq(run("port-exhaustion", model, &f), VERDICT_FINDING);
		cr_expect_eq(action_on(&f, REUSE_KEY) != NULL, cases[i].advised, "case %zu", i);
		finding_done(&f);
		model_free(model);
	}
}

Test(port_rules, at_most_ten_destinations_are_named_and_the_rest_is_counted)
{
	struct model *model = port_model(RANGE_100, "");
	struct finding f = { 0 };
	size_t named = 0;

	for (uint32_t i = 0; i < 13; i++) {
		char remote[16];

		(void)snprintf(remote, sizeof(remote), "10.0.1.%u", i + 1);
		use_ports(add_destination(model, "10.0.0.1", remote), 20000, 20000, 1, 60 + i);
	}
	judge_ports(model);
	cr_assert_eq(run("port-exhaustion", model, &f), VERDICT_FINDING);
	for (size_t i = 0; i < f.n_evidence; i++)
		named += strcmp(f.evidence[i].name, "ports used (U)") == 0;
	cr_expect_eq(named, 10);
	cr_expect_eq(f.evidence[0].count, 72, "the fullest first");
	cr_expect_eq(count_of(&f, "further destinations short of ports"), 3);
	finding_done(&f);
	model_free(model);
}

Test(port_rules, the_sockets_to_name_are_those_of_destinations_that_fire)
{
	struct rule_input in = { .rule = rule_of("port-exhaustion") };
	struct inode_set inodes = { 0 };
	struct model *model = with_usage(60);
	struct destination *d = add_destination(model, "10.0.0.1", "10.0.0.9");

	use_ports(d, 20000, 20000, 2, 10);
	d->samples[0].inode = 7;
	d->n_samples = 1;
	d = &model->sockets.destinations[0];
	d->samples[0].inode = 5;
	d->n_samples = 2; /* the second is a TIME-WAIT, which has no inode */
	judge_ports(model);
	in.model = model;
	in.rule->wants(&in, &inodes);
	inode_set_finish(&inodes);
	cr_assert_eq(inodes.n, 1);
	cr_expect_eq(inodes.inodes[0], 5);
	inode_set_done(&inodes);
	model_free(model);
}

/* Bind-before-connect by WRONG sockets of one process, pid 12. */
static struct model *with_suspects(uint32_t wrong)
{
	struct model *model = port_model(RANGE_100, "");
	struct destination *d = add_destination(model, "10.0.0.1", "10.0.0.2");

	use_ports(d, 20000, 20001, 2, wrong);
	d->samples[0].inode = 5;
	d->samples[1].inode = 5;
	d->n_samples = 2;
	model->processes = calloc(1, sizeof(*model->processes));
	model->owners = calloc(1, sizeof(*model->owners));
	cr_assert(model->processes && model->owners);
	model->processes[0] = (struct process){ .pid = 12, .command = strdup("haproxy") };
	model->owners[0] = (struct socket_owner){ .inode = 5 };
	model->n_processes = model->n_owners = 1;
	return model;
}

Test(port_rules, bind_before_connect_names_the_program_and_the_option)
{
	struct model *model = with_suspects(50);
	const struct action *option;
	struct finding f = { 0 };
	size_t named = 0;

	judge_ports(model);
	cr_assert_eq(run("port-bind-before-connect", model, &f), VERDICT_FINDING);
	cr_expect_eq(f.severity, SEV_WARNING);
	cr_expect_eq(count_of(&f, "sockets judged"), 50);
	cr_expect_eq(count_of(&f, "on the parity that bind() takes first"), 50);
	cr_expect_eq(count_of(&f, "ports held for all destinations"), 50);
	for (size_t i = 0; i < f.n_evidence; i++)
		named += strcmp(f.evidence[i].name, "program") == 0;
	cr_expect_eq(named, 1, "each program once");
	cr_expect_str_eq(evidence_of(&f, NULL, "program")->text, "haproxy (pid 12)");
	option = action_on(&f, NO_PORT_KEY);
	cr_assert_not_null(option);
	cr_expect_eq(option->kind, ACTION_SOCKET_OPTION);
	cr_expect_str_eq(option->section, "[socket haproxy-no-port]\nprogram = haproxy\n"
					  "ip_bind_address_no_port = on\n");
	cr_expect_str_eq(option->command, "tcpwright run --set ip_bind_address_no_port=on -- "
					  "haproxy # and its own arguments");
	cr_expect(strstr(f.explanation, "in TIME-WAIT still come back only after 60 s"));
	cr_expect_null(action_on(&f, RANGE_KEY), "never blames the range");
	cr_expect_null(action_on(&f, RESERVED_KEY));
	finding_done(&f);
	model_free(model);
}

Test(port_rules, few_ports_held_are_advice_only)
{
	struct model *model = with_suspects(20);
	struct finding f = { 0 };

	judge_ports(model);
	cr_assert_eq(run("port-bind-before-connect", model, &f), VERDICT_FINDING);
	cr_expect_eq(f.severity, SEV_ADVICE);
	finding_done(&f);
	model_free(model);
}

Test(port_rules, a_kernel_without_the_option_is_not_advised_to_use_it)
{
	struct model *model = with_suspects(20);
	struct finding f = { 0 };

	model->host.kernel = KERNEL(3, 10);
	judge_ports(model);
	cr_assert_eq(run("port-bind-before-connect", model, &f), VERDICT_FINDING);
	cr_expect_null(action_on(&f, NO_PORT_KEY));
	finding_done(&f);
	model_free(model);
}

Test(port_rules, connect_and_full_search_are_never_accused)
{
	struct finding f = { 0 };
	struct model *model = with_usage(40);

	judge_ports(model);
	cr_expect_eq(run("port-bind-before-connect", model, &f), VERDICT_OK);
	finding_done(&f);
	model_free(model);

	model = port_model(RANGE_100, "");
	use_ports(add_destination(model, "10.0.0.1", "10.0.0.2"), 20000, 20000, 1, 60);
	use_ports(add_destination(model, "10.0.0.1", "10.0.0.3"), 20000, 20050, 1, 45);
	judge_ports(model);
	cr_expect_eq(run("port-bind-before-connect", model, &f), VERDICT_OK);
	finding_done(&f);
	model_free(model);
}

Test(port_rules, bind_before_connect_is_unknown_where_the_range_was_another)
{
	struct model *model = with_suspects(50);
	struct finding f = { 0 };

	add_local_address(model);
	model->sockets.local_addresses[0].out_of_range = 3;
	cr_assert(ports_judge(model));
	cr_expect_eq(run("port-bind-before-connect", model, &f), VERDICT_UNKNOWN);
	cr_expect(strstr(f.missing[0], "10.0.0.1 were made: 3 use ports outside"), "%s",
		  f.missing[0]);
	finding_done(&f);
	model_free(model);
}

/* Of 100 ports a suspect takes some; TIME-WAIT ones among them connect() could reuse. */
Test(port_rules, the_option_comes_first_only_where_it_is_the_remedy)
{
	static const struct {
		uint32_t suspect, time_wait, other;
		const char *reuse, *first;
	} cases[] = {
		{ 48, 0, 30, "2", NO_PORT_KEY },      { 48, 0, 50, "2", NO_PORT_KEY },
		{ 50, 20, 0, "1", NO_PORT_KEY },      { 50, 20, 0, "2", "connection pool" },
		{ 50, 0, 0, "1", "connection pool" }, /* all in use, by this destination alone */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct model *model = with_suspects(cases[i].suspect);
		struct finding f = { 0 };

		set_sysctl(model, SYSCTL_TCP_TW_REUSE, cases[i].reuse);
		if (cases[i].time_wait > 0)
			make_time_wait(model, &model->sockets.destinations[0], 30,
				       cases[i].time_wait);
		if (cases[i].other > 0)
			use_ports(add_destination(model, "10.0.0.1", "10.0.0.3"), 20000, 20000, 2,
				  cases[i].other);
		judge_ports(model);
		cr_assert_eq(run("port-exhaustion", model, &f), VERDICT_FINDING, "case %zu", i);
		cr_expect_str_eq(f.actions[0].key, cases[i].first, "case %zu", i);
		cr_expect_not_null(action_on(&f, NO_PORT_KEY), "case %zu", i);
		finding_done(&f);
		model_free(model);
	}
}

Test(port_rules, exhaustion_advises_the_option_where_ports_are_lost_to_suspects)
{
	struct model *model = with_suspects(48);
	struct finding f = { 0 };

	use_ports(add_destination(model, "10.0.0.1", "10.0.0.3"), 20000, 20000, 2, 30);
	judge_ports(model);
	cr_assert_eq(run("port-exhaustion", model, &f), VERDICT_FINDING);
	cr_expect_eq(count_of(&f, "ports available (R)"), 52);
	cr_expect_eq(count_of(&f, "ports lost to suspected bind-before-connect, not in R"), 48);
	cr_expect_not_null(action_on(&f, NO_PORT_KEY));
	finding_done(&f);
	model_free(model);
}
