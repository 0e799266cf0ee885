#include <criterion/criterion.h>

#include "array.h"
#include "judge.h"
#include "stack_model.h"

TestSuite(syn_queue);

struct scene {
	struct listener listener;
	struct sample samples[2];
	struct model model;
};

static void set_scene(struct scene *s, uint32_t syn_recv, uint64_t backlog, const char *syncookies)
{
	*s = (struct scene){ .listener = { .addr = addr_from_v4(0),
					   .port = 80,
					   .syn_recv = syn_recv,
					   .backlog = reading_of(backlog) } };
	for (size_t i = 0; i < N_COUNTERS; i++)
		s->model.counters[i] = reading_of(0);
	set_sysctl(&s->model, SYSCTL_TCP_SYNCOOKIES, syncookies);
	set_sysctl(&s->model, SYSCTL_TCP_MAX_SYN_BACKLOG, "16");
	s->model.sockets.backend = "sock_diag";
	s->model.sockets.listeners = &s->listener;
	s->model.sockets.n_listeners = 1;
	s->model.sockets.listeners_known = true;
}

static enum verdict judge_syn(const struct scene *s, struct finding *ret_finding)
{
	return judge("syn-queue", &s->model, NULL, ret_finding);
}

Test(syn_queue, requests_are_judged_against_the_listeners_backlog)
{
	static const struct {
		uint32_t syn_recv;
		uint64_t backlog;
		enum severity severity;
	} cases[] = {
		{ 0, 0, SEV_NONE },        { 1, 0, SEV_WARNING },   { 4, 5, SEV_NONE },
		{ 5, 5, SEV_WARNING },     { 15, 20, SEV_NONE },    { 16, 20, SEV_ADVICE },
		{ 16, 33, SEV_NONE },      { 64, 128, SEV_ADVICE }, { 127, 128, SEV_ADVICE },
		{ 128, 128, SEV_WARNING },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scene s;
		struct finding f;

		set_scene(&s, cases[i].syn_recv, cases[i].backlog, "1");
		cr_expect_eq(judge_syn(&s, &f), cases[i].severity ? VERDICT_FINDING : VERDICT_OK,
			     "case %zu", i);
		cr_expect_eq(f.severity, cases[i].severity, "case %zu", i);
		finding_done(&f);
	}
}

Test(syn_queue, the_advice_is_the_backlog_and_never_tcp_max_syn_backlog)
{
	static const char *const syncookies[] = { "0", "1", "2" };

	for (size_t i = 0; i < 3; i++) {
		struct scene s;
		struct finding f;

		set_scene(&s, 128, 128, syncookies[i]);
		cr_assert_eq(judge_syn(&s, &f), VERDICT_FINDING);
		cr_expect(action_on(&f, "listen_backlog"));
		cr_expect_null(action_on(&f, "net.ipv4.tcp_max_syn_backlog"));
		cr_expect_eq(count_actions(&f, ACTION_SYSCTL), 0);
		finding_done(&f);
	}
}

Test(syn_queue, one_sample_says_what_computes_the_backlog)
{
	struct scene s;
	struct finding f;

	set_scene(&s, 128, 128, "1");
	cr_assert_eq(judge_syn(&s, &f), VERDICT_FINDING);
	cr_expect(
		strstr(action_on(&f, "listen_backlog")->formula, "audit --for 30 during a burst"));
	finding_done(&f);
	set_window(&s.model, s.samples, 10);
	cr_assert_eq(judge_syn(&s, &f), VERDICT_FINDING);
	cr_expect_null(strstr(action_on(&f, "listen_backlog")->formula, "--for"));
	finding_done(&f);
}

