/* Lines of /proc/net/route, ipv6_route and fib_trie: whatever is read has a prefix that exists. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "routes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void route_take(struct routes *routes, const struct route *route)
{
	if (route->prefix == 0 || route->prefix > 128)
		abort();
	if (!routes_add(routes, route))
		abort();
}

static void lines_take(struct routes *routes, char *text)
{
	struct fib_trie state = { 0 };
	struct route route;

	for (char *line; (line = strsep(&text, "\n"));) {
		if (routes_parse_v4(line, &route))
			route_take(routes, &route);
		if (routes_parse_v6(line, &route))
			route_take(routes, &route);
		if (routes_parse_fib_trie(&state, line, &route))
			route_take(routes, &route);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct routes routes = { 0 };
	struct addr addr = { { 0 } };
	char *text = size ? malloc(size + 1) : NULL;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	lines_take(&routes, text);
	routes_sort(&routes);
	memcpy(addr.bytes, data, size < sizeof(addr.bytes) ? size : sizeof(addr.bytes));
	(void)routes_scope(&routes, &addr);
	routes_done(&routes);
	free(text);
	return 0;
}
