/* Where the log goes, and what its lines say. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "counters.h"
#include "err.h"
#include "json_line.h"
#include "log.h"
#include "socket.h"

enum { HIGH_DESCRIPTOR = 500, PROGRAM_SIZE = 64 };

static int log_fd = -1;
static dev_t log_device;
static ino_t log_inode;
static char log_name[PROGRAM_SIZE];

static void field_value(struct json_line *text, const char *name, enum option_id option,
			const struct option_value *value)
{
	char buf[OPTION_VALUE_STRLEN];

	if (value)
		option_value_format(buf, &socket_options[option], value);
	json_text(text, name, value ? buf : NULL);
}

/* The names of errors that setsockopt() and its kin give; others go as numbers. */
static const char *error_name(int error)
{
	switch (error) {
	case EPERM:
		return "EPERM";
	case EACCES:
		return "EACCES";
	case EINVAL:
		return "EINVAL";
	case ENOENT:
		return "ENOENT";
	case ENOPROTOOPT:
		return "ENOPROTOOPT";
	case EOPNOTSUPP:
		return "EOPNOTSUPP";
	case EADDRINUSE:
		return "EADDRINUSE";
	case EADDRNOTAVAIL:
		return "EADDRNOTAVAIL";
	case ENOBUFS:
		return "ENOBUFS";
	case ENOMEM:
		return "ENOMEM";
	case EBUSY:
		return "EBUSY";
	case EISCONN:
		return "EISCONN";
	case EBADF:
		return "EBADF";
	case EDOM:
		return "EDOM";
	case ERANGE:
		return "ERANGE";
	default:
		return NULL;
	}
}

static void begin(struct json_line *line, const char *event)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &now);
	json_begin(line);
	json_milliseconds(line, "time", now.tv_sec, now.tv_nsec);
	json_text(line, "program", log_name);
	json_number(line, "pid", getpid());
	json_text(line, "event", event);
}

/*
 * The program may have closed the descriptor, and opened a file of its own under its number; and
 * writing past RLIMIT_FSIZE would send it SIGXFSZ.
 */
static bool may_write(size_t length)
{
	struct rlimit limit;
	struct stat st;

	if (fstat(log_fd, &st) < 0 || st.st_dev != log_device || st.st_ino != log_inode)
		return false;
	return getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
	       (limit.rlim_cur == RLIM_INFINITY || (rlim_t)st.st_size + length <= limit.rlim_cur);
}

/* By system call: libc's write() is a place to cancel a thread at, and most hooked calls are not.
 */
static void finish(struct json_line *text)
{
	json_end(text);
	if (!may_write(text->length) ||
	    syscall(SYS_write, log_fd, text->bytes, text->length) != (long)text->length)
		atomic_fetch_add(&counters()->log_lines_lost, 1);
}

/* Out of the way of the program's own, as far up as its limit lets us; FD itself if that fails. */
static int move_up(int fd)
{
	struct rlimit limit;
	int lowest = HIGH_DESCRIPTOR, high;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > 0 &&
	    limit.rlim_cur <= HIGH_DESCRIPTOR)
		lowest = (int)limit.rlim_cur - 1;
	high = fcntl(fd, F_DUPFD_CLOEXEC, lowest);
	if (high < 0)
		return fd;
	(void)close(fd);
	return high;
}

int log_open(const char *path, struct err *err)
{
	/* A named pipe without a reader must not block the program. */
	int fd =
		open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
	struct stat st;

	if (fd < 0)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	fd = move_up(fd);
	/* Writing to a pipe can block, or end the program with SIGPIPE. */
	if (fstat(fd, &st) < 0 || (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode))) {
		(void)close(fd);
		return err_set(err, EINVAL, "%s: a log must be a file", path);
	}
	log_fd = fd;
	log_device = st.st_dev;
	log_inode = st.st_ino;
	return 0;
}

bool log_is_open(void)
{
	return log_fd >= 0;
}

void log_program(const char *program)
{
	size_t length = strlen(program);

	if (length >= sizeof(log_name))
		length = sizeof(log_name) - 1;
	memcpy(log_name, program, length);
	log_name[length] = '\0';
}

void log_message(const char *event, const char *message)
{
	struct json_line text;

	if (!log_is_open())
		return;
	begin(&text, event);
	json_text(&text, "message", message);
	finish(&text);
}

/* What nobody has asked the socket for yet. */
static struct socket_facts complete(int fd, const struct socket_facts *known)
{
	struct socket_facts facts = known ? *known : (struct socket_facts){ 0 };

	if (!facts.local_known)
		(void)socket_local(fd, &facts);
	if (!facts.peer_known)
		(void)socket_peer(fd, &facts);
	return facts;
}

static void put_socket(struct json_line *text, int fd, enum socket_side side,
		       const struct socket_facts *known)
{
	struct socket_facts facts = complete(fd, known);

	json_number(text, "fd", fd);
	json_text(text, "side", socket_side_name(side));
	json_endpoint(text, "local", facts.local_known, facts.local, facts.local_port);
	json_endpoint(text, "peer", facts.peer_known, facts.peer, facts.peer_port);
}

void log_option(const struct log_line *line)
{
	static const char *const events[N_SHIM_RESULTS] = {
		[SHIM_SET] = "set",
		[SHIM_WOULD_SET] = "would-set",
		[SHIM_KEPT] = "kept",
		[SHIM_FAILED] = "failed",
		[SHIM_WITHDRAWN] = "withdrawn",
		[SHIM_SKIPPED] = "skipped",
	};
	const struct policy_setting *setting = line->setting;
	struct json_line text;

	begin(&text, events[line->result]);
	put_socket(&text, line->fd, line->side, line->facts);
	json_text(&text, "option", socket_options[line->option].name);
	field_value(&text, "program_value", line->option, line->before);
	field_value(&text, "value", line->option, line->value);
	json_text(&text, "section", line->section);
	json_text(&text, "file", setting->origin.file);
	json_number(&text, "line", setting->origin.line);
	if (line->error && !error_name(line->error))
		json_number(&text, "result", line->error);
	else
		json_text(&text, "result", line->error ? error_name(line->error) : "ok");
	finish(&text);
}

void log_socket(int fd, enum socket_side side, const char *message)
{
	struct json_line text;

	if (!log_is_open())
		return;
	begin(&text, "note");
	put_socket(&text, fd, side, NULL);
	json_text(&text, "message", message);
	finish(&text);
}

void log_left_out(int fd, enum socket_side side, option_set left_out)
{
	for (unsigned int i = 0; i < N_SOCKET_OPTIONS; i++) {
		struct json_line text;

		if (!(left_out & option_bit(i)))
			continue;
		begin(&text, "skipped");
		put_socket(&text, fd, side, NULL);
		json_text(&text, "option", socket_options[i].name);
		json_text(&text, "message", "it fights an option of another section");
		finish(&text);
	}
}
