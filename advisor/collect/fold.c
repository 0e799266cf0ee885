/*
 * Folds rows into the model's aggregates. Each row is classified by its local port in one table of
 * bytes, and goes to the parts that care: listeners, destinations, CLOSE-WAIT, idle connections.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "err.h"
#include "fold_close_wait.h"
#include "fold_destinations.h"
#include "fold_idle.h"
#include "fold_listeners.h"
#include "model.h"
#include "ports.h"
#include "routes.h"

#include "fold.h"

enum {
	FIRST_UNPRIVILEGED = 1024,
	NEWEST_SECOND = TIME_WAIT_SECONDS - 1,
};

/* What a local port says of a socket. Exactly PORT_EPHEMERAL: outbound. */
enum port_class {
	PORT_EPHEMERAL = 1, /* in the range and not reserved */
	PORT_IN_RANGE = 2,
	PORT_LISTENED = 4,
};
#define PORT_OUTBOUND (PORT_EPHEMERAL | PORT_IN_RANGE)

struct fold {
	uint8_t port_class[N_PORTS];
	bool range_known;
	const struct routes *routes; /* borrowed */
	struct sockets counts;       /* its plain numbers; what is owned is in the parts below */
	struct portset bound;
	struct fold_listeners listeners;
	struct fold_destinations destinations;
	struct fold_close_wait close_wait;
	struct fold_idle idle;
	bool second_pass;
};

static void ports_classify(struct fold *fold, struct port_range range,
			   const struct portset *reserved)
{
	if (!range.known)
		return;
	for (uint32_t port = range.low; port <= range.high; port++)
		fold->port_class[port] = PORT_IN_RANGE | PORT_EPHEMERAL;
	for (uint32_t port = range.low; portset_next(reserved, &port) && port <= range.high; port++)
		fold->port_class[port] = PORT_IN_RANGE;
}

int fold_new(const struct model *model, const struct routes *routes, struct fold **ret_fold,
	     struct err *err)
{
	struct port_range range = ports_range(model);
	CLEANUP(fold_freep) struct fold *fold = calloc(1, sizeof(*fold));
	CLEANUP(portset_done) struct portset reserved = { 0 };

	if (!fold || !fold_listeners_init(&fold->listeners) ||
	    !fold_destinations_init(&fold->destinations, range))
		return err_no_memory(err);
	/* Unknown reserved ports make R unknown later on, not the destinations. */
	(void)ports_reserved(model, &reserved);
	ports_classify(fold, range, &reserved);
	fold->range_known = range.known;
	fold->routes = routes;
	fold->counts.time_wait_histogram_known = true;
	*ret_fold = TAKE(fold);
	return 0;
}

void fold_free(struct fold *fold)
{
	if (!fold)
		return;
	portset_done(&fold->bound);
	fold_listeners_done(&fold->listeners);
	fold_destinations_done(&fold->destinations);
	fold_close_wait_done(&fold->close_wait);
	fold_idle_done(&fold->idle);
	free(fold);
}

static bool row_is_outbound(const struct fold *fold, const struct sock_row *row)
{
	return fold->port_class[row->local_port] == PORT_OUTBOUND;
}

/* Neither in today's range nor a server's, yet it talks to a lower port as only clients do. */
static bool row_is_out_of_range(const struct fold *fold, const struct sock_row *row)
{
	return fold->range_known && fold->port_class[row->local_port] == 0 &&
	       row->local_port >= FIRST_UNPRIVILEGED && row->remote_port < row->local_port &&
	       !(fold->port_class[row->remote_port] & PORT_IN_RANGE);
}

static bool listener_take(struct fold *fold, const struct sock_row *row)
{
	fold->port_class[row->local_port] |= PORT_LISTENED;
	return fold_listeners_add(&fold->listeners, row);
}

static void listener_count(const struct fold *fold, const struct sock_row *row, uint32_t second)
{
	struct listener *listener = fold_listeners_find(&fold->listeners, row);

	if (!listener)
		return;
	switch (row->state) {
	case TCP_STATE_SYN_RECV:
		listener->syn_recv++;
		break;
	case TCP_STATE_ESTAB:
		listener->established++;
		break;
	case TCP_STATE_CLOSE_WAIT:
		listener->close_wait++;
		break;
	case TCP_STATE_TIME_WAIT:
		listener->time_wait++;
		listener->closed_last_10s += row->timer == TIMER_TIME_WAIT &&
					     second >= TIME_WAIT_SECONDS - TIME_WAIT_RATE_SECONDS;
		break;
	default:
		break;
	}
}

static void time_wait_count(struct sockets *counts, const struct sock_row *row, uint32_t second)
{
	/* Kernels give each TIME-WAIT its timer; an emulation of /proc may not. */
	if (row->timer == TIMER_TIME_WAIT)
		counts->time_wait_histogram[second]++;
	else
		counts->time_wait_histogram_known = false;
}

/* Counts the row on its side, inbound or outbound; says where the peer is if anybody needs it. */
static bool side_count(struct fold *fold, const struct sock_row *row, uint32_t second,
		       enum peer_scope *ret_scope)
{
	struct sockets *counts = &fold->counts;
	bool established = row->state == TCP_STATE_ESTAB;
	bool time_wait = row->state == TCP_STATE_TIME_WAIT;
	uint8_t class = fold->port_class[row->local_port];

