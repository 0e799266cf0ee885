#include <criterion/criterion.h>

#include "array.h"
#include "judge.h"
#include "stack_model.h"

TestSuite(backlog);

/* One full listener on a host with somaxconn 4096 whose counters did not move. */
struct scene {
	struct listener listeners[2];
	struct sample samples[2];
	struct process process;
	struct socket_owner owner;
	struct model model;
};

static void set_scene(struct scene *s, uint64_t backlog)
{
	*s = (struct scene){ .process = { .pid = 12, .command = (char *)"app" },
			     .owner = { .inode = 77 } };
	s->listeners[0] = (struct listener){ .addr = addr_from_v4(0),
					     .port = 80,
					     .socket = { .inode = 77 },
					     .queue = reading_of(backlog + 1),
					     .backlog = reading_of(backlog) };
	for (size_t i = 0; i < N_COUNTERS; i++)
		s->model.counters[i] = reading_of(0);
	set_sysctl(&s->model, SYSCTL_SOMAXCONN, "4096");
	s->model.sockets.backend = "sock_diag";
	s->model.sockets.listeners = s->listeners;
	s->model.sockets.n_listeners = 1;
	s->model.sockets.listeners_known = true;
	s->model.processes = &s->process;
	s->model.n_processes = 1;
	s->model.owners = &s->owner;
	s->model.n_owners = 1;
}

static enum verdict judge_backlog(const struct scene *s, struct finding *ret_finding)
{
	return judge("backlog-cap", &s->model, NULL, ret_finding);
}

Test(backlog, without_an_overflow_no_backlog_is_too_small)
{
	struct scene s;

	set_scene(&s, 5);
	s.listeners[0].queue = reading_of(5);
	s.listeners[0].established = 1000;
	cr_expect_eq(judge_backlog(&s, NULL), VERDICT_OK);
}

Test(backlog, somaxconn_is_never_raised_where_the_application_is_the_limit)
{
	static const uint64_t backlogs[] = { 5, 128, 511, 4095 };

	for (size_t i = 0; i < ARRAY_SIZE(backlogs); i++) {
		struct scene s;
		struct finding f;

		set_scene(&s, backlogs[i]);
		s.listeners[0].closed_last_10s = 200000;
		cr_assert_eq(judge_backlog(&s, &f), VERDICT_FINDING);
		cr_expect_eq(f.severity, SEV_WARNING);
		cr_expect_null(action_on(&f, "net.core.somaxconn"));
		cr_expect_eq(count_actions(&f, ACTION_SYSCTL), 0);
		cr_assert(action_on(&f, "listen_backlog"));
		cr_expect_str_eq(action_on(&f, "listen_backlog")->proposed, "4096",
				 "somaxconn caps what the application may ask for");
		cr_expect(action_on(&f, "listen_backlog")->restart_needed);
		finding_done(&f);
	}
}

Test(backlog, either_may_be_the_limit_where_they_are_equal)
{
	struct scene s;
	struct finding f;

	set_scene(&s, 4096);
	s.listeners[0].closed_last_10s = 100000;
	cr_assert_eq(judge_backlog(&s, &f), VERDICT_FINDING);
	cr_expect_str_eq(action_on(&f, "net.core.somaxconn")->proposed, "8192");
	cr_expect(action_on(&f, "net.core.somaxconn")->restart_needed);
	cr_expect_str_eq(action_on(&f, "listen_backlog")->proposed, "8192");
	cr_expect(says(&f, "either somaxconn or the application"));
	cr_expect_str_eq(evidence_of(&f, NULL, "net.core.somaxconn")->text, "4096");
	finding_done(&f);
}

