#include <criterion/criterion.h>

#include "array.h"
#include "judge.h"
#include "stack_model.h"

TestSuite(listen_drops);

static void set_drops(struct model *model, uint64_t drops, uint64_t overflows, uint64_t queue_full)
{
	model->counters[COUNTER_LISTEN_DROPS] = reading_of(drops);
	model->counters[COUNTER_LISTEN_OVERFLOWS] = reading_of(overflows);
	model->counters[COUNTER_REQ_Q_FULL_DROP] = reading_of(queue_full);
}

Test(listen_drops, drops_that_full_queues_explain_are_no_finding)
{
	static const struct {
		uint64_t drops, overflows, queue_full;
		enum verdict verdict;
	} cases[] = {
		{ 0, 0, 0, VERDICT_OK },
		{ 5000, 5000, 0, VERDICT_OK },
		{ 5000, 3000, 2000, VERDICT_OK },
		{ 5000, 3000, 2500, VERDICT_OK }, /* counters are read one after the other */
		{ 5999, 3000, 2000, VERDICT_OK },
		{ 6000, 3000, 2000, VERDICT_FINDING },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct model model = quiet_host();
		struct finding f;

		set_drops(&model, cases[i].drops, cases[i].overflows, cases[i].queue_full);
		cr_expect_eq(judge("listen-drops-other", &model, NULL, &f), cases[i].verdict,
			     "case %zu", i);
		cr_expect_eq(says(&f, "totals so far"), cases[i].verdict == VERDICT_FINDING);
		finding_done(&f);
	}
}

Test(listen_drops, other_drops_are_advice_and_never_called_an_overflow)
{
	struct model model = quiet_host();
	struct sample samples[2] = { 0 };
	struct finding f;

	set_window(&model, samples, 5);
	set_moved(&model, COUNTER_LISTEN_DROPS, 0, 10);
	cr_assert_eq(judge("listen-drops-other", &model, NULL, &f), VERDICT_FINDING);
	cr_expect_eq(f.severity, SEV_ADVICE);
	cr_expect_eq(count_of(&f, "drops with another cause"), 10);
	cr_expect_eq(count_of(&f, "ListenDrops"), 10);
	cr_expect_eq(count_of(&f, "ListenOverflows"), 0);
	cr_expect_eq(count_of(&f, "TCPReqQFullDrop"), 0);
	cr_expect_not(says(&f, "accept queue"));
	cr_expect_not(says(&f, "overflow"));
	cr_expect_not(says(&f, "totals so far"));
	cr_expect_eq(count_actions(&f, ACTION_SYSCTL), 0);
	cr_expect_eq(count_actions(&f, ACTION_SOCKET_OPTION), 0);
	finding_done(&f);
	set_moved(&model, COUNTER_LISTEN_DROPS, 0, 9);
	cr_expect_eq(judge("listen-drops-other", &model, NULL, NULL), VERDICT_OK);
}

Test(listen_drops, an_old_kernel_without_the_queue_counter_leaves_other_drops_unknown)
{
	struct model model = quiet_host();
	struct finding f;

	set_drops(&model, 5000, 100, 0);
	model.counters[COUNTER_REQ_Q_FULL_DROP] = (struct reading){ 0 };
	cr_expect_eq(judge("listen-drops-other", &model, NULL, &f), VERDICT_UNKNOWN);
	cr_expect(misses(&f, "TCPReqQFullDrop"));
	finding_done(&f);
	set_drops(&model, 100, 100, 0);
	model.counters[COUNTER_REQ_Q_FULL_DROP] = (struct reading){ 0 };
	cr_expect_eq(judge("listen-drops-other", &model, NULL, NULL), VERDICT_OK,
		     "nothing is left to explain, whatever that counter says");
	model.counters[COUNTER_LISTEN_DROPS] = (struct reading){ 0 };
	cr_expect_eq(judge("listen-drops-other", &model, NULL, NULL), VERDICT_UNKNOWN);
	set_drops(&model, 0, 0, 0);
	model.counters[COUNTER_LISTEN_OVERFLOWS] = (struct reading){ 0 };
	cr_expect_eq(judge("listen-drops-other", &model, NULL, &f), VERDICT_UNKNOWN);
	cr_expect(misses(&f, "ListenOverflows"));
	cr_expect_not(misses(&f, "ListenDrops"), "that one is known, and 0");
	finding_done(&f);
}
