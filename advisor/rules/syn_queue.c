/*
 * Requests in SYN-RECV against the listener's backlog, the counters of full SYN queues, and the
 * cookies that answer in their place.
 */
#include <inttypes.h>

#include "cleanup.h"
#include "finding.h"

#include "accept.h"

static enum queue_grade grade_requests(const struct rule_input *in, const struct listener *listener)
{
	double requests = listener->syn_recv, backlog = (double)listener->backlog.value;

	if (requests == 0)
		return QUEUE_FINE;
	if (!listener->backlog.known)
		return QUEUE_UNKNOWN;
	/* Kernels differ by one in whether a queue that holds the backlog is full already. */
	if (requests >= backlog)
		return QUEUE_FULL;
	return requests >= rule_threshold(in, "waiting") &&
			       requests * 100 >= rule_threshold(in, "filling") * backlog
		       ? QUEUE_FILLING
		       : QUEUE_FINE;
}

static void want_syn_queue(const struct rule_input *in, struct inode_set *inodes)
{
	const struct sockets *sockets = &in->model->sockets;

	for (size_t i = 0; i < sockets->n_listeners; i++)
		if (grade_requests(in, &sockets->listeners[i]) >= QUEUE_FILLING)
			inode_set_add(inodes, sockets->listeners[i].socket.inode);
}

static enum movement moved(const struct rule_input *in, enum counter_id id)
{
	struct counter_change change = model_counter_change(in->model, id);

	return advise_movement(&change, rule_threshold(in, "since_boot"),
			       rule_threshold(in, "per_hour"));
}

/*
 * With tcp_syncookies = 2 every SYN is answered by a cookie and counted as one to a full queue, so
 * the cookie counters prove nothing; with the value unknown nobody can say.
 */
static enum movement cookies_moved(const struct rule_input *in)
{
	struct reading syncookies = model_sysctl(in->model, SYSCTL_TCP_SYNCOOKIES);

	if (!syncookies.known)
		return MOVEMENT_UNKNOWN;
	if (syncookies.value != 1)
		return MOVEMENT_NONE;
	return moved(in, COUNTER_REQ_Q_FULL_DO_COOKIES);
}

static enum severity severity_of(enum movement movement)
{
	return movement == MOVEMENT_NOW      ? SEV_WARNING
	       : movement == MOVEMENT_BEFORE ? SEV_ADVICE
					     : SEV_NONE;
}

enum {
	FLOOD_SENT = 100, /* cookies: fewer are no flood */
	FLOOD_ANSWERED_PERCENT = 10,
};

/* Cookies that nobody answers: the SYNs' addresses are forged, or our answers do not arrive. */
static bool is_flood(const struct model *model, enum movement cookies)
{
	struct reading sent = model_counter_change(model, COUNTER_SYNCOOKIES_SENT).events;
	struct reading recv = model_counter_change(model, COUNTER_SYNCOOKIES_RECV).events;

	return cookies >= MOVEMENT_BEFORE && sent.known && recv.known && sent.value >= FLOOD_SENT &&
	       recv.value < sent.value / 100 * FLOOD_ANSWERED_PERCENT;
}

/* No backlog holds a flood, so none is proposed. */
static void advise_against_flood(struct finding *f)
{
	finding_act(f,
		    &(struct advice){
			    .kind = ACTION_APPLICATION,
			    .key = "stop the flood",
			    .proposed = "filter it before it reaches this host; until then cookies "
					"let real clients in, and a longer backlog would only "
					"hold more of it",
			    .risk = "First make sure that SYN-ACKs reach the clients: lost ones "
				    "look the same from here.",
			    .command = "ss -tn state syn-recv # from where, and to which port",
		    });
}

static void propose_backlog(struct finding *f, const struct model *model, const struct listener *l)
{
	/* A number needs a rate, and the rule that computes one an accept queue that overflowed. */
	const char *measure = model->window_s > 0
				      ? ""
				      : "; where the accept queue overflows too, tcpwright audit "
					"--for 30 during a burst computes the number (backlog-cap) "
					"and prints the command";
	CLEANUP(freep)
	char *command =
		advise_text(f, "ss -tn state syn-recv '( sport = :%u )' # who they are", l->port);
	CLEANUP(freep) char *current = advise_text(f, "%" PRIu64, l->backlog.value);
	CLEANUP(freep)
	char *formula =
		advise_text(f,
			    "the SYN queue's limit is the listener's backlog: one that exceeds "
			    "SYNs/s x the clients' round trip holds honest clients; nothing that "
			    "fits in memory holds a flood%s",
			    measure);

	finding_act(
		f,
		&(struct advice){
			.kind = ACTION_SOCKET_OPTION,
			.key = "listen_backlog",
			.current = current,
			.formula = formula,
			.risk = "It lengthens the accept queue as well (see backlog-cap). A live "
				"listener keeps its limit until listen() is called again.",
			.command = command,
			.restart_needed = true,
		});
}

static void name_queue(const struct rule_input *in, struct finding *f, const struct listener *l)
{
	CLEANUP(freep) char *subject = advise_listener(f, in->model, l);

	finding_count(f, subject, "SYN-RECV", l->syn_recv, "requests",
		      advise_field(in->model, FIELD_STATE));
	finding_count(f, subject, "limit", l->backlog.value, "requests", "sock_diag idiag_wqueue");
}

static void name_queues(const struct rule_input *in, struct finding *f, bool flood)
{
	const struct sockets *sockets = &in->model->sockets;
	size_t named = 0;

	for (int grade = QUEUE_FULL; grade >= QUEUE_FILLING; grade--)
		for (size_t i = 0; i < sockets->n_listeners && named < ADVISE_MAX_NAMED; i++) {
			const struct listener *l = &sockets->listeners[i];

			if ((int)grade_requests(in, l) != grade)
				continue;
			name_queue(in, f, l);
			if (!flood)
				propose_backlog(f, in->model, l);
			finding_grade(f, grade == QUEUE_FULL ? SEV_WARNING : SEV_ADVICE);
			named++;
		}
}

