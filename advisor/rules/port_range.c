/* Rules on the ephemeral port range itself: who listens inside, and whether it makes sense. */
#include <inttypes.h>
#include <stdio.h>

#include "cleanup.h"
#include "portset.h"
#include "sysctls.h"

#include "finding.h"
#include "model.h"
#include "ports.h"

#include "advise.h"
#include "port_advice.h"
#include "rule.h"

static void describe_listeners(struct finding *finding, const struct model *model,
			       const struct portset *inside)
{
	size_t n = 0;

	for (size_t i = 0; i < model->sockets.n_listeners; i++) {
		const struct listener *listener = &model->sockets.listeners[i];
		CLEANUP(freep) char *subject = NULL;

		if (listener->kernel_chosen || !portset_has(inside, listener->port) ||
		    n++ >= PORT_ADVICE_MAX_NAMED)
			continue;
		subject = advise_listener(finding, model, listener);
		finding_count(finding, subject, "listening port in the range", listener->port, NULL,
			      advise_field(model, FIELD_LOCAL_PORT));
	}
	if (n > PORT_ADVICE_MAX_NAMED)
		finding_count(finding, NULL, "further listeners in the range",
			      n - PORT_ADVICE_MAX_NAMED, "listeners",
			      advise_field(model, FIELD_LOCAL_PORT));
}

/* One that the kernel chose is not the unit's, even where the number is the same. */
static bool listens_on(const struct sockets *sockets, uint16_t port)
{
	for (size_t i = 0; i < sockets->n_listeners; i++)
		if (sockets->listeners[i].port == port && !sockets->listeners[i].kernel_chosen)
			return true;
	return false;
}

/* Ports of units that run are among the listeners already. How many ports do not listen now. */
static uint32_t describe_units(struct finding *finding, const struct model *model,
			       const struct portset *inside)
{
	CLEANUP(portset_done) struct portset silent = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < model->n_unit_ports; i++) {
		const struct unit_port *unit = &model->unit_ports[i];

		if (!portset_has(inside, unit->port) || listens_on(&model->sockets, unit->port))
			continue;
		if (!portset_add(&silent, unit->port, NULL) && finding)
			finding->out_of_memory = true;
		if (n++ < PORT_ADVICE_MAX_NAMED)
			finding_count(finding, unit->unit, "port of a unit that is not running",
				      unit->port, NULL, unit->file);
	}
	if (n > PORT_ADVICE_MAX_NAMED)
		finding_count(finding, NULL, "further ports of units that are not running",
			      n - PORT_ADVICE_MAX_NAMED, "ports", "socket units");
	return silent.count;
}

static void explain_ports(struct finding *finding, struct port_range range, uint32_t listening,
			  uint32_t silent)
{
	if (listening > 0)
		finding_explain(
			finding,
			"%" PRIu32
			" listening port%s in the range that connect() and bind() to port 0 "
			"choose from (%u-%u) and not reserved. While the service is down, another "
			"socket may get the port, and the service then cannot bind it.",
			listening, listening == 1 ? " is" : "s are", range.low, range.high);
	if (silent > 0)
		finding_explain(
			finding,
			"Enabled socket units that do not run now want %" PRIu32
			" port%s of the ephemeral range (%u-%u) that %s not reserved. An outbound "
			"connection may have the port when the unit is started, which then "
			"fails.",
			silent, silent == 1 ? "" : "s", range.low, range.high,
			silent == 1 ? "is" : "are");
	if (listening > 0)
		finding_explain(finding,
				"A program that lets the kernel choose its listening port needs no "
				"reservation.");
}

static enum verdict check_listeners(const struct rule_input *in, struct finding *finding)
{
	CLEANUP(portset_done) struct portset reserved = { 0 };
	CLEANUP(portset_done) struct portset inside = { 0 };
	struct port_range range = ports_range(in->model);
	uint32_t silent;

	if (port_advice_lacks(finding, in->model) || !ports_reserved(in->model, &reserved))
		return VERDICT_UNKNOWN;
	if (!port_advice_unreserved(in->model, &reserved, range, &inside)) {
		if (finding)
			finding->out_of_memory = true;
		return VERDICT_UNKNOWN;
	}
	if (inside.count == 0)
		return VERDICT_OK;
	finding_grade(finding, SEV_ADVICE);
	describe_listeners(finding, in->model, &inside);
	silent = describe_units(finding, in->model, &inside);
	advise_sysctl(finding, in->model, SYSCTL_IP_LOCAL_PORT_RANGE);
	advise_sysctl(finding, in->model, SYSCTL_IP_LOCAL_RESERVED_PORTS);
	explain_ports(finding, range, inside.count - silent, silent);
	(void)port_advice_reserve(finding, in->model, range);
	return VERDICT_FINDING;
}

static void want_listeners(const struct rule_input *in, struct inode_set *inodes)
{
	CLEANUP(portset_done) struct portset reserved = { 0 };
	CLEANUP(portset_done) struct portset inside = { 0 };
	const struct sockets *sockets = &in->model->sockets;
	struct port_range range = ports_range(in->model);

	if (!range.known || !ports_reserved(in->model, &reserved))
		return;
	if (!port_advice_unreserved(in->model, &reserved, range, &inside)) {
		inodes->out_of_memory = true;
		return;
	}
	for (size_t i = 0; i < sockets->n_listeners; i++)
		if (portset_has(&inside, sockets->listeners[i].port))
			inode_set_add(inodes, sockets->listeners[i].socket.inode);
}

