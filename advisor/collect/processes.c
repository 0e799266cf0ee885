/*
 * Which process holds a socket: one pass over /proc/PID/fd. That costs seconds on a host with a
 * million sockets, so it is done only for sockets that a rule wants to name.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "cleanup.h"
#include "collect.h"
#include "err.h"
#include "number.h"
#include "text.h"

#include "cgroups.h"
#include "processes.h"
#include "root.h"
#include "sources.h"

static const char gap_source[] = "processes";

enum { MAX_PID = 1 << 22, PROC_PATH = 64 };

#define NOBODY SIZE_MAX

/* Of collect_processes(), while it runs. */
struct pass {
	const struct root *root;
	struct model *model;
	const uint64_t *inodes;
	size_t n_inodes;
	size_t *owner; /* owned; index into model->processes per inode, or NOBODY */
	size_t found;
	size_t processes_capacity;
	uint32_t *pids; /* owned; ascending; the first N_FOREIGN were not to be looked into */
	size_t n_pids, pids_capacity, n_foreign;
};

static void pass_done(struct pass *pass)
{
	free(pass->pids);
	free(pass->owner);
}

bool socket_link_parse(const char *link, uint64_t *ret_inode)
{
	static const char prefix[] = "socket:[";
	size_t length;

	if (strncmp(link, prefix, strlen(prefix)) != 0)
		return false;
	link += strlen(prefix);
	length = strcspn(link, "]");
	return strcmp(link + length, "]") == 0 && parse_u64_span(link, length, ret_inode);
}

struct reading nofile_parse(const char *limits)
{
	static const char name[] = "Max open files ";
	const char *value = strstr(limits, name);
	struct reading soft = { 0 };

	if (!value)
		return soft;
	value += strlen(name);
	value += strspn(value, " ");
	soft.known = parse_u64_span(value, strcspn(value, " \n"), &soft.value);
	return soft;
}

size_t command_join(const char *cmdline, size_t length, char ret_command[static COMMAND_BYTES + 1])
{
	size_t n = length < COMMAND_BYTES ? length : COMMAND_BYTES;
	char *begin;

	/* Not in the middle of a UTF-8 character. */
	while (n < length && n > 0 && (cmdline[n] & 0xc0) == 0x80)
		n--;
	for (size_t i = 0; i < n; i++)
		ret_command[i] = cmdline[i] ? cmdline[i] : ' ';
	ret_command[n] = '\0';
	begin = text_trim(ret_command);
	memmove(ret_command, begin, strlen(begin) + 1);
	text_neutralise(ret_command);
	return strlen(ret_command);
}

bool arguments_are_whole(const char *cmdline, size_t length)
{
	if (length < 2 || length > ARGUMENTS_BYTES || cmdline[length - 1] != '\0')
		return false;
	if (cmdline[length - 2] == '\0')
		return false;
	return strlen(cmdline) + 1 < length || !strchr(cmdline, ' ');
}

/* Up to SIZE bytes of a file of a process, however long it is; -errno. */
static ssize_t read_some(const struct root *root, uint32_t pid, const char *file, char *buf,
			 size_t size)
{
	CLEANUP(closep) int fd = -1;
	char path[PROC_PATH];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "proc/%u/%s", pid, file);
	fd = root_open_file(root, path);
	if (fd < 0)
		return fd;
	n = read(fd, buf, size);
	return n < 0 ? -errno : n;
}

/* The command, or the name in case of a kernel thread. -ESRCH: the process is gone. */
static int read_command(const struct root *root, struct process *process)
{
	char text[ARGUMENTS_BYTES + 1], command[COMMAND_BYTES + 1];
	ssize_t n = read_some(root, process->pid, "cmdline", text, sizeof(text));
	size_t length = n > 0 ? command_join(text, (size_t)n, command) : 0;

	if (length > 0 && arguments_are_whole(text, (size_t)n)) {
		process->arguments = malloc((size_t)n);
		if (!process->arguments)
			return -ENOMEM;
		memcpy(process->arguments, text, (size_t)n);
		process->arguments_length = (size_t)n;
	}
	if (length == 0) {
		n = read_some(root, process->pid, "comm", text, sizeof(text));
		length = n > 0 ? command_join(text, (size_t)n, command) : 0;
	}
	if (length == 0)
		return -ESRCH;
	process->command = strdup(command);
	return process->command ? 0 : -ENOMEM;
}

