#include <criterion/criterion.h>

#include "array.h"
#include "judge.h"
#include "stack_model.h"

TestSuite(idle);

/* The buckets begin at 0 30 60 120 180 240 300 350 600 1200 3600 7200 s. */
enum { FROM_300 = 6, FROM_350 = 7, FROM_600 = 8 };

static struct model model_with(struct idle_group *groups, size_t n)
{
	struct model model = { 0 };

	model.sockets.backend = "sock_diag";
	model.sockets.idle_groups = groups;
	model.sockets.n_idle_groups = n;
	set_sysctl(&model, SYSCTL_TCP_KEEPALIVE_TIME, "7200");
	return model;
}

static enum verdict judge_idle(const struct model *model, struct finding *ret_finding)
{
	return judge("keepalive-missing", model, NULL, ret_finding);
}

Test(idle, only_peers_behind_a_router_beyond_the_limit_are_a_warning)
{
	static const struct {
		enum idle_scope scope;
		size_t bucket;
		enum severity severity;
	} cases[] = {
		{ IDLE_ELSEWHERE, FROM_300, SEV_NONE },
		{ IDLE_ELSEWHERE, FROM_350, SEV_WARNING },
		{ IDLE_ELSEWHERE, FROM_600, SEV_WARNING },
		{ IDLE_ON_LINK, FROM_300, SEV_NONE },
		{ IDLE_ON_LINK, FROM_350, SEV_INFO },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct idle_group group = { .scope = cases[i].scope,
					    .established = 1,
					    .judged = 1,
					    .without_keepalive = 1,
					    .idle_known = 1 };
		struct model model = model_with(&group, 1);
		struct finding f;

		group.idle[cases[i].bucket] = 1;
		cr_expect_eq(judge_idle(&model, &f),
			     cases[i].severity ? VERDICT_FINDING : VERDICT_OK, "case %zu", i);
		cr_expect_eq(f.severity, cases[i].severity, "case %zu", i);
		finding_done(&f);
	}
}

Test(idle, the_limit_is_the_roles_and_only_whole_buckets_count)
{
	struct profile_threshold threshold = { .rule = (char *)"keepalive-missing",
					       .name = (char *)"idle_limit" };
	struct profile profile = { .thresholds = &threshold, .n_thresholds = 1 };
	struct idle_group group = {
		.established = 2, .judged = 2, .without_keepalive = 2, .idle_known = 2
	};
	struct model model = model_with(&group, 1);
	static const struct {
		double limit;
		uint64_t idle;
		const char *keepidle;
	} cases[] = { { 300, 2, "240" }, { 350, 1, "280" }, { 240, 2, "192" }, { 301, 1, "240" } };

	group.idle[FROM_300] = 1;
	group.idle[FROM_350] = 1;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct finding f;

		threshold.value = cases[i].limit;
		cr_expect_eq(judge("keepalive-missing", &model, &profile, &f), VERDICT_FINDING);
		cr_expect_eq(evidence_of(&f, NULL, "idle beyond the limit")->count, cases[i].idle,
			     "case %zu", i);
		cr_expect_str_eq(action_on(&f, "tcp_keepidle")->proposed, cases[i].keepidle);
		finding_done(&f);
	}
	threshold.value = 100000;
	cr_expect_eq(judge("keepalive-missing", &model, &profile, NULL), VERDICT_UNKNOWN,
		     "times beyond the last bucket are not told apart");
}

Test(idle, the_advice_is_socket_options_and_never_a_sysctl)
{
	struct idle_group group = { .cgroup_id = 5,
				    .established = 30,
				    .judged = 28,
				    .without_keepalive = 25,
				    .idle_known = 25,
				    .idle = { [FROM_600] = 3 } };
	struct cgroup_name name = { .id = 5, .unit = (char *)"app.service" };
	struct model model = model_with(&group, 1);
	struct finding f;

	model.cgroups = &name;
	model.n_cgroups = 1;
	cr_assert_eq(judge_idle(&model, &f), VERDICT_FINDING);
	cr_expect_eq(count_actions(&f, ACTION_SYSCTL), 0);
	cr_expect_null(action_on(&f, "net.ipv4.tcp_keepalive_time"));
	cr_expect_str_eq(action_on(&f, "so_keepalive")->proposed, "1");
	cr_expect_str_eq(action_on(&f, "tcp_keepidle")->formula, "0.8 x 350 s = 280 s");
	cr_expect(says(&f, "do nothing for sockets without SO_KEEPALIVE"));
	cr_expect_eq(evidence_of(&f, "app.service", "without keepalive")->count, 25);
	cr_expect_eq(evidence_of(&f, "app.service", "idle beyond the limit")->count, 3);
	finding_done(&f);
}

