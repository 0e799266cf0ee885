/* IP addresses of both families in one form. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "addr.h"

static const uint8_t v4_prefix[12] = { [10] = 0xff, [11] = 0xff };

struct addr addr_from_v4(uint32_t be)
{
	struct addr addr;

	memcpy(addr.bytes, v4_prefix, sizeof(v4_prefix));
	memcpy(addr.bytes + 12, &be, sizeof(be));
	return addr;
}

bool addr_parse(const char *text, struct addr *ret_addr)
{
	struct in_addr v4;

	if (inet_pton(AF_INET, text, &v4) == 1) {
		*ret_addr = addr_from_v4(v4.s_addr);
		return true;
	}
	return inet_pton(AF_INET6, text, ret_addr->bytes) == 1;
}

bool addr_bytes_are_v4(const uint8_t bytes[static 16])
{
	return memcmp(bytes, v4_prefix, sizeof(v4_prefix)) == 0;
}

bool addr_is_v4(const struct addr *addr)
{
	return addr_bytes_are_v4(addr->bytes);
}

bool addr_is_loopback(const struct addr *addr)
{
	static const struct addr v6_loopback = { { [15] = 1 } };

	return addr_is_v4(addr) ? addr->bytes[12] == 127 : addr_equal(addr, &v6_loopback);
}

bool addr_is_wildcard(const struct addr *addr)
{
	static const uint8_t zero[16];

	return memcmp(addr->bytes + 12, zero, 4) == 0 &&
	       (addr_is_v4(addr) || memcmp(addr->bytes, zero, 12) == 0);
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

size_t addr_format(char buf[static ADDR_STRLEN], const struct addr *addr)
{
	if (addr_is_v4(addr))
		(void)inet_ntop(AF_INET, addr->bytes + 12, buf, ADDR_STRLEN);
	else
		(void)inet_ntop(AF_INET6, addr->bytes, buf, ADDR_STRLEN);
	return strlen(buf);
}

size_t endpoint_format(char buf[static ENDPOINT_STRLEN], const struct addr *addr, uint16_t port)
{
	char text[ADDR_STRLEN];
	int n;

	(void)addr_format(text, addr);
	n = snprintf(buf, ENDPOINT_STRLEN, addr_is_v4(addr) ? "%s:%u" : "[%s]:%u", text, port);
	return n < 0 ? 0 : (size_t)n;
}
