/* Rules on local ports in use: what connect() can still give, and who takes ports from it. */
#include <inttypes.h>
#include <stdio.h>

#include "addr.h"
#include "cleanup.h"
#include "portset.h"
#include "sysctls.h"

#include "finding.h"
#include "model.h"
#include "ports.h"

#include "advise.h"
#include "port_advice.h"
#include "rule.h"

/* What a destination's usage, or its expected exhaustion, is worth. */
static enum severity exhaustion_grade(const struct rule_input *in,
				      const struct destination *destination)
{
	const struct port_budget *budget = &destination->budget;
	double percent = budget->usage * 100;

	if (budget->usage < 0)
		return SEV_NONE;
	if (percent >= rule_threshold(in, "critical"))
		return SEV_CRITICAL;
	if (percent >= rule_threshold(in, "warning"))
		return SEV_WARNING;
	if (budget->exhaustion == EXHAUSTION_EXPECTED &&
	    (double)budget->seconds_to_exhaustion <= rule_threshold(in, "soon") &&
	    percent >= rule_threshold(in, "soon_usage"))
		return SEV_WARNING;
	return percent >= rule_threshold(in, "advice") ? SEV_ADVICE : SEV_NONE;
}

static void describe_exhaustion(struct finding *finding, const struct model *model,
				const struct destination *destination, const char *subject)
{
	const struct port_budget *budget = &destination->budget;
	/* A window helps only where the first sample had kept this destination. */
	const char *source = model->window_s > 0 && destination->ports_before.known
				     ? "ports used in the first and the last sample"
				     : advise_field(model, FIELD_EXPIRES);

	if (budget->rate_per_s > 0)
		finding_real(finding, subject, "ports taken", budget->rate_per_s, "1/s", source);
	switch (budget->exhaustion) {
	case EXHAUSTION_EXPECTED:
		finding_count(finding, subject, "time to exhaustion", budget->seconds_to_exhaustion,
			      "s", source);
		break;
	case EXHAUSTION_NEVER:
		finding_text(finding, subject, "time to exhaustion", "never at the rate seen",
			     source);
		break;
	case EXHAUSTION_UNKNOWN:
		finding_text(finding, subject, "time to exhaustion", "unknown", source);
		break;
	}
}

static void describe_destination(struct finding *finding, const struct model *model,
				 const struct destination *destination)
{
	const struct port_budget *budget = &destination->budget;
	const char *port = advise_field(model, FIELD_LOCAL_PORT);
	char subject[DESTINATION_STRLEN];

	destination_format(subject, destination);
	finding_count(finding, subject, "ports used (U)", budget->used.value, "ports", port);
	finding_count(finding, subject, "ports available (R)", budget->available.value, "ports",
		      PORT_ADVICE_R_SOURCE);
	finding_real(finding, subject, "usage (U/R)", budget->usage * 100, "%", "U and R above");
	if (destination->time_wait > 0)
		finding_count(finding, subject, "TIME-WAIT", destination->time_wait, "sockets",
			      advise_field(model, FIELD_STATE));
	if (budget->time_wait_reusable.value > 0)
		finding_count(finding, subject, "TIME-WAIT that may be reused, not in U",
			      budget->time_wait_reusable.value, "sockets",
			      advise_field(model, FIELD_EXPIRES));
	if (budget->held_suspected.value > 0)
		finding_count(finding, subject,
			      "ports lost to suspected bind-before-connect, not in R",
			      budget->held_suspected.value, "ports", port);
	describe_exhaustion(finding, model, destination, subject);
	port_advice_programs(finding, model, subject, destination);
}

/* Up to half of the range nothing fails, and connect() finds a port at once (F4b). */
static void advise_addresses(struct finding *finding, const struct port_budget *budget)
{
	uint64_t used = budget->used.value, available = budget->available.value;
	uint64_t addresses = (2 * used + available - 1) / available;
	CLEANUP(freep) char *split = NULL;
	CLEANUP(freep) char *count = NULL;

	if (addresses < 2)
		return;
	split = advise_text(finding, "U / (R / 2) = %" PRIu64 " / %.0f, rounded up: %" PRIu64 "%s",
			    used, (double)available / 2, addresses,
			    used < available ? ""
					     : " at least: with no port left, nobody sees how many "
					       "more are wanted");
	count = advise_text(finding, "%" PRIu64 " addresses", addresses);
	finding_act(
		finding,
		&(struct advice){
			.kind = ACTION_APPLICATION,
			.key = "more local or remote addresses",
			.current = "1 address",
			.proposed = count,
			.formula = split,
			.risk = "Each pair of addresses has R ports of its own. The program has to "
				"bind its local addresses in turn with IP_BIND_ADDRESS_NO_PORT, or "
				"connect to several remote ones.",
		});
}

