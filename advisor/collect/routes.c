/*
 * Which addresses are this host's own and which are its neighbours', from /proc's routing tables.
 * Routes through a gateway are left out: whatever no other line claims is behind a router.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/ipv6_route.h>
#include <linux/route.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "cleanup.h"
#include "err.h"
#include "lines.h"
#include "model.h"
#include "root.h"

#include "routes.h"

enum {
	V4_BITS = 96, /* that an IPv4 prefix is longer by, in our form */
	/* A router with a full BGP table has a million lines: few are worth knowing. */
	MAX_ROUTES = 16384,
	MAX_LINES = 200000,
};

#define GAP_COST "keepalive-missing cannot tell remote hosts from neighbours"

bool routes_add(struct routes *routes, const struct route *route)
{
	if (!ARRAY_GROW(routes->list, routes->capacity, routes->n))
		return false;
	routes->list[routes->n++] = *route;
	return true;
}

void routes_done(struct routes *routes)
{
	free(routes->list);
	*routes = (struct routes){ 0 };
}

/* An address as two numbers in memory order: any order will do for a search, and this is quick. */
struct words {
	uint64_t word[2];
};

static inline struct words words_of(const struct addr *addr)
{
	struct words words;

	memcpy(words.word, addr->bytes, sizeof(words.word));
	return words;
}

static inline int words_compare(const struct words *a, const struct words *b)
{
	if (a->word[0] != b->word[0])
		return a->word[0] < b->word[0] ? -1 : 1;
	return (a->word[1] > b->word[1]) - (a->word[1] < b->word[1]);
}

/* Longest prefix first; of equal networks, our own address first. */
static int route_compare(const void *left, const void *right)
{
	const struct route *a = left, *b = right;
	struct words network_a = words_of(&a->network), network_b = words_of(&b->network);
	int order = (b->prefix > a->prefix) - (b->prefix < a->prefix);

	if (order == 0)
		order = words_compare(&network_a, &network_b);
	return order ? order : (a->scope > b->scope) - (a->scope < b->scope);
}

static struct words mask_of(unsigned int prefix)
{
	struct addr mask = { 0 };

	for (unsigned int i = 0; i < sizeof(mask.bytes); i++) {
		unsigned int bits = prefix > i * 8 ? prefix - i * 8 : 0;

		mask.bytes[i] = bits >= 8 ? 0xff : (uint8_t)(0xff00 >> bits);
	}
	return words_of(&mask);
}

static bool same_network(const struct route *a, const struct route *b)
{
	return a->prefix == b->prefix && addr_equal(&a->network, &b->network);
}

void routes_sort(struct routes *routes)
{
	size_t kept = 0;

	routes->n_groups = 0;
	if (routes->n == 0)
		return; /* qsort() wants an array even then */
	qsort(routes->list, routes->n, sizeof(*routes->list), route_compare);
	for (size_t i = 0; i < routes->n; i++) {
		const struct route *route = &routes->list[i];
		bool new_prefix = kept == 0 || routes->list[kept - 1].prefix != route->prefix;

		if (kept > 0 && same_network(&routes->list[kept - 1], route))
			continue;
		if (new_prefix) {
			struct words mask = mask_of(route->prefix);
			struct route_group *group = &routes->groups[routes->n_groups++];

			memcpy(group->mask, mask.word, sizeof(group->mask));
			group->begin = kept;
		}
		routes->list[kept++] = *route;
		routes->groups[routes->n_groups - 1].end = kept;
	}
	routes->n = kept;
}

