/*
 * Connections that wait for accept(), and those that were dropped because too many waited. The size
 * of a queue is backlog.c's, requests that are not connections yet are syn_queue.c's.
 */
#include <inttypes.h>

#include "cleanup.h"
#include "finding.h"

#include "accept.h"

/* Its thresholds say what an overflow is, whichever rule asks. */
static struct rule_input as_accept_queue_full(const struct rule_input *in)
{
	return (struct rule_input){ .model = in->model,
				    .profile = in->profile,
				    .rule = &rules_accept[0] };
}

/* BACKLOG + 1 connections fit: the kernel compares with "greater than". */
static enum queue_grade grade_queue(const struct listener *listener, double filling_percent,
				    double waiting)
{
	double queue = (double)listener->queue.value, backlog = (double)listener->backlog.value;

	if (!listener->queue.known)
		return QUEUE_UNKNOWN;
	if (queue == 0)
		return QUEUE_FINE;
	if (!listener->backlog.known)
		return QUEUE_UNKNOWN;
	if (queue > backlog)
		return QUEUE_FULL;
	return queue >= waiting && queue * 100 >= filling_percent * backlog ? QUEUE_FILLING
									    : QUEUE_FINE;
}

enum queue_grade overflow_grade(const struct rule_input *in, const struct listener *listener)
{
	struct rule_input own = as_accept_queue_full(in);

	return grade_queue(listener, rule_threshold(&own, "filling"),
			   rule_threshold(&own, "waiting"));
}

struct overflow overflow_find(const struct rule_input *in)
{
	struct rule_input own = as_accept_queue_full(in);
	const struct sockets *sockets = &in->model->sockets;
	struct overflow overflow = {
		.change = model_counter_change(in->model, COUNTER_LISTEN_OVERFLOWS),
	};

	overflow.movement = advise_movement(&overflow.change, rule_threshold(&own, "since_boot"),
					    rule_threshold(&own, "per_hour"));
	for (size_t i = 0; i < sockets->n_listeners; i++) {
		enum queue_grade grade = overflow_grade(in, &sockets->listeners[i]);

		overflow.full += grade == QUEUE_FULL;
		overflow.filling += grade == QUEUE_FILLING;
		overflow.unknown += grade == QUEUE_UNKNOWN;
	}
	return overflow;
}

static void want_accept_queue_full(const struct rule_input *in, struct inode_set *inodes)
{
	const struct sockets *sockets = &in->model->sockets;

	for (size_t i = 0; i < sockets->n_listeners; i++)
		if (overflow_grade(in, &sockets->listeners[i]) >= QUEUE_FILLING)
			inode_set_add(inodes, sockets->listeners[i].socket.inode);
}

static void name_queue(struct finding *f, const struct model *model, const struct listener *l)
{
	CLEANUP(freep) char *subject = advise_listener(f, model, l);

	finding_count(f, subject, "accept queue", l->queue.value, "connections",
		      "sock_diag idiag_rqueue");
	finding_count(f, subject, "limit (one more fits)", l->backlog.value, "connections",
		      "sock_diag idiag_wqueue");
}

/* Full queues first. */
static void name_queues(const struct rule_input *in, struct finding *f)
{
	const struct sockets *sockets = &in->model->sockets;
	size_t named = 0;

	for (int grade = QUEUE_FULL; grade >= QUEUE_FILLING; grade--)
		for (size_t i = 0; i < sockets->n_listeners && named < ADVISE_MAX_NAMED; i++)
			if ((int)overflow_grade(in, &sockets->listeners[i]) == grade) {
				name_queue(f, in->model, &sockets->listeners[i]);
				named++;
			}
}

static void explain_queues(struct finding *f, const struct overflow *o)
{
	if (o->full > 0) {
		finding_grade(f, SEV_CRITICAL);
		finding_explain(f,
				"%zu accept queue%s full: the kernel drops new connections there, "
				"and their clients wait 1, 2, 3 s and longer for retransmissions.",
				o->full, o->full == 1 ? " is" : "s are");
	}
	if (o->filling > 0) {
		finding_grade(f, SEV_ADVICE);
		finding_explain(f,
				"%zu accept queue%s filling up: the program takes connections "
				"more slowly than they arrive, at least for now.",
				o->filling, o->filling == 1 ? " is" : "s are");
	}
}

