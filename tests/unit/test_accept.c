#include <criterion/criterion.h>

#include "accept.h"
#include "array.h"
#include "judge.h"
#include "stack_model.h"

TestSuite(accept);

static struct listener one_listener(uint64_t queue, uint64_t backlog)
{
	return (struct listener){ .addr = addr_from_v4(0),
				  .port = 80,
				  .socket = { .inode = 77 },
				  .queue = reading_of(queue),
				  .backlog = reading_of(backlog) };
}

static struct model quiet_model(struct listener *listener)
{
	struct model model = quiet_host();

	model.sockets.listeners = listener;
	model.sockets.n_listeners = 1;
	model.sockets.listeners_known = true;
	return model;
}

Test(accept, a_queue_is_full_above_its_limit_and_fills_from_half_with_sixteen)
{
	static const struct {
		uint64_t queue, backlog;
		enum severity severity;
	} cases[] = {
		{ 0, 0, SEV_NONE },      { 1, 0, SEV_CRITICAL },   { 5, 5, SEV_NONE },
		{ 6, 5, SEV_CRITICAL },  { 15, 16, SEV_NONE },     { 16, 16, SEV_ADVICE },
		{ 16, 32, SEV_ADVICE },  { 16, 33, SEV_NONE },     { 63, 128, SEV_NONE },
		{ 64, 128, SEV_ADVICE }, { 128, 128, SEV_ADVICE }, { 129, 128, SEV_CRITICAL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct listener listener = one_listener(cases[i].queue, cases[i].backlog);
		struct model model = quiet_model(&listener);
		struct finding f;
		enum verdict verdict = judge("accept-queue-full", &model, NULL, &f);

		cr_expect_eq(verdict, cases[i].severity ? VERDICT_FINDING : VERDICT_OK, "case %zu",
			     i);
		cr_expect_eq(f.severity, cases[i].severity, "case %zu", i);
		finding_done(&f);
	}
}

Test(accept, a_full_queue_names_its_listener_process_and_unit)
{
	struct listener listener = one_listener(6, 5);
	struct model model = quiet_model(&listener);
	struct process process = { .pid = 12,
				   .command = (char *)"python3",
				   .unit = (char *)"web.service" };
	struct socket_owner owner = { .inode = 77 };
	const char *subject = "0.0.0.0:80 python3 (pid 12, web.service)";
	struct finding f;

	model.processes = &process;
	model.n_processes = 1;
	model.owners = &owner;
	model.n_owners = 1;
	cr_assert_eq(judge("accept-queue-full", &model, NULL, &f), VERDICT_FINDING);
	cr_assert(evidence_of(&f, subject, "accept queue"));
	cr_expect_eq(evidence_of(&f, subject, "accept queue")->count, 6);
	cr_expect_str_eq(evidence_of(&f, subject, "accept queue")->source,
			 "sock_diag idiag_rqueue");
	cr_expect_eq(evidence_of(&f, subject, "limit (one more fits)")->count, 5);
	cr_expect_eq(count_actions(&f, ACTION_SYSCTL), 0);
	cr_expect(action_on(&f, "accept connections faster"));
	finding_done(&f);
}

Test(accept, a_queue_that_is_empty_again_may_have_met_a_burst)
{
	struct listener listener = one_listener(0, 5);
	struct model model = quiet_model(&listener);
	struct finding f;

	model.counters[COUNTER_LISTEN_OVERFLOWS] = reading_of(1000);
	cr_assert_eq(judge("accept-queue-full", &model, NULL, &f), VERDICT_FINDING);
	cr_expect(action_on(&f, "tell a burst from a slow server"));
	finding_done(&f);
	listener.backlog = (struct reading){ 0 };
	listener.queue = reading_of(3);
	cr_assert_eq(judge("accept-queue-full", &model, NULL, &f), VERDICT_FINDING);
	cr_expect(action_on(&f, "accept connections faster"), "its limit is unknown");
	finding_done(&f);
}

Test(accept, a_queue_without_a_known_limit_is_unknown_once_something_waits)
{
	struct listener listener = one_listener(0, 0);
	struct model model = quiet_model(&listener);
	struct finding f;

	listener.backlog = (struct reading){ 0 };
	cr_expect_eq(judge("accept-queue-full", &model, NULL, NULL), VERDICT_OK);
	listener.queue = reading_of(100);
	cr_expect_eq(judge("accept-queue-full", &model, NULL, &f), VERDICT_UNKNOWN);
	cr_expect(misses(&f, "limits of 1 listener ("));
	finding_done(&f);
}

Test(accept, queues_that_fill_up_are_counted_and_only_the_first_are_named)
{
	struct listener listeners[ADVISE_MAX_NAMED + 2];
	struct model model = quiet_model(listeners);
	struct finding f;
	size_t named = 0;

	for (size_t i = 0; i < ARRAY_SIZE(listeners); i++) {
		listeners[i] = one_listener(16, 16);
		listeners[i].port = (uint16_t)(80 + i);
	}
	listeners[ARRAY_SIZE(listeners) - 1].queue = reading_of(1);
	model.sockets.n_listeners = ARRAY_SIZE(listeners);
	cr_assert_eq(judge("accept-queue-full", &model, NULL, &f), VERDICT_FINDING);
	cr_expect(says(&f, "17 accept queues are filling up"), "%s", f.explanation);
	for (size_t i = 0; i < f.n_evidence; i++)
		named += strcmp(f.evidence[i].name, "accept queue") == 0;
	cr_expect_eq(named, ADVISE_MAX_NAMED);
	finding_done(&f);
}

Test(accept, missing_listeners_and_counters_are_unknown_not_healthy)
{
	struct model model = { 0 };
	struct finding f;

	cr_expect_eq(judge("accept-queue-full", &model, NULL, &f), VERDICT_UNKNOWN);
	cr_expect(misses(&f, "listeners"));
	cr_expect(misses(&f, "/proc/net/netstat TcpExt.ListenOverflows"));
	finding_done(&f);
}

Test(accept, overflows_warn_within_a_window_and_need_volume_since_boot)
{
	static const struct {
		uint64_t events, uptime_s;
		enum severity severity;
	} cases[] = {
		{ 99, 3600, SEV_NONE },          { 100, 3600, SEV_ADVICE },
		{ 100, 100 * 3600, SEV_ADVICE }, { 100, 101 * 3600, SEV_NONE },
		{ 100, 0, SEV_ADVICE },
	};
	struct listener listener = one_listener(0, 128);
	struct model model = quiet_model(&listener);
	struct sample samples[2] = { 0 };
	struct finding f;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		model.host.uptime_s = (struct reading){ cases[i].uptime_s, cases[i].uptime_s > 0 };
		model.counters[COUNTER_LISTEN_OVERFLOWS] = reading_of(cases[i].events);
		(void)judge("accept-queue-full", &model, NULL, &f);
		cr_expect_eq(f.severity, cases[i].severity, "case %zu", i);
		cr_expect_eq(says(&f, "since boot"),
			     cases[i].severity != SEV_NONE && cases[i].uptime_s > 0);
		cr_expect_eq(says(&f, "--for 60"), cases[i].severity != SEV_NONE);
		finding_done(&f);
	}
	set_window(&model, samples, 10);
	cr_expect_eq(judge("accept-queue-full", &model, NULL, NULL), VERDICT_OK);
	set_moved(&model, COUNTER_LISTEN_OVERFLOWS, 100, 101);
	cr_expect_eq(judge("accept-queue-full", &model, NULL, &f), VERDICT_FINDING);
	cr_expect_eq(f.severity, SEV_WARNING);
	cr_expect(says(&f, "retransmission") && says(&f, "names no listener"));
	cr_expect_eq(evidence_of(&f, NULL, "ListenOverflows")->count, 1);
	finding_done(&f);
}

Test(accept, thresholds_come_from_the_profile)
{
	struct listener listener = one_listener(8, 10);
	struct model model = quiet_model(&listener);
	struct profile_threshold threshold = { .rule = (char *)"accept-queue-full",
					       .name = (char *)"waiting",
					       .value = 8 };
	struct profile profile = { .thresholds = &threshold, .n_thresholds = 1 };

	cr_expect_eq(judge("accept-queue-full", &model, NULL, NULL), VERDICT_OK);
	cr_expect_eq(judge("accept-queue-full", &model, &profile, NULL), VERDICT_FINDING);
}

Test(accept, only_busy_listeners_are_to_be_named)
{
	struct listener listener = one_listener(0, 5);
	struct model model = quiet_model(&listener);
	struct rule_input in = { .model = &model, .rule = rule_of("accept-queue-full") };
	struct inode_set inodes = { 0 };

	in.rule->wants(&in, &inodes);
	cr_expect_eq(inodes.n, 0);
	listener.queue = reading_of(6);
	in.rule->wants(&in, &inodes);
	cr_assert_eq(inodes.n, 1);
	cr_expect_eq(inodes.inodes[0], 77);
	inode_set_done(&inodes);
}
