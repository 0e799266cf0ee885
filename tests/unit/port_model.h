#pragma once

/* Models of hosts with outbound sockets, for tests of port arithmetic and of rules on it. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "ports.h"

static inline void set_sysctl(struct model *model, enum sysctl_id id, const char *text)
{
	free(model->sysctls[id].text);
	model->sysctls[id] =
		(struct sysctl_reading){ .text = text ? strdup(text) : NULL, .writable = true };
}

/* A live kernel 6.12 with sock_diag, no sockets yet. NULL as text: that key could not be read. */
static inline struct model *port_model(const char *range, const char *reserved)
{
	struct model *model = model_new();

	cr_assert_not_null(model);
	set_sysctl(model, SYSCTL_IP_LOCAL_PORT_RANGE, range);
	set_sysctl(model, SYSCTL_IP_LOCAL_RESERVED_PORTS, reserved);
	set_sysctl(model, SYSCTL_TCP_TW_REUSE, "0");
	set_sysctl(model, SYSCTL_TCP_TIMESTAMPS, "1");
	model->sysctls[SYSCTL_TCP_TW_REUSE_DELAY].absent = true;
	model->sysctls[SYSCTL_TCP_TW_RECYCLE].absent = true;
	model->host.kernel = KERNEL(6, 12);
	model->host.uptime_s = reading_of(86400);
	model->sockets.backend = "sock_diag";
	model->sockets.destinations_known = range != NULL;
	model->sockets.listeners_known = true;
	model->sockets.bound_inactive_known = true;
	model->sockets.time_wait_histogram_known = true;
	return model;
}

static inline struct addr address(const char *text)
{
	struct addr addr;

	cr_assert(addr_parse(text, &addr));
	return addr;
}

/* The pointer is good until the next one is added. */
static inline struct destination *add_destination(struct model *model, const char *local,
						  const char *remote)
{
	struct sockets *sockets = &model->sockets;
	struct destination *destination;

	sockets->destinations = realloc(sockets->destinations,
					(sockets->n_destinations + 1) * sizeof(*destination));
	cr_assert_not_null(sockets->destinations);
	destination = &sockets->destinations[sockets->n_destinations++];
	*destination = (struct destination){ .local_addr = address(local),
					     .remote_addr = address(remote),
					     .remote_port = 443 };
	return destination;
}

/* N sockets on FIRST, FIRST + STEP...; LOW is the range's, which decides their parity. */
static inline void use_ports(struct destination *destination, uint16_t low, uint32_t first,
			     uint32_t step, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t port = first + i * step;

		cr_assert(portset_add(&destination->ports, (uint16_t)port, NULL));
		destination->judged++;
		destination->established++;
		destination->wrong_parity += (port - low) % 2;
	}
}

/* N of the destination's sockets are TIME-WAIT with LEFT to LEFT + 1 seconds left. */
static inline void make_time_wait(struct model *model, struct destination *destination,
				  uint32_t left, uint32_t n)
{
	if (!destination->time_wait_histogram)
		destination->time_wait_histogram = calloc(TIME_WAIT_SECONDS, sizeof(uint32_t));
	cr_assert_not_null(destination->time_wait_histogram);
	destination->time_wait_histogram[left] += n;
	destination->time_wait += n;
	destination->established -= n;
	model->sockets.time_wait_histogram[left] += n;
	model->sockets.time_wait_outbound += n;
	model->sockets.states[TCP_STATE_TIME_WAIT] += n;
}

static inline struct listener *add_listener(struct model *model, const char *addr, uint16_t port)
{
	struct sockets *sockets = &model->sockets;
	struct listener *listener;

	sockets->listeners =
		realloc(sockets->listeners, (sockets->n_listeners + 1) * sizeof(*listener));
	cr_assert_not_null(sockets->listeners);
	listener = &sockets->listeners[sockets->n_listeners++];
	*listener = (struct listener){ .addr = address(addr), .port = port };
	cr_assert(portset_add(&sockets->listening, port, NULL));
	return listener;
}

static inline uint32_t count_shared(const struct sockets *sockets, size_t of)
{
	const struct destination *destination = &sockets->destinations[of];
	uint32_t shared = 0;

	for (uint32_t port = 0; portset_next(&destination->ports, &port); port++)
		for (size_t i = 0; i < sockets->n_destinations; i++)
			if (i != of &&
			    addr_equal(&sockets->destinations[i].local_addr,
				       &destination->local_addr) &&
			    portset_has(&sockets->destinations[i].ports, (uint16_t)port)) {
				shared++;
				break;
			}
	return shared;
}

/* The sockets of one local address, which the first destination has. Call after adding all. */
static inline void add_local_address(struct model *model)
{
	struct sockets *sockets = &model->sockets;
	struct local_address *local = calloc(1, sizeof(*local));
	struct portset distinct = { 0 };

	cr_assert_not_null(local);
	local->addr = sockets->destinations[0].local_addr;
	for (size_t i = 0; i < sockets->n_destinations; i++) {
		struct destination *destination = &sockets->destinations[i];

		for (uint32_t port = 0; portset_next(&destination->ports, &port); port++)
			cr_assert(portset_add(&distinct, (uint16_t)port, NULL));
		local->outbound += destination->ports.count;
		local->destinations++;
		destination->shared_ports = count_shared(sockets, i);
	}
	local->distinct_ports = distinct.count;
	portset_done(&distinct);
	sockets->local_addresses = local;
	sockets->n_local_addresses = 1;
}

static inline void judge_ports(struct model *model)
{
	if (model->sockets.n_destinations > 0)
		add_local_address(model);
	cr_assert(ports_judge(model));
}