/* Only where ports run short more than the kernel's default: a narrow range may be meant. */
static void propose_wider(struct finding *finding, const struct model *model)
{
	const char *text =
		sysctl_default(&sysctl_facts[SYSCTL_IP_LOCAL_PORT_RANGE], model->host.kernel);
	struct port_range range;

	if (port_advice_pressure(model) && port_advice_widen(finding, model))
		return;
	if (text && ports_range_parse(text, &range))
		(void)port_advice_range(finding, model, range, "this kernel's default");
}

static void propose_parity(struct finding *finding, const struct model *model,
			   struct port_range range)
{
	CLEANUP(freep) char *proposed = NULL;
	CLEANUP(freep) char *formula = NULL;

	if (port_advice_pressure(model) && port_advice_widen(finding, model))
		return;
	/* One port less: what was outside the range on purpose stays outside. */
	proposed = advise_text(finding, "%u %u", range.low, range.high - 1U);
	formula = advise_text(finding, "%u - 1 = %u: one end even, the other odd", range.high,
			      range.high - 1U);
	if (proposed)
		finding_propose(finding, model, SYSCTL_IP_LOCAL_PORT_RANGE, proposed, formula,
				"One port less.");
}

/* What reservations leave of the range; all of it where they are unknown. */
static uint32_t usable_ports(const struct model *model, uint32_t ports)
{
	CLEANUP(portset_done) struct portset reserved = { 0 };

	return ports_reserved(model, &reserved) ? ports_in_range(model) : ports;
}

static void describe_narrow(const struct rule_input *in, struct finding *finding, uint32_t ports,
			    uint32_t usable)
{
	if (usable < ports) {
		advise_sysctl(finding, in->model, SYSCTL_IP_LOCAL_RESERVED_PORTS);
		finding_count(finding, NULL, "of those, not reserved", usable, "ports",
			      "the range less the reserved ports");
	}
	finding_explain(finding,
			"The range leaves %" PRIu32 " ports: no more connections than that can "
			"exist to one destination at a time, and %.1f a second where this host "
			"closes first.",
			usable, (double)usable / TIME_WAIT_SECONDS);
	if (ports < rule_threshold(in, "advice"))
		propose_wider(finding, in->model);
	else
		/* Which reservation may go is not to be seen from here. */
		finding_act(finding, &(const struct advice){
					     .kind = ACTION_APPLICATION,
					     .key = "reserve fewer ports",
					     .risk = "A service whose port is no longer reserved "
						     "may find it taken when it starts.",
					     .command = "sysctl net.ipv4.ip_local_reserved_ports",
				     });
}

static enum verdict check_range(const struct rule_input *in, struct finding *finding)
{
	struct port_range range = ports_range(in->model);
	bool same_parity, narrow;
	uint32_t ports, usable;

	if (!range.known) {
		advise_sysctl_missing(finding, in->model, SYSCTL_IP_LOCAL_PORT_RANGE);
		return VERDICT_UNKNOWN;
	}
	ports = range.high - range.low + 1U;
	same_parity = ports > 1 && ports % 2 == 1;
	usable = usable_ports(in->model, ports);
	narrow = usable < rule_threshold(in, "advice");
	if (!same_parity && !narrow)
		return VERDICT_OK;
	finding_grade(finding, usable < rule_threshold(in, "warning") ? SEV_WARNING : SEV_ADVICE);
	advise_sysctl(finding, in->model, SYSCTL_IP_LOCAL_PORT_RANGE);
	finding_count(finding, NULL, "ports in the range", ports, "ports", "high - low + 1");
	if (narrow)
		describe_narrow(in, finding, ports, usable);
	if (same_parity) {
		finding_explain(finding, "Both ends have the same parity. connect() and bind() to "
					 "port 0 share the range by parity, and the kernel warns "
					 "about such a range when it is set.");
		if (!narrow)
			propose_parity(finding, in->model, range);
	}
	return VERDICT_FINDING;
}

const struct rule rules_port_range[] = {
	{
		.id = "port-listener-in-range",
		.title = "A service listens inside the ephemeral port range",
		.worst = SEV_ADVICE,
		.check = check_listeners,
		.wants = want_listeners,
		.rationale = "A port in the ephemeral range may be given to any outbound "
			     "connection while its service is down, and the service then fails to "
			     "start. Reserved ports are never chosen by the kernel.",
		.folklore = "Reserving a port does not keep a program from binding it by number, "
			    "and no entry that is reserved already is ever dropped.",
		.references = REFS("ip-sysctl.rst: ip_local_reserved_ports",
				   "ip(7): ip_local_port_range"),
	},
	{
		.id = "port-range-sane",
		.title = "The ephemeral port range is small or odd",
		.worst = SEV_WARNING,
		.check = check_range,
		.rationale = "The range bounds how many connections can exist to one destination. "
			     "The kernel gives one parity to connect() first and the other to "
			     "bind(), which needs ends of different parity.",
		.thresholds = {
			{ "advice", 10000, "ports", "fewer are advice" },
			{ "warning", 2000, "ports", "fewer are a warning" },
		},
		.references = REFS("ip-sysctl.rst: ip_local_port_range",
				   "ip(7): ip_local_port_range"),
	},
	{ 0 },
};
