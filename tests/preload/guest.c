/*
 * An unmodified program: it does one socket call per line of standard input, and answers with what
 * the call returned. It knows nothing of the library that may be preloaded into it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LINE_SIZE = 4096, MAX_WORDS = 16, VALUE_SIZE = 256 };

static char *words[MAX_WORDS];
static size_t n_words;

static const char *word(size_t i)
{
	return i < n_words ? words[i] : "";
}

static int number(size_t i)
{
	return (int)strtoll(word(i), NULL, 0);
}

/* The errno of the call that made RESULT; ERRNO is what it was before, and must stay without one.
 */
static void answer(long result)
{
	int error = errno;

	dprintf(STDOUT_FILENO, "{\"result\": %ld, \"errno\": %d}\n", result, error);
}

/* Byte by byte: what comes after the line may be for a child. */
static bool read_line(char line[static LINE_SIZE])
{
	size_t n = 0;

	for (char c; n < LINE_SIZE - 1 && read(STDIN_FILENO, &c, 1) == 1;) {
		if (c == '\n') {
			line[n] = '\0';
			return true;
		}
		line[n++] = c;
	}
	return false;
}

static void split(char *line)
{
	char *rest = line, *next;

	n_words = 0;
	while (n_words < MAX_WORDS && (next = strsep(&rest, " ")))
		words[n_words++] = next;
}

/* "null", "bad" (no address at all), or hexadecimal bytes, which are read into BYTES. */
static void *pointer(const char *text, unsigned char bytes[static VALUE_SIZE], size_t *ret_length)
{
	size_t n = 0;

	*ret_length = 4;
	if (strcmp(text, "null") == 0)
		return NULL;
	if (strcmp(text, "bad") == 0)
		return (void *)-1;
	for (; n < VALUE_SIZE && sscanf(text + 2 * n, "%2hhx", &bytes[n]) == 1;)
		n++;
	*ret_length = n;
	return bytes;
}

static socklen_t make_address(struct sockaddr_storage *addr)
{
	struct sockaddr_in *in = (struct sockaddr_in *)addr;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)addr;

	memset(addr, 0, sizeof(*addr));
	if (strchr(word(2), ':')) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)number(3));
		(void)inet_pton(AF_INET6, word(2), &in6->sin6_addr);
		return sizeof(*in6);
	}
	in->sin_family = AF_INET;
	in->sin_port = htons((uint16_t)number(3));
	(void)inet_pton(AF_INET, word(2), &in->sin_addr);
	return sizeof(*in);
}

typedef int (*address_call)(int fd, const struct sockaddr *addr, socklen_t length);

/* bind FD ADDRESS PORT, or bind FD null|bad|HEX [LENGTH] */
static void with_address(address_call call)
{
	struct sockaddr_storage addr;
	socklen_t length = make_address(&addr);
	const struct sockaddr *at = (struct sockaddr *)&addr;
	unsigned char bytes[VALUE_SIZE];
	size_t n;

	if (!strchr(word(2), '.') && !strchr(word(2), ':')) {
		at = pointer(word(2), bytes, &n);
		length = (socklen_t)(n_words > 3 ? (size_t)number(3) : n);
	}
	errno = 0;
	answer(call(number(1), at, length));
}

static int connect_call(int fd, const struct sockaddr *addr, socklen_t length)
{
	return connect(fd, addr, length);
}

static int bind_call(int fd, const struct sockaddr *addr, socklen_t length)
{
	return bind(fd, addr, length);
}

static void answer_address(int result, const struct sockaddr_storage *addr, socklen_t length)
{
	int error = errno;
	char text[INET6_ADDRSTRLEN] = "";
	const struct sockaddr_in *in = (const struct sockaddr_in *)addr;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)addr;
	bool is_v6 = addr->ss_family == AF_INET6;

	(void)inet_ntop(addr->ss_family,
			is_v6 ? (const void *)&in6->sin6_addr : (const void *)&in->sin_addr, text,
			sizeof(text));
	dprintf(STDOUT_FILENO,
		"{\"result\": %d, \"errno\": %d, \"address\": \"%s\", \"port\": %d, \"length\": "
		"%u}\n",
		result, error, text, ntohs(is_v6 ? in6->sin6_port : in->sin_port),
		(unsigned int)length);
}

static void do_getsockname(void)
{
	struct sockaddr_storage addr = { 0 };
	socklen_t length = sizeof(addr);
	unsigned char bytes[VALUE_SIZE];
	size_t n;

	errno = 0;
	if (n_words > 2)
		answer(getsockname(number(1), pointer(word(2), bytes, &n),
				   pointer(word(3), bytes, &n)));
	else
		answer_address(getsockname(number(1), (struct sockaddr *)&addr, &length), &addr,
			       length);
}

static void do_getpeername(void)
{
	struct sockaddr_storage addr = { 0 };
	socklen_t length = sizeof(addr);

	errno = 0;
	answer_address(getpeername(number(1), (struct sockaddr *)&addr, &length), &addr, length);
}

