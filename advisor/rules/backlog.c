/* How long an accept queue should be, and who keeps it shorter: the application or somaxconn. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "array.h"
#include "cleanup.h"
#include "finding.h"
#include "number.h"

#include "accept.h"

/* listen()'s backlog as far as it is known who passes it. */
static const char *backlog_origin(uint64_t backlog)
{
	static const struct {
		uint64_t backlog;
		const char *origin;
	} origins[] = {
		{ 5, "the usual value of Python's servers" },
		{ 50, "the default of Java's ServerSocket" },
		{ 100, "the default of Python's asyncio" },
		{ 128, "the default of older runtimes, and somaxconn's before Linux 5.4" },
		{ 511, "the default of nginx, Redis and Node.js" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(origins); i++)
		if (origins[i].backlog == backlog)
			return origins[i].origin;
	return NULL;
}

/* Where well-known servers take their backlog from. */
static const char *backlog_setting(const char *program)
{
	static const struct {
		const char *name, *setting;
	} settings[] = {
		{ "nginx", "listen ... backlog=N;" },
		{ "redis-server", "tcp-backlog N" },
		{ "memcached", "-b N" },
		{ "haproxy", "backlog N" },
		{ "apache2", "ListenBackLog N" },
		{ "httpd", "ListenBackLog N" },
		{ "lighttpd", "server.listen-backlog = N" },
		{ "php-fpm", "listen.backlog = N" },
		{ "gunicorn", "--backlog N" },
		{ "uvicorn", "--backlog N" },
		{ "mysqld", "back_log = N" },
		{ "systemd", "Backlog=N of the socket unit" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		if (strncmp(program, settings[i].name, strlen(settings[i].name)) == 0)
			return settings[i].setting;
	return NULL;
}

struct accept_rate {
	double per_s; /* 0: unknown */
	const char *name;
	const char *source;
	const char *whose; /* what it counts, for the formula */
};

/* What a counter gained between two samples; 0 where that is unknown. */
static double gained(const struct sample *from, const struct sample *to, enum counter_id id)
{
	struct reading before = from->counters[id], after = to->counters[id];

	return before.known && after.known && after.value > before.value
		       ? (double)(after.value - before.value)
		       : 0;
}

/*
 * While drops happen, accepts are only what the short queue let in. What came is accepts and drops
 * together, at most: within one second a client whose SYN is dropped counts once, since its first
 * retransmission takes that long, but one whose final ACK is dropped counts again with its data.
 */
static double busiest_second(const struct model *model)
{
	double busiest = 0;

	for (size_t i = 1; i < model->n_samples; i++) {
		const struct sample *from = &model->samples[i - 1], *to = &model->samples[i];
		double seconds = to->at_s - from->at_s;
		double came = gained(from, to, COUNTER_PASSIVE_OPENS) +
			      gained(from, to, COUNTER_LISTEN_OVERFLOWS);

		/* A window that was cut short ends with a sliver, which would be multiplied up. */
		if (seconds >= 0.9 && came / seconds > busiest)
			busiest = came / seconds;
	}
	return busiest;
}

/*
 * A queue that is full now is emptied as fast as the server can, and accepts/s says how fast that
 * is. One that is not overflowed in a burst, and the burst is what it has to hold.
 */
static struct accept_rate accept_rate(const struct model *model, const struct listener *listener,
				      bool full)
{
	struct counter_change opens = model_counter_change(model, COUNTER_PASSIVE_OPENS);
	double burst = !opens.since_boot && !full ? busiest_second(model) : 0;

	if (burst > 0)
		return (struct accept_rate){
			burst, "accepts and drops, at most",
			"/proc/net/snmp Tcp.PassiveOpens, /proc/net/netstat "
			"TcpExt.ListenOverflows",
			"and drops (in the busiest second, of all listeners together)"
		};
	/* The average since boot says nothing of the hour in which the queue overflowed. */
	if (!opens.since_boot && opens.events.known && opens.events.value > 0 && opens.seconds > 0)
		return (struct accept_rate){ (double)opens.events.value / opens.seconds, "accepts",
					     "/proc/net/snmp Tcp.PassiveOpens",
					     "(of all listeners together)" };
	if (listener->closed_last_10s > 0)
		return (struct accept_rate){ listener->closed_last_10s / 10.0, "accepts",
					     "TIME-WAIT sockets younger than 10 s",
					     "(by its closes in the last 10 s)" };
	return (struct accept_rate){ 0 };
}

/* The kernel's own ceiling before 5.0, and more than any patience is worth. */
enum { LONGEST_BACKLOG = 65535 };

static uint64_t backlog_size(double needed)
{
	uint64_t size;

	if (needed > LONGEST_BACKLOG)
		return LONGEST_BACKLOG;
	if (needed <= 1)
		return 1;
	size = power_of_two_at_least((uint64_t)needed);
	if ((double)size < needed)
		size *= 2;
	return size > LONGEST_BACKLOG ? LONGEST_BACKLOG : size;
}

/* What is known of one listener before anything is said about it. */
struct cap {
	const struct listener *listener;
	struct reading somaxconn;
	struct accept_rate rate;
	double patience;
	double needed;       /* connections that may wait; only with a rate */
	uint64_t size;       /* that, to a power of two; 0: no rate */
	bool by_application; /* the limit in force is below somaxconn */
};

static struct cap cap_of(const struct rule_input *in, const struct listener *listener)
{
	struct cap cap = { .listener = listener,
			   .somaxconn = model_sysctl(in->model, SYSCTL_SOMAXCONN),
			   .rate = accept_rate(in->model, listener,
					       overflow_grade(in, listener) == QUEUE_FULL),
			   .patience = rule_threshold(in, "patience") };

	if (cap.rate.per_s > 0) {
		/* Half of it, because who waits last must still be served afterwards. */
		cap.needed = cap.rate.per_s * cap.patience / 2;
		cap.size = backlog_size(cap.needed);
	}
	cap.by_application = cap.somaxconn.known && listener->backlog.known &&
			     listener->backlog.value < cap.somaxconn.value;
	return cap;
}

static void cap_evidence(struct finding *f, const struct model *model, const struct cap *cap)
{
	CLEANUP(freep) char *subject = advise_listener(f, model, cap->listener);

	finding_count(f, subject, "limit (one more fits)", cap->listener->backlog.value,
		      "connections", "sock_diag idiag_wqueue");
	if (cap->listener->queue.known)
		finding_count(f, subject, "accept queue", cap->listener->queue.value, "connections",
			      "sock_diag idiag_rqueue");
	if (cap->rate.per_s > 0)
		finding_real(f, subject, cap->rate.name, cap->rate.per_s, "per second",
			     cap->rate.source);
}

static void cap_explain(struct finding *f, const struct model *model, const struct cap *cap)
{
	const struct process *process = model_process_of(model, cap->listener->socket.inode);
	const char *program = process && process->command ? advise_program(process->command) : "";
	const char *setting = backlog_setting(program);
	uint64_t backlog = cap->listener->backlog.value;
	const char *origin = backlog_origin(backlog);
	char endpoint[ENDPOINT_STRLEN];

	endpoint_format(endpoint, &cap->listener->addr, cap->listener->port);
	if (cap->by_application)
		finding_explain(
			f,
			"%s: the limit %" PRIu64 " is below somaxconn (%" PRIu64
			"), so it is the application's own%s%s%s, or an older somaxconn's at "
			"its listen(); a larger somaxconn changes nothing here.",
			endpoint, backlog, cap->somaxconn.value, origin ? " (" : "",
			origin ? origin : "", origin ? ")" : "");
	else if (backlog == cap->somaxconn.value)
		finding_explain(f,
				"%s: the limit equals somaxconn (%" PRIu64 "), so either somaxconn "
				"or the application's listen() may be what limits it.",
				endpoint, backlog);
	else
		finding_explain(f,
				"%s: the limit %" PRIu64 " dates from a larger somaxconn than "
				"today's %" PRIu64 "; a restart would shorten the queue.",
				endpoint, backlog, cap->somaxconn.value);
	if (setting)
		finding_explain(f, "This program takes its backlog from \"%s\".", setting);
}

static char *size_formula(struct finding *f, const struct cap *cap, uint64_t proposed)
{
	char endpoint[ENDPOINT_STRLEN];

	endpoint_format(endpoint, &cap->listener->addr, cap->listener->port);
	if (cap->size == 0)
		return advise_text(
			f,
			"%s: accepts/s x %g s of patience / 2, to a power of two; the "
			"rate of accepts is unknown here: tcpwright audit --for 30 during a "
			"burst measures it, computes the number and prints the command",
			endpoint, cap->patience);
	return advise_text(f,
			   "%s: %.1f accepts/s %s x %g s of patience / 2 = %.1f, to a power of "
			   "two: %" PRIu64 "%s",
			   endpoint, cap->rate.per_s, cap->rate.whose, cap->patience, cap->needed,
			   cap->size,
			   proposed < cap->size ? ", of which somaxconn allows less" : "");
}

#define QUEUE_RISK                                                                                 \
	"Before a server that is too slow, a longer queue only ages requests: clients give up "    \
	"before they are served. It helps against bursts. "

/* Does the program listen elsewhere as well, or may it? */
static bool has_other_ports(const struct model *model, const struct listener *listener)
{
	const struct process *process = model_process_of(model, listener->socket.inode);

	for (size_t i = 0; i < model->sockets.n_listeners; i++) {
		const struct listener *other = &model->sockets.listeners[i];
		const struct process *owner = model_process_of(model, other->socket.inode);

		if (other->port == listener->port)
			continue;
		if (process && owner
			    ? process == owner
			    : other->uid == listener->uid &&
				      other->socket.cgroup_id == listener->socket.cgroup_id)
			return true;
	}
	return false;
}

static struct socket_advice shim_advice(const struct model *model, const struct listener *listener,
					const char *name, const char *value)
{
	struct socket_advice shim = { .name = name,
				      .side = "listen",
				      .port = listener->port,
				      .needs_profile = has_other_ports(model, listener),
				      .options = { { "listen_backlog", value } } };

	advise_add_process(&shim, model_process_of(model, listener->socket.inode));
	return shim;
}

static void propose_backlog(struct finding *f, const struct model *model, const struct cap *cap)
{
	bool beyond = cap->by_application && cap->size > cap->somaxconn.value;
	uint64_t proposed = beyond ? cap->somaxconn.value : cap->size;
	CLEANUP(freep) char *formula = size_formula(f, cap, proposed);
	CLEANUP(freep) char *section = NULL;
	CLEANUP(freep) char *run = NULL;
	char current[24], value[24], name[24], command[64];

	(void)snprintf(current, sizeof(current), "%" PRIu64, cap->listener->backlog.value);
	(void)snprintf(value, sizeof(value), "%" PRIu64, proposed);
	(void)snprintf(command, sizeof(command), "ss -ltn 'sport = :%u' # Send-Q is the limit",
		       cap->listener->port);
	(void)snprintf(name, sizeof(name), "listen-%u", cap->listener->port);
	if (proposed > 0) {
		struct socket_advice shim = shim_advice(model, cap->listener, name, value);

		section = advise_section(f, &shim);
		run = advise_run(f, &shim);
	}
	finding_act(f, &(struct advice){ .kind = ACTION_SOCKET_OPTION,
					 .key = "listen_backlog",
					 .current = current,
					 .proposed = proposed > 0 ? value : NULL,
					 .formula = formula,
					 .risk = QUEUE_RISK
					 "A live listener keeps its limit until listen() "
					 "is called again.",
					 .command = run ? run : command,
					 .section = section,
					 .restart_needed = true });
}

/* SIZE, or what the profile asks for if that is more: else the next audit would propose again. */
static uint64_t at_least_the_profiles(const struct profile *profile, uint64_t size)
{
	uint64_t wanted;

	for (size_t i = 0; profile && i < profile->n_sysctls; i++) {
		const struct profile_sysctl *entry = &profile->sysctls[i];

		if (entry->fact == &sysctl_facts[SYSCTL_SOMAXCONN] && entry->op == VALUE_AT_LEAST &&
		    parse_u64(entry->value, &wanted) && wanted > size)
			return wanted;
	}
	return size;
}

static void propose_somaxconn(const struct rule_input *in, struct finding *f, const struct cap *cap)
{
	uint64_t size = at_least_the_profiles(in->profile, cap->size);
	CLEANUP(freep) char *needed = size_formula(f, cap, cap->size);
	CLEANUP(freep)
	char *formula = advise_text(f, "%s%s", needed ? needed : "",
				    size > cap->size ? "; the profile asks for more" : "");
	char value[24];

	(void)snprintf(value, sizeof(value), "%" PRIu64, size);
	finding_propose(f, in->model, SYSCTL_SOMAXCONN, value, formula,
			QUEUE_RISK "It reaches a listener only when that calls listen() again, "
				   "with a backlog as large: restart it.");
}

/* Has any client come that can still be seen? */
static bool has_traffic(const struct listener *l)
{
	return l->established || l->syn_recv || l->close_wait || l->time_wait ||
	       (l->queue.known && l->queue.value);
}

/*
 * Whose queue overflowed: those that are full now. A counter names nobody, so on its evidence alone
 * every listener that clients use is under suspicion, and a single one even without.
 */
static bool is_concerned(const struct rule_input *in, const struct overflow *o,
			 const struct listener *listener)
{
	if (o->full > 0)
		return overflow_grade(in, listener) == QUEUE_FULL;
	if (o->movement < MOVEMENT_BEFORE)
		return false;
	return has_traffic(listener) || in->model->sockets.n_listeners == 1;
}

static void want_backlog_cap(const struct rule_input *in, struct inode_set *inodes)
{
	const struct sockets *sockets = &in->model->sockets;
	struct overflow overflow = overflow_find(in);

	for (size_t i = 0; i < sockets->n_listeners; i++)
		if (is_concerned(in, &overflow, &sockets->listeners[i]))
			inode_set_add(inodes, sockets->listeners[i].socket.inode);
}

struct tally {
	size_t capped, unknown, long_enough;
	struct cap widest; /* of those that somaxconn may limit, the one that wants most */
};

/* Within the window, on any listener. */
static bool accepts_nothing(const struct model *model)
{
	struct counter_change opens = model_counter_change(model, COUNTER_PASSIVE_OPENS);

	return !opens.since_boot && opens.events.known && opens.events.value == 0;
}

static void judge(const struct rule_input *in, struct finding *f, const struct listener *listener,
		  struct tally *tally)
{
	struct cap cap = cap_of(in, listener);

	if (!listener->backlog.known || !cap.somaxconn.known) {
		tally->unknown++;
		return;
	}
	/*
	 * Long enough for its clients' patience: then the server is too slow, not the queue too
	 * short. One that takes nothing at all is stuck, and no length helps.
	 */
	if (accepts_nothing(in->model) ||
	    (cap.size > 0 && (cap.needed <= (double)listener->backlog.value ||
			      cap.size <= listener->backlog.value))) {
		tally->long_enough++;
		return;
	}
	if (tally->capped++ >= ADVISE_MAX_NAMED)
		return;
	cap_evidence(f, in->model, &cap);
	cap_explain(f, in->model, &cap);
	propose_backlog(f, in->model, &cap);
	if (!cap.by_application && cap.size > tally->widest.size)
		tally->widest = cap;
}

static void explain_evidence(struct finding *f, const struct model *model, const struct overflow *o)
{
	advise_sysctl(f, model, SYSCTL_SOMAXCONN);
	advise_counter(f, model, COUNTER_LISTEN_OVERFLOWS);
	if (o->full > 0 || o->movement == MOVEMENT_NOW)
		finding_grade(f, SEV_WARNING);
	else
		finding_grade(f, SEV_ADVICE);
	if (o->full == 0)
		finding_explain(f, "The evidence is the counter ListenOverflows, which names no "
				   "listener: it may have been any of these.");
	finding_explain(f, "A longer queue before a server that is too slow only ages requests; it "
			   "helps where clients come in bursts.");
}

static enum verdict nothing_capped(const struct rule_input *in, struct finding *f,
				   const struct overflow *o, const struct tally *tally)
{
	bool evidence = o->full > 0 || o->movement >= MOVEMENT_BEFORE;

	if (!in->model->sockets.listeners_known) {
		finding_missing(f, "listeners");
		return VERDICT_UNKNOWN;
	}
	if (!evidence && (o->unknown > 0 || o->movement == MOVEMENT_UNKNOWN)) {
		finding_missing(f, "evidence of overflow (see accept-queue-full)");
		return VERDICT_UNKNOWN;
	}
	if (tally->unknown > 0) {
		if (!model_sysctl(in->model, SYSCTL_SOMAXCONN).known)
			advise_sysctl_missing(f, in->model, SYSCTL_SOMAXCONN);
		else
			finding_missing(f, "the listeners' limits (only sock_diag has them)");
		return VERDICT_UNKNOWN;
	}
	if (evidence && tally->long_enough == 0) {
		finding_missing(f, "which listener overflowed: none has clients now");
		return VERDICT_UNKNOWN;
	}
	return VERDICT_OK;
}

static enum verdict check_backlog_cap(const struct rule_input *in, struct finding *f)
{
	const struct sockets *sockets = &in->model->sockets;
	struct overflow overflow = overflow_find(in);
	struct tally tally = { 0 };

	for (size_t i = 0; i < sockets->n_listeners; i++)
		if (is_concerned(in, &overflow, &sockets->listeners[i]))
			judge(in, f, &sockets->listeners[i], &tally);
	if (tally.capped == 0)
		return nothing_capped(in, f, &overflow, &tally);
	if (tally.widest.size > 0)
		propose_somaxconn(in, f, &tally.widest);
	explain_evidence(f, in->model, &overflow);
	return VERDICT_FINDING;
}

const struct rule rules_backlog[] = {
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
	{ 0 },
};