/* NULL: no route of that prefix length. */
static const struct route *group_find(const struct routes *routes, const struct route_group *group,
				      const struct words *addr)
{
	const struct words key = { { addr->word[0] & group->mask[0],
				     addr->word[1] & group->mask[1] } };
	size_t low = group->begin, high = group->end;

	while (low < high) {
		size_t middle = (low + high) / 2;
		struct words network = words_of(&routes->list[middle].network);
		int order = words_compare(&key, &network);

		if (order == 0)
			return &routes->list[middle];
		if (order > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

enum peer_scope routes_scope(const struct routes *routes, const struct addr *addr)
{
	struct words words = words_of(addr);

	if (addr_is_loopback(addr))
		return PEER_HERE;
	for (size_t i = 0; i < routes->n_groups; i++) {
		const struct route *route = group_find(routes, &routes->groups[i], &words);

		if (route)
			return route->scope;
	}
	return routes->n_groups == 0 ? PEER_ON_LINK : PEER_ELSEWHERE;
}

bool routes_parse_v4(const char *line, struct route *ret_route)
{
	unsigned int network, gateway, flags, mask;

	if (sscanf(line, "%*s %8x %8x %4x %*s %*s %*s %8x", &network, &gateway, &flags, &mask) != 4)
		return false;
	/* Without a mask it is a tunnel's default route: what lies behind is not on the link. */
	if (!(flags & RTF_UP) || flags & (RTF_GATEWAY | RTF_REJECT) || gateway || !mask)
		return false;
	ret_route->network = addr_from_v4(network);
	ret_route->prefix = (uint8_t)(V4_BITS + (unsigned int)__builtin_popcount(mask));
	ret_route->scope = PEER_ON_LINK;
	return true;
}

static bool read_v6(const char digits[static 33], struct addr *ret_addr)
{
	for (unsigned int i = 0; i < sizeof(ret_addr->bytes); i++) {
		unsigned int byte;

		if (sscanf(digits + (size_t)i * 2, "%2x", &byte) != 1)
			return false;
		ret_addr->bytes[i] = (uint8_t)byte;
	}
	return true;
}

bool routes_parse_v6(const char *line, struct route *ret_route)
{
	char network[33];
	unsigned int prefix, flags;
	struct addr addr;

	if (sscanf(line, "%32[0-9a-f] %2x %*32s %*2s %*32s %*8s %*8s %*8s %8x", network, &prefix,
		   &flags) != 3 ||
	    strlen(network) != 32 || prefix == 0 || prefix > 128 || !read_v6(network, &addr))
		return false;
	if (!(flags & RTF_UP) || flags & (RTF_GATEWAY | RTF_REJECT | RTF_ANYCAST) ||
	    addr.bytes[0] == 0xff /* multicast */)
		return false;
	*ret_route = (struct route){
		.network = addr,
		.prefix = (uint8_t)prefix,
		.scope = flags & RTF_LOCAL ? PEER_HERE : PEER_ON_LINK,
	};
	return true;
}

bool routes_parse_fib_trie(struct fib_trie *state, const char *line, struct route *ret_route)
{
	char text[16];
	unsigned int prefix;
	int end = 0;

	if (sscanf(line, " |-- %15[0-9.]", text) == 1) {
		state->has_addr = addr_parse(text, &state->addr);
		return false;
	}
	if (!state->has_addr || sscanf(line, " /%2u host LOCAL%n", &prefix, &end) != 1 || !end ||
	    prefix == 0 || prefix > 32)
		return false;
	*ret_route = (struct route){
		.network = state->addr,
		.prefix = (uint8_t)(V4_BITS + prefix),
		.scope = PEER_HERE,
	};
	return true;
}

enum table { TABLE_V4, TABLE_FIB_TRIE, TABLE_V6 };

static bool table_parse(enum table table, struct fib_trie *state, const char *line,
			struct route *ret_route)
{
	switch (table) {
	case TABLE_V4:
		return routes_parse_v4(line, ret_route);
	case TABLE_FIB_TRIE:
		return routes_parse_fib_trie(state, line, ret_route);
	default:
		return routes_parse_v6(line, ret_route);
	}
}

static int table_read(const struct root *root, const char *path, enum table table,
		      struct routes *routes)
{
	CLEANUP(lines_close) struct lines lines = { 0 };
	struct fib_trie state = { 0 };
	struct route route;
	bool whole;
	char *line;
	int r = lines_open(&lines, root, path);

	if (r < 0)
		return r;
	for (unsigned int n = 0; (r = lines_next(&lines, &line, &whole)) > 0; n++) {
		if (n == MAX_LINES)
			return -E2BIG;
		if (!whole || !table_parse(table, &state, line, &route))
			continue;
		if (routes->n == MAX_ROUTES)
			return -E2BIG;
		if (!routes_add(routes, &route))
			return -ENOMEM;
	}
	return r;
}

int routes_collect(const struct root *root, struct model *model, struct routes *ret_routes,
		   struct err *err)
{
	static const struct {
		const char *path;
		bool may_be_missing; /* where the kernel has no IPv6 */
	} files[] = {
		[TABLE_V4] = { "proc/net/route", false },
		[TABLE_FIB_TRIE] = { "proc/net/fib_trie", false },
		[TABLE_V6] = { "proc/net/ipv6_route", true },
	};
	CLEANUP(routes_done) struct routes routes = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		char source[32];
		int r = table_read(root, files[i].path, (enum table)i, &routes);

		if (r == 0 || (r == -ENOENT && files[i].may_be_missing))
			continue;
		(void)snprintf(source, sizeof(source), "/%s", files[i].path);
		if (r == -ENOMEM || !model_add_gap(model, source, strerror(-r), GAP_COST))
			return err_no_memory(err);
	}
	routes_sort(&routes);
	*ret_routes = routes;
	routes = (struct routes){ 0 };
	return 0;
}
