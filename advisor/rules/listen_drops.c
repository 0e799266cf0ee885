/* What listeners dropped for reasons other than full queues. */
#include <inttypes.h>

#include "finding.h"

#include "advise.h"
#include "rule.h"

/* Drops that neither full queue explains. Counters are not read at one instant: never below 0. */
static uint64_t other_drops(uint64_t drops, uint64_t overflows, uint64_t queue_full)
{
	uint64_t explained = overflows + queue_full;

	return drops > explained ? drops - explained : 0;
}

static void explain_other_drops(struct finding *f, const struct model *model, uint64_t other)
{
	finding_grade(f, SEV_ADVICE);
	advise_counter(f, model, COUNTER_LISTEN_DROPS);
	advise_counter(f, model, COUNTER_LISTEN_OVERFLOWS);
	advise_counter(f, model, COUNTER_REQ_Q_FULL_DROP);
	finding_count(f, NULL, "drops with another cause", other, "drops",
		      "ListenDrops - ListenOverflows - TCPReqQFullDrop");
	finding_explain(
		f,
		"Listeners dropped %" PRIu64 " SYNs or final ACKs for reasons that have no "
		"counter of their own. Known causes: with syncookies = 0, more than 3/4 of "
		"tcp_max_syn_backlog requests; SYNs to broadcast or multicast addresses; no "
		"route back to the client; no memory for the new socket; a security module "
		"or BPF program that refused.",
		other);
	if (model_counter_change(model, COUNTER_LISTEN_DROPS).since_boot)
		finding_explain(f, "These are totals so far: audit --for 60 shows whether they "
				   "still rise.");
	finding_act(f, &(struct advice){
			       .kind = ACTION_APPLICATION,
			       .key = "find the cause",
			       .proposed = "note when the counters move, and go through the causes "
					   "above",
			       .risk = ADVISE_LOOKS_ONLY,
			       .command = "nstat -az 'TcpExtListen*' 'TcpExtTCPReqQFull*'",
		       });
}

static enum verdict check_listen_drops_other(const struct rule_input *in, struct finding *f)
{
	struct counter_change drops = model_counter_change(in->model, COUNTER_LISTEN_DROPS);
	struct reading overflows = model_counter_change(in->model, COUNTER_LISTEN_OVERFLOWS).events;
	struct reading queue_full = model_counter_change(in->model, COUNTER_REQ_Q_FULL_DROP).events;
	double least = rule_threshold(in, drops.since_boot ? "since_boot" : "in_window");
	uint64_t other;

	if (!drops.events.known || !overflows.known) {
		if (!drops.events.known)
			advise_counter_missing(f, COUNTER_LISTEN_DROPS);
		if (!overflows.known)
			advise_counter_missing(f, COUNTER_LISTEN_OVERFLOWS);
		return VERDICT_UNKNOWN;
	}
	other = other_drops(drops.events.value, overflows.value,
			    queue_full.known ? queue_full.value : 0);
	if ((double)other < least)
		return VERDICT_OK;
	/* What is left may all be TCPReqQFullDrop, which kernels before 3.2 do not count. */
	if (!queue_full.known) {
		advise_counter_missing(f, COUNTER_REQ_Q_FULL_DROP);
		return VERDICT_UNKNOWN;
	}
	explain_other_drops(f, in->model, other);
	return VERDICT_FINDING;
}

const struct rule rules_listen_drops[] = {
	{
		.id = "listen-drops-other",
		.title = "Listeners drop packets for reasons other than full queues",
		.worst = SEV_ADVICE,
		.check = check_listen_drops_other,
		.rationale = "ListenDrops counts every SYN or final ACK that a listener did not "
			     "take, full queues included. What is left after those has other "
			     "causes, and longer queues do not help against them.",
		.folklore = "It never calls such drops an accept queue overflow: only "
			    "ListenOverflows proves one.",
		.thresholds = {
			{ "in_window", 10, "drops", "at least, within a window" },
			{ "since_boot", 1000, "drops", "at least, in a single sample" },
		},
		.references = REFS("snmp_counter.rst: TcpExtListenDrops",
				   "net/ipv4/tcp_input.c: tcp_conn_request"),
	},
	{ 0 },
};
