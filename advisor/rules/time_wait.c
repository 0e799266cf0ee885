/* Rules on TIME-WAIT: what it tells, when its protection is lost, and who may reuse its ports. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "cleanup.h"
#include "counters.h"
#include "sysctl_value.h"
#include "sysctls.h"

#include "finding.h"
#include "model.h"
#include "ports.h"

#include "advise.h"
#include "port_advice.h"
#include "rule.h"

enum {
	/* Measured on 6.18 (F-tw-mem): the connecting side pays for bind buckets as well. */
	ACCEPTED_BYTES = 256,
	CONNECTED_BYTES = 515,
	TOP_NAMED = 5,
	HIGHEST_LIMIT = INT32_MAX, /* tcp_max_tw_buckets is an int */
};

static void describe_memory(struct finding *finding, const struct sockets *sockets, uint64_t count)
{
	const char *source = "256 bytes each where accepted, 515 where connected";

	if (sockets->destinations_known) {
		finding_count(finding, NULL, "kernel memory of TIME-WAIT",
			      sockets->time_wait_inbound * ACCEPTED_BYTES +
				      sockets->time_wait_outbound * CONNECTED_BYTES,
			      "bytes", source);
		return;
	}
	finding_count(finding, NULL, "kernel memory of TIME-WAIT, at least", count * ACCEPTED_BYTES,
		      "bytes", source);
	finding_count(finding, NULL, "kernel memory of TIME-WAIT, at most", count * CONNECTED_BYTES,
		      "bytes", source);
}

/* A place among those with most TIME-WAIT. */
struct place {
	const void *row;
	uint32_t time_wait;
};

/* Equals keep the order in which they come; what has none gets no place. */
static void place_row(struct place top[static TOP_NAMED], const void *row, uint32_t time_wait)
{
	size_t at = TOP_NAMED;

	while (at > 0 && top[at - 1].time_wait < time_wait)
		at--;
	if (at == TOP_NAMED)
		return;
	memmove(&top[at + 1], &top[at], (TOP_NAMED - at - 1) * sizeof(top[0]));
	top[at] = (struct place){ row, time_wait };
}

static void describe_destinations(struct finding *finding, const struct model *model)
{
	struct place top[TOP_NAMED] = { 0 };

	for (size_t i = 0; i < model->sockets.n_destinations; i++)
		place_row(top, &model->sockets.destinations[i],
			  model->sockets.destinations[i].time_wait);
	for (size_t i = 0; i < TOP_NAMED && top[i].row; i++) {
		char subject[DESTINATION_STRLEN];

		destination_format(subject, top[i].row);
		finding_count(finding, subject, "TIME-WAIT towards it, a local port each",
			      top[i].time_wait, "sockets", advise_field(model, FIELD_STATE));
	}
}

static void describe_listeners(struct finding *finding, const struct model *model)
{
	struct place top[TOP_NAMED] = { 0 };

	for (size_t i = 0; i < model->sockets.n_listeners; i++)
		place_row(top, &model->sockets.listeners[i], model->sockets.listeners[i].time_wait);
	for (size_t i = 0; i < TOP_NAMED && top[i].row; i++) {
		CLEANUP(freep) char *subject = advise_listener(finding, model, top[i].row);

		finding_count(finding, subject,
			      "TIME-WAIT of its connections, no port of their own",
			      top[i].time_wait, "sockets", advise_field(model, FIELD_STATE));
	}
}

static enum verdict check_rate(const struct rule_input *in, struct finding *finding)
{
	const struct sockets *sockets = &in->model->sockets;
	uint64_t count = sockets->states[TCP_STATE_TIME_WAIT];
	const char *source = advise_field(in->model, FIELD_STATE);
	double per_s = model_time_wait_rate(in->model);

	if (!sockets->backend) {
		finding_missing(finding, "the host's TCP sockets");
		return VERDICT_UNKNOWN;
	}
	if ((double)count < rule_threshold(in, "count"))
		return VERDICT_OK;
	finding_grade(finding, SEV_INFO);
	finding_count(finding, NULL, "TIME-WAIT", count, "sockets", source);
	finding_real(finding, NULL, "closes a second, mean of the last 60 s",
		     (double)count / TIME_WAIT_SECONDS, "1/s", source);
	if (per_s >= 0)
		finding_real(finding, NULL, "closes a second, mean of the last 10 s", per_s, "1/s",
			     advise_field(in->model, FIELD_EXPIRES));
	describe_memory(finding, sockets, count);
	describe_destinations(finding, in->model);
	describe_listeners(finding, in->model);
	finding_explain(finding,
			"TIME-WAIT is the normal end of a connection that this host closed "
			"first. It lasts 60 s whatever is set, so the count is the rate of "
			"closes times 60 and no fault.");
	if (sockets->time_wait_outbound > 0)
		finding_explain(finding,
				"It costs the memory above and, for the %" PRIu64 " that this host "
				"opened itself, a local port each: rule port-exhaustion judges "
				"those.",
				sockets->time_wait_outbound);
	else if (sockets->destinations_known)
		finding_explain(finding, "It costs the memory above, and no local port: clients "
					 "opened all of these.");
	return VERDICT_FINDING;
}

