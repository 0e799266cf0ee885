#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "array.h"
#include "cleanup.h"
#include "err.h"
#include "root.h"

#include "tree.h"

static struct tree tree;

/* proc/self/net/netstat, proc/net -> self/net, and links that lead out. */
static void make_tree(void)
{
	CLEANUP(freep) char *pipe_path = NULL;

	tree = tree_new();
	tree_write(&tree, "proc/self/net/netstat", "inside\n");
	tree_link(&tree, "self/net", "proc/net");
	tree_link(&tree, "/proc/self/net/netstat", "absolute");
	tree_link(&tree, "/etc/passwd", "proc/passwd");
	tree_link(&tree, "../../../../../../etc/passwd", "proc/upwards");
	pipe_path = tree_path(&tree, "pipe");
	cr_assert_eq(mkfifo(pipe_path, 0600), 0);
}

static void remove_tree(void)
{
	tree_done(&tree);
}

static struct root open_tree(const char *path)
{
	struct root root;

	cr_assert_eq(root_open(path, &root, NULL), 0);
	return root;
}

TestSuite(root, .init = make_tree, .fini = remove_tree);

Test(root, only_the_hosts_own_tree_is_live)
{
	struct root own = open_tree(NULL), slash = open_tree("/."), saved = open_tree(tree.path);

	cr_expect(own.live);
	cr_expect(slash.live);
	cr_expect_not(saved.live);
	root_close(&own);
	root_close(&slash);
	root_close(&saved);
	cr_expect_eq(saved.fd, -1);
}

Test(root, a_missing_root_is_an_error_that_names_it)
{
	struct root root;
	struct err err;

	cr_expect_eq(root_open("/nonexistent-root", &root, &err), -ENOENT);
	cr_expect(strstr(err.text, "/nonexistent-root"));
}

Test(root, links_inside_a_saved_tree_are_followed)
{
	struct root root = open_tree(tree.path);
	char *text = NULL;
	size_t length;

	cr_assert_eq(root_read(&root, "proc/net/netstat", 100, &text, &length), 0);
	cr_expect_str_eq(text, "inside\n");
	cr_expect_eq(length, 7);
	free(text);
	cr_assert_eq(root_read(&root, "absolute", 100, &text, NULL), 0);
	cr_expect_str_eq(text, "inside\n", "an absolute link starts at the saved root");
	free(text);
	root_close(&root);
}

Test(root, a_saved_tree_is_never_left)
{
	struct root root = open_tree(tree.path);
	char *text = NULL;

	cr_expect_eq(root_read(&root, "proc/passwd", 1 << 20, &text, NULL), -ENOENT);
	cr_expect_eq(root_read(&root, "proc/upwards", 1 << 20, &text, NULL), -ENOENT);
	cr_expect_eq(root_read(&root, "../../etc/passwd", 1 << 20, &text, NULL), -ENOENT);
	root_close(&root);
}

/* What a kernel before 5.6 does. */
static void hide_openat2(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = ARRAY_SIZE(filter), .filter = filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		cr_skip_test("no seccomp filters here");
}

Test(root, without_openat2_plain_files_are_read_and_links_refused)
{
	struct root root = open_tree(tree.path);
	char *text = NULL;

	hide_openat2();
	cr_assert_eq(root_read(&root, "proc/self/net/netstat", 100, &text, NULL), 0);
	cr_expect_str_eq(text, "inside\n");
	free(text);
	cr_expect_lt(root_read(&root, "proc/net/netstat", 100, &text, NULL), 0);
	cr_expect_eq(root_read(&root, "proc/passwd", 100, &text, NULL), -ELOOP);
	cr_expect_eq(root_read(&root, "../../etc/passwd", 100, &text, NULL), -EXDEV);
	cr_expect_eq(root_read(&root, "proc/nothing", 100, &text, NULL), -ENOENT);
	root_close(&root);
}

Test(root, a_pipe_in_a_saved_tree_is_refused_at_once, .timeout = 5)
{
	struct root root = open_tree(tree.path);

	cr_expect_eq(root_open_file(&root, "pipe"), -EINVAL);
	root_close(&root);
}

Test(root, a_file_beyond_the_limit_is_refused_and_one_at_the_limit_is_read)
{
	struct root root = open_tree(tree.path);
	char *text = NULL;

	cr_expect_eq(root_read(&root, "absolute", 6, &text, NULL), -EFBIG);
	cr_expect_null(text);
	cr_assert_eq(root_read(&root, "absolute", 7, &text, NULL), 0);
	free(text);
	root_close(&root);
}

Test(root, a_file_longer_than_the_first_read_is_read_whole)
{
	struct root root = open_tree(tree.path);
	char *expected = malloc(20001), *text = NULL;
	size_t length;

	memset(expected, 'x', 20000);
	expected[20000] = '\0';
	tree_write(&tree, "proc/self/net/netstat", expected);
	cr_assert_eq(root_read(&root, "absolute", 1 << 20, &text, &length), 0);
	cr_expect_eq(length, 20000);
	cr_expect_str_eq(text, expected);
	free(expected);
	free(text);
	root_close(&root);
}

/* As a script would that reserves every other port; the kernel takes 4 KiB at a time. */
static void write_whole(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t length = strlen(text), done = 0;

	cr_assert_geq(fd, 0);
	while (done < length) {
		ssize_t n = write(fd, text + done, length - done);

		cr_assert_gt(n, 0);
		done += (size_t)n;
	}
	close(fd);
}

Test(root, a_long_sysctl_is_not_cut)
{
	struct root root = open_tree("/");
	CLEANUP(freep) char *list = NULL;
	CLEANUP(freep) char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&list, &length);

	for (unsigned int port = 2001; port < 30000; port += 2)
		fprintf(file, "%u%s", port, port < 29999 ? "," : "\n");
	fclose(file);
	if (unshare(CLONE_NEWNET) < 0)
		cr_skip_test("no rights to make a network namespace");
	write_whole("/proc/sys/net/ipv4/ip_local_reserved_ports", list);
	cr_assert_eq(root_read(&root, "proc/sys/net/ipv4/ip_local_reserved_ports", 1 << 20, &text,
			       &length),
		     0);
	cr_expect_str_eq(text, list);
	root_close(&root);
}

Test(root, the_live_tree_follows_proc_net)
{
	struct root root = open_tree("/");
	char *text = NULL;

	cr_assert_eq(root_read(&root, "proc/net/netstat", 1 << 20, &text, NULL), 0);
	cr_expect_eq(strncmp(text, "TcpExt:", 7), 0);
	free(text);
	root_close(&root);
}

Test(root, a_saved_files_mode_tells_whether_its_host_could_write_it)
{
	struct root root = open_tree(tree.path);
	CLEANUP(freep) char *path = tree_path(&tree, "proc/self/net/netstat");

	cr_assert_eq(chmod(path, 0444), 0);
	cr_expect_not(root_writable(&root, "absolute"));
	cr_assert_eq(chmod(path, 0644), 0);
	cr_expect(root_writable(&root, "absolute"));
	cr_expect_not(root_writable(&root, "nothing"));
	root_close(&root);
}
