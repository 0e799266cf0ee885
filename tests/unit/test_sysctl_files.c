#include <criterion/criterion.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array.h"
#include "cleanup.h"
#include "model.h"
#include "sources.h"

#include "fixture.h"
#include "tree.h"

static struct tree tree;

static void make_tree(void)
{
	tree = tree_new();
}

static void remove_tree(void)
{
	tree_done(&tree);
}

static void write_key(const char *name, const char *text)
{
	tree_write(&tree, name, text);
}

static void collect_tree(struct model *model)
{
	cr_assert_eq(sysctls_collect(&tree.root, model, NULL), 0);
}

TestSuite(sysctl_files, .init = make_tree, .fini = remove_tree);

Test(sysctl_files, a_saved_hosts_values_are_kept_as_text_without_the_newline)
{
	CLEANUP(model_freep) struct model *model = model_new();
	struct root root = fixture_open("kernel-6.18");

	cr_assert_eq(sysctls_collect(&root, model, NULL), 0);
	cr_expect_eq(model->n_gaps, 0);
	cr_expect_str_eq(model_sysctl_text(model, SYSCTL_IP_LOCAL_PORT_RANGE), "32768\t60999");
	cr_expect_str_eq(model_sysctl_text(model, SYSCTL_IP_LOCAL_RESERVED_PORTS), "");
	cr_expect_str_eq(model_sysctl_text(model, SYSCTL_TCP_RMEM), "4096\t131072\t33554432");
	cr_expect_eq(model_sysctl(model, SYSCTL_SOMAXCONN).value, 4096);
	cr_expect_not(model->sysctls[SYSCTL_SOMAXCONN].absent);
	root_close(&root);
}

Test(sysctl_files, a_key_that_the_kernel_lacks_is_absent_and_no_gap)
{
	CLEANUP(model_freep) struct model *model = model_new();
	struct root root = fixture_open("kernel-6.18");

	cr_assert_eq(sysctls_collect(&root, model, NULL), 0);
	cr_expect(model->sysctls[SYSCTL_TCP_TW_RECYCLE].absent);
	cr_expect_null(model_sysctl_text(model, SYSCTL_TCP_TW_RECYCLE));
	root_close(&root);
	model_free(model);
	model = model_new();
	root = fixture_open("kernel-3.10");
	cr_assert_eq(sysctls_collect(&root, model, NULL), 0);
	cr_expect_eq(model_sysctl(model, SYSCTL_TCP_TW_RECYCLE).value, 1);
	cr_expect_eq(model->n_gaps, 0);
	root_close(&root);
}

Test(sysctl_files, garbage_is_unknown_and_all_of_it_makes_one_gap)
{
	CLEANUP(model_freep) struct model *model = model_new();

	write_key("proc/sys/net/ipv4/tcp_sack", "1\n");
	write_key("proc/sys/net/ipv4/tcp_timestamps", "yes\n");
	write_key("proc/sys/net/ipv4/tcp_fin_timeout", "");
	write_key("proc/sys/net/ipv4/ip_local_port_range", "32768\n");
	write_key("proc/sys/net/ipv4/ip_local_reserved_ports", "80,,90\n");
	write_key("proc/sys/net/ipv4/tcp_rmem", "4096\t13107\n");
	write_key("proc/sys/net/ipv4/tcp_congestion_control", "cu\033[1mbic\n");
	tree_write_bytes(&tree, "proc/sys/net/ipv4/tcp_retries2", "15\0\n", 4);
	collect_tree(model);
	cr_expect_eq(model_sysctl(model, SYSCTL_TCP_SACK).value, 1);
	cr_assert_eq(model->n_gaps, 1);
	cr_expect_str_eq(model->gaps[0].source, "/proc/sys");
	cr_expect(
		strstr(model->gaps[0].reason, "net.ipv4.tcp_timestamps (not a value of this key)"));
	for (size_t i = 0; i < N_SYSCTLS; i++) {
		bool there = i == SYSCTL_TCP_SACK;

		cr_expect_eq(model->sysctls[i].text != NULL, there, "%s", sysctl_facts[i].key);
		cr_expect(there || !model->sysctls[i].writable);
	}
	cr_expect(strstr(model->gaps[0].reason, "tcp_retries2"));
	cr_expect_not(model->sysctls[SYSCTL_TCP_TIMESTAMPS].absent);
}

