/*
 * A library whose constructor listens, and sets an option, before anybody may have been loaded that
 * stands in front of those calls. What it got is in its environment: the descriptor, or what
 * failed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { PORT = 8081, BACKLOG = 5 };

__attribute__((constructor)) static void listen_early(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(PORT),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(at);
	int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
	char text[64];

	errno = 0;
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&at, length) < 0 || listen(fd, BACKLOG) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &length) < 0 || at.sin_port != htons(PORT))
		fd = -1;
	(void)snprintf(text, sizeof(text), "%d %d", fd, errno);
	(void)setenv("TRAP_CONSTRUCTOR", text, 1);
}