/* Unknown where the link may not be read: whoever may list the descriptors may read it. */
static int read_executable(const struct root *root, struct process *process)
{
	static const char gone[] = " (deleted)";
	CLEANUP(closep) int dir = -1;
	char path[PROC_PATH], link[PATH_MAX];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "proc/%u", process->pid);
	dir = root_open_file(root, path);
	n = dir < 0 ? -1 : readlinkat(dir, "exe", link, sizeof(link) - 1);
	if (n <= 0)
		return 0;
	link[n] = '\0';
	/* The package was upgraded: the new file has the old name. */
	if ((size_t)n > strlen(gone) && strcmp(link + n - strlen(gone), gone) == 0)
		link[(size_t)n - strlen(gone)] = '\0';
	text_neutralise(link);
	process->executable = strdup(link);
	return process->executable ? 0 : -ENOMEM;
}

/* -ESRCH if it is gone. */
static int describe(const struct root *root, struct process *process)
{
	char unit[UNIT_STRLEN], text[4096];
	int r = read_command(root, process);
	ssize_t n;

	if (r == 0)
		r = read_executable(root, process);
	if (r < 0)
		return r;
	n = read_some(root, process->pid, "limits", text, sizeof(text) - 1);
	if (n > 0) {
		text[n] = '\0';
		process->nofile_soft = nofile_parse(text);
	}
	n = read_some(root, process->pid, "cgroup", text, sizeof(text) - 1);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	if (unit_of_proc_cgroup(text, unit) == 0)
		return 0;
	process->unit = strdup(unit);
	return process->unit ? 0 : -ENOMEM;
}

/* Gives the socket that a descriptor leads to, if it is wanted and nobody's, to process NEXT. */
static void look_at(struct pass *pass, int dir, const char *name, size_t next)
{
	char link[PROC_PATH];
	ssize_t n = readlinkat(dir, name, link, sizeof(link) - 1);
	const uint64_t *hit;
	uint64_t inode;

	if (n < 0)
		return;
	link[n] = '\0';
	if (!socket_link_parse(link, &inode))
		return;
	hit = bsearch(&inode, pass->inodes, pass->n_inodes, sizeof(inode), u64_compare);
	if (!hit || pass->owner[hit - pass->inodes] != NOBODY)
		return;
	pass->owner[hit - pass->inodes] = next;
	pass->found++;
}

/* Process NEXT is gone: what it held is nobody's again. */
static void give_back(struct pass *pass, size_t next)
{
	for (size_t i = 0; i < pass->n_inodes; i++) {
		if (pass->owner[i] != next)
			continue;
		pass->owner[i] = NOBODY;
		pass->found--;
	}
}

/* Adds the process to the model; it holds wanted sockets. */
static int keep(struct pass *pass, uint32_t pid, size_t open_files)
{
	struct model *model = pass->model;
	struct process process = { .pid = pid, .open_files = reading_of(open_files) };
	int r = describe(pass->root, &process);

	if (r == 0 && ARRAY_GROW(model->processes, pass->processes_capacity, model->n_processes)) {
		model->processes[model->n_processes++] = process;
		return 0;
	}
	process_done(&process);
	if (r != -ESRCH)
		return -ENOMEM;
	give_back(pass, model->n_processes);
	return 0;
}

static DIR *open_directory(const struct root *root, const char *path)
{
	int fd = root_open_file(root, path);
	DIR *dir;

	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	dir = fdopendir(fd);
	if (!dir)
		(void)close(fd);
	return dir;
}

static int look_into(struct pass *pass, uint32_t pid)
{
	size_t next = pass->model->n_processes, before = pass->found, open_files = 0;
	struct dirent *entry;
	char path[PROC_PATH];
	DIR *dir;

	(void)snprintf(path, sizeof(path), "proc/%u/fd", pid);
	dir = open_directory(pass->root, path);
	if (!dir) {
		if (errno == EACCES || errno == EPERM)
			pass->pids[pass->n_foreign++] = pid;
		return 0;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		open_files++;
		if (pass->found < pass->n_inodes)
			look_at(pass, dirfd(dir), entry->d_name, next);
	}
	(void)closedir(dir);
	return pass->found > before ? keep(pass, pid, open_files) : 0;
}