Test(sysctl_files, a_range_that_is_none_is_a_gap)
{
	static const char *const texts[] = { "60999\t32768\n", "32768\t65536\n", "-1\t5\n",
					     "1\t2\t3\n" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CLEANUP(model_freep) struct model *model = model_new();

		write_key("proc/sys/net/ipv4/ip_local_port_range", texts[i]);
		collect_tree(model);
		cr_assert_eq(model->n_gaps, 1, "%s", texts[i]);
		cr_expect(strstr(model->gaps[0].reason, "ip_local_port_range"));
		cr_expect_null(model_sysctl_text(model, SYSCTL_IP_LOCAL_PORT_RANGE));
	}
}

Test(sysctl_files, nonsense_that_the_kernel_accepts_is_read)
{
	CLEANUP(model_freep) struct model *model = model_new();

	write_key("proc/sys/net/ipv4/tcp_rmem", "8192\t4096\t2048\n");
	write_key("proc/sys/net/ipv4/tcp_keepalive_time", "0\n");
	collect_tree(model);
	cr_expect_eq(model->n_gaps, 0);
	cr_expect_str_eq(model_sysctl_text(model, SYSCTL_TCP_RMEM), "8192\t4096\t2048");
	cr_expect(model_sysctl(model, SYSCTL_TCP_KEEPALIVE_TIME).known);
}

Test(sysctl_files, an_unreadable_key_is_named_with_its_reason)
{
	CLEANUP(model_freep) struct model *model = model_new();

	tree_make_unreadable(&tree, "proc/sys/net/ipv4/tcp_sack");
	collect_tree(model);
	cr_assert_eq(model->n_gaps, 1);
	cr_expect_str_eq(model->gaps[0].reason, "net.ipv4.tcp_sack (Is a directory)");
	cr_expect_not(model->sysctls[SYSCTL_TCP_SACK].absent);
}

Test(sysctl_files, a_tree_without_any_key_is_a_gap_and_not_a_kernel_without_keys)
{
	CLEANUP(model_freep) struct model *model = model_new();

	collect_tree(model);
	cr_assert_eq(model->n_gaps, 1);
	cr_expect_str_eq(model->gaps[0].source, "/proc/sys");
	cr_expect_not(model->sysctls[SYSCTL_SOMAXCONN].absent);
}

Test(sysctl_files, root_can_write_here_unless_proc_sys_is_mounted_read_only)
{
	CLEANUP(model_freep) struct model *before = model_new();
	CLEANUP(model_freep) struct model *after = model_new();
	struct root root;

	if (unshare(CLONE_NEWNS | CLONE_NEWNET) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		cr_skip_test("no rights to make namespaces");
	cr_assert_eq(root_open("/", &root, NULL), 0);
	cr_assert_eq(sysctls_collect(&root, before, NULL), 0);
	cr_expect(before->sysctls[SYSCTL_TCP_SYNCOOKIES].writable);
	cr_assert_eq(mount("/proc/sys", "/proc/sys", NULL, MS_BIND, NULL), 0);
	cr_assert_eq(mount(NULL, "/proc/sys", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), 0);
	cr_assert_eq(sysctls_collect(&root, after, NULL), 0);
	cr_expect_str_eq(model_sysctl_text(after, SYSCTL_TCP_SYNCOOKIES), "1");
	cr_expect_not(after->sysctls[SYSCTL_TCP_SYNCOOKIES].writable);
	root_close(&root);
}
