#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An IPv4 or IPv6 address in one form, network byte order: IPv4 is kept as the v4-mapped IPv6
 * address (::ffff:a.b.c.d), so that a dual-stack socket and a plain one to the same peer compare
 * equal. All zero is the IPv6 wildcard; addr_from_v4(0) the IPv4 one.
 */
struct addr {
	uint8_t bytes[16];
};

#define ADDR_STRLEN 46
/* "[address]:port" */
#define ENDPOINT_STRLEN (ADDR_STRLEN + 8)

/* BE is in network byte order, as the kernel gives it. */
struct addr addr_from_v4(uint32_t be);
bool addr_parse(const char *text, struct addr *ret_addr);

bool addr_is_v4(const struct addr *addr);
/* The same of bare bytes: the last four are then the IPv4 address. */
bool addr_bytes_are_v4(const uint8_t bytes[static 16]);
bool addr_is_loopback(const struct addr *addr);
/* 0.0.0.0 or :: */
bool addr_is_wildcard(const struct addr *addr);
bool addr_equal(const struct addr *a, const struct addr *b);

size_t addr_format(char buf[static ADDR_STRLEN], const struct addr *addr);
/* 10.0.0.1:80 or [2001:db8::1]:80 */
size_t endpoint_format(char buf[static ENDPOINT_STRLEN], const struct addr *addr, uint16_t port);
