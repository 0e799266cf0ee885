/*
 * connection_rate PORT [own]: for each byte that comes in, a batch of connections on loopback: all
 * connect(), then all accept(), so that each is timed by itself. Prints the nanoseconds that each
 * took per connection, and what one took from socket() to both ends closed. Processor time: both
 * ends and the network between them are in this process, and what else the machine does is left
 * out.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 500 };

static double now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int connect_one(int fd, const struct sockaddr_in *addr, bool own)
{
	const int on = 1, idle_s = 280;

	if (own && (setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) < 0 ||
		    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s)) < 0))
		return -1;
	return connect(fd, (const struct sockaddr *)addr, sizeof(*addr));
}

static bool run_batch(int listener, const struct sockaddr_in *addr, bool own)
{
	/* Ends without TIME-WAIT, so that the batches are alike. */
	const struct linger abort = { .l_onoff = 1 };
	int clients[BATCH], accepted[BATCH];
	double begin = now_ns(), connects, accepts;

	for (int i = 0; i < BATCH; i++) {
		clients[i] = socket(AF_INET, SOCK_STREAM, 0);
		(void)setsockopt(clients[i], SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
	}
	connects = now_ns();
	for (int i = 0; i < BATCH; i++)
		if (connect_one(clients[i], addr, own) < 0)
			return false;
	accepts = now_ns();
	connects = accepts - connects;
	for (int i = 0; i < BATCH; i++)
		if ((accepted[i] = accept(listener, NULL, NULL)) < 0)
			return false;
	accepts = now_ns() - accepts;
	for (int i = 0; i < BATCH; i++) {
		(void)close(clients[i]);
		(void)close(accepted[i]);
	}
	printf("%.1f %.1f %.1f\n", connects / BATCH, accepts / BATCH, (now_ns() - begin) / BATCH);
	return fflush(stdout) == 0;
}

int main(int argc, char *argv[])
{
	const struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)(argc >= 2 ? atoi(argv[1]) : 0)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	char byte;

	if (bind(listener, (const struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    listen(listener, 2 * BATCH) < 0)
		return 1;
	while (read(STDIN_FILENO, &byte, 1) == 1)
		if (!run_batch(listener, &addr, argc > 2))
			return 1;
	return 0;
}
