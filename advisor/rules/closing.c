/* Connections that the peer has ended and the application never closes. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "finding.h"
#include "portset.h"

#include "advise.h"
#include "rule.h"

/* Who has to close a socket, as well as it is known. */
enum holder {
	HOLDER_PROCESS, /* id: pid */
	HOLDER_CGROUP,  /* id: cgroup */
	HOLDER_QUEUE,   /* id: local port; nobody has accepted it yet, so it has no inode */
	HOLDER_UNKNOWN,
};

struct entry {
	const struct close_wait *socket;
	enum holder holder;
	uint64_t id;
	uint16_t peer_port; /* 0 where the peer is a client, whose port means nothing */
};

static struct entry entry_of(const struct model *model, const struct close_wait *socket)
{
	const struct process *process = model_process_of(model, socket->socket.inode);
	bool inbound = portset_has(&model->sockets.listening, socket->local_port);
	struct entry entry = { .socket = socket, .holder = HOLDER_UNKNOWN };

	if (!inbound)
		entry.peer_port = socket->remote_port;
	if (socket->socket.inode == 0) {
		entry.holder = HOLDER_QUEUE;
		entry.id = socket->local_port;
	} else if (process) {
		entry.holder = HOLDER_PROCESS;
		entry.id = process->pid;
	} else if (socket->socket.cgroup_id) {
		entry.holder = HOLDER_CGROUP;
		entry.id = socket->socket.cgroup_id;
	}
	return entry;
}

static bool same_holder(const struct entry *a, const struct entry *b)
{
	return a->holder == b->holder && a->id == b->id;
}

static int compare_peers(const struct entry *a, const struct entry *b)
{
	int r = memcmp(&a->socket->remote_addr, &b->socket->remote_addr,
		       sizeof(a->socket->remote_addr));

	return r ? r : (a->peer_port > b->peer_port) - (a->peer_port < b->peer_port);
}

/* By holder, then by peer, so that one pass over the array sees each of both once. */
static int compare_entries(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	if (a->holder != b->holder)
		return (a->holder > b->holder) - (a->holder < b->holder);
	if (a->id != b->id)
		return (a->id > b->id) - (a->id < b->id);
	return compare_peers(a, b);
}

/* One holder's sockets. */
struct leak {
	const struct entry *first; /* of those with the most frequent peer */
	size_t total;
	size_t aged;    /* in CLOSE-WAIT for the threshold at least */
	size_t unaged;  /* nobody knows for how long */
	size_t arrived; /* within the window, and not about to be closed */
	size_t peers;
	size_t of_first_peer;
};

/*
 * Lower bounds only: tcp_info has the time since the last segment, which is the peer's FIN or came
 * after it; and what was there when the window began has been there for its whole length.
 */
static bool is_aged(const struct model *model, const struct close_wait *socket, double age_s)
{
	if (socket->in_first_sample && model->window_s >= age_s)
		return true;
	return socket->age_ms.known && (double)socket->age_ms.value >= age_s * 1000;
}

/* An application that is well closes within milliseconds; a socket that stays a second is held. */
enum { HELD_MS = 1000 };

static void leak_add(struct leak *leak, const struct rule_input *in, const struct entry *entry)
{
	const struct close_wait *socket = entry->socket;

	leak->total++;
	if (is_aged(in->model, socket, rule_threshold(in, "age")))
		leak->aged++;
	else if (!socket->age_ms.known)
		leak->unaged++;
	if (in->model->window_s > 0 && !socket->in_first_sample && socket->age_ms.known &&
	    socket->age_ms.value >= HELD_MS)
		leak->arrived++;
}

/* Takes one holder's entries off the front; returns how many they are. */
static size_t leak_take(const struct rule_input *in, const struct entry entries[], size_t n,
			struct leak *ret_leak)
{
	struct leak leak = { .first = &entries[0] };
	size_t peer = 0;

	for (size_t i = 0; i < n && same_holder(&entries[0], &entries[i]); i++) {
		if (i == 0 || compare_peers(&entries[peer], &entries[i]) != 0) {
			peer = i;
			leak.peers++;
		}
		leak_add(&leak, in, &entries[i]);
		if (i - peer + 1 > leak.of_first_peer) {
			leak.of_first_peer = i - peer + 1;
			leak.first = &entries[peer];
		}
	}
	*ret_leak = leak;
	return leak.total;
}

static bool is_growing(const struct model *model, const struct leak *leak)
{
	struct reading before = model->sockets.states_before[TCP_STATE_CLOSE_WAIT];

	return before.known && model->sockets.states[TCP_STATE_CLOSE_WAIT] > before.value &&
	       leak->arrived > 0;
}

static bool exhausts_files(const struct rule_input *in, const struct leak *leak)
{
	const struct process *process =
		model_process_of(in->model, leak->first->socket->socket.inode);

	return process && process->nofile_soft.known && process->nofile_soft.value > 0 &&
	       (double)leak->aged * 100 >=
		       rule_threshold(in, "nofile") * (double)process->nofile_soft.value;
}

