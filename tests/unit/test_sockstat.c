#include <criterion/criterion.h>
#include <string.h>

#include "array.h"
#include "cleanup.h"
#include "model.h"
#include "sources.h"

#include "fixture.h"
#include "tree.h"

TestSuite(sockstat);

Test(sockstat, a_saved_host_is_read_whole)
{
	CLEANUP(model_freep) struct model *model = model_new();
	struct root root = fixture_open("kernel-6.18");

	cr_assert_eq(sockstat_collect(&root, model, NULL), 0);
	cr_expect_eq(model->n_gaps, 0);
	cr_expect_eq(model->sockstat.inuse.value, 16);
	cr_expect_eq(model->sockstat.orphan.value, 0);
	cr_expect(model->sockstat.orphan.known);
	cr_expect_eq(model->sockstat.tw.value, 12);
	cr_expect_eq(model->sockstat.alloc.value, 24);
	cr_expect_eq(model->sockstat.mem_pages.value, 6);
	cr_expect_eq(model->sockstat.inuse6.value, 7);
	root_close(&root);
}

Test(sockstat, a_host_without_ipv6_has_no_gap_and_no_number)
{
	CLEANUP(model_freep) struct model *model = model_new();
	struct root root = fixture_open("kernel-3.10");

	cr_assert_eq(sockstat_collect(&root, model, NULL), 0);
	cr_expect_eq(model->n_gaps, 0);
	cr_expect_not(model->sockstat.inuse6.known);
	cr_expect_eq(model->sockstat.inuse.value, 16);
	root_close(&root);
}

Test(sockstat, cut_and_garbage_lines_are_told_and_leave_their_numbers_unknown)
{
	static const struct {
		const char *text;
		bool good, mem_known;
	} cases[] = {
		{ "TCP: inuse 1 orphan 0 tw 0 alloc 1 mem 262\n", true, true },
		{ "TCP: inuse 1 orphan 0 tw 0 alloc 1\n", true, false },
		{ "TCP: inuse 1\nUDP: inuse 0 mem 9\n", true, false },
		{ "TCP: inuse 1 orphan 0 tw 0 alloc 1 mem 26", false, false },
		{ "TCP: inuse 1 orphan 0 tw 0 alloc 1 mem ", false, false },
		{ "TCP: inuse 1 orphan 0 tw 0 alloc 1 mem -2\n", false, false },
		{ "TCP: inuse 1 orphan 0 tw 0 alloc 1 mem 2x\n", false, false },
		{ "TCP: mem 99999999999999999999\n", false, false },
		{ "TCP: mem 9999999999999999999999999999999\n", false, false },
		{ "sockets: used 23\n", false, false },
		{ "", false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sockstat sockstat = { 0 };

		cr_expect_eq(sockstat_parse(cases[i].text, &sockstat), cases[i].good, "case %zu",
			     i);
		cr_expect_eq(sockstat.mem_pages.known, cases[i].mem_known, "case %zu", i);
	}
}

Test(sockstat, tcp6_is_not_taken_for_tcp)
{
	struct sockstat sockstat = { 0 };

	cr_expect_not(sockstat_parse("TCP6: inuse 5\n", &sockstat));
	cr_expect_not(sockstat.inuse.known);
	cr_expect(sockstat6_parse("TCP6: inuse 5\n", &sockstat));
	cr_expect_eq(sockstat.inuse6.value, 5);
}

TestSuite(softnet);

Test(softnet, processors_are_summed_whatever_the_kernels_number_of_columns)
{
	static const char *const kernels[] = { "kernel-3.10", "kernel-5.10" };

	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++) {
		CLEANUP(freep) char *text = fixture_read(kernels[i], "proc/net/softnet_stat");
		struct softnet softnet = { 0 };

		cr_expect(softnet_parse(text, &softnet));
		cr_expect_eq(softnet.processed.value, 0x358fe3 + 0x953d1a);
		cr_expect_eq(softnet.dropped.value, 0x6283 + 0x446);
		cr_expect_eq(softnet.time_squeeze.value, 1 + 0xb1);
	}
}

Test(softnet, sums_do_not_wrap_at_32_bits)
{
	struct softnet softnet = { 0 };

	cr_expect(softnet_parse("ffffffff FFFFFFFF 00000000\nffffffff 00000002 00000000\n",
				&softnet));
	cr_expect_eq(softnet.processed.value, 0x1fffffffe);
	cr_expect_eq(softnet.dropped.value, 0x100000001);
}

Test(softnet, one_bad_line_makes_all_sums_unknown)
{
	static const char *const texts[] = {
		"",
		"\n",
		"00000001 00000002\n00000003 00000004 00000005\n",
		"00000001 00000002 00000003",
		"00000001 00000002 \n00000003\n",
		"000000001 00000002 00000003\n",
		"0000000g 00000002 00000003\n",
		"00000001 00000002 00000003\n\n",
		"00000001  00000002 00000003\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct softnet softnet = { 0 };

		cr_expect_not(softnet_parse(texts[i], &softnet), "case %zu", i);
		cr_expect_not(softnet.processed.known, "case %zu", i);
	}
}

TestSuite(conntrack);

Test(conntrack, a_host_without_the_module_is_unknown_without_noise)
{
	CLEANUP(model_freep) struct model *model = model_new();
	struct root root = fixture_open("kernel-3.10");

	cr_assert_eq(conntrack_collect(&root, model, NULL), 0);
	cr_expect_eq(model->n_gaps, 0);
	cr_expect_not(model->conntrack.count.known);
	cr_expect_not(model->conntrack.max.known);
	root_close(&root);
}

Test(conntrack, the_table_is_read_where_the_module_is_loaded)
{
	CLEANUP(model_freep) struct model *model = model_new();
	struct root root = fixture_open("kernel-6.18");

	cr_assert_eq(conntrack_collect(&root, model, NULL), 0);
	cr_expect_eq(model->conntrack.max.value, 262144);
	cr_expect(model->conntrack.count.known);
	cr_expect_eq(model->n_gaps, 0);
	root_close(&root);
}

Test(conntrack, garbage_is_a_gap_that_names_the_file)
{
	CLEANUP(model_freep) struct model *model = model_new();
	struct tree tree = tree_new();

	tree_write(&tree, "proc/sys/net/netfilter/nf_conntrack_count", "-7\n");
	tree_write(&tree, "proc/sys/net/netfilter/nf_conntrack_max", "100\n");
	cr_assert_eq(conntrack_collect(&tree.root, model, NULL), 0);
	cr_expect_not(model->conntrack.count.known);
	cr_expect_eq(model->conntrack.max.value, 100);
	cr_assert_eq(model->n_gaps, 1);
	cr_expect_str_eq(model->gaps[0].source, "/proc/sys/net/netfilter/nf_conntrack_count");
	tree_done(&tree);
}