/* TIME-WAIT and what else counts against tcp_max_tw_buckets: orphaned FIN-WAIT-2 (F7). */
static struct reading buckets_used(const struct model *model)
{
	if (model->sockstat.tw.known || !model->sockets.backend)
		return model->sockstat.tw;
	return reading_of(model->sockets.states[TCP_STATE_TIME_WAIT]);
}

/* What TIME-WAIT would have reached, had there been room: the largest that is known of. */
static uint64_t buckets_peak(const struct model *model, enum movement movement, uint64_t limit,
			     uint64_t *ret_wanted)
{
	struct counter_change lost = model_counter_change(model, COUNTER_TIME_WAIT_OVERFLOW);
	uint64_t peak = buckets_used(model).value;
	double per_s = model_time_wait_rate(model);
	double wanted;

	*ret_wanted = 0;
	if (movement == MOVEMENT_NOW && lost.seconds > 0) {
		if (per_s < 0) /* unknown: then at least what was lost */
			per_s = 0;
		per_s += (double)lost.events.value / lost.seconds;
		wanted = per_s * TIME_WAIT_SECONDS;
		*ret_wanted = wanted < HIGHEST_LIMIT ? (uint64_t)wanted + 1 : HIGHEST_LIMIT;
	}
	if (movement != MOVEMENT_NONE && movement != MOVEMENT_UNKNOWN && peak < limit)
		peak = limit; /* it was reached, or nothing would have been lost */
	return peak < *ret_wanted ? *ret_wanted : peak;
}

/*
 * What the kernel would have set: half of its hash table's buckets, which it shows as a negative
 * number where a namespace uses the host's table. 0: unknown, as on kernels before 6.1.
 */
static uint64_t buckets_default(const struct model *model)
{
	const char *text = model_sysctl_text(model, SYSCTL_TCP_EHASH_ENTRIES);
	struct sysctl_numbers entries;

	if (!text || !sysctl_parse_numbers(text, &entries) || entries.n != 1)
		return 0;
	return (uint64_t)llabs(entries.value[0]) / 2;
}

/* Where 2 x PEAK comes from; WANTED is the peak by rates, or 0. */
static char *peak_formula(struct finding *finding, const struct model *model, uint64_t peak,
			  uint64_t wanted)
{
	CLEANUP(freep)
	char *by_rate =
		wanted ? advise_text(finding, ", or 60 s x (closes + losses a second) = %" PRIu64,
				     wanted)
		       : advise_text(finding, "%s", "");

	return advise_text(finding,
			   "2 x peak = 2 x %" PRIu64 "; peak: the largest of %" PRIu64
			   " now, the limit of %" PRIu64 " if it was reached%s",
			   peak, buckets_used(model).value,
			   model_sysctl(model, SYSCTL_TCP_MAX_TW_BUCKETS).value,
			   by_rate ? by_rate : "");
}

static void propose_buckets(struct finding *finding, const struct model *model, uint64_t value,
			    const char *origin)
{
	CLEANUP(freep) char *proposed = advise_text(finding, "%" PRIu64, value);
	CLEANUP(freep)
	char *formula = advise_text(
		finding, "%s. Memory at most %" PRIu64 " x 256 to 515 bytes = %.2f to %.2f MB",
		origin, value, (double)value * ACCEPTED_BYTES / 1e6,
		(double)value * CONNECTED_BYTES / 1e6);

	if (proposed)
		finding_propose(finding, model, SYSCTL_TCP_MAX_TW_BUCKETS, proposed, formula,
				"More kernel memory while as many connections close.");
}

/* Never lower than it is. */
static void advise_buckets(struct finding *finding, const struct model *model,
			   enum movement movement)
{
	struct reading limit = model_sysctl(model, SYSCTL_TCP_MAX_TW_BUCKETS);
	uint64_t usual = buckets_default(model);
	CLEANUP(freep) char *origin = NULL;
	uint64_t peak, wanted, twice;

