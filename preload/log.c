/* JSON lines, made without stdio or memory: hooks may run in a signal handler. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "counters.h"
#include "err.h"
#include "log.h"
#include "socket.h"

enum { LINE_SIZE = 2048, HIGH_DESCRIPTOR = 500, PROGRAM_SIZE = 64 };

static int log_fd = -1;
static dev_t log_device;
static ino_t log_inode;
static char log_name[PROGRAM_SIZE];

/* A line in the making; what does not fit is left out, and the line ends as it should. */
struct text {
	char bytes[LINE_SIZE];
	size_t length;
	bool first; /* no comma before the next field */
};

static void put(struct text *text, const char *bytes, size_t n)
{
	enum { ROOM_FOR_THE_END = 4 };

	if (n > sizeof(text->bytes) - ROOM_FOR_THE_END - text->length)
		return;
	memcpy(text->bytes + text->length, bytes, n);
	text->length += n;
}

static void put_text(struct text *text, const char *string)
{
	put(text, string, strlen(string));
}

static void put_number(struct text *text, int64_t number)
{
	char digits[24];
	size_t at = sizeof(digits);
	uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;

	do
		digits[--at] = (char)('0' + left % 10);
	while (left /= 10);
	if (number < 0)
		digits[--at] = '-';
	put(text, digits + at, sizeof(digits) - at);
}

/* In quotes. Bytes that are no plain text are escaped one by one, so that the line is ASCII. */
static void put_quoted(struct text *text, const char *string)
{
	static const char hexadecimal[] = "0123456789abcdef";
	enum { LONGEST = 400 };
	size_t n = 0;

	put_text(text, "\"");
	for (const unsigned char *c = (const unsigned char *)string; *c && n < LONGEST; c++, n++) {
		char escape[] = "\\u00xx";

		if (*c >= 0x20 && *c < 0x7f && *c != '"' && *c != '\\') {
			put(text, (const char *)c, 1);
			continue;
		}
		escape[4] = hexadecimal[*c >> 4];
		escape[5] = hexadecimal[*c & 0xf];
		put_text(text, escape);
	}
	put_text(text, "\"");
}

static void put_name(struct text *text, const char *name)
{
	if (!text->first)
		put_text(text, ", ");
	text->first = false;
	put_text(text, "\"");
	put_text(text, name);
	put_text(text, "\": ");
}

static void field_text(struct text *text, const char *name, const char *value)
{
	put_name(text, name);
	if (value)
		put_quoted(text, value);
	else
		put_text(text, "null");
}

static void field_number(struct text *text, const char *name, int64_t number)
{
	put_name(text, name);
	put_number(text, number);
}

static void field_value(struct text *text, const char *name, enum option_id option,
			const struct option_value *value)
{
	char buf[OPTION_VALUE_STRLEN];

	if (value)
		option_value_format(buf, &socket_options[option], value);
	field_text(text, name, value ? buf : NULL);
}

/* inet_ntop() is not on the list of what a signal handler may call; in every libc it is plain
 * arithmetic, but for sprintf() there. So: digits by hand. */
static void put_hexadecimal(struct text *text, unsigned int group)
{
	static const char digits[] = "0123456789abcdef";
	bool begun = false;

	for (int shift = 12; shift >= 0; shift -= 4) {
		unsigned int digit = group >> shift & 0xf;

		begun = begun || digit || shift == 0;
		if (begun)
			put(text, &digits[digit], 1);
	}
}

/* The longest run of zero groups, as RFC 5952 wants it shortened; -1: none of two or more. */
static int zero_run(const uint8_t address[static 16], int *ret_length)
{
	int best = -1, longest = 1;

	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && !address[2 * (i + n)] && !address[2 * (i + n) + 1])
			n++;
		if (n > longest) {
			best = i;
			longest = n;
		}
	}
	*ret_length = longest;
	return best;
}

static void put_v6(struct text *text, const uint8_t address[static 16])
{
	int length, run = zero_run(address, &length);

	for (int i = 0; i < 8; i++) {
		if (i == run) {
			put_text(text, "::");
			i += length - 1;
			continue;
		}
		if (i > 0 && i != run + length)
			put_text(text, ":");
		put_hexadecimal(text, (unsigned int)(address[2 * i] << 8 | address[2 * i + 1]));
	}
}

