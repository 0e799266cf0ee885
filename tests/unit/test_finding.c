#include <criterion/criterion.h>
#include <string.h>

#include "finding.h"
#include "model.h"
#include "report.h"

TestSuite(finding);

Test(finding, a_null_finding_takes_every_call)
{
	struct model model = { 0 };

	finding_grade(NULL, SEV_CRITICAL);
	finding_count(NULL, NULL, "n", 1, NULL, "s");
	finding_explain(NULL, "%d", 1);
	finding_missing(NULL, "%d", 1);
	finding_act(NULL, &(struct advice){ .key = "k" });
	finding_propose(NULL, &model, SYSCTL_SOMAXCONN, "1", NULL, NULL);
}

Test(finding, the_worst_grade_stands)
{
	struct finding f = { 0 };

	finding_grade(&f, SEV_WARNING);
	finding_grade(&f, SEV_ADVICE);
	cr_expect_eq(f.severity, SEV_WARNING);
}

Test(finding, texts_are_copied_and_made_safe)
{
	struct finding f = { 0 };
	char name[] = "evil\033[1m";

	finding_count(&f, name, name, 3, NULL, "sock_diag");
	name[0] = 'X';
	cr_expect_str_eq(f.evidence[0].subject, "evil?[1m");
	finding_explain(&f, "One.");
	finding_explain(&f, "Two.");
	cr_expect_str_eq(f.explanation, "One. Two.");
	finding_done(&f);
}

Test(finding, an_empty_reserved_list_is_restored_by_a_newline)
{
	struct model *model = model_new();
	struct finding f = { 0 };

	model->sysctls[SYSCTL_IP_LOCAL_RESERVED_PORTS].text = strdup("");
	model->sysctls[SYSCTL_IP_LOCAL_RESERVED_PORTS].writable = true;
	finding_propose(&f, model, SYSCTL_IP_LOCAL_RESERVED_PORTS, "8080", NULL, NULL);
	cr_expect_str_eq(f.actions[0].command, "sysctl -w net.ipv4.ip_local_reserved_ports='8080'");
	cr_expect_str_eq(f.actions[0].undo, "echo > /proc/sys/net/ipv4/ip_local_reserved_ports");
	finding_done(&f);
	model_free(model);
}

Test(finding, a_namespaces_key_is_never_sent_out_of_its_namespace)
{
	struct model *model = model_new();
	struct finding f = { 0 };

	model->sysctls[SYSCTL_TCP_TW_REUSE].text = strdup("2");
	model->sysctls[SYSCTL_TCP_MEM].text = strdup("1 2 3");
	finding_propose(&f, model, SYSCTL_TCP_TW_REUSE, "1", NULL, "A risk.");
	finding_propose(&f, model, SYSCTL_TCP_MEM, "2 3 4", NULL, NULL);
	cr_expect_eq(strncmp(f.actions[0].risk, "A risk. It cannot", 17), 0);
	cr_expect(strstr(f.actions[0].risk, "nsenter -t PID -n"));
	cr_expect_not(strstr(f.actions[0].risk, "outside"));
	cr_expect(strstr(f.actions[1].risk, "outside of any container"));
	finding_done(&f);
	model_free(model);
}

Test(finding, a_summary_counts_each_result_once_and_sorts_worst_first)
{
	struct rule_result results[] = {
		{ .verdict = VERDICT_OK },
		{ .verdict = VERDICT_FINDING, .finding = { .severity = SEV_INFO } },
		{ .verdict = VERDICT_FINDING, .finding = { .severity = SEV_CRITICAL } },
		{ .verdict = VERDICT_UNKNOWN },
	};
	struct report report = { .results = results, .n_results = 4 };
	struct report_summary s = report_summarise(&report);
	size_t order[4];

	cr_expect_eq(s.evaluated, 4);
	cr_expect_eq(s.ok + s.info + s.critical + s.unknown, 4);
	cr_expect_eq(report_findings_by_severity(&report, order), 2);
	cr_expect_eq(order[0], 2);
}

Test(finding, a_withdrawn_proposal_takes_its_evidence_along_and_nothing_else)
{
	struct finding f = { 0 };

	finding_act(&f, &(struct advice){ .kind = ACTION_SYSCTL, .key = "a" });
	finding_act(&f, &(struct advice){ .kind = ACTION_SYSCTL, .key = "b" });
	finding_act(&f, &(struct advice){ .kind = ACTION_APPLICATION });
	finding_text(&f, "a", "live", "1", "source");
	finding_text(&f, NULL, "live", "1", "source");
	finding_text(&f, "b", "live", "2", "source");
	finding_withdraw(&f, "a");
	cr_expect_eq(f.n_actions, 2);
	cr_expect_str_eq(f.actions[0].key, "b");
	cr_expect_eq(f.n_evidence, 2);
	cr_expect_str_eq(f.evidence[1].subject, "b");
	finding_done(&f);
}
