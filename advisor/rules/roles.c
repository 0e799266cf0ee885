/*
 * What a host is for, guessed from its sockets. A wrong role is worse than none: each takes two
 * independent signs, listeners and traffic, and anything less is "general".
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "array.h"
#include "model.h"

#include "roles.h"

enum {
	MAX_ROLE_PORTS = 8,
	LEAST_INBOUND = 10,   /* connections to a role's listeners that make them a busy service */
	LEAST_OUTBOUND = 100, /* that make a host a client */
	FEW_UPSTREAMS = 32,   /* a proxy forwards to few destinations, a crawler to many */
	UPSTREAM_SHARE = 4,   /* and at least one connection for so many inbound ones */
	ADMINISTRATION = 22,  /* ssh says nothing of a host's role */
};

struct service {
	const char *role;
	uint16_t ports[MAX_ROLE_PORTS]; /* up to the first 0 */
};

static const struct service services[] = {
	{ "web-server", { 80, 443, 8080, 8443 } },
	{ "database", { 5432, 3306, 1433, 1521, 27017 } },
	{ "cache", { 6379, 11211 } },
};
enum { WEB, DATABASE, CACHE };

static bool service_has(const struct service *service, uint16_t port)
{
	for (size_t i = 0; i < MAX_ROLE_PORTS && service->ports[i]; i++)
		if (service->ports[i] == port)
			return true;
	return false;
}

/* One service's listeners that other hosts can reach, and what came to them. */
struct sight {
	uint16_t port; /* of the busiest; 0: nobody listens */
	uint64_t inbound, busiest;
};

static struct sight look_at(const struct sockets *sockets, const struct service *service)
{
	struct sight sight = { 0 };

	for (size_t i = 0; i < sockets->n_listeners; i++) {
		const struct listener *l = &sockets->listeners[i];
		uint64_t inbound = (uint64_t)l->established + l->time_wait;

		if (addr_is_loopback(&l->addr) || !service_has(service, l->port))
			continue;
		sight.inbound += inbound;
		if (!sight.port || inbound > sight.busiest) {
			sight.port = l->port;
			sight.busiest = inbound;
		}
	}
	return sight;
}

/* Outbound connections that may be forwarded requests: not those to databases and caches. */
struct upstreams {
	uint64_t connections;
	size_t destinations;
};

static struct upstreams upstreams_of(const struct sockets *sockets)
{
	struct upstreams upstreams = { 0 };

	for (size_t i = 0; i < sockets->n_destinations; i++) {
		const struct destination *d = &sockets->destinations[i];

		if (d->established + d->time_wait == 0 ||
		    service_has(&services[DATABASE], d->remote_port) ||
		    service_has(&services[CACHE], d->remote_port))
			continue;
		upstreams.connections += (uint64_t)d->established + d->time_wait;
		upstreams.destinations++;
	}
	upstreams.connections += sockets->folded_sockets;
	upstreams.destinations += sockets->folded_destinations;
	return upstreams;
}

static bool forwards(const struct upstreams *upstreams, uint64_t inbound)
{
	return upstreams->connections >= LEAST_INBOUND &&
	       upstreams->connections * UPSTREAM_SHARE >= inbound &&
	       upstreams->destinations <= FEW_UPSTREAMS;
}

static bool serves_others(const struct sockets *sockets)
{
	for (size_t i = 0; i < sockets->n_listeners; i++)
		if (!addr_is_loopback(&sockets->listeners[i].addr) &&
		    sockets->listeners[i].port != ADMINISTRATION)
			return true;
	return false;
}

__attribute__((format(printf, 3, 4))) static void say(struct role_guess *guess, const char *name,
						      const char *format, ...)
{
	va_list args;

	(void)snprintf(guess->name, sizeof(guess->name), "%s", name);
	va_start(args, format);
	(void)vsnprintf(guess->why, sizeof(guess->why), format, args);
	va_end(args);
}

static void guess_service(const struct sockets *sockets, const struct sight *sight, size_t service,
			  struct role_guess *ret_guess)
{
	struct upstreams upstreams = upstreams_of(sockets);

	if (service == WEB && forwards(&upstreams, sight->inbound))
		say(ret_guess, "reverse-proxy",
		    "listens on port %u with %" PRIu64 " inbound connections, and has %" PRIu64
		    " outbound ones to %zu destination%s",
		    sight->port, sight->inbound, upstreams.connections, upstreams.destinations,
		    upstreams.destinations == 1 ? "" : "s");
	else
		say(ret_guess, services[service].role,
		    "listens on port %u, with %" PRIu64 " inbound connections to such ports",
		    sight->port, sight->inbound);
}

static void guess_client(const struct sockets *sockets, struct role_guess *ret_guess)
{
	uint64_t outbound = sockets->established_outbound + sockets->time_wait_outbound;

	if (!serves_others(sockets) && outbound >= LEAST_OUTBOUND)
		say(ret_guess, "api-client",
		    "no listener but ssh that other hosts can reach, and %" PRIu64
		    " outbound connections",
		    outbound);
	else
		say(ret_guess, "general",
		    "no role shows two signs: fewer than %d inbound connections on the ports of "
		    "any, and "
		    "%" PRIu64 " outbound ones, %s",
		    LEAST_INBOUND, outbound,
		    outbound >= LEAST_OUTBOUND ? "beside listeners that other hosts can reach"
					       : "too few for a client");
}

void roles_guess(const struct model *model, struct role_guess *ret_guess)
{
	const struct sockets *sockets = &model->sockets;
	struct sight sights[ARRAY_SIZE(services)];
	size_t candidates = 0, last = 0;

	if (!sockets->listeners_known) {
		say(ret_guess, "general",
		    "the listeners are unknown, so nothing speaks for a role");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		sights[i] = look_at(sockets, &services[i]);
		if (sights[i].inbound < LEAST_INBOUND)
			continue;
		candidates++;
		last = i;
	}
	if (candidates == 1)
		guess_service(sockets, &sights[last], last, ret_guess);
	else if (candidates == 0)
		guess_client(sockets, ret_guess);
	else
		say(ret_guess, "general",
		    "several roles at once: %" PRIu64 " inbound connections to web ports, %" PRIu64
		    " to database ports, %" PRIu64 " to cache ports",
		    sights[WEB].inbound, sights[DATABASE].inbound, sights[CACHE].inbound);
}