static int pid_compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Ascending, because a socket that several processes share is named by the lowest: their parent. */
static int list_pids(struct pass *pass)
{
	DIR *dir = open_directory(pass->root, "proc");
	struct dirent *entry;
	int r = 0;

	if (!dir)
		return -errno;
	while (r == 0 && (entry = readdir(dir))) {
		uint32_t pid;

		if (!parse_u32(entry->d_name, 1, MAX_PID, &pid))
			continue;
		if (ARRAY_GROW(pass->pids, pass->pids_capacity, pass->n_pids))
			pass->pids[pass->n_pids++] = pid;
		else
			r = -ENOMEM;
	}
	(void)closedir(dir);
	if (pass->n_pids > 0)
		qsort(pass->pids, pass->n_pids, sizeof(pass->pids[0]), pid_compare);
	return r;
}

/* Kernel threads and zombies have no command line, and no sockets of ours either. */
static size_t count_foreign(const struct pass *pass)
{
	size_t n = 0;
	char byte;

	for (size_t i = 0; i < pass->n_foreign; i++)
		n += read_some(pass->root, pass->pids[i], "cmdline", &byte, 1) == 1;
	return n;
}

static int say_what_is_missing(const struct pass *pass, bool init_seen, struct err *err)
{
	size_t unnamed = pass->n_inodes - pass->found;
	size_t foreign = unnamed > 0 ? count_foreign(pass) : 0;
	CLEANUP(freep) char *reason = NULL;
	CLEANUP(freep) char *cost = NULL;
	const char *remedy = "; run as root to name them";

	if (unnamed == 0)
		return 0;
	if (foreign > 0) {
		reason = text_format("processes of %zu others could not be looked into", foreign);
	} else if (pass->n_pids == 0) {
		reason = strdup("none is there");
	} else if (pass->root->live && !init_seen) {
		/* Every pid namespace has a first process; hidepid= keeps it from other users. */
		reason = strdup("those of other users are hidden (hidepid)");
	} else {
		reason = strdup("none that is visible here holds them: they have ended, are in "
				"another pid namespace, or the kernel's own");
		remedy = "";
	}
	cost = text_format("the owners of %zu socket%s are unknown%s", unnamed,
			   unnamed == 1 ? "" : "s", remedy);
	if (!reason || !cost)
		return err_no_memory(err);
	return source_gap(pass->model, gap_source, reason, cost, err);
}

/* The owners that were found, in the order of the inodes, which is ascending. */
static bool fill_owners(const struct pass *pass)
{
	struct model *model = pass->model;

	if (pass->found == 0)
		return true;
	model->owners = calloc(pass->found, sizeof(model->owners[0]));
	if (!model->owners)
		return false;
	for (size_t i = 0; i < pass->n_inodes; i++)
		if (pass->owner[i] != NOBODY)
			model->owners[model->n_owners++] = (struct socket_owner){
				.inode = pass->inodes[i],
				.process = pass->owner[i],
			};
	return true;
}

static int run_pass(struct pass *pass, struct err *err)
{
	int r = list_pids(pass);
	bool init_seen = pass->n_pids > 0 && pass->pids[0] == 1;

	if (r == -ENOMEM)
		return err_no_memory(err);
	if (r < 0)
		return source_gap(pass->model, gap_source, strerror(-r),
				  "the owners of sockets are unknown", err);
	for (size_t i = 0; i < pass->n_pids && pass->found < pass->n_inodes; i++)
		if (look_into(pass, pass->pids[i]) < 0)
			return err_no_memory(err);
	if (!fill_owners(pass))
		return err_no_memory(err);
	return say_what_is_missing(pass, init_seen, err);
}

int collect_processes(const char *root, const uint64_t inodes[], size_t n_inodes,
		      struct model *model, struct err *err)
{
	CLEANUP(root_close) struct root opened = { .fd = -1 };
	CLEANUP(pass_done)
	struct pass pass = {
		.root = &opened,
		.model = model,
		.inodes = inodes,
		.n_inodes = n_inodes,
	};
	int r;

	if (n_inodes == 0)
		return 0;
	r = root_open(root, &opened, err);
	if (r < 0)
		return r;
	pass.owner = malloc(n_inodes * sizeof(pass.owner[0]));
	if (!pass.owner)
		return err_no_memory(err);
	for (size_t i = 0; i < n_inodes; i++)
		pass.owner[i] = NOBODY;
	return run_pass(&pass, err);
}
