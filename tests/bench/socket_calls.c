/*
 * socket_calls CALL N: prepares for MOST calls, then makes the first N of them. What N calls cost
 * is the difference of two runs, whatever counts them.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { MOST = 101 };

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static int new_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		exit(1);
	return fd;
}

static void fail_unless(bool holds, const char *what)
{
	if (holds)
		return;
	perror(what);
	exit(1);
}

static int bind_to(int fd, int port)
{
	const struct sockaddr_in addr = loopback(port);

	return bind(fd, (const struct sockaddr *)&addr, sizeof(addr));
}

static int connect_to(int fd, int port)
{
	const struct sockaddr_in addr = loopback(port);

	return connect(fd, (const struct sockaddr *)&addr, sizeof(addr));
}

/* On a port that is free: another run may have left connections in TIME-WAIT. */
static int new_listener(int *ret_port)
{
	struct sockaddr_in addr;
	socklen_t length = sizeof(addr);
	int fd = new_socket();

	fail_unless(bind_to(fd, 0) == 0 && listen(fd, 2 * MOST) == 0 &&
			    getsockname(fd, (struct sockaddr *)&addr, &length) == 0,
		    "listener");
	*ret_port = ntohs(addr.sin_port);
	return fd;
}

int main(int argc, char *argv[])
{
	enum { FIRST_PORT = 7001 };
	const int on = 1, n = argc == 3 ? atoi(argv[2]) : 0;
	const char *call = argc == 3 ? argv[1] : "";
	struct sockaddr_in addr;
	int fds[MOST], listener, port;
	bool done = true;

	if (n < 1 || n > MOST)
		return 64;
	listener = new_listener(&port);
	for (int i = 0; i < MOST; i++) {
		fds[i] = new_socket();
		if (strcmp(call, "listen") == 0)
			fail_unless(bind_to(fds[i], FIRST_PORT + i) == 0, "bind");
		if (strcmp(call, "accept") == 0)
			fail_unless(connect_to(fds[i], port) == 0, "connect");
	}
	for (int i = 0; i < n && done; i++) {
		socklen_t length = sizeof(addr);

		if (strcmp(call, "bind") == 0)
			done = bind_to(fds[i], FIRST_PORT + i) == 0;
		else if (strcmp(call, "listen") == 0)
			done = listen(fds[i], 128) == 0;
		else if (strcmp(call, "accept") == 0)
			done = accept(listener, NULL, NULL) >= 0;
		else if (strcmp(call, "connect") == 0)
			done = connect_to(fds[i], port) == 0;
		else if (strcmp(call, "setsockopt-nodelay") == 0)
			done = setsockopt(fds[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0;
		else if (strcmp(call, "setsockopt-keepalive") == 0)
			done = setsockopt(fds[i], SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) == 0;
		else if (strcmp(call, "getsockname") == 0)
			done = getsockname(fds[i], (struct sockaddr *)&addr, &length) == 0;
		else if (strcmp(call, "socket") == 0)
			done = socket(AF_INET, SOCK_STREAM, 0) >= 0;
		else
			return 64;
	}
	fail_unless(done, call);
	return 0;
}
