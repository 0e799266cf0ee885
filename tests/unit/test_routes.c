#include <criterion/criterion.h>
#include <string.h>

#include "array.h"
#include "routes.h"

TestSuite(routes);

static struct addr addr(const char *text)
{
	struct addr a;

	cr_assert(addr_parse(text, &a), "%s", text);
	return a;
}

static void expect_route(const struct route *route, const char *network, unsigned int prefix,
			 enum peer_scope scope)
{
	char text[ADDR_STRLEN];

	addr_format(text, &route->network);
	cr_expect_str_eq(text, network);
	cr_expect_eq(route->prefix, prefix, "%s", network);
	cr_expect_eq(route->scope, scope, "%s", network);
}

Test(routes, connected_ipv4_subnets_are_told_from_gateways_and_headings)
{
	static const char *const others[] = {
		"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU",
		"eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0   ",
		"eth0\t0000000A\t010200C0\t0003\t0\t0\t0\t000000FF\t0\t0\t0   ",
		"tun0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0   ",
		"*\t0000000A\t00000000\t0201\t0\t0\t0\t000000FF\t0\t0\t0   ",
		"eth0\t000200C0\t00000000\t0001\t0\t0\t0",
		"",
	};
	struct route route;

	cr_assert(routes_parse_v4("eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0   ",
				  &route));
	expect_route(&route, "192.0.2.0", 120, PEER_ON_LINK);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		cr_expect_not(routes_parse_v4(others[i], &route), "%s", others[i]);
}

#define ZERO "00000000000000000000000000000000"

Test(routes, ipv6_routes_are_own_addresses_or_connected_subnets)
{
	static const struct {
		const char *line, *network;
		unsigned int prefix;
		enum peer_scope scope;
	} good[] = {
		{ "fd000000000000000000000000000000 40 " ZERO " 00 " ZERO
		  " 00000100 00000001 00000000 00000001     eth0",
		  "fd00::", 64, PEER_ON_LINK },
		{ "fd000000000000000000000000000002 80 " ZERO " 00 " ZERO
		  " 00000000 00000003 00000000 80200001     eth0",
		  "fd00::2", 128, PEER_HERE },
	};
	static const char *const others[] = {
		/* default, by a router, multicast, anycast, rejected, cut */
		ZERO " 00 " ZERO " 00 " ZERO " 00000400 00000002 00000000 00000001     eth0",
		"20010db8000000000000000000000000 20 " ZERO " 00 fd000000000000000000000000000001"
		" 00000400 00000002 00000000 00000003     eth0",
		"ff000000000000000000000000000000 08 " ZERO " 00 " ZERO
		" 00000100 00000004 00000000 00000001     eth0",
		"fe800000000000000000000000000000 80 " ZERO " 00 " ZERO
		" 00000000 00000003 00000000 80300001     eth0",
		"20010db8000000000000000000000000 20 " ZERO " 00 " ZERO
		" 00000400 00000001 00000000 00200200       lo",
		"fd000000000000000000000000000000 40 " ZERO " 00 " ZERO " 00000100 0000",
		"fd00 40 " ZERO " 00 " ZERO " 00000100 00000001 00000000 00000001 eth0",
		"",
	};
	struct route route;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		cr_assert(routes_parse_v6(good[i].line, &route), "%s", good[i].line);
		expect_route(&route, good[i].network, good[i].prefix, good[i].scope);
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		cr_expect_not(routes_parse_v6(others[i], &route), "%s", others[i]);
}

Test(routes, own_ipv4_addresses_come_from_the_forwarding_trie)
{
	static const char *const lines[] = {
		"Main:",
		"  +-- 0.0.0.0/0 3 0 5",
		"     |-- 0.0.0.0",
		"        /0 universe UNICAST",
		"           |-- 127.0.0.0",
		"              /8 host LOCAL",
		"        |-- 127.255.255.255",
		"           /32 link BROADCAST",
		"           |-- 192.0.2.0",
		"              /24 link UNICAST",
		"           |-- 192.0.2.2",
		"              /32 host LOCAL",
	};
	struct fib_trie state = { 0 };
	struct route found[4];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		n += routes_parse_fib_trie(&state, lines[i], &found[n]);
	cr_assert_eq(n, 2);
	expect_route(&found[0], "127.0.0.0", 104, PEER_HERE);
	expect_route(&found[1], "192.0.2.2", 128, PEER_HERE);
}

Test(routes, the_longest_prefix_decides)
{
	static const struct {
		const char *network;
		uint8_t prefix;
		enum peer_scope scope;
	} table[] = {
		{ "10.0.0.0", 96 + 8, PEER_ON_LINK },    { "10.1.0.0", 96 + 16, PEER_HERE },
		{ "10.1.2.3", 128, PEER_ON_LINK },       { "192.0.2.2", 128, PEER_HERE },
		{ "192.0.2.2", 128, PEER_ON_LINK },      { "192.0.2.0", 96 + 24, PEER_ON_LINK },
		{ "fd00::", 64, PEER_ON_LINK },          { "fd00::2", 128, PEER_HERE },
		{ "198.51.100.16", 96 + 28, PEER_HERE },
	};
	static const struct {
		const char *addr;
		enum peer_scope scope;
	} asked[] = {
		{ "10.200.0.1", PEER_ON_LINK },
		{ "10.1.9.9", PEER_HERE },
		{ "10.1.2.3", PEER_ON_LINK },
		{ "192.0.2.2", PEER_HERE },
		{ "192.0.2.3", PEER_ON_LINK },
		{ "192.0.3.3", PEER_ELSEWHERE },
		{ "fd00::99", PEER_ON_LINK },
		{ "fd00::2", PEER_HERE },
		{ "2001:db8::1", PEER_ELSEWHERE },
		{ "127.0.0.9", PEER_HERE },
		{ "198.51.100.31", PEER_HERE },
		{ "198.51.100.32", PEER_ELSEWHERE },
		{ "::1", PEER_HERE },
	};
	struct routes routes = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		cr_assert(routes_add(&routes, &(struct route){ addr(table[i].network),
							       table[i].prefix, table[i].scope }));
	routes_sort(&routes);
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		struct addr a = addr(asked[i].addr);

		cr_expect_eq(routes_scope(&routes, &a), asked[i].scope, "%s", asked[i].addr);
	}
	routes_done(&routes);
}

Test(routes, without_routes_nobody_is_called_remote)
{
	struct routes none = { 0 };
	struct addr peer = addr("203.0.113.9"), loopback = addr("127.0.0.1");

	routes_sort(&none);
	cr_expect_eq(routes_scope(&none, &peer), PEER_ON_LINK);
	cr_expect_eq(routes_scope(&none, &loopback), PEER_HERE);
}