Test(idle, the_section_is_for_the_programs_that_were_found)
{
	struct process process = { .pid = 7,
				   .command = (char *)"python3 app.py",
				   .executable = (char *)"/usr/bin/python3.11",
				   .arguments = (char *)"python3\0app.py",
				   .arguments_length = 15 };
	struct socket_owner owner = { .inode = 5 };
	struct idle_group group = { .established = 30,
				    .judged = 28,
				    .without_keepalive = 25,
				    .idle_known = 25,
				    .idle = { [FROM_600] = 3 },
				    .samples = { { .inode = 5 } },
				    .n_samples = 1 };
	struct model model = model_with(&group, 1);
	struct finding f;

	cr_assert_eq(judge_idle(&model, &f), VERDICT_FINDING);
	cr_expect_null(action_on(&f, "so_keepalive")->section, "for which program?");
	cr_expect(says(&f, "No program could be named"));
	cr_expect_null(strstr(action_on(&f, "so_keepalive")->risk, "every program of that name"));
	cr_expect_null(action_on(&f, "so_keepalive")->command, "of which program?");
	finding_done(&f);
	model.processes = &process;
	model.n_processes = 1;
	model.owners = &owner;
	model.n_owners = 1;
	cr_assert_eq(judge_idle(&model, &f), VERDICT_FINDING);
	cr_expect(strstr(action_on(&f, "tcp_keepidle")->section, "\nprogram = python3.11\n"));
	cr_expect(strstr(action_on(&f, "so_keepalive")->risk, "every program of that name"));
	cr_expect_not(says(&f, "No program could be named"));
	cr_expect_str_eq(action_on(&f, "tcp_keepidle")->command,
			 "tcpwright run --set so_keepalive=on --set tcp_keepidle=280s -- python3 "
			 "app.py");
	finding_done(&f);
}

Test(idle, without_idle_times_counts_are_information_at_most)
{
	static const struct {
		uint32_t without, judged;
		enum verdict verdict;
	} cases[] = {
		{ 0, 100, VERDICT_OK },          { 19, 19, VERDICT_UNKNOWN },
		{ 20, 40, VERDICT_UNKNOWN },     { 20, 39, VERDICT_FINDING },
		{ 1000, 1000, VERDICT_FINDING },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct idle_group group = { .established = cases[i].judged,
					    .judged = cases[i].judged,
					    .without_keepalive = cases[i].without };
		struct model model = model_with(&group, 1);
		struct finding f;

		cr_expect_eq(judge_idle(&model, &f), cases[i].verdict, "case %zu", i);
		if (cases[i].verdict == VERDICT_FINDING)
			cr_expect_eq(f.severity, SEV_INFO);
		cr_expect_eq(misses(&f, "tcp_info"), cases[i].verdict == VERDICT_UNKNOWN);
		finding_done(&f);
	}
}

Test(idle, the_worst_units_come_first)
{
	struct idle_group groups[] = {
		{ .cgroup_id = 1,
		  .scope = IDLE_ON_LINK,
		  .judged = 9,
		  .without_keepalive = 9,
		  .idle_known = 9,
		  .idle = { [FROM_600] = 9 } },
		{ .cgroup_id = 2,
		  .judged = 1,
		  .without_keepalive = 1,
		  .idle_known = 1,
		  .idle = { [FROM_600] = 1 } },
	};
	struct model model = model_with(groups, 2);
	struct finding f;

	cr_assert_eq(judge_idle(&model, &f), VERDICT_FINDING);
	cr_expect_eq(f.severity, SEV_WARNING);
	cr_expect_str_eq(f.evidence[0].subject, "unknown programs of cgroup 2");
	cr_expect(evidence_of(&f, "unknown programs of cgroup 1, peers on the same network",
			      "without keepalive"));
	finding_done(&f);
}

