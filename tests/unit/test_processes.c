#include <criterion/criterion.h>
#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "array.h"
#include "cleanup.h"
#include "collect.h"
#include "model.h"
#include "processes.h"

#include "tree.h"

enum { UID_NOBODY = 65534 };

static uint64_t open_socket(int *ret_fd)
{
	struct stat st;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_geq(fd, 0);
	cr_assert_eq(fstat(fd, &st), 0);
	if (ret_fd)
		*ret_fd = fd;
	return st.st_ino;
}

/* A child that holds copies of our sockets until it is told to go, or this process ends. */
static pid_t fork_holder(void)
{
	int pipes[2];
	pid_t pid;
	char byte;

	cr_assert_eq(pipe(pipes), 0);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		close(pipes[1]);
		(void)!read(pipes[0], &byte, 1);
		_exit(0);
	}
	close(pipes[0]);
	return pid;
}

static void end_holder(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
}

TestSuite(processes);

Test(processes, only_a_sockets_link_has_an_inode)
{
	static const struct {
		const char *link;
		bool good;
	} cases[] = {
		{ "socket:[433591]", true },
		{ "socket:[18446744073709551615]", true },
		{ "socket:[18446744073709551616]", false },
		{ "socket:[99999999999999999999999999]", false },
		{ "socket:[]", false },
		{ "socket:[12", false },
		{ "socket:[12]x", false },
		{ "socket:[-1]", false },
		{ "pipe:[12]", false },
		{ "/socket:[12]", false },
		{ "", false },
	};
	uint64_t inode = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		cr_expect_eq(socket_link_parse(cases[i].link, &inode), cases[i].good, "%s",
			     cases[i].link);
	cr_expect(socket_link_parse("socket:[433591]", &inode));
	cr_expect_eq(inode, 433591);
}

Test(processes, the_soft_limit_of_open_files_is_the_first_number)
{
	static const char limits[] =
		"Limit                     Soft Limit           Hard Limit           Units     \n"
		"Max processes             96219                96219                processes \n"
		"Max open files            1024                 524288               files     \n";

	cr_expect_eq(nofile_parse(limits).value, 1024);
	cr_expect_not(
		nofile_parse("Max open files            unlimited   unlimited files\n").known);
	cr_expect_not(nofile_parse("Max open files ").known);
	cr_expect_not(nofile_parse("").known);
}

Test(processes, a_command_is_one_line_that_is_safe_to_print)
{
	static const struct {
		const char *cmdline;
		size_t length;
		const char *command;
	} cases[] = {
		{ "sleep\0"
		  "10\0",
		  9, "sleep 10" },
		{ "nginx: master process\0\0\0\0", 25, "nginx: master process" },
		{ "sh\0-c\0echo\n\033[31m\0", 17, "sh -c echo ?[31m" },
		{ "\0-x\0", 4, "-x" },
		{ "\0\0\0", 3, "" },
		{ "", 0, "" },
	};
	char command[COMMAND_BYTES + 1];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cr_expect_eq(command_join(cases[i].cmdline, cases[i].length, command),
			     strlen(cases[i].command), "case %zu", i);
		cr_expect_str_eq(command, cases[i].command);
	}
}

