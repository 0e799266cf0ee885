/* Options as the kernel takes and gives them, against values as profiles write them. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "next.h"
#include "option_io.h"

static bool read_number(int fd, int level, int name, int64_t *ret_number)
{
	uint32_t value = 0;
	socklen_t length = sizeof(value);

	if (next_calls()->getsockopt(fd, level, name, &value, &length) < 0)
		return false;
	*ret_number = name == SO_MARK && level == SOL_SOCKET ? (int64_t)value : (int32_t)value;
	return true;
}

bool option_is_drained(int fd)
{
	int64_t linger2;

	return read_number(fd, IPPROTO_TCP, TCP_LINGER2, &linger2) && linger2 < 0;
}

static bool read_linger(int fd, int64_t *ret_number)
{
	struct linger linger = { 0 };
	socklen_t length = sizeof(linger);

	if (next_calls()->getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &length) < 0)
		return false;
	if (!linger.l_onoff)
		*ret_number = option_is_drained(fd) ? LINGER_DRAINED : LINGER_OFF;
	else
		*ret_number = linger.l_linger > 0 ? linger.l_linger : LINGER_ABORT;
	return true;
}

bool option_read(int fd, enum option_id id, struct option_value *ret_value)
{
	const struct socket_option *option = &socket_options[id];

	*ret_value = (struct option_value){ 0 };
	if (option->level < 0)
		return false;
	if (option->kind == OPTION_LINGER)
		return read_linger(fd, &ret_value->number);
	if (option->kind == OPTION_NAME) {
		socklen_t length = sizeof(ret_value->name);

		return next_calls()->getsockopt(fd, option->level, option->number, ret_value->name,
						&length) == 0;
	}
	if (!read_number(fd, option->level, option->number, &ret_value->number))
		return false;
	if (option->kind == OPTION_PORT_RANGE)
		ret_value->number &= UINT32_MAX;
	if (option->doubled)
		ret_value->number /= 2;
	return true;
}

/* 0 or an errno. */
static int write_bytes(int fd, int level, int name, const void *value, size_t length)
{
	return next_calls()->setsockopt(fd, level, name, value, (socklen_t)length) < 0 ? errno : 0;
}

static int write_number(int fd, int level, int name, int64_t number)
{
	const uint32_t value = (uint32_t)number;

	return write_bytes(fd, level, name, &value, sizeof(value));
}

static int write_linger(int fd, int64_t number)
{
	const struct linger linger = {
		.l_onoff = number != LINGER_OFF,
		.l_linger = number > 0 ? (int)number : 0,
	};

	if (number == LINGER_DRAINED)
		return write_number(fd, IPPROTO_TCP, TCP_LINGER2, -1);
	return write_bytes(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

int option_end_drained(int fd)
{
	return write_number(fd, IPPROTO_TCP, TCP_LINGER2, 0); /* as net.ipv4.tcp_fin_timeout says */
}

/*
 * An IPv6 socket has a traffic class as well; on others that call has nothing to do. The kernel
 * derives a priority from the type of service, even where somebody has chosen one.
 */
static int write_tos(int fd, int64_t number)
{
	int64_t priority = 0;
	bool known = read_number(fd, SOL_SOCKET, SO_PRIORITY, &priority);
	int error = write_number(fd, IPPROTO_IP, IP_TOS, number);

	(void)write_number(fd, IPPROTO_IPV6, IPV6_TCLASS, number);
	if (known && priority != 0)
		(void)write_number(fd, SOL_SOCKET, SO_PRIORITY, priority);
	return error;
}

int option_write(int fd, enum option_id id, const struct option_value *value)
{
	const struct socket_option *option = &socket_options[id];

	if (option->kind == OPTION_LINGER)
		return write_linger(fd, value->number);
	if (option->kind == OPTION_NAME)
		return write_bytes(fd, option->level, option->number, value->name,
				   strlen(value->name));
	if (id == OPTION_IP_TOS)
		return write_tos(fd, value->number);
	return write_number(fd, option->level, option->number, value->number);
}

bool option_keepalive_ms(int fd, int64_t *ret_ms)
{
	int64_t on, idle_s, interval_s, count;

	if (!read_number(fd, SOL_SOCKET, SO_KEEPALIVE, &on) || !on ||
	    !read_number(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s) ||
	    !read_number(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s) ||
	    !read_number(fd, IPPROTO_TCP, TCP_KEEPCNT, &count))
		return false;
	*ret_ms = (idle_s + interval_s * count) * 1000;
	return *ret_ms <= INT32_MAX;
}
