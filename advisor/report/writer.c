/*
 * The table of formats, and the one way to disk: a report has its final name only when it is whole.
 * Writers write to a stream that remembers the first error, because stdio forgets which one it was.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "err.h"
#include "text.h"

#include "formats.h"
#include "writer.h"

static const struct report_format formats[] = {
	{ .name = "text", .write = report_text_write },
	{ .name = "json", .write = report_json_write },
	{ 0 },
};
const char report_format_names[] = "text|json";

const struct report_format *report_format_find(const char *name)
{
	for (const struct report_format *format = formats; format->name; format++)
		if (strcmp(format->name, name) == 0)
			return format;
	return NULL;
}

/* What is written, and as what. */
struct job {
	const struct report *report;
	const struct report_format *format;
	const struct report_style *style;
};

struct sink {
	int fd;
	int error; /* errno of the first write that failed; 0: none */
};

/* For fopencookie(). Once a write has failed the rest is refused with the same error. */
static ssize_t sink_write(void *cookie, const char *buf, size_t size)
{
	struct sink *sink = cookie;
	size_t written = 0;

	while (sink->error == 0 && written < size) {
		ssize_t n = write(sink->fd, buf + written, size - written);

		if (n >= 0)
			written += (size_t)n;
		else if (errno != EINTR)
			sink->error = errno;
	}
	errno = sink->error;
	return sink->error ? 0 : (ssize_t)size; /* 0 is how a cookie says error: it has no -1 */
}

static int cannot_write(struct err *err, const char *name, int code)
{
	return err_set(err, code, "cannot write %s: %s", name, strerror(code));
}

static int write_to_fd(const struct job *job, int fd, const char *name, struct err *err)
{
	struct sink sink = { .fd = fd };
	FILE *file = fopencookie(&sink, "w", (cookie_io_functions_t){ .write = sink_write });
	int r;

	if (!file)
		return err_no_memory(err);
	r = job->format->write(file, job->report, job->style, err);
	if (fclose(file) != 0 && sink.error == 0 && r == 0)
		return cannot_write(err, name, EIO);
	return sink.error ? cannot_write(err, name, sink.error) : r;
}

/* What already exists under the name, and what is to become of it. */
struct target {
	char *path; /* owned; where links lead to */
	struct stat old;
	bool exists;
};

static void target_done(struct target *target)
{
	free(target->path);
}

/* Links are followed, as a shell's redirection would: renaming over one would cut it off. */
static int target_find(const char *path, struct target *ret_target, struct err *err)
{
	struct target target = { .path = realpath(path, NULL) };

	if (target.path) {
		target.exists = stat(target.path, &target.old) == 0;
	} else if (errno != ENOENT) {
		return cannot_write(err, path, errno);
	} else if (lstat(path, &target.old) == 0) {
		return err_set(err, ENOENT, "cannot write %s: it is a link to nothing", path);
	} else {
		target.path = strdup(path);
		if (!target.path)
			return err_no_memory(err);
	}
	*ret_target = target;
	return 0;
}

/* A device, pipe or socket cannot be replaced by a file: /dev/null would be gone. */
static int write_to_special(const struct job *job, const char *path, const char *name,
			    struct err *err)
{
	CLEANUP(closep) int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return cannot_write(err, name, errno);
	return write_to_fd(job, fd, name, err);
}

/* As the old file was, else as any new file would be: mkostemp() makes it 0600. */
static int set_mode(int fd, const struct target *target)
{
	mode_t mask;

	if (target->exists) {
		/* Only root can give files away; that others' become ours is no reason to fail. */
		if (fchown(fd, target->old.st_uid, target->old.st_gid) < 0 && errno != EPERM)
			return -errno;
		return fchmod(fd, target->old.st_mode & 0777) < 0 ? -errno : 0;
	}
	mask = umask(0);
	(void)umask(mask);
	return fchmod(fd, 0644 & ~mask) < 0 ? -errno : 0;
}

/* The rename is on disk only with its directory; some file systems cannot do that, and need not. */
static void sync_directory_of(const char *path)
{
	CLEANUP(freep) char *directory = strdup(path);
	CLEANUP(closep) int fd = -1;
	char *slash = directory ? strrchr(directory, '/') : NULL;

	if (slash)
		slash[slash == directory] = '\0';
	fd = open(slash ? directory : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		(void)fsync(fd);
}

static int fill(const struct job *job, int fd, const struct target *target, const char *name,
		struct err *err)
{
	int r = set_mode(fd, target);

	if (r < 0)
		return cannot_write(err, name, -r);
	r = write_to_fd(job, fd, name, err);
	if (r < 0)
		return r;
	return fsync(fd) < 0 ? cannot_write(err, name, errno) : 0;
}

static int replace(const struct job *job, const struct target *target, const char *name,
		   struct err *err)
{
	CLEANUP(freep) char *temporary = text_format("%s.XXXXXX", target->path);
	CLEANUP(closep) int fd = -1;
	int r;

	if (!temporary)
		return err_no_memory(err);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return cannot_write(err, name, errno);
	r = fill(job, fd, target, name, err);
	if (r == 0 && rename(temporary, target->path) < 0)
		r = cannot_write(err, name, errno);
	if (r < 0) {
		(void)unlink(temporary);
		return r;
	}
	sync_directory_of(target->path);
	return 0;
}

int report_write(const struct report *report, const struct report_format *format, const char *path,
		 const struct report_style *style, struct err *err)
{
	const struct job job = { .report = report, .format = format, .style = style };
	CLEANUP(target_done) struct target target = { 0 };
	int r;

	if (!path || strcmp(path, "-") == 0)
		return write_to_fd(&job, STDOUT_FILENO, "to standard output", err);
	r = target_find(path, &target, err);
	if (r < 0)
		return r;
	if (target.exists && !S_ISREG(target.old.st_mode))
		return write_to_special(&job, target.path, path, err);
	return replace(&job, &target, path, err);
}