Test(processes, arguments_are_told_from_a_title_that_was_written_over_them)
{
	static char long_arguments[ARGUMENTS_BYTES + 1];
	static const struct {
		const char *cmdline;
		size_t length;
		bool whole;
	} cases[] = {
		{ "sleep\00010", 9, true },
		{ "nginx", 6, true },
		{ "sh\0-c\0a b", 10, true },
		{ "nginx: worker process", 22, false },
		{ "nginx: worker process\0\0", 24, false },
		{ "postgres\0\0", 11, false },
		{ "redis-server *:6379", 20, false },
		{ "cut", 3, false },
		{ "", 1, false },
		{ "", 0, false },
		{ long_arguments, sizeof(long_arguments), false },
	};

	memset(long_arguments, 'a', sizeof(long_arguments) - 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		cr_expect_eq(arguments_are_whole(cases[i].cmdline, cases[i].length), cases[i].whole,
			     "case %zu", i);
}

Test(processes, a_long_command_is_cut_between_characters)
{
	char cmdline[COMMAND_BYTES + 8], command[COMMAND_BYTES + 1];

	memset(cmdline, 'a', sizeof(cmdline));
	cr_expect_eq(command_join(cmdline, sizeof(cmdline), command), COMMAND_BYTES);
	memcpy(cmdline + COMMAND_BYTES - 1, "\xc3\xa9", 2);
	cr_expect_eq(command_join(cmdline, sizeof(cmdline), command), COMMAND_BYTES - 1);
	cr_expect_eq(command[COMMAND_BYTES - 2], 'a');
}

Test(processes, a_socket_of_ours_is_found_with_our_pid_and_command)
{
	CLEANUP(model_freep) struct model *model = model_new();
	const struct process *process;
	struct rlimit limit;
	uint64_t inode = open_socket(NULL);

	cr_assert_eq(collect_processes("/", &inode, 1, model, NULL), 0);
	cr_expect_eq(model->n_gaps, 0);
	cr_assert_eq(model->n_processes, 1);
	process = model_process_of(model, inode);
	cr_assert(process);
	/* The parent is Criterion's, and does not hold it. */
	cr_expect_eq(process->pid, (uint32_t)getpid());
	cr_expect(strstr(process->command, program_invocation_short_name), "%s", process->command);
	cr_assert(process->executable && process->arguments);
	cr_expect(strstr(process->executable, "/test_processes"), "%s", process->executable);
	cr_expect_str_eq(process->arguments, program_invocation_name);
	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	cr_expect_eq(process->nofile_soft.value, limit.rlim_cur);
	cr_expect_geq(process->open_files.value, 4, "the standard three and the socket");
}

Test(processes, every_wanted_socket_is_named_and_no_other_process_kept)
{
	CLEANUP(model_freep) struct model *model = model_new();
	uint64_t inodes[3] = { 1 }; /* no socket has the inode of a root directory */

	inodes[1] = open_socket(NULL);
	inodes[2] = open_socket(NULL);
	cr_assert_lt(inodes[1], inodes[2]);
	cr_assert_eq(collect_processes(NULL, inodes, 3, model, NULL), 0);
	cr_expect_eq(model->n_owners, 2);
	cr_expect_eq(model->n_processes, 1);
	cr_expect_null(model_process_of(model, 1));
	cr_expect(model_process_of(model, inodes[1]));
	cr_expect(model_process_of(model, inodes[2]));
}

Test(processes, a_socket_that_processes_share_belongs_to_the_lowest_pid)
{
	CLEANUP(model_freep) struct model *model = model_new();
	uint64_t inode = open_socket(NULL);
	pid_t child = fork_holder();
	pid_t lowest = child < getpid() ? child : getpid();

	cr_assert_eq(collect_processes("/", &inode, 1, model, NULL), 0);
	end_holder(child);
	cr_assert_eq(model->n_processes, 1);
	cr_expect_eq(model->processes[0].pid, (uint32_t)lowest);
}

Test(processes, a_socket_that_only_a_child_holds_is_the_childs)
{
	CLEANUP(model_freep) struct model *model = model_new();
	int fd;
	uint64_t inode = open_socket(&fd);
	pid_t child = fork_holder();

	close(fd);
	cr_assert_eq(collect_processes("/", &inode, 1, model, NULL), 0);
	end_holder(child);
	cr_assert_eq(model->n_processes, 1);
	cr_expect_eq(model->processes[0].pid, (uint32_t)child);
}

static void become_nobody(void)
{
	if (setgroups(0, NULL) < 0 || setresgid(UID_NOBODY, UID_NOBODY, UID_NOBODY) < 0 ||
	    setresuid(UID_NOBODY, UID_NOBODY, UID_NOBODY) < 0)
		cr_skip_test("no rights to become another user");
}

Test(processes, without_rights_unnamed_sockets_are_one_gap_that_says_what_helps)
{
	CLEANUP(model_freep) struct model *model = model_new();
	int fd;
	uint64_t inode = open_socket(&fd);

	(void)fork_holder();
	close(fd);
	become_nobody();
	cr_expect_eq(collect_processes("/", &inode, 1, model, NULL), 0);
	cr_assert_eq(model->n_gaps, 1);
	cr_expect_str_eq(model->gaps[0].source, "processes");
	cr_expect(strstr(model->gaps[0].reason, "others could not be looked into"), "%s",
		  model->gaps[0].reason);
	cr_expect(strstr(model->gaps[0].cost, "run as root"));
	cr_expect_eq(model->n_processes, 0);
}

Test(processes, without_rights_there_is_no_gap_if_every_socket_was_named)
{
	CLEANUP(model_freep) struct model *model = model_new();
	uint64_t inode = open_socket(NULL);

	become_nobody();
	cr_expect_eq(collect_processes("/", &inode, 1, model, NULL), 0);
	cr_expect_eq(model->n_gaps, 0);
	cr_expect_eq(model->n_owners, 1);
}

Test(processes, hidden_processes_are_a_gap)
{
	CLEANUP(model_freep) struct model *model = model_new();
	uint64_t nobodys = 1;

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", 0, "hidepid=2") < 0)
		cr_skip_test("no rights to mount /proc with hidepid=2");
	become_nobody();
	cr_expect_eq(collect_processes("/", &nobodys, 1, model, NULL), 0);
	cr_assert_eq(model->n_gaps, 1);
	cr_expect(strstr(model->gaps[0].reason, "hidepid"), "%s", model->gaps[0].reason);
}

Test(processes, sockets_that_no_process_holds_are_a_gap_that_blames_no_rights)
{
	CLEANUP(model_freep) struct model *model = model_new();
	uint64_t nobodys = 1; /* no socket has the inode of a root directory */

	if (geteuid() != 0)
		cr_skip_test("no rights to look into all processes");
	cr_expect_eq(collect_processes("/", &nobodys, 1, model, NULL), 0);
	cr_assert_eq(model->n_gaps, 1);
	cr_expect(strstr(model->gaps[0].reason, "pid namespace"), "%s", model->gaps[0].reason);
	cr_expect_str_eq(model->gaps[0].cost, "the owners of 1 socket are unknown");
}

Test(processes, nothing_is_read_when_nothing_is_wanted)
{
	CLEANUP(model_freep) struct model *model = model_new();

	cr_expect_eq(collect_processes("/nonexistent-root", NULL, 0, model, NULL), 0);
}

/* A saved process that holds socket 77. COMMAND NULL: it was gone before that could be read. */
static void add_process(const struct tree *tree, unsigned int pid, const char *command)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "proc/%u/fd/3", pid);
	tree_link(tree, "socket:[77]", name);
	if (!command)
		return;
	(void)snprintf(name, sizeof(name), "proc/%u/cmdline", pid);
	tree_write(tree, name, command);
	(void)snprintf(name, sizeof(name), "proc/%u/cgroup", pid);
	tree_write(tree, name, "0::/system.slice/web.service\n");
	(void)snprintf(name, sizeof(name), "proc/%u/limits", pid);
	tree_write(tree, name, "Max open files            1024     4096     files\n");
}

