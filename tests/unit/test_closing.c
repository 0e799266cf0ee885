#include <criterion/criterion.h>

#include "array.h"
#include "judge.h"
#include "stack_model.h"
#include "portset.h"

TestSuite(closing);

enum { MAX_SOCKETS = 120 };

/* Sockets of pid 12 with one database as their peer, unless a test says otherwise. */
struct scene {
	struct close_wait sockets[MAX_SOCKETS];
	struct process processes[2];
	struct socket_owner owners[MAX_SOCKETS];
	struct model model;
};

static struct close_wait database_socket(size_t i, uint64_t age_ms)
{
	struct close_wait socket = { .local_port = (uint16_t)(40000 + i),
				     .remote_port = 5432,
				     .socket = { .inode = 100 + i },
				     .age_ms = reading_of(age_ms) };

	cr_assert(addr_parse("10.0.0.9", &socket.remote_addr));
	return socket;
}

static void set_scene(struct scene *s, size_t n, uint64_t age_ms)
{
	*s = (struct scene){ 0 };
	s->processes[0] = (struct process){ .pid = 12,
					    .command = (char *)"worker",
					    .unit = (char *)"app.service",
					    .nofile_soft = reading_of(1024) };
	s->processes[1] = (struct process){ .pid = 13, .command = (char *)"other" };
	for (size_t i = 0; i < n; i++) {
		s->sockets[i] = database_socket(i, age_ms);
		s->owners[i] = (struct socket_owner){ .inode = 100 + i };
	}
	s->model.processes = s->processes;
	s->model.n_processes = 2;
	s->model.owners = s->owners;
	s->model.n_owners = n;
	s->model.sockets.backend = "sock_diag";
	s->model.sockets.close_wait = s->sockets;
	s->model.sockets.n_close_wait = n;
	s->model.sockets.states[TCP_STATE_CLOSE_WAIT] = n;
}

static enum verdict judge_leak(const struct scene *s, struct finding *ret_finding)
{
	return judge("close-wait-leak", &s->model, NULL, ret_finding);
}

