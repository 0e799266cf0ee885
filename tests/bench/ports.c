/*
 * ports PORT DESTINATIONS HOLD CHURN: a client that keeps HOLD connections, spread over as many
 * addresses from 127.0.1.1 on, and then CHURN times closes one of them and connects again. Prints
 * the mean microseconds of those connect() calls, how many failed, and how often bind() to port 0
 * still succeeds beside what is held, of 1,000 at most.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Descriptors may be limited to fewer than there are ports. */
enum { PER_PROCESS = 15000, MOST_BINDS = 1000 };

static int port, n_destinations;

static struct sockaddr_in destination(int i)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(0x7f000101 + (uint32_t)(i % n_destinations)),
	};
}

static int connect_one(int i)
{
	/* No TIME-WAIT: what is held is what is to be measured. */
	const struct linger abort = { .l_onoff = 1 };
	const struct sockaddr_in addr = destination(i);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

static double now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void hold(int *fds, int n, int first)
{
	for (int i = 0; i < n; i++) {
		fds[i] = connect_one(first + i);
		if (fds[i] >= 0)
			continue;
		perror("connect");
		exit(1);
	}
}

static int count_binds(void)
{
	const struct sockaddr_in any = { .sin_family = AF_INET };
	int n = 0;

	while (n < MOST_BINDS && bind(socket(AF_INET, SOCK_STREAM, 0),
				      (const struct sockaddr *)&any, sizeof(any)) == 0)
		n++;
	return n;
}

static void churn(int *fds, int n, int times)
{
	double total_us = 0;
	int failed = 0;

	for (int i = 0; i < times; i++) {
		int one = rand() % n;
		double began;

		(void)close(fds[one]);
		began = now_us();
		fds[one] = connect_one(one);
		total_us += now_us() - began;
		failed += fds[one] < 0;
	}
	printf("%.1f %d ", times ? total_us / times : 0, failed);
}

int main(int argc, char *argv[])
{
	static int fds[PER_PROCESS];
	int rest, held = 0, ready[2];
	char byte;

	if (argc != 5)
		return 64;
	port = atoi(argv[1]);
	n_destinations = atoi(argv[2]);
	rest = atoi(argv[3]);
	if (pipe(ready) < 0)
		return 1;
	/* The helpers hold their part until this process ends. */
	for (; rest > PER_PROCESS; rest -= PER_PROCESS, held += PER_PROCESS) {
		int until_end[2];

		if (pipe(until_end) < 0)
			return 1;
		if (fork() == 0) {
			(void)close(until_end[1]);
			hold(fds, PER_PROCESS, held);
			(void)!write(ready[1], "", 1);
			return (int)read(until_end[0], &byte, 1);
		}
		(void)close(until_end[0]);
		if (read(ready[0], &byte, 1) != 1)
			return 1;
	}
	hold(fds, rest, held);
	churn(fds, rest, atoi(argv[4]));
	printf("%d\n", count_binds());
	return 0;
}