/*
 * Honest clients answer a cookie, forged addresses do not. One answer may count several times:
 * while the accept queue is full, cookie_v4_check() finds the cookie valid, counts it, and drops
 * the ACK, and the client sends it again, with its data.
 */
static void explain_cookies(struct finding *f, const struct model *model, bool flood)
{
	struct reading sent = model_counter_change(model, COUNTER_SYNCOOKIES_SENT).events;
	struct reading recv = model_counter_change(model, COUNTER_SYNCOOKIES_RECV).events;

	advise_counter(f, model, COUNTER_REQ_Q_FULL_DO_COOKIES);
	advise_counter(f, model, COUNTER_SYNCOOKIES_SENT);
	advise_counter(f, model, COUNTER_SYNCOOKIES_RECV);
	if (!sent.known || !recv.known || sent.value == 0)
		return;
	if (recv.value > sent.value)
		finding_explain(f,
				"%" PRIu64 " cookies came back of %" PRIu64
				" that were sent: honest "
				"clients, whose final ACKs met a full accept queue and count "
				"each time that they are sent again.",
				recv.value, sent.value);
	else
		finding_explain(
			f,
			"%" PRIu64 " cookies came back of %" PRIu64 " that were sent (%.0f %%): %s",
			recv.value, sent.value, (double)recv.value / (double)sent.value * 100,
			flood ? "a flood of SYNs from forged addresses, or answers that do not "
				"reach their clients."
			      : "honest clients answer, a flood does not.");
}

static void explain_requests(struct finding *f, const struct model *model, enum movement cookies,
			     enum movement drops, bool flood)
{
	finding_grade(f, severity_of(cookies));
	finding_grade(f, severity_of(drops));
	finding_explain(f,
			"Handshakes that are not finished fill the SYN queue, whose limit is the "
			"listener's backlog.");
	if (cookies >= MOVEMENT_BEFORE) {
		finding_explain(f, "A full queue was answered with cookies: clients still connect, "
				   "without timestamps they lose window scaling.");
		explain_cookies(f, model, flood);
	}
	if (drops >= MOVEMENT_BEFORE) {
		finding_explain(f, "SYNs were dropped from full queues: their clients had to try "
				   "again after 1 s and more.");
		advise_counter(f, model, COUNTER_REQ_Q_FULL_DROP);
	}
	if (cookies == MOVEMENT_BEFORE || drops == MOVEMENT_BEFORE)
		finding_explain(f, "The counters are totals so far: audit --for 60 shows "
				   "whether they still move.");
	advise_sysctl(f, model, SYSCTL_TCP_SYNCOOKIES);
}

/* Counters alone name no listener: look first. */
static void advise_looking(struct finding *f)
{
	finding_act(f,
		    &(struct advice){
			    .kind = ACTION_APPLICATION,
			    .key = "find the listener",
			    .proposed = "watch which port gathers SYN-RECV, and from where; then "
					"raise that listener's backlog, or stop the flood before "
					"it reaches the host",
			    .risk = ADVISE_LOOKS_ONLY,
			    .command = "ss -tn state syn-recv; dmesg | grep -i 'syn flooding'",
		    });
}

static enum verdict check_syn_queue(const struct rule_input *in, struct finding *f)
{
	const struct sockets *sockets = &in->model->sockets;
	enum movement cookies = cookies_moved(in), drops = moved(in, COUNTER_REQ_Q_FULL_DROP);
	bool flood = is_flood(in->model, cookies);
	size_t busy = 0, unknown = 0;

	for (size_t i = 0; i < sockets->n_listeners; i++) {
		enum queue_grade grade = grade_requests(in, &sockets->listeners[i]);

		busy += grade >= QUEUE_FILLING;
		unknown += grade == QUEUE_UNKNOWN;
	}
	if (busy > 0 || cookies >= MOVEMENT_BEFORE || drops >= MOVEMENT_BEFORE) {
		name_queues(in, f, flood);
		explain_requests(f, in->model, cookies, drops, flood);
		if (flood)
			advise_against_flood(f);
		else if (busy == 0)
			advise_looking(f);
		return VERDICT_FINDING;
	}
	if (!sockets->listeners_known)
		finding_missing(f, "listeners");
	if (unknown > 0)
		finding_missing(f,
				"limits of %zu listeners with SYN-RECV (only sock_diag has them)",
				unknown);
	if (drops == MOVEMENT_UNKNOWN)
		advise_counter_missing(f, COUNTER_REQ_Q_FULL_DROP);
	if (!model_sysctl(in->model, SYSCTL_TCP_SYNCOOKIES).known)
		advise_sysctl_missing(f, in->model, SYSCTL_TCP_SYNCOOKIES);
	else if (cookies == MOVEMENT_UNKNOWN)
		advise_counter_missing(f, COUNTER_REQ_Q_FULL_DO_COOKIES);
	return sockets->listeners_known && unknown == 0 && drops != MOVEMENT_UNKNOWN &&
			       cookies != MOVEMENT_UNKNOWN
		       ? VERDICT_OK
		       : VERDICT_UNKNOWN;
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
	finding_propose(f, in->model, SYSCTL_TCP_SYNCOOKIES, "1",
			"1: only while a queue is full, the kernel's default",
			"While a SYN queue is full, clients without timestamps connect without "
			"window scaling.");
	return VERDICT_FINDING;
}

const struct rule rules_syn_queue[] = {
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
	{ 0 },
};