/*
 * Is WORST short of ports because bind() takes them? Then it would be graded better once connect()
 * chose them all: others' ports would be its own too, and its TIME-WAIT ones could be reused.
 */
static bool is_bind_the_cause(const struct rule_input *in, const struct destination *worst)
{
	struct reuse reuse = ports_reuse(in->model, &worst->remote_addr);
	struct destination after = *worst; /* borrows what WORST owns */
	uint64_t used = worst->budget.used.value;

	if (worst->budget.choice == CHOICE_BIND_SUSPECTED && reuse.known && reuse.applies)
		used -= worst->time_wait < used ? worst->time_wait : used;
	after.budget.usage = (double)used / (double)(worst->budget.available.value +
						     worst->budget.held_suspected.value);
	if (worst->budget.choice == CHOICE_BIND_SUSPECTED)
		after.budget.exhaustion = EXHAUSTION_UNKNOWN; /* that was at the other's pace */
	return exhaustion_grade(in, &after) < exhaustion_grade(in, worst);
}

/*
 * The cause before all else, then the least invasive; the range comes last, and never without the
 * reserved list it needs.
 */
static void advise_more_ports(const struct rule_input *in, struct finding *finding,
			      const struct destination *worst,
			      const struct destination *reuse_helps, bool bind_suspected)
{
	const struct model *model = in->model;
	bool bind_first = bind_suspected && is_bind_the_cause(in, worst);
	double available = (double)worst->budget.available.value;
	CLEANUP(freep)
	char *rate = advise_text(
		finding,
		"R / %d s = %.0f / %d = %.1f new connections a second to one destination, where "
		"this host closes first and no port is reused early",
		TIME_WAIT_SECONDS, available, TIME_WAIT_SECONDS, available / TIME_WAIT_SECONDS);

	if (bind_first)
		port_advice_no_port(finding, model);
	finding_act(finding,
		    &(struct advice){
			    .kind = ACTION_APPLICATION,
			    .key = "connection pool",
			    .proposed = "keep connections open and use them again",
			    .formula = rate,
			    .risk = "Kept connections idle: the peer or a balancer between may "
				    "drop them, so they need keepalive below that limit.",
		    });
	if (bind_suspected && !bind_first)
		port_advice_no_port(finding, model);
	advise_addresses(finding, &worst->budget);
	if (reuse_helps)
		port_advice_reuse(finding, model, reuse_helps);
	(void)port_advice_widen(finding, model);
}

static void explain_exhaustion(struct finding *finding, const struct model *model,
			       const struct destination *worst, size_t n)
{
	char subject[DESTINATION_STRLEN];

	destination_format(subject, worst);
	finding_explain(finding,
			"%s uses %" PRIu64 " of the %" PRIu64
			" local ports that connect() can give "
			"it.",
			subject, worst->budget.used.value, worst->budget.available.value);
	if (n > 1)
		finding_explain(finding, "Destinations short of ports: %zu.", n);
	finding_explain(finding, "When none is left, connect() fails with EADDRNOTAVAIL (\"Cannot "
				 "assign requested address\"), which no counter shows.");
	if (model->window_s <= 0)
		finding_explain(finding, "One sample sees closes but not how established sockets "
					 "grow: --for SECONDS does.");
	if (!model->sockets.bound_inactive_known)
		finding_explain(finding,
				"Sockets that are bound and idle hold ports as well; they "
				"cannot be seen here (Linux 6.8 with sock_diag shows them), "
				"so R may be smaller.");
}

/* Why the usage of DESTINATION could not be computed although ports and the range are known. */
static enum verdict exhaustion_unknown(struct finding *finding, const struct model *model,
				       const struct destination *destination)
{
	if (destination->budget.available.known && destination->budget.available.value == 0)
		finding_missing(finding, "a port that connect() could give at all (R = 0)");
	else if (!model_sysctl(model, SYSCTL_TCP_TW_REUSE).known)
		advise_sysctl_missing(finding, model, SYSCTL_TCP_TW_REUSE);
	else if (!model_sysctl(model, SYSCTL_TCP_TIMESTAMPS).known)
		advise_sysctl_missing(finding, model, SYSCTL_TCP_TIMESTAMPS);
	else
		finding_missing(finding, "the ages of TIME-WAIT sockets");
	return VERDICT_UNKNOWN;
}