static void explain_overflows(struct finding *f, const struct overflow *o)
{
	if (o->movement < MOVEMENT_BEFORE)
		return;
	finding_grade(f, o->movement == MOVEMENT_NOW ? SEV_WARNING : SEV_ADVICE);
	if (o->movement == MOVEMENT_NOW)
		finding_explain(f, "ListenOverflows rose by %" PRIu64 " in %.0f s.",
				o->change.events.value, o->change.seconds);
	else if (o->change.seconds > 0)
		finding_explain(f,
				"ListenOverflows stands at %" PRIu64
				" since boot, %.1f an hour on average: "
				"when that was, a single sample cannot tell; audit --for 60 shows "
				"whether it still happens.",
				o->change.events.value,
				(double)o->change.events.value / o->change.seconds * 3600);
	else
		finding_explain(f,
				"ListenOverflows stands at %" PRIu64 "; audit --for 60 shows "
				"whether it still happens.",
				o->change.events.value);
	finding_explain(f, "The counter takes in every retransmission, so fewer clients were hit; "
			   "it belongs to the whole network namespace and names no listener.");
}

static enum verdict nothing_overflows(const struct rule_input *in, struct finding *f,
				      const struct overflow *o)
{
	const struct sockets *sockets = &in->model->sockets;

	if (!sockets->listeners_known)
		finding_missing(f, "listeners");
	else if (o->unknown > 0)
		finding_missing(f,
				"accept queue limits of %zu listener%s (only sock_diag has them)",
				o->unknown, o->unknown == 1 ? "" : "s");
	if (o->movement == MOVEMENT_UNKNOWN)
		advise_counter_missing(f, COUNTER_LISTEN_OVERFLOWS);
	return sockets->listeners_known && o->unknown == 0 && o->movement != MOVEMENT_UNKNOWN
		       ? VERDICT_OK
		       : VERDICT_UNKNOWN;
}

/* A queue that is empty again overflowed in a burst, or while the server was stuck for a moment. */
static void advise_by_queues(struct finding *f, const struct overflow *o)
{
	bool is_over = o->full == 0 && o->filling == 0 && o->unknown == 0;

	finding_act(
		f,
		&(struct advice){
			.kind = ACTION_APPLICATION,
			.key = is_over ? "tell a burst from a slow server"
				       : "accept connections faster",
			.proposed =
				is_over ? "no queue is full now; if Recv-Q grows for moments only, "
					  "a longer backlog holds the burst (see backlog-cap); if "
					  "it stays high, the program has to accept faster"
					: "more workers or threads, less work between two accept() "
					  "calls, nothing that blocks in the accepting thread",
			.risk = "A longer queue helps against bursts only (see backlog-cap): "
				"before a server that is too slow it ages requests.",
			.command = is_over ? "watch -n 0.2 ss -ltnp # Recv-Q waits, Send-Q is the "
					     "limit"
					   : "ss -ltnp # Recv-Q waits, Send-Q is the limit",
		});
}

static enum verdict check_accept_queue_full(const struct rule_input *in, struct finding *f)
{
	struct overflow o = overflow_find(in);

	if (o.full == 0 && o.filling == 0 && o.movement < MOVEMENT_BEFORE)
		return nothing_overflows(in, f, &o);
	name_queues(in, f);
	advise_counter(f, in->model, COUNTER_LISTEN_OVERFLOWS);
	explain_queues(f, &o);
	explain_overflows(f, &o);
	advise_by_queues(f, &o);
	return VERDICT_FINDING;
}

const struct rule rules_accept[] = {
	{
		.id = "accept-queue-full",
		.title = "Connections wait in a full accept queue, or are dropped before it",
		.worst = SEV_CRITICAL,
		.check = check_accept_queue_full,
		.wants = want_accept_queue_full,
		.rationale = "While a listener's accept queue is full, the kernel drops SYNs and "
			     "final ACKs, and clients wait seconds for their retransmissions. Some "
			     "clients even believe that they are connected while the server knows "
			     "nothing.",
		.folklore = "It does not take sk_drops or ListenDrops for an overflow, and it does "
			    "not read ListenOverflows as a number of clients: retransmissions "
			    "count.",
		.thresholds = {
			{ "filling", 50, "%", "of the limit in use, from where the queue fills up" },
			{ "waiting", 16, "connections", "at least, for a queue that fills up" },
			{ "since_boot", 100, "events", "of ListenOverflows in a single sample" },
			{ "per_hour", 1, "events/h", "of ListenOverflows in a single sample" },
		},
		.references = REFS("listen(2)", "sock_diag(7)",
				   "snmp_counter.rst: TcpExtListenOverflows, TcpExtListenDrops"),
	},
	{ 0 },
};
