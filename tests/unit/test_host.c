#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "array.h"
#include "cleanup.h"
#include "model.h"
#include "sources.h"

#include "fixture.h"

TestSuite(host);

Test(host, a_saved_host_tells_its_own_names_and_not_this_hosts)
{
	CLEANUP(model_freep) struct model *model = model_new();
	struct root root = fixture_open("kernel-6.18");

	cr_assert_eq(host_collect(&root, model, NULL), 0);
	cr_expect_eq(model->n_gaps, 0);
	cr_expect_str_eq(model->host.hostname, "web-1");
	cr_expect_str_eq(model->host.kernel_release, "6.18.44");
	cr_expect_eq(model->host.kernel, KERNEL(6, 18) | 44);
	cr_expect_eq(model->host.uptime_s.value, 38151);
	cr_expect_eq(model->host.memory_bytes.value, UINT64_C(24684092) * 1024);
	cr_expect(model->host.file_nr.known);
	cr_expect_eq(model->host.file_max.value, 2466177);
	cr_expect_not(model->host.page_size_bytes.known);
	cr_expect_not(model->host.netns.known);
	root_close(&root);
}

Test(host, this_host_tells_its_page_size_and_network_namespace)
{
	CLEANUP(model_freep) struct model *model = model_new();
	struct root root;
	struct utsname name;
	char link[64] = "", expected[64];

	cr_assert_eq(root_open("/", &root, NULL), 0);
	cr_assert_eq(host_collect(&root, model, NULL), 0);
	cr_assert_eq(uname(&name), 0);
	cr_expect_str_eq(model->host.hostname, name.nodename);
	cr_expect_str_eq(model->host.kernel_release, name.release);
	cr_expect_eq(model->host.page_size_bytes.value, (uint64_t)sysconf(_SC_PAGESIZE));
	(void)snprintf(expected, sizeof(expected), "net:[%ju]", (uintmax_t)model->host.netns.value);
	cr_assert_gt(readlink("/proc/self/ns/net", link, sizeof(link) - 1), 0);
	cr_expect_str_eq(link, expected);
	root_close(&root);
}

Test(host, what_a_saved_tree_lacks_becomes_one_gap_each)
{
	CLEANUP(model_freep) struct model *model = model_new();
	struct root root = fixture_open("kernel-3.10");

	cr_assert_eq(host_collect(&root, model, NULL), 0);
	cr_assert_eq(model->n_gaps, 4);
	cr_expect_str_eq(model->gaps[0].source, "/proc/sys/kernel/hostname");
	cr_expect_str_eq(model->gaps[1].source, "/proc/uptime");
	cr_expect_str_eq(model->gaps[1].cost, "rates since boot are unknown");
	cr_expect_str_eq(model->gaps[2].source, "/proc/meminfo");
	cr_expect_str_eq(model->gaps[3].source, "/proc/sys/fs/file-nr");
	cr_expect_not(model->host.uptime_s.known);
	cr_expect_eq(model->host.kernel, KERNEL(3, 10));
	root_close(&root);
}

Test(host, numbers_are_read_from_whole_lines_only)
{
	static const struct {
		const char *uptime, *meminfo, *file_nr;
	} bad[] = {
		{ "", "", "" },
		{ "38151", "MemTotal: 24684092", "593\t0\t2466177" },
		{ "-1.0 2.0\n", "MemTotal: x kB\n", "593\t0\n" },
		{ "x.1 2.0\n", "MemTotal: 24684092 MB\n", "593\n" },
		{ ".5 2.0\n", "MemTotal: 18446744073709551615 kB\n", "x\t0\t2466177\n" },
		{ "99999999999999999999.0 1\n", "Mem: 1 kB\n", "593\t0\t\n" },
	};
	struct reading uptime = { 0 }, memory = { 0 }, open = { 0 }, max = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		cr_expect_not(uptime_parse(bad[i].uptime, &uptime), "case %zu", i);
		cr_expect_not(uptime.known, "case %zu", i);
		cr_expect_not(meminfo_parse(bad[i].meminfo, &memory), "case %zu", i);
		cr_expect_not(memory.known, "case %zu", i);
		cr_expect_not(file_nr_parse(bad[i].file_nr, &open, &max), "case %zu", i);
		cr_expect_not(open.known && max.known, "case %zu", i);
	}
	cr_expect(uptime_parse("0.99 1.00\n", &uptime));
	cr_expect_eq(uptime.value, 0);
	cr_expect(file_nr_parse("593\t0\t9223372036854775807\n", &open, &max));
	cr_expect_eq(max.value, INT64_MAX);
}