/*
 * Without ages a burst of closes looks like a leak, so it takes far more sockets to say anything,
 * and never more than advice. SEV_NONE: nothing to say.
 */
static enum severity leak_severity(const struct rule_input *in, const struct leak *leak)
{
	if ((double)leak->aged >= rule_threshold(in, "count"))
		return is_growing(in->model, leak) || exhausts_files(in, leak) ? SEV_CRITICAL
									       : SEV_WARNING;
	return (double)(leak->aged + leak->unaged) >= rule_threshold(in, "count_unaged")
		       ? SEV_ADVICE
		       : SEV_NONE;
}

static char *holder_name(struct finding *f, const struct model *model, const struct entry *entry)
{
	CLEANUP(freep) char *owner = NULL;

	if (entry->holder == HOLDER_QUEUE)
		return advise_text(f, "not accepted yet, port %u", entry->socket->local_port);
	owner = advise_owner(f, model, &entry->socket->socket);
	if (!owner)
		return NULL;
	if (!*owner && entry->holder == HOLDER_CGROUP)
		return advise_text(f, "unknown processes of cgroup %" PRIu64, entry->id);
	return advise_text(f, "%s", *owner ? owner : "a process that is not known");
}

/* ss's own syntax: an address, or an address and a port. */
static char *peer_name(struct finding *f, const struct entry *entry)
{
	char text[ENDPOINT_STRLEN];

	if (entry->peer_port)
		endpoint_format(text, &entry->socket->remote_addr, entry->peer_port);
	else
		addr_format(text, &entry->socket->remote_addr);
	return advise_text(f, "%s", text);
}

static void leak_evidence(const struct rule_input *in, struct finding *f, const struct leak *leak,
			  const char *holder, const char *peer)
{
	const struct process *process =
		model_process_of(in->model, leak->first->socket->socket.inode);
	const char *state = advise_field(in->model, FIELD_STATE);
	const char *remote = advise_field(in->model, FIELD_REMOTE);
	char older[48];

	finding_count(f, holder, "CLOSE-WAIT", leak->total, "sockets", state);
	(void)snprintf(older, sizeof(older), "older than %g s", rule_threshold(in, "age"));
	if (leak->unaged < leak->total)
		finding_count(f, holder, older, leak->aged, "sockets",
			      "sock_diag min(tcpi_last_data_recv, tcpi_last_ack_recv), or the "
			      "window");
	if (leak->unaged > 0)
		finding_count(f, holder, "of unknown age", leak->unaged, "sockets", state);
	finding_text(f, holder, "most frequent peer", peer, remote);
	finding_count(f, holder, "sockets of that peer", leak->of_first_peer, "sockets", remote);
	finding_count(f, holder, "peers", leak->peers, NULL, remote);
	if (leak->arrived > 0)
		finding_count(f, holder, "new within the window, and held", leak->arrived,
			      "sockets", state);
	/* Whose they are is unknown here: a port may tell. */
	if (!process)
		finding_count(f, holder, "local port of one of them",
			      leak->first->socket->local_port, NULL,
			      advise_field(in->model, FIELD_LOCAL_PORT));
	if (process && process->nofile_soft.known)
		finding_count(f, holder, "soft limit of open files", process->nofile_soft.value,
			      "files", "/proc/PID/limits");
}

static void leak_explain(const struct rule_input *in, struct finding *f, const struct leak *leak,
			 const char *holder, const char *peer)
{
	if ((double)leak->aged >= rule_threshold(in, "count"))
		finding_explain(f,
				"%s: %zu connections have waited for close() for more than %g s "
				"since their peers (most of all %s) ended them.",
				holder, leak->aged, rule_threshold(in, "age"), peer);
	else
		finding_explain(f,
				"%s: %zu connections wait for close() since their peers (most of "
				"all %s) ended them; for how long is unknown here, so a burst of "
				"closes may look the same.",
				holder, leak->total, peer);
	if (is_growing(in->model, leak))
		finding_explain(f, "Their number grew within the window.");
	if (exhausts_files(in, leak))
		finding_explain(f,
				"They hold %g %% or more of the files that the process may open.",
				rule_threshold(in, "nofile"));
}

static void leak_advise(struct finding *f, const struct leak *leak, const char *peer)
{
	/* ss takes an IPv6 address for a port unless it stands in brackets. */
	bool bare_v6 =
		leak->first->peer_port == 0 && !addr_is_v4(&leak->first->socket->remote_addr);
	CLEANUP(freep)
	char *destroy = advise_text(f, "ss -t -K state close-wait dst '%s%s%s'", bare_v6 ? "[" : "",
				    peer, bare_v6 ? "]" : "");
	bool queued = leak->first->holder == HOLDER_QUEUE;

	finding_act(
		f, &(struct advice){
			   .kind = ACTION_APPLICATION,
			   .key = queued ? "accept connections" : "close ended connections",
			   .proposed = queued ? "the program must call accept() and then close(): "
						"these connections ended in its accept queue"
					      : "close() once read() returns 0, on error paths and "
						"for idle pooled connections too",
			   .risk = "The program has to be changed or updated, and its restart ends "
				   "its other connections as well.",
			   .command = "ss -tnpe state close-wait",
			   .restart_needed = true,
		   });
	if (queued)
		return;
	finding_act(
		f,
		&(struct advice){
			.kind = ACTION_APPLICATION,
			.key = "stopgap: destroy the sockets",
			.risk = "Cannot be undone: it ends every CLOSE-WAIT connection with that "
				"peer, data still to be sent included. Needs root and a kernel "
				"with INET_DIAG_DESTROY. The descriptors stay open until the "
				"program closes them.",
			.command = destroy,
		});
}

