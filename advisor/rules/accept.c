/*
 * Connections that wait for accept(), and those that were dropped instead. The size of a queue is
 * backlog.c's, requests that are not connections yet are syn_queue.c's.
 */
#include <inttypes.h>

#include "cleanup.h"
#include "finding.h"

#include "accept.h"

enum { ACCEPT_QUEUE_FULL }; /* its row, whose thresholds say what an overflow is */

static struct rule_input as_accept_queue_full(const struct rule_input *in)
{
	return (struct rule_input){ .model = in->model,
				    .profile = in->profile,
				    .rule = &rules_accept[ACCEPT_QUEUE_FULL] };
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

bool listener_has_traffic(const struct listener *l)
{
	return l->established || l->syn_recv || l->close_wait || l->time_wait ||
	       (l->queue.known && l->queue.value);
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
				"ListenOverflows stands at %" PRIu64 " since boot; audit --for 60 "
				"shows whether it still happens.",
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

static enum verdict check_accept_queue_full(const struct rule_input *in, struct finding *f)
{
	struct overflow o = overflow_find(in);

	if (o.full == 0 && o.filling == 0 && o.movement < MOVEMENT_BEFORE)
		return nothing_overflows(in, f, &o);
	name_queues(in, f);
	advise_counter(f, in->model, COUNTER_LISTEN_OVERFLOWS);
	explain_queues(f, &o);
	explain_overflows(f, &o);
	finding_act(f,
		    &(struct advice){
			    .kind = ACTION_APPLICATION,
			    .key = "accept connections faster",
			    .proposed = "more workers or threads, less work between two accept() "
					"calls, nothing that blocks in the accepting thread",
			    .risk = "A longer queue helps against bursts only (see backlog-cap): "
				    "before a server that is too slow it ages requests.",
			    .command = "ss -ltnp # Recv-Q waits, Send-Q is the limit",
		    });
	return VERDICT_FINDING;
}

static enum verdict check_syncookies_off(const struct rule_input *in, struct finding *f)
{
	struct reading cookies = model_sysctl(in->model, SYSCTL_TCP_SYNCOOKIES);

	if (!cookies.known) {
		advise_sysctl_missing(f, in->model, SYSCTL_TCP_SYNCOOKIES);
		return VERDICT_UNKNOWN;
	}
	if (cookies.value == 1)
		return VERDICT_OK;
	advise_sysctl(f, in->model, SYSCTL_TCP_SYNCOOKIES);
	if (cookies.value == 0) {
		finding_grade(f, SEV_WARNING);
		finding_explain(f, "SYN cookies are off: once a listener's SYN queue is full, new "
				   "clients are dropped, and a small flood is enough for that.");
	} else {
		finding_grade(f, SEV_ADVICE);
		finding_explain(f,
				"SYN cookies are sent for every connection, not only when a queue "
				"is full: clients without timestamps lose window scaling and "
				"selective acknowledgements. The kernel means this for tests.");
	}
	finding_propose(f, in->model, SYSCTL_TCP_SYNCOOKIES, "1", NULL,
			"While a SYN queue is full, clients without timestamps connect without "
			"window scaling.");
	return VERDICT_FINDING;
}

/* Drops that neither full queue explains; counters are not read at one instant, so never below 0.
 */
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
		finding_explain(f, "These are totals since boot: audit --for 60 shows whether they "
				   "still rise.");
	finding_act(f, &(struct advice){
			       .kind = ACTION_APPLICATION,
			       .key = "find the cause",
			       .proposed = "note when the counters move, and go through the causes "
					   "above",
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

const struct rule rules_accept[] = {
	[ACCEPT_QUEUE_FULL] = {
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
	{
		.id = "backlog-cap",
		.title = "A listener's backlog is too small for the bursts that reach it",
		.worst = SEV_WARNING,
		.check = check_backlog_cap,
		.wants = want_backlog_cap,
		.rationale = "A listener's limit is the smaller of listen()'s backlog and "
			     "somaxconn, fixed at the moment of listen(). Raising the one that is "
			     "not the limit, or not calling listen() again, changes nothing.",
		.folklore = "It never raises somaxconn where the application's own backlog is the "
			    "limit, and never lengthens a queue that did not overflow.",
		.thresholds = {
			{ "patience", 1, "s", "that a client waits before it gives up" },
		},
		.references = REFS("listen(2)", "ip-sysctl.rst: somaxconn"),
	},
	{
		.id = "syn-queue",
		.title = "A listener's SYN queue is full",
		.worst = SEV_WARNING,
		.check = check_syn_queue,
		.wants = want_syn_queue,
		.rationale = "Handshakes that are not finished wait in the SYN queue; when it is "
			     "full, the kernel answers with cookies or drops. The kernel logs "
			     "\"Possible SYN flooding\" once per listener only, so the log says "
			     "little.",
		.folklore = "It never advises tcp_max_syn_backlog: with syncookies on, the limit "
			    "is the listener's backlog, and that key has no effect.",
		.thresholds = {
			{ "filling", 50, "%", "of the backlog in SYN-RECV, from where it fills up" },
			{ "waiting", 16, "requests", "at least, for a queue that fills up" },
			{ "since_boot", 100, "events", "of a counter in a single sample" },
			{ "per_hour", 1, "events/h", "of a counter in a single sample" },
		},
		.references = REFS("tcp(7)", "ip-sysctl.rst: tcp_syncookies", "RFC 4987"),
	},
	{
		.id = "syncookies-off",
		.title = "SYN cookies are not used where they are needed",
		.worst = SEV_WARNING,
		.check = check_syncookies_off,
		.rationale = "Without cookies a small flood of SYNs fills a queue and locks new "
			     "clients out. With cookies always on, every client without timestamps "
			     "loses window scaling.",
		.folklore = "It does not tell anyone to switch cookies off because the log "
			    "mentions a flood.",
		.references = REFS("tcp(7)", "ip-sysctl.rst: tcp_syncookies", "RFC 4987"),
	},
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
