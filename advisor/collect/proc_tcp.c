/*
 * Rows of /proc/net/tcp and tcp6 (net/ipv4/tcp_ipv4.c, get_tcp4_sock and its siblings):
 *
 *   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
 *    0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1234
 * ...
 *
 * Addresses are 32-bit words in the byte order of the host that wrote them, which is taken to be
 * that of the host that reads. A million lines make sscanf() the whole cost, so the parser is by
 * hand.
 */
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "lines.h"
#include "root.h"

#include "proc_tcp.h"

enum {
	USER_TICK_MS = 10, /* timers are shown in units of USER_HZ, 100 on every architecture */
	V4_DIGITS = 8,
	V6_DIGITS = 32,
};

/* All functions below move *AT forward past what they read, and give false for anything else. */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Up to MAX digits, at least one; what is wider than 32 bits keeps its lowest ones. */
static bool read_hex(const char **at, unsigned int max, uint32_t *ret_value,
		     unsigned int *ret_digits)
{
	uint32_t value = 0;
	unsigned int n = 0;
	int digit;

	for (; n < max && (digit = hex_digit(**at)) >= 0; n++, (*at)++)
		value = value << 4 | (uint32_t)digit;
	*ret_value = value;
	if (ret_digits)
		*ret_digits = n;
	return n > 0;
}

static bool read_decimal(const char **at, uint64_t *ret_value)
{
	const char *start = *at;
	uint64_t value = 0;

	for (; **at >= '0' && **at <= '9'; (*at)++) {
		if (value > (UINT64_MAX - 9) / 10)
			return false;
		value = value * 10 + (uint64_t)(**at - '0');
	}
	*ret_value = value;
	return *at != start;
}

static bool expect(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

static bool skip_spaces(const char **at)
{
	const char *start = *at;

	while (**at == ' ')
		(*at)++;
	return *at != start;
}

static bool read_port(const char **at, uint16_t *ret_port)
{
	uint32_t port;
	unsigned int digits;

	if (!expect(at, ':') || !read_hex(at, 4, &port, &digits) || digits != 4)
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

static bool read_endpoint(const char **at, struct addr *ret_addr, uint16_t *ret_port)
{
	uint32_t words[4];
	unsigned int n = 0, digits;

	while (n < 4 && **at != ':') {
		if (!read_hex(at, 8, &words[n], &digits) || digits != 8)
			return false;
		n++;
	}
	if (n == V6_DIGITS / 8)
		memcpy(ret_addr->bytes, words, sizeof(words));
	else if (n == V4_DIGITS / 8)
		*ret_addr = addr_from_v4(words[0]);
	else
		return false;
	return read_port(at, ret_port);
}

static bool read_queues(const char **at, struct sock_row *row)
{
	return read_hex(at, 8, &row->wqueue, NULL) && expect(at, ':') &&
	       read_hex(at, 8, &row->rqueue, NULL);
}

static bool read_timer(const char **at, struct sock_row *row)
{
	uint32_t timer, ticks;

	if (!read_hex(at, 2, &timer, NULL) || !expect(at, ':') || !read_hex(at, 16, &ticks, NULL))
		return false;
	row->timer = (uint8_t)timer;
	row->expires_ms = ticks > UINT32_MAX / USER_TICK_MS ? UINT32_MAX : ticks * USER_TICK_MS;
	return true;
}

static bool read_owner(const char **at, struct sock_row *row)
{
	uint32_t retransmits;
	uint64_t uid, timeouts;

	if (!read_hex(at, 8, &retransmits, NULL) || !skip_spaces(at) || !read_decimal(at, &uid) ||
	    uid > UINT32_MAX || !skip_spaces(at) || !read_decimal(at, &timeouts) ||
	    !skip_spaces(at) || !read_decimal(at, &row->inode))
		return false;
	row->uid = (uint32_t)uid;
	/* A number that ends with the line may have lost digits; the kernel goes on after it. */
	return **at == ' ';
}

static bool state_of(uint32_t number, enum tcp_state *ret_state)
{
	if (number < TCP_STATE_ESTAB || number > TCP_STATE_NEW_SYN_RECV)
		return false;
	*ret_state = number == TCP_STATE_NEW_SYN_RECV ? TCP_STATE_SYN_RECV : (enum tcp_state)number;
	return true;
}

bool proc_tcp_parse_line(const char *line, struct sock_row *ret_row)
{
	const char *at = line;
	struct sock_row row = { 0 };
	uint64_t slot;
	uint32_t state;

	(void)skip_spaces(&at);
	if (!read_decimal(&at, &slot) || !expect(&at, ':') || !skip_spaces(&at) ||
	    !read_endpoint(&at, &row.local_addr, &row.local_port) || !skip_spaces(&at) ||
	    !read_endpoint(&at, &row.remote_addr, &row.remote_port) || !skip_spaces(&at) ||
	    !read_hex(&at, 2, &state, NULL) || !state_of(state, &row.state) || !skip_spaces(&at) ||
	    !read_queues(&at, &row) || !skip_spaces(&at) || !read_timer(&at, &row) ||
	    !skip_spaces(&at) || !read_owner(&at, &row))
		return false;
	*ret_row = row;
	return true;
}

static bool is_heading(const char *line)
{
	line += strspn(line, " ");
	return strncmp(line, "sl ", 3) == 0;
}

/*
 * The kernel walks the listeners before all other sockets, so on a live host the first other row
 * ends their part: reading a million rows twice would double the cost.
 */
static bool is_past_listeners(const struct root *root, enum proc_tcp_part part,
			      const struct sock_row *row)
{
	return root->live && part == PROC_TCP_LISTENERS && row->state != TCP_STATE_LISTEN;
}

int proc_tcp_read(const struct root *root, const char *path, enum proc_tcp_part part,
		  const struct row_sink *sink, uint64_t *bad_lines)
{
	CLEANUP(lines_close) struct lines lines = { 0 };
	struct sock_row row;
	bool whole, first = true, is_table = false;
	char *line;
	int r = lines_open(&lines, root, path);

	if (r < 0)
		return r;
	while ((r = lines_next(&lines, &line, &whole)) > 0) {
		bool heading = first && is_heading(line);

		first = false;
		is_table |= heading;
		if (heading)
			continue;
		if (!whole || !proc_tcp_parse_line(line, &row)) {
			/* Counted in one of the parts only: the other meets the same lines. */
			*bad_lines += part == PROC_TCP_OTHERS;
			continue;
		}
		is_table = true;
		if (is_past_listeners(root, part, &row))
			return 0;
		if ((row.state == TCP_STATE_LISTEN) != (part == PROC_TCP_LISTENERS))
			continue;
		r = sink->row(sink->context, &row);
		if (r < 0)
			return r;
	}
	return r < 0 || is_table ? r : -EBADMSG;
}