Test(idle, more_units_than_can_be_named_are_counted)
{
	struct idle_group groups[20] = { 0 };
	struct model model = model_with(groups, 20);
	struct finding f;

	for (size_t i = 0; i < 20; i++)
		groups[i] = (struct idle_group){ .cgroup_id = i + 1,
						 .judged = 1,
						 .without_keepalive = 1,
						 .idle_known = 1,
						 .idle = { [FROM_600] = 1 } };
	cr_assert_eq(judge_idle(&model, &f), VERDICT_FINDING);
	cr_expect(says(&f, "4 more units are concerned"));
	finding_done(&f);
}

Test(idle, a_sample_is_named_by_its_process_only_where_the_group_is_concerned)
{
	struct process process = { .pid = 12, .command = (char *)"worker" };
	struct socket_owner owner = { .inode = 9 };
	struct idle_group group = { .judged = 1,
				    .without_keepalive = 1,
				    .idle_known = 1,
				    .samples = { { .inode = 9 } },
				    .n_samples = 1 };
	struct model model = model_with(&group, 1);
	struct rule_input in = { .model = &model, .rule = &rules_idle[0] };
	struct inode_set inodes = { 0 };
	struct finding f;

	group.idle[0] = 1;
	in.rule->wants(&in, &inodes);
	cr_expect_eq(inodes.n, 0);
	group.idle[FROM_350] = 1;
	in.rule->wants(&in, &inodes);
	cr_expect_eq(inodes.n, 1);
	inode_set_done(&inodes);
	model.processes = &process;
	model.n_processes = 1;
	model.owners = &owner;
	model.n_owners = 1;
	(void)judge_idle(&model, &f);
	cr_expect_str_eq(evidence_of(&f, NULL, "for example")->text, "worker (pid 12)");
	finding_done(&f);
}

Test(idle, a_mere_hint_names_no_process_where_there_are_too_many_sockets_to_look_through)
{
	struct idle_group group = {
		.judged = 30, .without_keepalive = 30, .samples = { { .inode = 9 } }, .n_samples = 1
	};
	struct model model = model_with(&group, 1);
	struct rule_input in = { .model = &model, .rule = &rules_idle[0] };
	struct inode_set inodes = { 0 };
	struct finding f;

	cr_expect_eq(judge_idle(&model, &f), VERDICT_FINDING);
	cr_expect_eq(f.severity, SEV_INFO);
	in.rule->wants(&in, &inodes);
	cr_expect_eq(inodes.n, 0);
	model.sockets.with_tcp_info = true;
	in.rule->wants(&in, &inodes);
	cr_expect_eq(inodes.n, 1);
	inode_set_done(&inodes);
	finding_done(&f);
}

Test(idle, a_unit_that_is_fine_does_not_hide_those_after_it)
{
	struct idle_group groups[] = {
		{ .judged = 30, .samples = { { .inode = 8 } }, .n_samples = 1 },
		{ .judged = 30,
		  .without_keepalive = 30,
		  .samples = { { .inode = 9 } },
		  .n_samples = 1 },
	};
	struct model model = model_with(groups, ARRAY_SIZE(groups));
	struct rule_input in = { .model = &model, .rule = &rules_idle[0] };
	struct inode_set inodes = { 0 };

	model.sockets.with_tcp_info = true;
	in.rule->wants(&in, &inodes);
	cr_assert_eq(inodes.n, 1);
	cr_expect_eq(inodes.inodes[0], 9);
	inode_set_done(&inodes);
}

Test(idle, unread_sockets_are_unknown_and_no_sockets_are_fine)
{
	struct model model = model_with(NULL, 0);

	cr_expect_eq(judge_idle(&model, NULL), VERDICT_OK);
	model.sockets.backend = NULL;
	cr_expect_eq(judge_idle(&model, NULL), VERDICT_UNKNOWN);
}