static void put_v4(struct text *text, const uint8_t bytes[static 4])
{
	for (int i = 0; i < 4; i++) {
		if (i > 0)
			put_text(text, ".");
		put_number(text, bytes[i]);
	}
}

static void field_endpoint(struct text *text, const char *name, bool known,
			   const uint8_t address[static 16], uint16_t port)
{
	static const uint8_t v4_mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (!known) {
		field_text(text, name, NULL);
		return;
	}
	put_name(text, name);
	put_text(text, "\"");
	if (memcmp(address, v4_mapped, sizeof(v4_mapped)) == 0) {
		put_v4(text, address + sizeof(v4_mapped));
	} else {
		put_text(text, "[");
		put_v6(text, address);
		put_text(text, "]");
	}
	put_text(text, ":");
	put_number(text, port);
	put_text(text, "\"");
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

static void begin(struct text *text, const char *event)
{
	struct timespec now = { 0 };
	char milliseconds[] = ".000";

	(void)clock_gettime(CLOCK_REALTIME, &now);
	for (long left = now.tv_nsec / 1000000, i = 3; i > 0; left /= 10)
		milliseconds[i--] = (char)('0' + left % 10);
	text->length = 0;
	text->first = true;
	put_text(text, "{");
	field_number(text, "time", now.tv_sec);
	put_text(text, milliseconds);
	field_text(text, "program", log_name);
	field_number(text, "pid", getpid());
	field_text(text, "event", event);
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

static void finish(struct text *text)
{
	put_text(text, "}");
	text->bytes[text->length++] = '\n';
	if (!may_write(text->length) ||
	    write(log_fd, text->bytes, text->length) != (ssize_t)text->length)
		atomic_fetch_add(&counters()->log_lines_lost, 1);
}

int log_open(const char *path, struct err *err)
{
	/* A named pipe without a reader must not block the program. */
	int fd =
		open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
	int high;
	struct stat st;

	if (fd < 0)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	high = fcntl(fd, F_DUPFD_CLOEXEC, HIGH_DESCRIPTOR);
	if (high >= 0) {
		(void)close(fd);
		fd = high;
	}
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
	struct text text;

	if (!log_is_open())
		return;
	begin(&text, event);
	field_text(&text, "message", message);
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

static void put_socket(struct text *text, int fd, enum socket_side side,
		       const struct socket_facts *known)
{
	struct socket_facts facts = complete(fd, known);

	field_number(text, "fd", fd);
	field_text(text, "side", socket_side_name(side));
	field_endpoint(text, "local", facts.local_known, facts.local, facts.local_port);
	field_endpoint(text, "peer", facts.peer_known, facts.peer, facts.peer_port);
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
	struct text text;

	begin(&text, events[line->result]);
	put_socket(&text, line->fd, line->side, line->facts);
	field_text(&text, "option", socket_options[line->option].name);
	field_value(&text, "program_value", line->option, line->before);
	field_value(&text, "value", line->option, line->value);
	field_text(&text, "section", line->section);
	field_text(&text, "file", setting->origin.file);
	field_number(&text, "line", setting->origin.line);
	if (line->error && !error_name(line->error))
		field_number(&text, "result", line->error);
	else
		field_text(&text, "result", line->error ? error_name(line->error) : "ok");
	finish(&text);
}

void log_socket(int fd, enum socket_side side, const char *message)
{
	struct text text;

	if (!log_is_open())
		return;
	begin(&text, "note");
	put_socket(&text, fd, side, NULL);
	field_text(&text, "message", message);
	finish(&text);
}

void log_left_out(int fd, enum socket_side side, option_set left_out)
{
	for (unsigned int i = 0; i < N_SOCKET_OPTIONS; i++) {
		struct text text;

		if (!(left_out & option_bit(i)))
			continue;
		begin(&text, "skipped");
		put_socket(&text, fd, side, NULL);
		field_text(&text, "option", socket_options[i].name);
		field_text(&text, "message", "it fights an option of another section");
		finish(&text);
	}
}
