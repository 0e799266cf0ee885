/*
 * hook_time ROUNDS: for each function that the library stands in front of, what a call of it takes
 * in this process, and what libc's own takes: nanoseconds, medians over rounds in turns. The calls
 * ask for what nobody has anything to do with, so that all that they show is the way in and out.
 */
#include <dlfcn.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

enum { CALLS = 500, MOST_ROUNDS = 100000 };

static int fd, listener;

static void call_setsockopt(void *function)
{
	static const int on = 1;

	((int (*)(int, int, int, const void *, socklen_t))function)(fd, IPPROTO_TCP, TCP_NODELAY,
								    &on, sizeof(on));
}

static void call_getsockname(void *function)
{
	struct sockaddr_in addr;
	socklen_t length = sizeof(addr);

	((int (*)(int, void *, socklen_t *))function)(fd, &addr, &length);
}

/* Nobody waits. */
static void call_accept(void *function)
{
	((int (*)(int, void *, socklen_t *))function)(listener, NULL, NULL);
}

static void call_accept4(void *function)
{
	((int (*)(int, void *, socklen_t *, int))function)(listener, NULL, NULL, SOCK_CLOEXEC);
}

static void call_connect(void *function)
{
	static const struct sockaddr_in addr = { .sin_family = AF_INET };

	((int (*)(int, const void *, socklen_t))function)(-1, &addr, sizeof(addr));
}

static void call_bind(void *function)
{
	static const struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = 1 };

	((int (*)(int, const void *, socklen_t))function)(-1, &addr, sizeof(addr));
}

static void call_listen(void *function)
{
	((int (*)(int, int))function)(-1, 128);
}

static const struct {
	const char *name;
	void (*call)(void *function);
} calls[] = {
	{ "setsockopt", call_setsockopt }, { "getsockname", call_getsockname },
	{ "accept", call_accept },         { "accept4", call_accept4 },
	{ "connect", call_connect },       { "bind", call_bind },
	{ "listen", call_listen },
};

static double time_calls(void (*call)(void *function), void *function)
{
	struct timespec begin, end;

	(void)clock_gettime(CLOCK_MONOTONIC, &begin);
	for (int i = 0; i < CALLS; i++)
		call(function);
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	return ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) /
	       CALLS;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double *values, int n)
{
	qsort(values, (size_t)n, sizeof(*values), compare);
	return values[n / 2];
}

int main(int argc, char *argv[])
{
	static double plain[MOST_ROUNDS], here[MOST_ROUNDS], more[MOST_ROUNDS];
	int rounds = argc == 2 ? atoi(argv[1]) : 0;
	void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);

	if (rounds < 1 || rounds > MOST_ROUNDS || !libc)
		return 64;
	fd = socket(AF_INET, SOCK_STREAM, 0);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (listen(listener, 5) < 0)
		return 1;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		void *libcs = dlsym(libc, calls[i].name);
		void *first = dlsym(RTLD_DEFAULT, calls[i].name);

		for (int k = 0; k < rounds; k++) {
			/* Who goes first takes turns too. */
			if (k % 2)
				here[k] = time_calls(calls[i].call, first);
			plain[k] = time_calls(calls[i].call, libcs);
			if (k % 2 == 0)
				here[k] = time_calls(calls[i].call, first);
			more[k] = here[k] - plain[k];
		}
		printf("%s %.1f %.1f %.1f\n", calls[i].name, median(plain, rounds),
		       median(here, rounds), median(more, rounds));
	}
	return 0;
}