Test(closing, ten_sockets_older_than_a_minute_are_a_leak)
{
	static const struct {
		size_t n;
		uint64_t age_ms;
		enum severity severity;
	} cases[] = {
		{ 0, 0, SEV_NONE },          { 9, 60000, SEV_NONE },
		{ 10, 59999, SEV_NONE },     { 10, 60000, SEV_WARNING },
		{ 102, 60000, SEV_WARNING }, { 103, 60000, SEV_CRITICAL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scene s;
		struct finding f;

		set_scene(&s, cases[i].n, cases[i].age_ms);
		cr_expect_eq(judge_leak(&s, &f), cases[i].severity ? VERDICT_FINDING : VERDICT_OK,
			     "case %zu", i);
		cr_expect_eq(f.severity, cases[i].severity, "case %zu", i);
		finding_done(&f);
	}
}

Test(closing, the_process_its_unit_and_its_peer_are_named)
{
	const char *subject = "worker (pid 12, app.service)";
	struct scene s;
	struct finding f;

	set_scene(&s, 12, 61000);
	cr_assert_eq(judge_leak(&s, &f), VERDICT_FINDING);
	cr_expect_eq(evidence_of(&f, subject, "CLOSE-WAIT")->count, 12);
	cr_expect_str_eq(evidence_of(&f, subject, "most frequent peer")->text, "10.0.0.9:5432");
	cr_expect(says(&f, "fault of the application"));
	cr_expect_str_eq(action_on(&f, "stopgap: destroy the sockets")->command,
			 "ss -t -K state close-wait dst '10.0.0.9:5432'");
	cr_expect_not(says(&f, "files that the process may open"));
	cr_expect_null(evidence_of(&f, NULL, "new within the window, and held"),
		       "one sample has no window");
	finding_done(&f);
	set_scene(&s, 103, 61000);
	cr_assert_eq(judge_leak(&s, &f), VERDICT_FINDING);
	cr_expect(says(&f, "10 % or more of the files that the process may open"));
	finding_done(&f);
}

Test(closing, no_sysctl_is_ever_advised)
{
	struct scene s;
	struct finding f;

	set_scene(&s, 120, 3600000);
	set_sysctl(&s.model, SYSCTL_TCP_FIN_TIMEOUT, "60");
	set_sysctl(&s.model, SYSCTL_TCP_KEEPALIVE_TIME, "7200");
	cr_assert_eq(judge_leak(&s, &f), VERDICT_FINDING);
	cr_expect_eq(f.severity, SEV_CRITICAL);
	cr_expect_eq(count_actions(&f, ACTION_SYSCTL), 0);
	cr_expect_eq(count_actions(&f, ACTION_APPLICATION), 2);
	finding_done(&f);
}

Test(closing, processes_are_counted_apart)
{
	struct scene s;
	struct finding f;

	set_scene(&s, 18, 61000);
	for (size_t i = 9; i < 18; i++)
		s.owners[i].process = 1;
	cr_expect_eq(judge_leak(&s, NULL), VERDICT_OK);
	s.owners[9].process = 0;
	cr_expect_eq(judge_leak(&s, &f), VERDICT_FINDING);
	cr_expect(evidence_of(&f, "worker (pid 12, app.service)", "CLOSE-WAIT"));
	cr_expect_null(evidence_of(&f, "other (pid 13)", "CLOSE-WAIT"));
	finding_done(&f);
}

Test(closing, clients_with_many_ports_are_one_peer_and_the_most_frequent_leads)
{
	struct scene s;
	struct finding f;

	set_scene(&s, 10, 61000);
	cr_assert(portset_add(&s.model.sockets.listening, 80, NULL));
	for (size_t i = 0; i < 10; i++) {
		s.sockets[i].local_port = 80;
		s.sockets[i].remote_port = (uint16_t)(50000 + i);
	}
	cr_assert(addr_parse("10.0.0.1", &s.sockets[4].remote_addr));
	cr_assert(addr_parse("10.0.0.200", &s.sockets[7].remote_addr));
	cr_assert_eq(judge_leak(&s, &f), VERDICT_FINDING);
	cr_expect_str_eq(evidence_of(&f, NULL, "most frequent peer")->text, "10.0.0.9");
	cr_expect_eq(evidence_of(&f, NULL, "sockets of that peer")->count, 8);
	cr_expect_eq(evidence_of(&f, NULL, "peers")->count, 3);
	finding_done(&f);
	portset_done(&s.model.sockets.listening);
}

Test(closing, an_ipv6_client_is_written_as_ss_reads_it)
{
	struct scene s;
	struct finding f;

	set_scene(&s, 10, 61000);
	cr_assert(portset_add(&s.model.sockets.listening, 80, NULL));
	for (size_t i = 0; i < 10; i++) {
		s.sockets[i].local_port = 80;
		cr_assert(addr_parse("2001:db8::1", &s.sockets[i].remote_addr));
	}
	cr_assert_eq(judge_leak(&s, &f), VERDICT_FINDING);
	cr_expect_str_eq(action_on(&f, "stopgap: destroy the sockets")->command,
			 "ss -t -K state close-wait dst '[2001:db8::1]'");
	finding_done(&f);
	portset_done(&s.model.sockets.listening);
}

Test(closing, growth_within_a_window_is_critical_but_sockets_that_just_arrived_are_not_growth)
{
	static const struct {
		uint64_t before, newest_age_ms;
		enum severity severity;
	} cases[] = {
		{ 11, 1000, SEV_CRITICAL },
		{ 11, 999, SEV_WARNING },
		{ 12, 1000, SEV_WARNING },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scene s;
		struct finding f;

		set_scene(&s, 12, 61000);
		s.model.window_s = 10;
		s.model.sockets.states_before[TCP_STATE_CLOSE_WAIT] = reading_of(cases[i].before);
		for (size_t n = 0; n < 11; n++)
			s.sockets[n].in_first_sample = true;
		s.sockets[11].age_ms = reading_of(cases[i].newest_age_ms);
		(void)judge_leak(&s, &f);
		cr_expect_eq(f.severity, cases[i].severity, "case %zu", i);
		finding_done(&f);
	}
}

Test(closing, without_ages_it_takes_many_sockets_for_advice_and_some_are_unknown)
{
	static const struct {
		size_t n;
		enum verdict verdict;
		enum severity severity;
	} cases[] = {
		{ 9, VERDICT_OK, SEV_NONE },          { 10, VERDICT_UNKNOWN, SEV_NONE },
		{ 99, VERDICT_UNKNOWN, SEV_NONE },    { 100, VERDICT_FINDING, SEV_ADVICE },
		{ 120, VERDICT_FINDING, SEV_ADVICE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scene s;
		struct finding f;

		set_scene(&s, cases[i].n, 0);
		for (size_t n = 0; n < cases[i].n; n++)
			s.sockets[n].age_ms = (struct reading){ 0 };
		cr_expect_eq(judge_leak(&s, &f), cases[i].verdict, "case %zu", i);
		cr_expect_eq(f.severity, cases[i].severity, "case %zu", i);
		cr_expect_eq(misses(&f, "for how long"), cases[i].verdict == VERDICT_UNKNOWN);
		cr_expect_null(evidence_of(&f, NULL, "older than 60 s"), "unknown is not 0");
		finding_done(&f);
	}
}

Test(closing, a_window_of_a_minute_tells_ages_without_tcp_info)
{
	struct scene s;
	struct finding f;

	set_scene(&s, 10, 0);
	s.model.window_s = 60;
	for (size_t n = 0; n < 10; n++) {
		s.sockets[n].age_ms = (struct reading){ 0 };
		s.sockets[n].in_first_sample = true;
	}
	cr_expect_eq(judge_leak(&s, &f), VERDICT_FINDING);
	cr_expect_eq(f.severity, SEV_WARNING);
	finding_done(&f);
	s.model.window_s = 59;
	cr_expect_eq(judge_leak(&s, NULL), VERDICT_UNKNOWN);
}

Test(closing, sockets_that_nobody_accepted_belong_to_the_accept_queue)
{
	struct scene s;
	struct finding f;

	set_scene(&s, 10, 61000);
	for (size_t i = 0; i < 10; i++) {
		s.sockets[i].socket.inode = 0;
		s.sockets[i].local_port = 80;
	}
	cr_assert_eq(judge_leak(&s, &f), VERDICT_FINDING);
	cr_expect(evidence_of(&f, "not accepted yet, port 80", "CLOSE-WAIT"));
	cr_expect(action_on(&f, "accept connections"));
	cr_expect_null(action_on(&f, "stopgap: destroy the sockets"));
	finding_done(&f);
}

Test(closing, without_a_process_the_unit_is_named_and_without_that_the_cgroup)
{
	struct cgroup_name name = { .id = 5, .unit = (char *)"pod.scope" };
	struct scene s;
	struct finding f;

	set_scene(&s, 10, 61000);
	s.model.n_owners = 0;
	for (size_t i = 0; i < 10; i++)
		s.sockets[i].socket.cgroup_id = 5;
	(void)judge_leak(&s, &f);
	cr_expect(evidence_of(&f, "unknown processes of cgroup 5", "CLOSE-WAIT"));
	cr_expect_eq(evidence_of(&f, NULL, "local port of one of them")->count, 40000);
	finding_done(&f);
	s.model.cgroups = &name;
	s.model.n_cgroups = 1;
	(void)judge_leak(&s, &f);
	cr_expect(evidence_of(&f, "pod.scope", "CLOSE-WAIT"));
	finding_done(&f);
}

Test(closing, unread_sockets_are_unknown_and_nobody_is_asked_for)
{
	struct scene s;
	struct inode_set inodes = { 0 };
	struct rule_input in = { .model = &s.model, .rule = &rules_closing[0] };

	set_scene(&s, 9, 0);
	in.rule->wants(&in, &inodes);
	cr_expect_eq(inodes.n, 0);
	set_scene(&s, 10, 0);
	in.rule->wants(&in, &inodes);
	cr_expect_eq(inodes.n, 10);
	inode_set_done(&inodes);
	s.model.sockets.backend = NULL;
	cr_expect_eq(judge_leak(&s, NULL), VERDICT_UNKNOWN);
}
