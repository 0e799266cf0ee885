#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "err.h"
#include "writer.h"

#include "sample_report.h"

static char directory[] = "/tmp/tcpwright-writer-XXXXXX";

/* Each test runs in a process of its own, in an empty directory. */
static void enter_directory(void)
{
	cr_assert(mkdtemp(directory));
	cr_assert_eq(chdir(directory), 0);
	(void)umask(022);
}

static int is_entry(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static size_t count_entries(void)
{
	struct dirent **entries;
	int n = scandir(directory, &entries, is_entry, NULL);

	cr_assert_geq(n, 0);
	for (int i = 0; i < n; i++)
		free(entries[i]);
	free(entries);
	return (size_t)n;
}

static void remove_directory(void)
{
	struct dirent **entries;
	int n = scandir(directory, &entries, is_entry, NULL);

	for (int i = 0; i < n; i++) {
		(void)remove(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	(void)rmdir(directory);
}

TestSuite(writer, .init = enter_directory, .fini = remove_directory);

/* In front of libc's own: small pieces, a signal, and what reaches the disk in which order. */
static struct {
	bool plays, was_interrupted;
	char order[8]; /* f: a file's content, d: a folder's; n: the new name */
	size_t n;
} disk;

enum { PIECE = 100 };

ssize_t write(int fd, const void *buf, size_t size)
{
	if (disk.plays && !disk.was_interrupted) {
		disk.was_interrupted = true;
		errno = EINTR;
		return -1;
	}
	return syscall(SYS_write, fd, buf, disk.plays && size > PIECE ? PIECE : size);
}

static void disk_note(char what)
{
	if (disk.plays && disk.n < sizeof(disk.order) - 1)
		disk.order[disk.n++] = what;
}

int fsync(int fd)
{
	struct stat st;

	cr_assert_eq(fstat(fd, &st), 0);
	disk_note(S_ISDIR(st.st_mode) ? 'd' : 'f');
	return (int)syscall(SYS_fsync, fd);
}

int rename(const char *from, const char *to)
{
	disk_note('n');
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

static int write_text(const char *path, struct err *err)
{
	const struct report_style style = { 0 };
	struct sample_report sample = sample_report_sick();
	int r = report_write(&sample.report, report_format_find("text"), path, &style, err);

	sample_report_done(&sample);
	return r;
}

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	cr_assert(file);
	(void)fputs(text, file);
	cr_assert_eq(fclose(file), 0);
}

static bool begins_with(const char *path, const char *text)
{
	CLEANUP(fclosep) FILE *file = fopen(path, "r");
	char line[80] = "";

	return file && fgets(line, sizeof(line), file) && strncmp(line, text, strlen(text)) == 0;
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	cr_assert_eq(lstat(path, &st), 0);
	return st.st_mode;
}

Test(writer, each_format_that_an_option_offers_is_found)
{
	CLEANUP(freep) char *names = strdup(report_format_names);
	char *rest = NULL;

	cr_assert(names);
	for (char *name = strtok_r(names, "|", &rest); name; name = strtok_r(NULL, "|", &rest)) {
		const struct report_format *format = report_format_find(name);

		cr_assert(format, "%s", name);
		cr_expect_str_eq(format->name, name);
	}
}

Test(writer, an_unknown_format_is_not_found)
{
	cr_expect_str_eq(report_format_find("text")->name, "text");
	cr_expect_null(report_format_find("xml"));
}

Test(writer, a_new_file_is_whole_and_has_the_usual_mode)
{
	(void)umask(027);
	cr_assert_eq(write_text("report.txt", NULL), 0);
	cr_expect(begins_with("report.txt", "1 critical"));
	cr_expect_eq(mode_of("report.txt"), S_IFREG | 0640);
	cr_expect_eq(count_entries(), 1);
}

Test(writer, a_file_is_on_disk_before_its_name_and_the_name_before_the_answer)
{
	int r;

	disk.plays = true;
	r = write_text("report.txt", NULL);
	disk.plays = false;
	cr_expect_eq(r, 0);
	cr_expect_str_eq(disk.order, "fnd");
}

Test(writer, a_file_that_is_taken_in_pieces_is_whole)
{
	CLEANUP(fclosep) FILE *whole = NULL;
	CLEANUP(fclosep) FILE *pieces = NULL;
	int c;

	cr_assert_eq(write_text("whole.txt", NULL), 0);
	disk.plays = true;
	c = write_text("pieces.txt", NULL);
	disk.plays = false;
	cr_assert_eq(c, 0);
	cr_expect(disk.was_interrupted);
	whole = fopen("whole.txt", "r");
	pieces = fopen("pieces.txt", "r");
	cr_assert(whole && pieces);
	do {
		c = fgetc(whole);
		cr_assert_eq(fgetc(pieces), c, "at %ld", ftell(whole));
	} while (c != EOF);
}

Test(writer, an_existing_file_is_replaced_and_keeps_its_mode)
{
	put("report.txt", "old");
	cr_assert_eq(chmod("report.txt", 0600), 0);
	cr_assert_eq(write_text("report.txt", NULL), 0);
	cr_expect(begins_with("report.txt", "1 critical"));
	cr_expect_eq(mode_of("report.txt"), S_IFREG | 0600);
}

Test(writer, a_link_stays_a_link)
{
	cr_assert_eq(mkdir("data", 0755), 0);
	put("data/target", "old");
	cr_assert_eq(symlink("data/target", "report.txt"), 0);
	cr_assert_eq(write_text("report.txt", NULL), 0);
	cr_expect(S_ISLNK(mode_of("report.txt")));
	cr_expect(begins_with("data/target", "1 critical"));
	cr_assert_eq(unlink("data/target"), 0);
	cr_expect_eq(rmdir("data"), 0, "nothing else is left there");
}

Test(writer, a_link_to_nothing_is_refused)
{
	struct err err;

	cr_assert_eq(symlink("nowhere", "report.txt"), 0);
	cr_expect_eq(write_text("report.txt", &err), -ENOENT);
	cr_expect_str_eq(err.text, "cannot write report.txt: it is a link to nothing");
	cr_expect_eq(count_entries(), 1);
}

Test(writer, a_directory_is_refused)
{
	struct err err;

	cr_assert_eq(mkdir("report.txt", 0755), 0);
	cr_expect_eq(write_text("report.txt", &err), -EISDIR);
	cr_expect_str_eq(err.text, "cannot write report.txt: Is a directory");
}

/* As nobody: a writer that did replace it must not be able to harm the machine that tests it. */
Test(writer, a_device_is_written_to_and_never_replaced)
{
	struct err err;

	if (geteuid() == 0)
		cr_assert_eq(seteuid(65534), 0);
	cr_expect_eq(write_text("/dev/full", &err), -ENOSPC);
	cr_expect_str_eq(err.text, "cannot write /dev/full: No space left on device");
	cr_expect(S_ISCHR(mode_of("/dev/full")));
	cr_expect_eq(write_text("/dev/null", &err), 0);
	cr_expect(S_ISCHR(mode_of("/dev/null")));
	if (getuid() == 0)
		cr_assert_eq(seteuid(0), 0);
}

/* A limit on the size of files fails write(2) half-way, as a full disk does. */
Test(writer, a_write_that_fails_leaves_the_old_file_and_nothing_else)
{
	const struct rlimit limit = { .rlim_cur = 1000, .rlim_max = 1000 };
	struct err err;

	put("report.txt", "old");
	(void)signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_expect_eq(write_text("report.txt", &err), -EFBIG);
	cr_expect_str_eq(err.text, "cannot write report.txt: File too large");
	cr_expect(begins_with("report.txt", "old"));
	cr_expect_eq(count_entries(), 1);
}

Test(writer, a_directory_that_takes_no_files_stays_as_it_is)
{
	struct err err;

	cr_assert_eq(chmod(directory, 0555), 0);
	if (geteuid() == 0) /* who may write anywhere */
		cr_assert_eq(seteuid(65534), 0);
	cr_expect_eq(write_text("report.txt", &err), -EACCES);
	cr_expect_str_eq(err.text, "cannot write report.txt: Permission denied");
	cr_expect_eq(count_entries(), 0);
	if (getuid() == 0)
		cr_assert_eq(seteuid(0), 0);
	cr_assert_eq(chmod(directory, 0755), 0);
}

Test(writer, a_folder_that_is_not_there_is_an_error)
{
	struct err err;

	cr_expect_eq(write_text("no/report.txt", &err), -ENOENT);
	cr_expect_str_eq(err.text, "cannot write no/report.txt: No such file or directory");
}

/* Puts FD in the place of standard output for one report. */
static int write_to_stdout(int fd, struct err *err)
{
	int saved = dup(STDOUT_FILENO);
	int r;

	cr_assert_geq(saved, 0);
	cr_assert_geq(dup2(fd, STDOUT_FILENO), 0);
	r = write_text("-", err);
	cr_assert_geq(dup2(saved, STDOUT_FILENO), 0);
	cr_assert_eq(close(saved), 0);
	return r;
}

Test(writer, a_closed_pipe_is_an_error)
{
	struct err err;
	int ends[2];

	(void)signal(SIGPIPE, SIG_IGN);
	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(close(ends[0]), 0);
	cr_expect_eq(write_to_stdout(ends[1], &err), -EPIPE);
	cr_expect_str_eq(err.text, "cannot write to standard output: Broken pipe");
	cr_assert_eq(close(ends[1]), 0);
}

Test(writer, a_full_disk_behind_standard_output_is_an_error)
{
	CLEANUP(closep) int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct err err;

	cr_expect_eq(write_to_stdout(fd, &err), -ENOSPC);
	cr_expect_str_eq(err.text, "cannot write to standard output: No space left on device");
}