	if (row_is_outbound(fold, row)) {
		if (!fold_destinations_add(&fold->destinations, row, fold->routes, ret_scope))
			return false;
		counts->time_wait_outbound += time_wait;
		counts->established_outbound += established && *ret_scope != PEER_HERE;
		return true;
	}
	if (established)
		*ret_scope = routes_scope(fold->routes, &row->remote_addr);
	/* Without the range, only a listener's port tells the side. */
	if (fold->range_known || class & PORT_LISTENED) {
		counts->time_wait_inbound += time_wait;
		counts->established_inbound += established && *ret_scope != PEER_HERE;
	}
	if (class & PORT_LISTENED)
		listener_count(fold, row, second);
	return !row_is_out_of_range(fold, row) ||
	       fold_destinations_out_of_range(&fold->destinations, row);
}

static bool state_take(struct fold *fold, const struct sock_row *row, enum peer_scope scope,
		       uint32_t second)
{
	switch (row->state) {
	case TCP_STATE_TIME_WAIT:
		time_wait_count(&fold->counts, row, second);
		return true;
	case TCP_STATE_FIN_WAIT_2:
		fold->counts.fin_wait_2_orphans += row->inode == 0;
		return true;
	case TCP_STATE_CLOSE_WAIT:
		return fold_close_wait_add(&fold->close_wait, row);
	case TCP_STATE_ESTAB:
		return fold_idle_add(&fold->idle, row, scope);
	default:
		return true;
	}
}

static bool first_pass(struct fold *fold, const struct sock_row *row)
{
	uint32_t second = row->expires_ms / 1000;
	enum peer_scope scope = PEER_HERE;

	fold->counts.states[row->state]++;
	if (row->state == TCP_STATE_BOUND_INACTIVE)
		return portset_add(&fold->bound, row->local_port, NULL);
	fold->counts.total++;
	if (row->state == TCP_STATE_LISTEN)
		return listener_take(fold, row);
	if (second > NEWEST_SECOND)
		second = NEWEST_SECOND;
	return side_count(fold, row, second, &scope) && state_take(fold, row, scope, second);
}

int fold_row(struct fold *fold, const struct sock_row *row)
{
	bool ok = true;

	if (!fold->second_pass)
		ok = first_pass(fold, row);
	else if (row->state != TCP_STATE_LISTEN && row->state != TCP_STATE_BOUND_INACTIVE &&
		 row_is_outbound(fold, row))
		ok = fold_destinations_recount(&fold->destinations, row);
	return ok ? 0 : -ENOMEM;
}

uint64_t fold_close_waits(const struct fold *fold)
{
	return fold->counts.states[TCP_STATE_CLOSE_WAIT];
}

void fold_age(struct fold *fold, const struct sock_row *row)
{
	if (row->state == TCP_STATE_CLOSE_WAIT)
		fold_close_wait_age(&fold->close_wait, row);
}

bool fold_needs_second_pass(const struct fold *fold)
{
	return fold->destinations.overflowed && !fold->second_pass;
}

void fold_begin_second_pass(struct fold *fold)
{
	fold->second_pass = true;
	fold_destinations_begin_second_pass(&fold->destinations);
}

/* Ports that connect() could give to one destination if no other socket held any. */
static uint32_t ports_available(const struct fold *fold)
{
	uint32_t available = 0;

	for (uint32_t port = 0; port < N_PORTS; port++)
		available += fold->port_class[port] == PORT_OUTBOUND &&
			     !portset_has(&fold->bound, (uint16_t)port);
	return available;
}

static bool listeners_gap(const struct fold_listeners *listeners, struct model *model)
{
	char reason[64];

	if (listeners->left_out == 0)
		return true;
	(void)snprintf(reason, sizeof(reason), "%" PRIu64 " beyond the first %d",
		       listeners->left_out, MAX_LISTENERS);
	return model_add_gap(model, "listeners", reason,
			     "these count as listening, but are not judged");
}

static void listeners_move(struct fold *fold, struct sockets *sockets)
{
	sockets->listeners = TAKE(fold->listeners.list);
	sockets->n_listeners = fold->listeners.n;
	sockets->listeners_known = true;
	sockets->listening = fold->listeners.ports;
	fold->listeners.ports = (struct portset){ 0 };
}

static void others_move(struct fold *fold, struct sockets *sockets)
{
	sockets->bound_inactive = fold->bound;
	fold->bound = (struct portset){ 0 };
	sockets->close_wait = TAKE(fold->close_wait.list);
	sockets->n_close_wait = fold->close_wait.n;
	sockets->idle_groups = TAKE(fold->idle.groups);
	sockets->n_idle_groups = fold->idle.n;
}

int fold_finish(struct fold *fold, struct model *model, struct err *err)
{
	CLEANUP(fold_freep) struct fold *owned = fold;
	CLEANUP(sockets_done) struct sockets sockets = owned->counts;

	sockets.destinations_known = owned->range_known;
	if (!fold_destinations_finish(&owned->destinations, ports_available(owned), &sockets))
		return err_no_memory(err);
	if (!listeners_gap(&owned->listeners, model))
		return err_no_memory(err);
	listeners_move(owned, &sockets);
	others_move(owned, &sockets);
	sockets_done(&model->sockets);
	model->sockets = sockets;
	sockets = (struct sockets){ 0 };
	return 0;
}