	if (!limit.known)
		return;
	peak = buckets_peak(model, movement, limit.value, &wanted);
	twice = peak > HIGHEST_LIMIT / 2 ? HIGHEST_LIMIT : peak * 2;
	if (usual > limit.value && usual >= twice) {
		origin = advise_text(finding,
				     "|tcp_ehash_entries| / 2 = %" PRIu64
				     " / 2, this kernel's own default",
				     usual * 2);
		propose_buckets(finding, model, usual, origin ? origin : "");
	} else if (twice > limit.value) {
		origin = peak_formula(finding, model, peak, wanted);
		propose_buckets(finding, model, twice, origin ? origin : "");
	}
}

static void explain_lowered(struct finding *finding, const struct model *model)
{
	finding_count(finding, NULL, "this kernel's own default", buckets_default(model), "sockets",
		      "/proc/sys/net/ipv4/tcp_ehash_entries, half of it");
	finding_explain(finding, "tcp_max_tw_buckets is set below this kernel's own default. That "
				 "ends no connection sooner, it only leaves the next ones without "
				 "their protection.");
}

static void explain_overflow(struct finding *finding, enum movement movement)
{
	finding_explain(finding,
			"Past tcp_max_tw_buckets a connection closes without TIME-WAIT: "
			"nobody is reset and nothing is logged, but a late segment of it may "
			"reach the next connection on the same ports. Orphaned FIN-WAIT-2 "
			"count against the limit too.");
	if (movement == MOVEMENT_BEFORE)
		finding_explain(finding, "The losses are a total so far: --for SECONDS tells "
					 "whether they happen now.");
}

static enum verdict overflow_missing(struct finding *finding, const struct model *model,
				     enum movement movement, bool limit_known, bool used_known)
{
	if (movement == MOVEMENT_UNKNOWN)
		advise_counter_missing(finding, COUNTER_TIME_WAIT_OVERFLOW);
	if (!limit_known)
		advise_sysctl_missing(finding, model, SYSCTL_TCP_MAX_TW_BUCKETS);
	if (!used_known)
		finding_missing(finding, "/proc/net/sockstat TCP tw");
	return movement != MOVEMENT_UNKNOWN && limit_known && used_known ? VERDICT_OK
									 : VERDICT_UNKNOWN;
}

static enum verdict check_overflow(const struct rule_input *in, struct finding *finding)
{
	struct counter_change lost = model_counter_change(in->model, COUNTER_TIME_WAIT_OVERFLOW);
	enum movement movement = advise_movement(&lost, rule_threshold(in, "since_boot"),
						 rule_threshold(in, "per_hour"));
	struct reading limit = model_sysctl(in->model, SYSCTL_TCP_MAX_TW_BUCKETS);
	struct reading used = buckets_used(in->model);
	bool nearly_full =
		limit.known && used.known &&
		(double)used.value * 100 > (double)limit.value * rule_threshold(in, "full");
	bool lowered = limit.known && limit.value < buckets_default(in->model);

	if (!nearly_full && !lowered && movement != MOVEMENT_NOW && movement != MOVEMENT_BEFORE)
		return overflow_missing(finding, in->model, movement, limit.known, used.known);
	finding_grade(finding, nearly_full || movement == MOVEMENT_NOW ? SEV_WARNING : SEV_ADVICE);
	advise_counter(finding, in->model, COUNTER_TIME_WAIT_OVERFLOW);
	if (used.known)
		finding_count(finding, NULL, "TIME-WAIT", used.value, "sockets",
			      in->model->sockstat.tw.known ? "/proc/net/sockstat TCP tw"
							   : advise_field(in->model, FIELD_STATE));
	advise_sysctl(finding, in->model, SYSCTL_TCP_MAX_TW_BUCKETS);
	explain_overflow(finding, movement);
	if (lowered)
		explain_lowered(finding, in->model);
	advise_buckets(finding, in->model, movement);
	return VERDICT_FINDING;
}

/* tcp_tw_reuse = 1 is set: it works with timestamps, and without them does nothing. */
static enum verdict check_reuse_in_force(const struct rule_input *in, struct finding *finding)
{
	struct reading timestamps = model_sysctl(in->model, SYSCTL_TCP_TIMESTAMPS);