static enum verdict check_exhaustion(const struct rule_input *in, struct finding *finding)
{
	const struct sockets *sockets = &in->model->sockets;
	const struct destination *worst = NULL, *reuse_helps = NULL, *unknown = NULL;
	bool bind_suspected = false;
	size_t n = 0;

	if (port_advice_lacks(finding, in->model))
		return VERDICT_UNKNOWN;
	for (size_t i = 0; i < sockets->n_destinations; i++) {
		const struct destination *destination = &sockets->destinations[i];
		enum severity grade = exhaustion_grade(in, destination);

		if (destination->budget.usage < 0)
			unknown = destination;
		if (grade == SEV_NONE)
			continue;
		finding_grade(finding, grade);
		if (n++ < PORT_ADVICE_MAX_NAMED)
			describe_destination(finding, in->model, destination);
		if (!worst)
			worst = destination;
		if (!reuse_helps && port_advice_reuse_helps(in->model, destination))
			reuse_helps = destination;
		bind_suspected = bind_suspected || destination->budget.held_suspected.value > 0 ||
				 destination->budget.choice == CHOICE_BIND_SUSPECTED;
	}
	if (n == 0)
		return unknown ? exhaustion_unknown(finding, in->model, unknown) : VERDICT_OK;
	if (n > PORT_ADVICE_MAX_NAMED)
		finding_count(finding, NULL, "further destinations short of ports",
			      n - PORT_ADVICE_MAX_NAMED, "destinations",
			      advise_field(in->model, FIELD_LOCAL_PORT));
	advise_sysctl(finding, in->model, SYSCTL_IP_LOCAL_PORT_RANGE);
	explain_exhaustion(finding, in->model, worst, n);
	advise_more_ports(in, finding, worst, reuse_helps, bind_suspected);
	return VERDICT_FINDING;
}

static void want_samples(const struct destination *destination, struct inode_set *inodes)
{
	for (uint32_t i = 0; i < destination->n_samples; i++)
		inode_set_add(inodes, destination->samples[i].inode);
}

static void want_exhausting(const struct rule_input *in, struct inode_set *inodes)
{
	const struct sockets *sockets = &in->model->sockets;
	size_t n = 0;

	for (size_t i = 0; i < sockets->n_destinations && n < PORT_ADVICE_MAX_NAMED; i++)
		if (exhaustion_grade(in, &sockets->destinations[i]) != SEV_NONE) {
			want_samples(&sockets->destinations[i], inodes);
			n++;
		}
}

static bool is_suspected(const struct destination *destination)
{
	return destination->budget.choice == CHOICE_BIND_SUSPECTED;
}

static void describe_suspect(struct finding *finding, const struct model *model,
			     const struct destination *destination)
{
	const char *source = advise_field(model, FIELD_LOCAL_PORT);
	char subject[DESTINATION_STRLEN];

	destination_format(subject, destination);
	finding_count(finding, subject, "sockets judged", destination->judged, "sockets", source);
	finding_count(finding, subject, "on the parity that bind() takes first",
		      destination->wrong_parity, "sockets", source);
	finding_count(finding, subject, "local ports shared with other destinations",
		      destination->shared_ports, "ports", source);
	port_advice_programs(finding, model, subject, destination);
}

/* Where nobody is accused: could that be because the range was another one? */
static enum verdict bind_unaccused(struct finding *finding, const struct sockets *sockets)
{
	enum verdict verdict = VERDICT_OK;
	char addr[ADDR_STRLEN];

	for (size_t i = 0; i < sockets->n_local_addresses; i++) {
		const struct local_address *local = &sockets->local_addresses[i];

		if (local->out_of_range == 0)
			continue;
		addr_format(addr, &local->addr);
		finding_missing(finding,
				"the port range when the sockets of %s were made: %" PRIu32
				" use ports outside today's",
				addr, local->out_of_range);
		verdict = VERDICT_UNKNOWN;
	}
	return verdict;
}