static void do_accept(void)
{
	struct sockaddr_storage addr = { 0 };
	socklen_t length = sizeof(addr);

	errno = 0;
	answer_address(accept(number(1), (struct sockaddr *)&addr, &length), &addr, length);
}

static void do_accept4(void)
{
	errno = 0;
	answer(accept4(number(1), NULL, NULL, number(2)));
}

static void do_raw_accept(void)
{
	errno = 0;
	answer(syscall(SYS_accept4, number(1), NULL, NULL, 0));
}

static void do_bind(void)
{
	with_address(bind_call);
}

static void do_connect(void)
{
	with_address(connect_call);
}

static void do_listen(void)
{
	errno = 0;
	answer(listen(number(1), number(2)));
}

static void do_socket(void)
{
	errno = 0;
	answer(socket(number(1), number(2), number(3)));
}

/* setsockopt FD LEVEL NAME null|bad|HEX [LENGTH] */
static void do_setsockopt(void)
{
	unsigned char bytes[VALUE_SIZE];
	size_t n;
	const void *value = pointer(word(4), bytes, &n);

	int result;

	if (n_words > 5)
		n = (size_t)number(5);
	errno = 0;
	result = setsockopt(number(1), number(2), number(3), value, (socklen_t)n);
	dprintf(STDOUT_FILENO, "{\"result\": %d, \"errno\": %d, \"value\": %d}\n", result, errno,
		value == bytes ? *(const int *)value : 0);
}

static void do_getsockopt(void)
{
	unsigned char bytes[VALUE_SIZE] = { 0 };
	socklen_t length = sizeof(int);
	int result;

	errno = 0;
	result = getsockopt(number(1), number(2), number(3), bytes, &length);
	dprintf(STDOUT_FILENO, "{\"result\": %d, \"errno\": %d, \"value\": %d}\n", result, errno,
		*(int *)(void *)bytes);
}

static void do_close(void)
{
	errno = 0;
	answer(close(number(1)));
}

static void do_shutdown(void)
{
	errno = 0;
	answer(shutdown(number(1), number(2)));
}

static void do_dup(void)
{
	errno = 0;
	answer(dup(number(1)));
}

static void do_dup2(void)
{
	errno = 0;
	answer(dup2(number(1), number(2)));
}

/* closefrom FIRST: as daemons do, with no idea of what there is */
static void do_closefrom(void)
{
	errno = 0;
	for (int fd = number(1); fd < 4096; fd++)
		(void)close(fd);
	errno = 0;
	answer(0);
}

static void do_open(void)
{
	errno = 0;
	answer(open(word(1), O_RDWR | O_CREAT, 0600));
}

/* send FD N: so many bytes, each of them the lowest byte of its position */
static void do_send(void)
{
	size_t n = (size_t)number(2), sent = 0;
	char *bytes = malloc(n ? n : 1);
	ssize_t r = 0;

	for (size_t i = 0; bytes && i < n; i++)
		bytes[i] = (char)i;
	errno = 0;
	while (bytes && sent < n && (r = send(number(1), bytes + sent, n - sent, MSG_NOSIGNAL)) > 0)
		sent += (size_t)r;
	answer(r < 0 ? -1 : (long)sent);
	free(bytes);
}

static void do_recv(void)
{
	static char bytes[65536];

	errno = 0;
	answer(recv(number(1), bytes, sizeof(bytes), 0));
}

/* What follows is for the child; once it is gone, the parent answers with its status and goes on.
 */
static void do_fork(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		errno = 0;
		answer(getpid());
		return;
	}
	(void)waitpid(pid, &status, 0);
	errno = 0;
	answer(status);
}

static void do_exit(void)
{
	_exit(number(1));
}

static const struct {
	const char *name;
	void (*run)(void);
} commands[] = {
	{ "accept", do_accept },
	{ "accept4", do_accept4 },
	{ "bind", do_bind },
	{ "close", do_close },
	{ "closefrom", do_closefrom },
	{ "connect", do_connect },
	{ "dup", do_dup },
	{ "dup2", do_dup2 },
	{ "exit", do_exit },
	{ "fork", do_fork },
	{ "getpeername", do_getpeername },
	{ "getsockname", do_getsockname },
	{ "getsockopt", do_getsockopt },
	{ "listen", do_listen },
	{ "open", do_open },
	{ "raw_accept", do_raw_accept },
	{ "recv", do_recv },
	{ "send", do_send },
	{ "setsockopt", do_setsockopt },
	{ "shutdown", do_shutdown },
	{ "socket", do_socket },
};

static bool run(void)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(word(0), commands[i].name) == 0) {
			commands[i].run();
			return true;
		}
	}
	return false;
}

int main(void)
{
	char line[LINE_SIZE];

	errno = 0;
	answer(getpid());
	while (read_line(line)) {
		split(line);
		if (!run())
			return 2;
	}
	return 0;
}
