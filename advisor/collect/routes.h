#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"

struct err;
struct model;
struct root;

/* Where an address is, as far as the routing tables show it. */
enum peer_scope {
	PEER_HERE,      /* this host itself */
	PEER_ON_LINK,   /* in a directly connected subnet */
	PEER_ELSEWHERE, /* behind a router */
};

struct route {
	struct addr network;
	uint8_t prefix; /* of the 128 bits: an IPv4 /24 is 120 here */
	enum peer_scope scope;
};

/* The routes of one prefix length: a binary search for each finds an address's longest prefix. */
struct route_group {
	uint64_t mask[2]; /* in memory order, as the address */
	size_t begin, end;
};

/* Own addresses and connected subnets, longest prefix first. All zero: nothing is known. */
struct routes {
	struct route *list; /* owned */
	size_t n, capacity;
	struct route_group groups[128];
	size_t n_groups;
};

/*
 * Reads /proc/net/{route,fib_trie,ipv6_route} below the root. What cannot be read becomes a gap;
 * only running out of memory is an error.
 */
int routes_collect(const struct root *root, struct model *model, struct routes *ret_routes,
		   struct err *err);
void routes_done(struct routes *routes);

/* False when memory runs out. Call routes_sort() after the last. */
bool routes_add(struct routes *routes, const struct route *route);
void routes_sort(struct routes *routes);

/* Without any route, every address but a loopback one counts as on the link: the milder claim. */
enum peer_scope routes_scope(const struct routes *routes, const struct addr *addr);

/* Lines of /proc/net/route and ipv6_route: true for a connected subnet or an own address. */
bool routes_parse_v4(const char *line, struct route *ret_route);
bool routes_parse_v6(const char *line, struct route *ret_route);

/* /proc/net/fib_trie names an address on one line and what it is on the next ones. */
struct fib_trie {
	struct addr addr;
	bool has_addr;
};
bool routes_parse_fib_trie(struct fib_trie *state, const char *line, struct route *ret_route);