Test(backlog, what_the_role_asks_of_somaxconn_is_not_undercut)
{
	static const struct {
		enum value_op op;
		const char *asked, *proposed;
	} cases[] = {
		{ VALUE_AT_LEAST, "16384", "16384" },
		{ VALUE_AT_LEAST, "128", "8192" },
		{ VALUE_AT_MOST, "16384", "8192" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct profile_sysctl entry = { .fact = &sysctl_facts[SYSCTL_SOMAXCONN],
						.op = cases[i].op,
						.value = (char *)cases[i].asked };
		struct profile profile = { .sysctls = &entry, .n_sysctls = 1 };
		struct scene s;
		struct finding f;

		set_scene(&s, 4096);
		set_window(&s.model, s.samples, 1);
		set_moved(&s.model, COUNTER_PASSIVE_OPENS, 0, 10000);
		(void)judge("backlog-cap", &s.model, &profile, &f);
		cr_assert(action_on(&f, "net.core.somaxconn"), "case %zu", i);
		cr_expect_str_eq(action_on(&f, "net.core.somaxconn")->proposed, cases[i].proposed,
				 "case %zu", i);
		finding_done(&f);
	}
}

Test(backlog, an_older_and_larger_somaxconn_is_recognised)
{
	struct scene s;
	struct finding f;

	set_scene(&s, 4096);
	set_sysctl(&s.model, SYSCTL_SOMAXCONN, "128");
	cr_assert_eq(judge_backlog(&s, &f), VERDICT_FINDING);
	cr_expect(says(&f, "a restart would shorten the queue"));
	finding_done(&f);
}

Test(backlog, the_size_is_accepts_times_half_the_patience_to_a_power_of_two)
{
	static const struct {
		uint32_t closed_last_10s;
		const char *proposed; /* NULL: the queue is long enough */
	} cases[] = {
		{ 100, NULL },     /* 10/s: 5 may wait */
		{ 120, "8" },      /* 6 */
		{ 160, "8" },      /* 8 */
		{ 161, "16" },     /* 8.05 */
		{ 20000, "1024" }, /* 1000 */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scene s;
		struct finding f;

		set_scene(&s, 5);
		s.listeners[0].closed_last_10s = cases[i].closed_last_10s;
		cr_expect_eq(judge_backlog(&s, &f),
			     cases[i].proposed ? VERDICT_FINDING : VERDICT_OK);
		if (i == 0)
			cr_expect_eq(f.n_actions, 0);
		if (cases[i].proposed)
			cr_expect_str_eq(action_on(&f, "listen_backlog")->proposed,
					 cases[i].proposed);
		finding_done(&f);
	}
}

Test(backlog, the_formula_shows_its_numbers_and_follows_the_patience)
{
	struct profile_threshold threshold = { .rule = (char *)"backlog-cap",
					       .name = (char *)"patience",
					       .value = 4 };
	struct profile profile = { .thresholds = &threshold, .n_thresholds = 1 };
	struct scene s;
	struct finding f;
	const char *formula;

	set_scene(&s, 5);
	set_window(&s.model, s.samples, 10);
	set_moved(&s.model, COUNTER_PASSIVE_OPENS, 500, 1500);
	s.listeners[0].closed_last_10s = 7;
	(void)judge("backlog-cap", &s.model, &profile, &f);
	formula = action_on(&f, "listen_backlog")->formula;
	cr_expect(strstr(formula, "100.0 accepts/s"), "%s", formula);
	cr_expect(strstr(formula, "x 4 s of patience / 2 = 200.0"), "%s", formula);
	cr_expect_str_eq(action_on(&f, "listen_backlog")->proposed, "256");
	cr_expect_str_eq(evidence_of(&f, NULL, "accepts")->source,
			 "/proc/net/snmp Tcp.PassiveOpens");
	finding_done(&f);
}

Test(backlog, a_burst_that_is_over_is_measured_by_what_came_and_a_full_queue_by_what_was_served)
{
	struct sample samples[3] = { { .at_s = 0 }, { .at_s = 1 }, { .at_s = 2 } };
	struct scene s;
	struct finding f;

	set_scene(&s, 16);
	for (size_t i = 0; i < 3; i++)
		memcpy(samples[i].counters, s.model.counters, sizeof(samples[i].counters));
	s.model.window_s = 2;
	s.model.samples = samples;
	s.model.n_samples = 3;
	samples[1].counters[COUNTER_PASSIVE_OPENS] = reading_of(17);
	samples[2].counters[COUNTER_PASSIVE_OPENS] = reading_of(17);
	samples[1].counters[COUNTER_LISTEN_OVERFLOWS] = reading_of(583);
	samples[2].counters[COUNTER_LISTEN_OVERFLOWS] = reading_of(583);
	cr_expect_eq(judge_backlog(&s, NULL), VERDICT_OK, "8.5/s: the server is too slow");
	s.listeners[0].queue = reading_of(0);
	s.listeners[0].established = 17;
	cr_assert_eq(judge_backlog(&s, &f), VERDICT_FINDING);
	cr_expect_str_eq(action_on(&f, "listen_backlog")->proposed, "512");
	cr_expect(strstr(action_on(&f, "listen_backlog")->formula, "600.0 accepts/s and drops"),
		  "%s", action_on(&f, "listen_backlog")->formula);
	cr_expect_eq(evidence_of(&f, NULL, "accepts and drops, at most")->real, 600);
	finding_done(&f);
}

Test(backlog, no_queue_is_long_enough_for_a_server_that_takes_nothing)
{
	struct scene s;

	set_scene(&s, 5);
	set_window(&s.model, s.samples, 5);
	cr_expect_eq(judge_backlog(&s, NULL), VERDICT_OK);
	set_moved(&s.model, COUNTER_PASSIVE_OPENS, 100, 600);
	cr_expect_eq(judge_backlog(&s, NULL), VERDICT_FINDING);
}

Test(backlog, an_average_since_boot_is_no_rate)
{
	struct scene s;
	struct finding f;

	set_scene(&s, 5);
	s.model.host.uptime_s = reading_of(10);
	s.model.counters[COUNTER_PASSIVE_OPENS] = reading_of(1000000);
	cr_assert_eq(judge_backlog(&s, &f), VERDICT_FINDING);
	cr_expect_null(action_on(&f, "listen_backlog")->proposed);
	cr_expect(strstr(action_on(&f, "listen_backlog")->formula,
			 "tcpwright audit --for 30 during a burst measures it, computes the number "
			 "and prints the command"));
	finding_done(&f);
}

Test(backlog, an_absurd_rate_does_not_leave_the_kernels_range)
{
	struct scene s;
	struct finding f;

	set_scene(&s, 5);
	set_sysctl(&s.model, SYSCTL_SOMAXCONN, "2147483647");
	s.listeners[0].closed_last_10s = UINT32_MAX;
	cr_assert_eq(judge_backlog(&s, &f), VERDICT_FINDING);
	cr_expect_str_eq(action_on(&f, "listen_backlog")->proposed, "65535");
	finding_done(&f);
}

Test(backlog, a_counter_suspects_the_listeners_with_clients_and_says_so)
{
	struct scene s;
	struct finding f;

	set_scene(&s, 128);
	s.listeners[0].queue = reading_of(0);
	s.listeners[1] = s.listeners[0];
	s.listeners[1].port = 81;
	s.model.sockets.n_listeners = 2;
	s.model.host.uptime_s = reading_of(3600);
	s.model.counters[COUNTER_LISTEN_OVERFLOWS] = reading_of(100);
	cr_expect_eq(judge_backlog(&s, &f), VERDICT_UNKNOWN);
	cr_expect(misses(&f, "which listener overflowed"));
	finding_done(&f);
	s.listeners[0].established = 1;
	cr_expect_eq(judge_backlog(&s, &f), VERDICT_FINDING);
	cr_expect_eq(f.severity, SEV_ADVICE, "nobody knows when it overflowed");
	cr_expect_eq(count_actions(&f, ACTION_SOCKET_OPTION), 1);
	cr_expect(says(&f, "names no listener"));
	finding_done(&f);
}

Test(backlog, what_limits_the_queue_is_unknown_without_limit_or_somaxconn)
{
	struct scene s;
	struct finding f;

	set_scene(&s, 5);
	set_sysctl(&s.model, SYSCTL_SOMAXCONN, NULL);
	cr_expect_eq(judge_backlog(&s, &f), VERDICT_UNKNOWN);
	cr_expect(misses(&f, "net.core.somaxconn"));
	finding_done(&f);
	set_scene(&s, 5);
	s.listeners[0].backlog = (struct reading){ 0 };
	cr_expect_eq(judge_backlog(&s, &f), VERDICT_UNKNOWN);
	cr_expect(misses(&f, "evidence of overflow"));
	finding_done(&f);
	s.model.sockets.listeners_known = false;
	s.model.sockets.n_listeners = 0;
	cr_expect_eq(judge_backlog(&s, NULL), VERDICT_UNKNOWN);
}

Test(backlog, the_section_is_for_this_port_and_the_command_reaches_no_other)
{
	struct scene s;
	struct finding f;

	set_scene(&s, 5);
	cr_assert_eq(judge_backlog(&s, &f), VERDICT_FINDING);
	cr_expect_null(action_on(&f, "listen_backlog")->section,
		       "without a rate there is no value");
	cr_expect(strstr(action_on(&f, "listen_backlog")->command, "ss -ltn"));
	finding_done(&f);
	s.listeners[0].closed_last_10s = 1000;
	cr_assert_eq(judge_backlog(&s, &f), VERDICT_FINDING);
	cr_expect_str_eq(action_on(&f, "listen_backlog")->section,
			 "[socket app-listen-80]\nside = listen\nport = 80\nprogram = app\n"
			 "listen_backlog = 64\n");
	cr_expect_str_eq(action_on(&f, "listen_backlog")->command,
			 "tcpwright run --set listen_backlog=64 -- app # and its own arguments");
	finding_done(&f);
	s.listeners[1] = (struct listener){ .port = 81, .backlog = reading_of(5) };
	s.model.sockets.n_listeners = 2;
	cr_assert_eq(judge_backlog(&s, &f), VERDICT_FINDING);
	cr_expect(strstr(action_on(&f, "listen_backlog")->command, "--profile ./listen-80.ini"));
	finding_done(&f);
	s.listeners[1].uid = 1000;
	cr_assert_eq(judge_backlog(&s, &f), VERDICT_FINDING);
	cr_expect(strstr(action_on(&f, "listen_backlog")->command, "--set"), "another user's");
	finding_done(&f);
}

Test(backlog, well_known_servers_are_told_where_their_backlog_stands)
{
	struct scene s;
	struct finding f;

	set_scene(&s, 511);
	s.process.command = (char *)"/usr/sbin/nginx -g daemon off;";
	(void)judge_backlog(&s, &f);
	cr_expect(says(&f, "listen ... backlog=N;"));
	cr_expect(says(&f, "the default of nginx, Redis and Node.js"));
	cr_expect(says(&f, "only ages requests"));
	finding_done(&f);
}
