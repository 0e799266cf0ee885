/* Destinations in words, and the advice that gives connect() more ports, least invasive first. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "cleanup.h"
#include "portset.h"
#include "sysctl_value.h"
#include "sysctls.h"

#include "finding.h"
#include "ports.h"

#include "advise.h"
#include "port_advice.h"

enum {
	/* Most well-known services listen below; even, so that the ends differ in parity. */
	WIDER_LOW = 10240,
	WIDER_HIGH = HIGHEST_PORT,
	WORTH_PERCENT = 10, /* of the ports: a smaller gain is not worth the risk */
	/* Well below what any rule asks for before it advises another range. */
	NARROW_RANGE = 10000,
	PRESSURE_PERCENT = 10,
};

void destination_format(char buf[static DESTINATION_STRLEN], const struct destination *destination)
{
	char local[ADDR_STRLEN], remote[ENDPOINT_STRLEN];

	addr_format(local, &destination->local_addr);
	endpoint_format(remote, &destination->remote_addr, destination->remote_port);
	(void)snprintf(buf, DESTINATION_STRLEN, "%s -> %s", local, remote);
}

bool port_advice_lacks(struct finding *finding, const struct model *model)
{
	CLEANUP(portset_done) struct portset reserved = { 0 };
	bool lacks = true;

	if (!model->sockets.backend)
		finding_missing(finding, "the host's TCP sockets");
	else if (!ports_range(model).known)
		advise_sysctl_missing(finding, model, SYSCTL_IP_LOCAL_PORT_RANGE);
	else if (!ports_reserved(model, &reserved))
		advise_sysctl_missing(finding, model, SYSCTL_IP_LOCAL_RESERVED_PORTS);
	else if (!model->sockets.listeners_known || !model->sockets.destinations_known)
		finding_missing(finding, "which sockets are outbound");
	else
		lacks = false;
	return lacks;
}

void port_advice_programs(struct finding *finding, const struct model *model, const char *subject,
			  const struct destination *destination)
{
	char *owners[DESTINATION_SAMPLES] = { NULL };

	for (uint32_t i = 0; i < destination->n_samples; i++) {
		bool is_new = true;

		owners[i] = advise_owner(finding, model, &destination->samples[i]);
		if (!owners[i] || !*owners[i])
			continue;
		for (uint32_t j = 0; j < i; j++)
			is_new = is_new && !(owners[j] && strcmp(owners[i], owners[j]) == 0);
		if (is_new)
			finding_text(finding, subject, "program", owners[i], "/proc/PID/fd");
	}
	for (size_t i = 0; i < DESTINATION_SAMPLES; i++)
		free(owners[i]);
}

bool port_advice_unreserved(const struct model *model, const struct portset *reserved,
			    struct port_range range, struct portset *ret_ports)
{
	CLEANUP(portset_done) struct portset ports = { 0 };

	for (size_t i = 0; i < model->sockets.n_listeners; i++) {
		const struct listener *listener = &model->sockets.listeners[i];

		/* Next time the kernel chooses another port: to reserve this one helps nobody. */
		if (listener->kernel_chosen || listener->port < range.low ||
		    listener->port > range.high || portset_has(reserved, listener->port))
			continue;
		if (!portset_add(&ports, listener->port, NULL))
			return false;
	}
	for (size_t i = 0; i < model->n_unit_ports; i++) {
		uint16_t port = model->unit_ports[i].port;

		if (port >= range.low && port <= range.high && !portset_has(reserved, port) &&
		    !portset_add(&ports, port, NULL))
			return false;
	}
	*ret_ports = ports;
	ports = (struct portset){ 0 };
	return true;
}