Test(syn_queue, full_queues_warn_within_a_window_and_need_volume_since_boot)
{
	static const enum counter_id counters[] = { COUNTER_REQ_Q_FULL_DO_COOKIES,
						    COUNTER_REQ_Q_FULL_DROP };

	for (size_t i = 0; i < 2; i++) {
		struct scene s;
		struct finding f;

		set_scene(&s, 0, 128, "1");
		s.model.counters[counters[i]] = reading_of(99);
		cr_expect_eq(judge_syn(&s, NULL), VERDICT_OK);
		s.model.counters[counters[i]] = reading_of(100);
		cr_expect_eq(judge_syn(&s, &f), VERDICT_FINDING);
		cr_expect_eq(f.severity, SEV_ADVICE);
		cr_expect(action_on(&f, "find the listener"));
		cr_expect_eq(says(&f, "SYNs were dropped"), counters[i] == COUNTER_REQ_Q_FULL_DROP);
		cr_expect_not(says(&f, "cookies came back"), "none were sent");
		cr_expect(evidence_of(&f, NULL, counter_facts[counters[i]].name));
		cr_expect_str_eq(evidence_of(&f, NULL, "net.ipv4.tcp_syncookies")->text, "1");
		finding_done(&f);
		set_window(&s.model, s.samples, 10);
		cr_expect_eq(judge_syn(&s, NULL), VERDICT_OK);
		set_moved(&s.model, counters[i], 100, 101);
		cr_expect_eq(judge_syn(&s, &f), VERDICT_FINDING);
		cr_expect_eq(f.severity, SEV_WARNING);
		finding_done(&f);
	}
}

Test(syn_queue, cookies_that_are_always_sent_prove_no_full_queue)
{
	struct scene s;

	set_scene(&s, 0, 128, "2");
	set_window(&s.model, s.samples, 10);
	set_moved(&s.model, COUNTER_REQ_Q_FULL_DO_COOKIES, 0, 5000);
	set_moved(&s.model, COUNTER_SYNCOOKIES_SENT, 0, 5000);
	cr_expect_eq(judge_syn(&s, NULL), VERDICT_OK);
}

Test(syn_queue, returned_cookies_tell_clients_from_a_flood)
{
	struct scene s;
	struct finding f;

	set_scene(&s, 0, 128, "1");
	set_window(&s.model, s.samples, 10);
	set_moved(&s.model, COUNTER_REQ_Q_FULL_DO_COOKIES, 0, 1000);
	set_moved(&s.model, COUNTER_SYNCOOKIES_SENT, 0, 1000);
	set_moved(&s.model, COUNTER_SYNCOOKIES_RECV, 0, 20);
	cr_assert_eq(judge_syn(&s, &f), VERDICT_FINDING);
	cr_expect(says(&f, "20 cookies came back of 1000 that were sent (2 %): a flood"));
	cr_expect_eq(count_of(&f, "SyncookiesSent"), 1000);
	cr_expect_eq(count_of(&f, "SyncookiesRecv"), 20);
	finding_done(&f);
	set_moved(&s.model, COUNTER_SYNCOOKIES_RECV, 0, 0);
	cr_assert_eq(judge_syn(&s, &f), VERDICT_FINDING);
	cr_expect_eq(count_of(&f, "SyncookiesRecv"), 0, "none is a number as well");
	finding_done(&f);
	set_moved(&s.model, COUNTER_SYNCOOKIES_RECV, 0, 900);
	cr_assert_eq(judge_syn(&s, &f), VERDICT_FINDING);
	cr_expect(says(&f, "(90 %): honest clients"));
	finding_done(&f);
}

Test(syn_queue, no_backlog_is_proposed_against_a_flood)
{
	struct scene s;
	struct finding f;

	set_scene(&s, 512, 511, "1");
	set_window(&s.model, s.samples, 10);
	set_moved(&s.model, COUNTER_REQ_Q_FULL_DO_COOKIES, 0, 250000);
	set_moved(&s.model, COUNTER_SYNCOOKIES_SENT, 0, 250000);
	set_moved(&s.model, COUNTER_SYNCOOKIES_RECV, 0, 3);
	cr_assert_eq(judge_syn(&s, &f), VERDICT_FINDING);
	cr_expect(action_on(&f, "stop the flood"));
	cr_expect_null(action_on(&f, "listen_backlog"));
	finding_done(&f);
	set_moved(&s.model, COUNTER_SYNCOOKIES_RECV, 0, 100000);
	cr_assert_eq(judge_syn(&s, &f), VERDICT_FINDING);
	cr_expect(action_on(&f, "listen_backlog"));
	cr_expect_null(action_on(&f, "stop the flood"));
	finding_done(&f);
}