static void explain_suspects(struct finding *finding, size_t n, uint64_t held, uint32_t range)
{
	finding_count(finding, NULL, "ports held for all destinations", held, "ports",
		      "local ports of the suspected sockets");
	finding_explain(
		finding,
		"The local ports to %zu destination%s look as if bind() with port 0 had chosen "
		"them before connect(): connect() takes the other parity first and gives "
		"several destinations the same port.",
		n, n == 1 ? "" : "s");
	finding_explain(finding,
			"Such a port is lost to every destination, so %" PRIu64 " of the range's "
			"%" PRIu32 " ports are gone for the whole host, TIME-WAIT included, and "
			"bind() fails with EADDRINUSE when all are.",
			held, range);
	finding_explain(finding,
			"Once the program leaves the choice to connect(), the ports of its old "
			"sockets that are in TIME-WAIT still come back only after %d s.",
			TIME_WAIT_SECONDS);
	finding_explain(finding,
			"This is judged from port numbers and not proven; a wider range only "
			"delays it.");
}

static enum verdict check_bind(const struct rule_input *in, struct finding *finding)
{
	const struct sockets *sockets = &in->model->sockets;
	uint32_t range = ports_in_range(in->model);
	uint64_t held = 0;
	size_t n = 0;

	if (port_advice_lacks(finding, in->model))
		return VERDICT_UNKNOWN;
	for (size_t i = 0; i < sockets->n_destinations; i++) {
		if (!is_suspected(&sockets->destinations[i]))
			continue;
		held += sockets->destinations[i].ports.count;
		if (n++ < PORT_ADVICE_MAX_NAMED)
			describe_suspect(finding, in->model, &sockets->destinations[i]);
	}
	if (n == 0)
		return bind_unaccused(finding, sockets);
	finding_grade(finding, (double)held * 100 >= rule_threshold(in, "warning") * range
				       ? SEV_WARNING
				       : SEV_ADVICE);
	explain_suspects(finding, n, held, range);
	port_advice_no_port(finding, in->model);
	return VERDICT_FINDING;
}

static void want_suspects(const struct rule_input *in, struct inode_set *inodes)
{
	const struct sockets *sockets = &in->model->sockets;
	size_t n = 0;

	for (size_t i = 0; i < sockets->n_destinations && n < PORT_ADVICE_MAX_NAMED; i++)
		if (is_suspected(&sockets->destinations[i])) {
			want_samples(&sockets->destinations[i], inodes);
			n++;
		}
}

const struct rule rules_ports[] = {
	{
		.id = "port-exhaustion",
		.title = "A destination runs out of local ports",
		.worst = SEV_CRITICAL,
		.check = check_exhaustion,
		.wants = want_exhausting,
		.rationale = "Every connection from one local address to one remote address and "
			     "port needs a local port of its own, and where this host closes first "
			     "the port stays taken for 60 seconds more. When none is left, "
			     "connect() fails with EADDRNOTAVAIL, and no counter shows it; it also "
			     "grows slow once half are used.",
		.folklore = "Widening the range to 1024-65535 is not the first thing to do, and "
			    "without reserving the ports of the services inside it breaks their "
			    "next restart. The limit holds per destination, not for the host.",
		.thresholds = {
			{ "advice", 50, "%", "usage U/R from which it is advice" },
			{ "warning", 80, "%", "usage U/R from which it is a warning" },
			{ "critical", 95, "%", "usage U/R from which it is critical" },
			{ "soon", 60, "s", "exhaustion expected within this time is a warning as well" },
			{ "soon_usage", 10, "%", "but only from this usage on: a short burst is no trend" },
		},
		.references = REFS("ip(7): ip_local_port_range", "connect(2): EADDRNOTAVAIL",
				   "ip-sysctl.rst: ip_local_port_range, tcp_tw_reuse", "RFC 6056",
				   "RFC 9293, section 3.6.1: TIME-WAIT"),
	},
	{
		.id = "port-bind-before-connect",
		.title = "A program binds a port before it connects",
		.worst = SEV_WARNING,
		.check = check_bind,
		.wants = want_suspects,
		.rationale = "bind() with port 0 must choose a port before the destination is "
			     "known, so it takes one from all destinations at once: a range that "
			     "would serve each of them serves only their sum. "
			     "IP_BIND_ADDRESS_NO_PORT leaves the choice to connect().",
		.folklore = "It is not the range that is too small. Ports of both parities alike "
			    "accuse nobody: a program that searches the whole range makes them "
			    "too.",
		.thresholds = {
			{ "warning", 25, "%", "share of the range so held from which it is a warning" },
		},
		.references = REFS("ip(7): IP_BIND_ADDRESS_NO_PORT", "ip(7): IP_LOCAL_PORT_RANGE",
				   "bind(2): EADDRINUSE"),
	},
	{ 0 },
};
