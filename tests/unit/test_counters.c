#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "cleanup.h"
#include "counters.h"
#include "model.h"
#include "sources.h"

#include "fixture.h"
#include "tree.h"

TestSuite(counters);

static bool parse(const char *text, struct reading counters[static N_COUNTERS])
{
	return counters_parse(text, "TcpExt", counters);
}

Test(counters, columns_are_found_by_name_in_every_kernels_order)
{
	static const struct {
		const char *kernel;
		bool paws_passive; /* gone since 4.12 */
	} cases[] = { { "kernel-3.10", true }, { "kernel-5.10", false } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(freep) char *netstat = fixture_read(cases[i].kernel, "proc/net/netstat");
		CLEANUP(freep) char *snmp = fixture_read(cases[i].kernel, "proc/net/snmp");
		struct reading c[N_COUNTERS] = { 0 };

		cr_expect(parse(netstat, c));
		cr_expect(counters_parse(snmp, "Tcp", c));
		cr_expect_eq(c[COUNTER_LISTEN_OVERFLOWS].value, 98);
		cr_expect_eq(c[COUNTER_LISTEN_DROPS].value, 120);
		cr_expect_eq(c[COUNTER_TW].value, 388812);
		cr_expect_eq(c[COUNTER_TIME_WAIT_OVERFLOW].value, 22);
		cr_expect_eq(c[COUNTER_REQ_Q_FULL_DROP].value, 24);
		cr_expect_eq(c[COUNTER_ACTIVE_OPENS].value, 31);
		cr_expect_eq(c[COUNTER_OUT_RSTS].value, 39);
		cr_expect_eq(c[COUNTER_IN_SEGS].value, 6286396970, "more than 32 bits");
		cr_expect_eq(c[COUNTER_PAWS_PASSIVE].known, cases[i].paws_passive);
		cr_expect(c[COUNTER_LISTEN_OVERFLOWS].known);
	}
}

Test(counters, this_kernel_has_every_counter_but_the_one_that_was_removed)
{
	CLEANUP(freep) char *netstat = fixture_read("kernel-6.18", "proc/net/netstat");
	CLEANUP(freep) char *snmp = fixture_read("kernel-6.18", "proc/net/snmp");
	struct reading c[N_COUNTERS] = { 0 };

	cr_expect(parse(netstat, c));
	cr_expect(counters_parse(snmp, "Tcp", c));
	for (size_t i = 0; i < N_COUNTERS; i++)
		cr_expect_eq(c[i].known, i != COUNTER_PAWS_PASSIVE, "%s", counter_facts[i].name);
}

Test(counters, cut_or_mismatching_lines_leave_every_counter_unknown)
{
	static const char *const texts[] = {
		"",
		"\n",
		"IpExt: InNoRoutes\nIpExt: 0\n",
		"TcpExt: TW ListenDrops",
		"TcpExt: TW ListenDrops\n",
		"TcpExt: TW ListenDrops\nTcpExt:",
		"TcpExt: TW ListenDrops\nTcpExt: 1\n",
		"TcpExt: TW\nTcpExt: 1 2\n",
		/* The last number may have had more digits. */
		"TcpExt: TW ListenDrops\nTcpExt: 1 2",
		"TcpExt: TW ListenDrops\nIpExt: 1 2\n",
		"TcpExt: TW ListenDrops\nIpExt: X\nTcpExt: 1 2\n",
		"TcpExt TW ListenDrops\nTcpExt: 1 2\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct reading c[N_COUNTERS] = { 0 };

		c[COUNTER_TW] = reading_of(7);
		cr_expect_not(parse(texts[i], c), "case %zu", i);
		cr_expect_not(c[COUNTER_TW].known, "case %zu", i);
		cr_expect_not(c[COUNTER_LISTEN_DROPS].known, "case %zu", i);
	}
}

Test(counters, one_bad_number_spoils_only_its_own_counter)
{
	static const char *const bad[] = { "-1", "x", "1x", "18446744073709551616",
					   "99999999999999999999999999999999" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct reading c[N_COUNTERS] = { 0 };
		char text[128];

		(void)snprintf(text, sizeof(text),
			       "TcpExt: TW Other ListenDrops\nTcpExt: %s -5 8\n", bad[i]);
		cr_expect_not(parse(text, c), "%s", bad[i]);
		cr_expect_not(c[COUNTER_TW].known, "%s", bad[i]);
		cr_expect(c[COUNTER_LISTEN_DROPS].known);
		cr_expect_eq(c[COUNTER_LISTEN_DROPS].value, 8);
	}
}

Test(counters, a_column_that_nobody_asked_for_may_hold_anything)
{
	struct reading c[N_COUNTERS] = { 0 };

	cr_expect(counters_parse("Tcp: MaxConn ActiveOpens\nTcp: -1 5 \n", "Tcp", c));
	cr_expect_eq(c[COUNTER_ACTIVE_OPENS].value, 5);
}

Test(counters, a_table_is_not_mistaken_for_one_whose_name_begins_alike)
{
	struct reading c[N_COUNTERS] = { 0 };

	cr_expect(counters_parse("TcpExt: TW\nTcpExt: 9\nTcp: ActiveOpens\nTcp: 5\n", "Tcp", c));
	cr_expect_eq(c[COUNTER_ACTIVE_OPENS].value, 5);
	cr_expect_not(c[COUNTER_TW].known);
}

Test(counters, zero_is_an_observation)
{
	struct reading c[N_COUNTERS] = { 0 };

	cr_expect(parse("TcpExt: TW\nTcpExt: 0\n", c));
	cr_expect(c[COUNTER_TW].known);
	cr_expect_eq(c[COUNTER_TW].value, 0);
}

Test(counters, an_unreadable_file_is_a_gap_that_names_it_and_its_cost)
{
	CLEANUP(model_freep) struct model *model = model_new();
	struct tree tree = tree_new();

	tree_make_unreadable(&tree, "proc/net/netstat");
	cr_assert_eq(counters_collect(&tree.root, model, NULL), 0);
	cr_assert_eq(model->n_gaps, 2);
	cr_expect_str_eq(model->gaps[0].source, "/proc/net/netstat");
	cr_expect_str_eq(model->gaps[0].reason, "Is a directory");
	cr_expect(strstr(model->gaps[0].cost, "accept queue overflows"));
	cr_expect_str_eq(model->gaps[1].source, "/proc/net/snmp");
	cr_expect_str_eq(model->gaps[1].reason, "No such file or directory");
	cr_expect_not(model->counters[COUNTER_LISTEN_OVERFLOWS].known);
	tree_done(&tree);
}

Test(counters, a_cut_file_is_one_gap_and_does_not_spoil_the_other)
{
	CLEANUP(model_freep) struct model *model = model_new();
	struct tree tree = tree_new();

	tree_write(&tree, "proc/net/netstat", "TcpExt: TW ListenDrops\nTcpExt: 1 2");
	tree_write(&tree, "proc/net/snmp", "Tcp: ActiveOpens\nTcp: 5\n");
	cr_assert_eq(counters_collect(&tree.root, model, NULL), 0);
	cr_assert_eq(model->n_gaps, 1);
	cr_expect_str_eq(model->gaps[0].source, "/proc/net/netstat");
	cr_expect_not(model->counters[COUNTER_TW].known);
	cr_expect_eq(model->counters[COUNTER_ACTIVE_OPENS].value, 5);
	tree_done(&tree);
}