	if (!timestamps.known) {
		advise_sysctl_missing(finding, in->model, SYSCTL_TCP_TIMESTAMPS);
		return VERDICT_UNKNOWN;
	}
	if (timestamps.value != 0)
		return VERDICT_OK;
	finding_grade(finding, SEV_ADVICE);
	advise_sysctl(finding, in->model, SYSCTL_TCP_TW_REUSE);
	advise_sysctl(finding, in->model, SYSCTL_TCP_TIMESTAMPS);
	finding_explain(finding,
			"tcp_tw_reuse = 1 does nothing here: without timestamps the kernel "
			"cannot tell a late segment of the old connection from the new one, "
			"and reuses no port.");
	finding_propose(finding, in->model, SYSCTL_TCP_TIMESTAMPS, "1",
			"tcp_tw_reuse = 1 needs tcp_timestamps other than 0",
			"12 bytes more in each segment of new connections.");
	return VERDICT_FINDING;
}

static void describe_reuse(struct finding *finding, const struct model *model,
			   const struct destination *destination)
{
	char subject[DESTINATION_STRLEN];

	destination_format(subject, destination);
	finding_count(finding, subject, "ports used (U)", destination->budget.used.value, "ports",
		      advise_field(model, FIELD_LOCAL_PORT));
	finding_count(finding, subject, "ports available (R)", destination->budget.available.value,
		      "ports", PORT_ADVICE_R_SOURCE);
	finding_real(finding, subject, "usage (U/R)", destination->budget.usage * 100, "%",
		     "U and R above");
	finding_count(finding, subject, "TIME-WAIT", destination->time_wait, "sockets",
		      advise_field(model, FIELD_STATE));
}

static void explain_reuse(struct finding *finding, const struct model *model, size_t n)
{
	finding_count(finding, NULL, "TIME-WAIT on outbound ports",
		      model->sockets.time_wait_outbound, "sockets",
		      advise_field(model, FIELD_STATE));
	advise_sysctl(finding, model, SYSCTL_TCP_TW_REUSE);
	advise_sysctl(finding, model, SYSCTL_TCP_TIMESTAMPS);
	finding_explain(finding,
			"Towards %zu destination%s this host connects and closes first, so the "
			"TIME-WAIT and its port stay here, and ports run short.",
			n, n == 1 ? "" : "s");
	finding_explain(finding,
			"With tcp_tw_reuse = 1 connect() takes such a port over after a "
			"second; 2, the kernel's default, does so between loopback addresses "
			"only. Inbound connections are not affected at all.");
}

static enum verdict check_reuse(const struct rule_input *in, struct finding *finding)
{
	const struct sockets *sockets = &in->model->sockets;
	struct reading mode = model_sysctl(in->model, SYSCTL_TCP_TW_REUSE);
	const struct destination *worst = NULL;
	bool some_unknown = false;
	size_t n = 0;

	if (!mode.known) {
		advise_sysctl_missing(finding, in->model, SYSCTL_TCP_TW_REUSE);
		return VERDICT_UNKNOWN;
	}
	if (mode.value == 1)
		return check_reuse_in_force(in, finding);
	if (port_advice_lacks(finding, in->model))
		return VERDICT_UNKNOWN;
	if (!model_sysctl(in->model, SYSCTL_TCP_TIMESTAMPS).known) {
		advise_sysctl_missing(finding, in->model, SYSCTL_TCP_TIMESTAMPS);
		return VERDICT_UNKNOWN;
	}
	for (size_t i = 0; i < sockets->n_destinations; i++) {
		const struct destination *destination = &sockets->destinations[i];

		some_unknown = some_unknown || destination->budget.usage < 0;
		if (destination->budget.usage * 100 < rule_threshold(in, "usage") ||
		    !port_advice_reuse_helps(in->model, destination))
			continue;
		if (!worst)
			worst = destination;
		if (n++ < PORT_ADVICE_MAX_NAMED)
			describe_reuse(finding, in->model, destination);
	}
	if (n == 0 && some_unknown)
		finding_missing(finding, "the ports that destinations use and have");
	if (n == 0)
		return some_unknown ? VERDICT_UNKNOWN : VERDICT_OK;
	finding_grade(finding, SEV_ADVICE);
	explain_reuse(finding, in->model, n);
	port_advice_reuse(finding, in->model, worst);
	return VERDICT_FINDING;
}

static enum verdict check_recycle(const struct rule_input *in, struct finding *finding)
{
	const struct sysctl_reading *reading = &in->model->sysctls[SYSCTL_TCP_TW_RECYCLE];
	struct reading value = model_sysctl(in->model, SYSCTL_TCP_TW_RECYCLE);
	bool dead = in->model->host.kernel >= KERNEL(4, 12);