Test(processes, a_saved_process_has_its_command_unit_and_limit)
{
	CLEANUP(model_freep) struct model *model = model_new();
	struct tree tree = tree_new();
	const struct process *process;
	uint64_t inode = 77;

	add_process(&tree, 12, "server");
	cr_assert_eq(collect_processes(tree.path, &inode, 1, model, NULL), 0);
	process = model_process_of(model, 77);
	cr_assert(process);
	cr_expect_eq(process->pid, 12);
	cr_expect_str_eq(process->command, "server");
	cr_assert(process->unit);
	cr_expect_str_eq(process->unit, "web.service");
	cr_expect_eq(process->nofile_soft.value, 1024);
	cr_expect_eq(process->open_files.value, 1);
	cr_expect_eq(model->n_gaps, 0);
	tree_done(&tree);
}

Test(processes, the_lowest_pid_is_named_in_whatever_order_a_folder_lists_them)
{
	CLEANUP(model_freep) struct model *model = model_new();
	struct tree tree = tree_new();
	uint64_t inode = 77;

	for (unsigned int pid = 120; pid >= 98; pid--)
		add_process(&tree, pid, "server");
	cr_assert_eq(collect_processes(tree.path, &inode, 1, model, NULL), 0);
	cr_assert_eq(model->n_processes, 1);
	cr_expect_eq(model->processes[0].pid, 98);
	tree_done(&tree);
}

Test(processes, the_socket_of_a_process_that_ended_meanwhile_goes_to_the_next)
{
	CLEANUP(model_freep) struct model *model = model_new();
	struct tree tree = tree_new();
	uint64_t inode = 77;

	add_process(&tree, 4, NULL);
	add_process(&tree, 12, "server");
	cr_assert_eq(collect_processes(tree.path, &inode, 1, model, NULL), 0);
	cr_assert(model_process_of(model, 77));
	cr_expect_eq(model_process_of(model, 77)->pid, 12);
	cr_expect_eq(model->n_gaps, 0);
	tree_done(&tree);
}

Test(processes, a_saved_tree_without_its_first_process_hides_none)
{
	CLEANUP(model_freep) struct model *model = model_new();
	struct tree tree = tree_new();
	uint64_t inode = 78;

	add_process(&tree, 12, "server");
	cr_assert_eq(collect_processes(tree.path, &inode, 1, model, NULL), 0);
	cr_assert_eq(model->n_gaps, 1);
	cr_expect_null(strstr(model->gaps[0].reason, "hidepid"), "%s", model->gaps[0].reason);
	tree_done(&tree);
}

Test(processes, a_tree_without_proc_is_a_gap_with_its_reason)
{
	CLEANUP(model_freep) struct model *model = model_new();
	struct tree tree = tree_new();
	uint64_t inode = 77;

	cr_assert_eq(collect_processes(tree.path, &inode, 1, model, NULL), 0);
	cr_assert_eq(model->n_gaps, 1);
	cr_expect_str_eq(model->gaps[0].reason, "No such file or directory");
	tree_done(&tree);
}

Test(processes, a_saved_tree_without_processes_is_a_gap)
{
	CLEANUP(model_freep) struct model *model = model_new();
	uint64_t inode = 433591;

	cr_expect_eq(collect_processes(FIXTURES "/kernel-5.10", &inode, 1, model, NULL), 0);
	cr_assert_eq(model->n_gaps, 1);
	cr_expect_str_eq(model->gaps[0].reason, "none is there");
}