/* Measured with a backlog of 5 and 300 clients of an HTTP server: 1776 of 282. */
Test(syn_queue, more_cookies_than_were_sent_is_no_percentage)
{
	struct scene s;
	struct finding f;

	set_scene(&s, 0, 5, "1");
	set_window(&s.model, s.samples, 10);
	set_moved(&s.model, COUNTER_REQ_Q_FULL_DO_COOKIES, 0, 282);
	set_moved(&s.model, COUNTER_SYNCOOKIES_SENT, 0, 282);
	set_moved(&s.model, COUNTER_SYNCOOKIES_RECV, 0, 1776);
	cr_assert_eq(judge_syn(&s, &f), VERDICT_FINDING);
	cr_expect(says(&f, "1776 cookies came back of 282 that were sent: honest clients"));
	cr_expect_not(says(&f, "%"));
	finding_done(&f);
}

Test(syn_queue, missing_limits_counters_and_settings_are_unknown)
{
	struct scene s;
	struct finding f;

	set_scene(&s, 0, 128, "1");
	s.listener.backlog = (struct reading){ 0 };
	cr_expect_eq(judge_syn(&s, NULL), VERDICT_OK, "nothing is pending");
	s.listener.syn_recv = 1;
	cr_expect_eq(judge_syn(&s, &f), VERDICT_UNKNOWN);
	cr_expect(misses(&f, "limits of 1 listener"));
	finding_done(&f);
	set_scene(&s, 0, 128, NULL);
	cr_expect_eq(judge_syn(&s, &f), VERDICT_UNKNOWN);
	cr_expect(misses(&f, "net.ipv4.tcp_syncookies"));
	finding_done(&f);
	set_scene(&s, 0, 128, "1");
	s.model.counters[COUNTER_REQ_Q_FULL_DROP] = (struct reading){ 0 };
	cr_expect_eq(judge_syn(&s, &f), VERDICT_UNKNOWN);
	cr_expect(misses(&f, "TCPReqQFullDrop"));
	finding_done(&f);
}

Test(syn_queue, syncookies_are_judged_by_value_and_unknown_without)
{
	static const struct {
		const char *live;
		enum verdict verdict;
		enum severity severity;
	} cases[] = {
		{ "0", VERDICT_FINDING, SEV_WARNING }, { "1", VERDICT_OK, SEV_NONE },
		{ "2", VERDICT_FINDING, SEV_ADVICE },  { NULL, VERDICT_UNKNOWN, SEV_NONE },
		{ "junk", VERDICT_UNKNOWN, SEV_NONE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct model model = { 0 };
		struct finding f;

		set_sysctl(&model, SYSCTL_TCP_SYNCOOKIES, cases[i].live);
		cr_expect_eq(judge("syncookies-off", &model, NULL, &f), cases[i].verdict,
			     "case %zu", i);
		cr_expect_eq(f.severity, cases[i].severity, "case %zu", i);
		if (cases[i].verdict == VERDICT_FINDING)
			cr_expect_str_eq(action_on(&f, "net.ipv4.tcp_syncookies")->proposed, "1");
		else
			cr_expect_eq(f.n_actions, 0);
		finding_done(&f);
	}
}

Test(syn_queue, listeners_are_to_be_named_from_where_their_queue_fills_up)
{
	static const struct {
		uint32_t syn_recv;
		size_t named;
	} cases[] = { { 15, 0 }, { 16, 1 }, { 20, 1 } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scene s;
		struct rule_input in = { .model = &s.model, .rule = rule_of("syn-queue") };
		struct inode_set inodes = { 0 };

		set_scene(&s, cases[i].syn_recv, 20, "1");
		s.listener.socket.inode = 77;
		in.rule->wants(&in, &inodes);
		cr_expect_eq(inodes.n, cases[i].named, "case %zu", i);
		inode_set_done(&inodes);
	}
}