	if (!value.known && reading->absent)
		return VERDICT_OK;
	if (!value.known) {
		advise_sysctl_missing(finding, in->model, SYSCTL_TCP_TW_RECYCLE);
		return VERDICT_UNKNOWN;
	}
	if (value.value == 0)
		return VERDICT_OK;
	finding_grade(finding, dead ? SEV_ADVICE : SEV_CRITICAL);
	advise_sysctl(finding, in->model, SYSCTL_TCP_TW_RECYCLE);
	advise_counter(finding, in->model, COUNTER_PAWS_PASSIVE);
	finding_explain(
		finding,
		"tcp_tw_recycle refuses SYNs whose timestamp is older than the last one from "
		"the same address. Clients behind one NAT share an address but no clock, so "
		"some of them cannot connect.");
	if (dead)
		finding_explain(finding,
				"Kernels since 4.12 do not have it; this one should ignore it.");
	finding_propose(finding, in->model, SYSCTL_TCP_TW_RECYCLE, "0",
			"0: off, as in every kernel since 4.12", "None.");
	return VERDICT_FINDING;
}

const struct rule rules_time_wait[] = {
	{
		.id = "tw-rate",
		.title = "Many connections are in TIME-WAIT",
		.worst = SEV_INFO,
		.check = check_rate,
		.rationale = "The number of TIME-WAIT sockets tells how many connections this host "
			     "closes first, and where to. The count alone harms nothing: each "
			     "takes a few hundred bytes, and a local port only where this host "
			     "connected.",
		.folklore = "Nothing is recommended because of the count alone; tcp_fin_timeout "
			    "does not shorten TIME-WAIT, and nothing else does.",
		.thresholds = {
			{ "count", 100, "sockets", "fewer TIME-WAIT sockets are not mentioned" },
		},
		.references = REFS("RFC 9293, section 3.6.1: TIME-WAIT", "tcp(7)", "RFC 1337"),
	},
	{
		.id = "tw-overflow",
		.title = "Connections close, or soon may, without TIME-WAIT",
		.worst = SEV_WARNING,
		.check = check_overflow,
		.rationale = "TIME-WAIT keeps late segments of a connection away from the next one "
			     "on the same ports. Past tcp_max_tw_buckets it is left out silently, "
			     "and data can be corrupted or connections reset for no visible "
			     "reason.",
		.folklore = "tcp_max_tw_buckets is never lowered to get rid of TIME-WAIT: that "
			    "gives up what it protects from.",
		.thresholds = {
			{ "full", 80, "%", "of tcp_max_tw_buckets in use, from which it is a warning" },
			{ "since_boot", 100, "events", "fewer losses since boot are not mentioned" },
			{ "per_hour", 1, "events/h", "fewer losses an hour since boot are not mentioned" },
		},
		.references = REFS("ip-sysctl.rst: tcp_max_tw_buckets",
				   "RFC 9293, section 3.6.1: TIME-WAIT", "RFC 1337"),
	},
	{
		.id = "tw-reuse",
		.title = "Ports in TIME-WAIT could be used again",
		.worst = SEV_ADVICE,
		.check = check_reuse,
		.rationale = "Where this host connects and closes first, each connection keeps its "
			     "port for 60 seconds after its end. tcp_tw_reuse = 1 lets connect() "
			     "take such a port over after one second, if both sides use "
			     "timestamps.",
		.folklore = "It has no effect on inbound connections, whose TIME-WAIT takes no "
			    "port. Set without need it is no fault, and 2 is the kernel's default.",
		.thresholds = {
			{ "usage", 50, "%", "usage U/R from which ports are short enough to ask for it" },
		},
		.references = REFS("ip-sysctl.rst: tcp_tw_reuse, tcp_tw_reuse_delay", "RFC 6191",
				   "tcp(7)"),
	},
	{
		.id = "tw-recycle",
		.title = "tcp_tw_recycle refuses clients behind NAT",
		.worst = SEV_CRITICAL,
		.check = check_recycle,
		.rationale = "Before Linux 4.12 it refused SYNs by comparing timestamps of "
			     "everybody behind an address, so clients behind NAT timed out at "
			     "random. Linux 4.12 removed it.",
		.folklore = "It never was a safe way to have fewer TIME-WAIT.",
		.references = REFS("tcp(7): tcp_tw_recycle", "RFC 7323, section 5: PAWS",
				   "Linux commit 4396e46187ca"),
	},
	{ 0 },
};