/* False where the range is as wide as is sensible already. */
static bool wider_range(const struct model *model, struct port_range *range)
{
	struct reading start = model_sysctl(model, SYSCTL_IP_UNPRIVILEGED_PORT_START);
	uint32_t ports = range->high - range->low + 1U;
	uint32_t low = WIDER_LOW, high = WIDER_HIGH;

	/* The kernel refuses a range that begins below the privileged ports' end. */
	if (start.known && start.value > low && start.value <= WIDER_HIGH)
		low = (uint32_t)(start.value + start.value % 2);
	if (range->low <= low) {
		low = range->low;
		if ((high - low) % 2 == 0 && range->high < high)
			high--;
	}
	if ((high - low + 1) * 100 < ports * (100 + WORTH_PERCENT))
		return false;
	range->low = (uint16_t)low;
	range->high = (uint16_t)high;
	return true;
}

bool port_advice_pressure(const struct model *model)
{
	const struct sockets *sockets = &model->sockets;

	/* They are sorted: the first is the fullest. */
	return sockets->n_destinations > 0 &&
	       sockets->destinations[0].budget.usage * 100 >= PRESSURE_PERCENT;
}

/*
 * Several findings may each propose the reserved list and a range, and are applied in any order. So
 * once a wider range may be among them, all name the list that the widest needs.
 */
static struct port_range span_to_reserve(const struct model *model, struct port_range range)
{
	struct port_range now = ports_range(model), span = now;

	if (now.high - now.low + 1 < NARROW_RANGE || port_advice_pressure(model))
		(void)wider_range(model, &span);
	if (range.low < span.low)
		span.low = range.low;
	if (range.high > span.high)
		span.high = range.high;
	return span;
}

bool port_advice_reserve(struct finding *finding, const struct model *model,
			 struct port_range range)
{
	const enum sysctl_id id = SYSCTL_IP_LOCAL_RESERVED_PORTS;
	const char *live = model_sysctl_text(model, id);
	struct port_range span = span_to_reserve(model, range);
	CLEANUP(portset_done) struct portset reserved = { 0 };
	CLEANUP(portset_done) struct portset wanted = { 0 };
	CLEANUP(freep) char *added = NULL;
	CLEANUP(freep) char *joined = NULL;
	CLEANUP(freep) char *formula = NULL;

	if (!finding || !ports_reserved(model, &reserved))
		return false;
	if (!port_advice_unreserved(model, &reserved, span, &wanted)) {
		finding->out_of_memory = true;
		return false;
	}
	if (wanted.count == 0)
		return true;
	if (!live)
		return false; /* a kernel older than the key */
	added = sysctl_format_port_set(&wanted);
	if (added)
		joined = sysctl_value_join(&sysctl_facts[id], live, VALUE_AT_LEAST, added);
	formula =
		advise_text(finding, "what is reserved (%s) and the listening ports in %u-%u (%s)",
			    *live ? live : "nothing", span.low, span.high, added ? added : "");
	if (!joined) {
		finding->out_of_memory = true;
		return false;
	}
	finding_propose(finding, model, id, joined, formula,
			"connect() and bind() to port 0 no longer choose these ports, so each "
			"destination has that many fewer; a program that binds one of them by its "
			"number still can.");
	return true;
}

/* The programs of the destinations whose ports bind() seems to have chosen. */
static void add_suspects(const struct model *model, struct socket_advice *advice)
{
	for (size_t i = 0; i < model->sockets.n_destinations; i++) {
		const struct destination *destination = &model->sockets.destinations[i];

		if (destination->budget.choice != CHOICE_BIND_SUSPECTED)
			continue;
		for (uint32_t s = 0; s < destination->n_samples; s++)
			advise_add_process(advice,
					   model_process_of(model, destination->samples[s].inode));
	}
}

