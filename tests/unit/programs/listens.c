/* Makes the calls of a server itself, and prints whether its listener has keepalive. */
#include <stdio.h>
#include <sys/socket.h>

int main(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = -1;
	socklen_t length = sizeof(on);

	if (fd < 0 || listen(fd, 5) < 0 || getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &length))
		return 1;
	return printf("keepalive %d\n", on) < 0;
}
