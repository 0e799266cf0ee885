/*
 * many_sockets estab N | time-wait N: makes N sockets in the current network namespace, prints one
 * line, and holds them until standard input ends. It refuses to run where no device has the address
 * 10.0.0.1, which the caller gives to one in a namespace of its own.
 *
 * ESTAB sockets are made by TCP_REPAIR: connected without a packet and without a peer. Half are
 * inbound (local port 443, a peer each), half outbound to as many destinations as they need. They
 * are spread over child processes, because a process may have 20,000 descriptors or fewer.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	PER_PROCESS = 19000,
	OUR_ADDRESS = 0x0a000001,  /* 10.0.0.1: the caller gives it to a device, as 10.0.0.0/8 */
	PEER_ADDRESS = 0x0a100000, /* 10.16.0.0 and up */
	FIRST_PORT = 32768,
	PORTS_PER_DESTINATION = 12000,  /* 43 % of the default range: a healthy host */
	TIME_WAITS_PER_ADDRESS = 10000, /* under half of the range: connect() stays fast */
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_in endpoint(uint32_t address, uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(port),
				     .sin_addr.s_addr = htonl(address) };
}

static void connect_by_repair(struct sockaddr_in local, struct sockaddr_in peer)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (fd < 0)
		die("socket");
	if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)) < 0)
		die("TCP_REPAIR");
	if (bind(fd, (struct sockaddr *)&local, sizeof(local)) < 0)
		die("bind");
	if (connect(fd, (struct sockaddr *)&peer, sizeof(peer)) < 0)
		die("connect");
}

static void make_estab(uint32_t first, uint32_t n)
{
	for (uint32_t i = first; i < first + n; i++) {
		uint32_t half = i / 2;

		if (i % 2 == 0)
			connect_by_repair(endpoint(OUR_ADDRESS, 443),
					  endpoint(PEER_ADDRESS + half / 50000,
						   (uint16_t)(10000 + half % 50000)));
		else
			connect_by_repair(
				endpoint(OUR_ADDRESS,
					 (uint16_t)(FIRST_PORT + half % PORTS_PER_DESTINATION)),
				endpoint(PEER_ADDRESS + 0x10000 + half / PORTS_PER_DESTINATION,
					 80));
	}
}

/* A child that makes its share, reports by one byte, and dies with its parent. */
static void spawn_share(uint32_t first, uint32_t n, int report)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid > 0)
		return;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	make_estab(first, n);
	if (write(report, ".", 1) != 1)
		die("write");
	for (;;)
		(void)pause();
}

static void estab(uint32_t n)
{
	uint32_t shares = 0;
	int report[2];
	char byte;

	if (pipe(report) < 0)
		die("pipe");
	for (uint32_t first = 0; first < n; first += PER_PROCESS, shares++)
		spawn_share(first, n - first < PER_PROCESS ? n - first : PER_PROCESS, report[1]);
	(void)close(report[1]);
	for (uint32_t i = 0; i < shares; i++)
		if (read(report[0], &byte, 1) != 1)
			die("a child failed");
}

static void open_and_close(int listener, uint32_t address)
{
	struct sockaddr_in peer = endpoint(address, 9000);
	int client = socket(AF_INET, SOCK_STREAM, 0), server;

	if (client < 0 || connect(client, (struct sockaddr *)&peer, sizeof(peer)) < 0)
		die("connect");
	server = accept(listener, NULL, NULL);
	if (server < 0)
		die("accept");
	(void)close(client);
	(void)close(server);
}

static void time_wait(uint32_t n)
{
	struct sockaddr_in any = endpoint(INADDR_ANY, 9000);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	if (listener < 0 || bind(listener, (struct sockaddr *)&any, sizeof(any)) < 0 ||
	    listen(listener, 16) < 0)
		die("listen");
	for (uint32_t i = 0; i < n; i++)
		open_and_close(listener, INADDR_LOOPBACK + i / TIME_WAITS_PER_ADDRESS);
}

/* The address that only a namespace made for this has: proof that this is not somebody's host. */
static bool in_namespace_of_its_own(void)
{
	struct sockaddr_in ours = endpoint(OUR_ADDRESS, 0);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	bool has = fd >= 0 && bind(fd, (struct sockaddr *)&ours, sizeof(ours)) == 0;

	if (fd >= 0)
		(void)close(fd);
	return has;
}

int main(int argc, char *argv[])
{
	uint32_t n = argc == 3 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;

	if (n == 0) {
		(void)fprintf(stderr, "usage: many_sockets estab|time-wait N\n");
		return 64;
	}
	if (!in_namespace_of_its_own()) {
		(void)fprintf(
			stderr,
			"many_sockets: no device has 10.0.0.1: not a namespace made for this\n");
		return 1;
	}
	if (strcmp(argv[1], "estab") == 0)
		estab(n);
	else
		time_wait(n);
	puts("ready");
	(void)fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}