void port_advice_no_port(struct finding *finding, const struct model *model)
{
	struct socket_advice shim = { .name = "no-port",
				      .options = { { "ip_bind_address_no_port", "on" } } };
	CLEANUP(freep) char *section = NULL;
	CLEANUP(freep) char *command = NULL;
	CLEANUP(freep) char *risk = NULL;

	if (model->host.kernel != 0 && model->host.kernel < KERNEL(4, 2))
		return;
	add_suspects(model, &shim);
	section = advise_section(finding, &shim);
	command = advise_run(finding, &shim);
	risk = advise_text(finding,
			   "Until connect(), getsockname() answers port 0: a program that asks for "
			   "its port in between gets a wrong one. Linux 4.2 and later.%s",
			   section ? ADVISE_BY_NAME_RISK : "");
	finding_act(finding,
		    &(struct advice){
			    .kind = ACTION_SOCKET_OPTION,
			    .key = "ip_bind_address_no_port",
			    .current = "not set, as far as the local ports tell",
			    .proposed = "1, set before bind() to port 0",
			    .formula =
				    "connect() then chooses the port, for this destination alone, "
				    "instead of bind() for all of them",
			    .risk = risk,
			    .command = command,
			    .undo = "leave the option out again",
			    .section = section,
			    .restart_needed = true,
		    });
}

bool port_advice_reuse_helps(const struct model *model, const struct destination *destination)
{
	struct reuse reuse = ports_reuse(model, &destination->remote_addr);
	struct reading timestamps = model_sysctl(model, SYSCTL_TCP_TIMESTAMPS);

	/* bind() before connect() never takes over a TIME-WAIT port (F3). */
	return reuse.known && !reuse.applies && timestamps.known && timestamps.value != 0 &&
	       destination->budget.choice != CHOICE_BIND_SUSPECTED &&
	       destination->time_wait * UINT64_C(100) >=
		       (uint64_t)destination->ports.count * WORTH_PERCENT &&
	       destination->time_wait > 0;
}

void port_advice_reuse(struct finding *finding, const struct model *model,
		       const struct destination *destination)
{
	struct reuse reuse = ports_reuse(model, &destination->remote_addr);
	CLEANUP(freep)
	char *formula = advise_text(finding,
				    "%" PRIu32 " of %" PRIu32
				    " ports to the fullest such destination are TIME-WAIT; a "
				    "port is free after %" PRIu32 " ms instead of %d s",
				    destination->time_wait, destination->ports.count,
				    reuse.delay_ms, TIME_WAIT_SECONDS);

	finding_propose(
		finding, model, SYSCTL_TCP_TW_REUSE, "1", formula,
		"Acts on outbound connections only, and only where the peer uses timestamps "
		"too. A port is taken over while segments of its last connection may still "
		"travel; timestamps tell them apart (RFC 6191).");
}

bool port_advice_range(struct finding *finding, const struct model *model, struct port_range wanted,
		       const char *formula)
{
	size_t before = finding ? finding->n_actions : 0;
	CLEANUP(freep) char *proposed = NULL;

	if (!finding || !model->sockets.listeners_known ||
	    !port_advice_reserve(finding, model, wanted))
		return false;
	proposed = advise_text(finding, "%u %u", wanted.low, wanted.high);
	if (!proposed)
		return false;
	finding_propose(
		finding, model, SYSCTL_IP_LOCAL_PORT_RANGE, proposed, formula,
		finding->n_actions > before
			? "Write the reserved list first. Services that listen in the range but do "
			  "not run now are not in it: add their ports. Firewall and NAT rules may "
			  "name the old range."
			: "A service that listens in the new range but does not run now is not "
			  "seen: reserve its port first. Firewall and NAT rules may name the old "
			  "range.");
	return true;
}

bool port_advice_widen(struct finding *finding, const struct model *model)
{
	struct port_range now = ports_range(model), wider = now;
	CLEANUP(freep) char *formula = NULL;

	if (!now.known || !wider_range(model, &wider))
		return false;
	formula = advise_text(finding, "%u - %u + 1 = %u ports instead of %u; reserved ones go off",
			      wider.high, wider.low, wider.high - wider.low + 1U,
			      now.high - now.low + 1U);
	return port_advice_range(finding, model, wider, formula);
}
