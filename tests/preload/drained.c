/*
 * Connections that one end fills and closes, and the other reads to the end and judges.
 *
 * drained give|take listen PORT WORKERS PATIENCE                 until it is killed
 * drained give|take connect ADDRESS PORT WORKERS PATIENCE EACH   EACH connections per worker
 *
 * Who takes prints a line per connection: how it was closed, the client's port, the length sent,
 * the length that came, `same` or `other` content, and how it ended: EOF or an errno. Knows nothing
 * of any library: all that is peculiar about closing comes from outside.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_LENGTH = 400000, SMALL_BUFFER = 16384 };

enum style { CLOSE, FORK, SHUTDOWN, N_STYLES };
static const char *const style_names[] = { "close", "fork", "shutdown" };

/* Seconds without anything to read, after which the end is EAGAIN. */
static int patience_s;

struct header {
	uint64_t seed;
	uint32_t length, style;
};

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static void fill(char *payload, const struct header *header)
{
	uint64_t state = header->seed;

	for (uint32_t at = 0; at < header->length; at += 8) {
		uint64_t word = next_random(&state);

		memcpy(payload + at, &word, sizeof(word));
	}
}

/* The writer sends and goes on, as if it had nothing to fear: what fails shows at the other end. */
static void send_all(int fd, const char *from, size_t length)
{
	while (length > 0) {
		ssize_t n = send(fd, from, length, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		from += n;
		length -= (size_t)n;
	}
}

static void give(int fd, uint64_t *random)
{
	static char payload[MAX_LENGTH + 8];
	struct header header = {
		.seed = next_random(random),
		.length = (uint32_t)(next_random(random) % MAX_LENGTH + 1),
		.style = (uint32_t)(next_random(random) % N_STYLES),
	};
	char *whole = malloc(sizeof(header) + header.length);

	fill(payload, &header);
	memcpy(whole, &header, sizeof(header));
	memcpy(whole + sizeof(header), payload, header.length);
	/* The child's copy outlives the parent's close: who owns it last is the child. */
	if (header.style != FORK || fork() == 0) {
		send_all(fd, whole, sizeof(header) + header.length);
		if (header.style == SHUTDOWN)
			(void)shutdown(fd, SHUT_WR);
		(void)close(fd);
		if (header.style == FORK)
			_exit(0);
	}
	(void)close(fd);
	free(whole);
}

static void pause_up_to(uint64_t *random, long us)
{
	struct timespec t = { .tv_nsec = (long)(next_random(random) % (uint64_t)us) * 1000 };

	(void)nanosleep(&t, NULL);
}

static unsigned int client_port(int fd, bool listens)
{
	struct sockaddr_in addr = { 0 };
	socklen_t length = sizeof(addr);

	if (listens)
		(void)getpeername(fd, (struct sockaddr *)&addr, &length);
	else
		(void)getsockname(fd, (struct sockaddr *)&addr, &length);
	return ntohs(addr.sin_port);
}

/* One in two reads in small pieces with pauses, and through a small buffer. */
static void take(int fd, uint64_t *random, bool slow, bool listens)
{
	static char received[sizeof(struct header) + MAX_LENGTH + 8], expected[MAX_LENGTH + 8];
	struct header header = { 0 };
	size_t got = 0;
	ssize_t n;
	int error;

	if (slow)
		pause_up_to(random, 50000);
	do {
		size_t room = sizeof(received) - got, piece = 500 + next_random(random) % 8000;

		if (slow && next_random(random) % 20 == 0)
			pause_up_to(random, 10000);
		n = recv(fd, received + got, slow && piece < room ? piece : room, 0);
		got += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	error = errno;
	if (got >= sizeof(header)) {
		memcpy(&header, received, sizeof(header));
		got -= sizeof(header);
		fill(expected, &header);
	}
	printf("%s %u %u %zu %s %s\n", style_names[header.style], client_port(fd, listens),
	       header.length, got,
	       got == header.length && memcmp(received + sizeof(header), expected, got) == 0
		       ? "same"
		       : "other",
	       n == 0 ? "EOF" : strerrorname_np(error));
	(void)fflush(stdout);
	(void)close(fd);
}

static void set_patience(int fd)
{
	const struct timeval patience = { .tv_sec = patience_s };

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
}

static int new_socket(bool slow)
{
	const int size = SMALL_BUFFER;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	set_patience(fd);
	if (slow)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return fd;
}

static struct sockaddr_in address(const char *ip, const char *port)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(port)),
	};

	(void)inet_pton(AF_INET, ip, &addr.sin_addr);
	return addr;
}

static void serve(int listener, bool gives, uint64_t random)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		char request;

		if (fd < 0)
			continue;
		set_patience(fd);
		if (!gives)
			take(fd, &random, next_random(&random) % 2, true);
		else if (recv(fd, &request, 1, 0) == 1)
			give(fd, &random);
		else
			(void)close(fd);
	}
}

static void call(const struct sockaddr_in *to, bool gives, uint64_t random, int n)
{
	for (int i = 0; i < n; i++) {
		bool slow = !gives && i % 2;
		int fd = new_socket(slow);

		if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) < 0) {
			printf("none 0 0 0 other %s\n", strerrorname_np(errno));
			(void)close(fd);
		} else if (gives) {
			give(fd, &random);
		} else {
			/* As most protocols do: what a server that speaks first pays is in linger.py. */
			send_all(fd, "?", 1);
			take(fd, &random, slow, false);
		}
	}
}

int main(int argc, char *argv[])
{
	bool gives = argc > 1 && strcmp(argv[1], "give") == 0;
	bool listens = argc > 2 && strcmp(argv[2], "listen") == 0;
	struct sockaddr_in addr;
	int listener = -1, workers;

	if (argc != (listens ? 6 : 8))
		return 64;
	addr = listens ? address("0.0.0.0", argv[3]) : address(argv[3], argv[4]);
	workers = atoi(argv[listens ? 4 : 5]);
	patience_s = atoi(argv[listens ? 5 : 6]);
	if (gives)
		(void)signal(SIGCHLD, SIG_IGN);
	if (listens) {
		listener = new_socket(false);
		if (bind(listener, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
		    listen(listener, 1024) < 0) {
			perror("listen");
			return 1;
		}
		puts("ready");
		(void)fflush(stdout);
	}
	for (int i = 0; i < workers; i++) {
		if (fork() != 0)
			continue;
		if (listens)
			serve(listener, gives, (uint64_t)i);
		else
			call(&addr, gives, (uint64_t)i << 32, atoi(argv[7]));
		return 0;
	}
	while (wait(NULL) > 0)
		;
	return 0;
}