static void leak_report(const struct rule_input *in, struct finding *f, const struct leak *leak)
{
	CLEANUP(freep) char *holder = holder_name(f, in->model, leak->first);
	CLEANUP(freep) char *peer = peer_name(f, leak->first);

	if (!holder || !peer)
		return;
	leak_evidence(in, f, leak, holder, peer);
	leak_explain(in, f, leak, holder, peer);
	leak_advise(f, leak, peer);
}

struct tally {
	size_t leaks, undecided;
};

static void judge(const struct rule_input *in, struct finding *f, const struct entry entries[],
		  size_t n, struct tally *ret_tally)
{
	struct tally tally = { 0 };

	for (size_t i = 0; i < n;) {
		struct leak leak;
		enum severity severity;

		i += leak_take(in, entries + i, n - i, &leak);
		severity = leak_severity(in, &leak);
		if (severity == SEV_NONE) {
			tally.undecided +=
				(double)(leak.aged + leak.unaged) >= rule_threshold(in, "count");
			continue;
		}
		finding_grade(f, severity);
		if (tally.leaks++ < ADVISE_MAX_NAMED)
			leak_report(in, f, &leak);
	}
	*ret_tally = tally;
}

static void explain_all(const struct model *model, struct finding *f)
{
	const struct sockets *sockets = &model->sockets;

	if (sockets->states[TCP_STATE_CLOSE_WAIT] > sockets->n_close_wait)
		finding_explain(f,
				"%" PRIu64 " sockets are in CLOSE-WAIT in all, of which %zu were "
				"looked at.",
				sockets->states[TCP_STATE_CLOSE_WAIT], sockets->n_close_wait);
	finding_explain(
		f, "CLOSE-WAIT ends when the application closes, and no sysctl does that in its "
		   "place: one that stays is a fault of the application.");
}

static enum verdict check_close_wait_leak(const struct rule_input *in, struct finding *f)
{
	const struct sockets *sockets = &in->model->sockets;
	size_t n = sockets->n_close_wait;
	CLEANUP(freep) struct entry *entries = NULL;
	struct tally tally;

	if (!sockets->backend) {
		finding_missing(f, "sockets");
		return VERDICT_UNKNOWN;
	}
	if (n == 0)
		return VERDICT_OK;
	entries = calloc(n, sizeof(*entries));
	if (!entries) {
		if (f)
			f->out_of_memory = true;
		return VERDICT_UNKNOWN;
	}
	for (size_t i = 0; i < n; i++)
		entries[i] = entry_of(in->model, &sockets->close_wait[i]);
	qsort(entries, n, sizeof(*entries), compare_entries);
	judge(in, f, entries, n, &tally);
	if (tally.leaks > 0) {
		explain_all(in->model, f);
		return VERDICT_FINDING;
	}
	if (tally.undecided == 0)
		return VERDICT_OK;
	finding_missing(
		f, "for how long sockets have been in CLOSE-WAIT (needs tcp_info, or --for 60)");
	return VERDICT_UNKNOWN;
}

static void want_close_wait_leak(const struct rule_input *in, struct inode_set *inodes)
{
	const struct sockets *sockets = &in->model->sockets;

	if ((double)sockets->n_close_wait < rule_threshold(in, "count"))
		return;
	for (size_t i = 0; i < sockets->n_close_wait; i++)
		inode_set_add(inodes, sockets->close_wait[i].socket.inode);
}

const struct rule rules_closing[] = {
	{
		.id = "close-wait-leak",
		.title = "A program does not close connections that its peers have ended",
		.worst = SEV_CRITICAL,
		.check = check_close_wait_leak,
		.wants = want_close_wait_leak,
		.rationale = "Each such connection holds a file descriptor, a worker or a place in "
			     "a pool until the program closes it. When they run out, the program "
			     "can neither accept nor open anything.",
		.folklore = "It never advises a sysctl: none closes in the application's place, "
			    "and tcp_fin_timeout belongs to another state.",
		.thresholds = {
			{ "count", 10, "sockets", "of one process, old enough" },
			{ "age", 60, "s", "in CLOSE-WAIT, from where a socket is old" },
			{ "nofile", 10, "%", "of the process's soft limit, from where it is critical" },
			{ "count_unaged", 100, "sockets", "of one process, where ages are unknown" },
		},
		.references = REFS("close(2)", "RFC 9293, 3.3.2", "ss(8)"),
	},
	{ 0 },
};
