#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sock_row.h"

struct err;
struct fold; /* opaque: the tables that exist only while rows arrive */
struct model;
struct routes;

/*
 * Rows are folded into aggregates as they arrive, so memory does not grow with the number of
 * sockets. Order: first the listeners of both families, then everything else, because a listener's
 * port tells what is inbound. The port range and reserved ports must be in MODEL's settings before.
 * ROUTES is borrowed until the fold is freed.
 *
 * A backend may show a socket twice while the table changes. Ports of destinations, ports of local
 * addresses and CLOSE-WAIT sockets are sets and stay exact; states, totals and the counts of
 * listeners, TIME-WAIT seconds and idle groups then count that socket twice.
 */
int fold_new(const struct model *model, const struct routes *routes, struct fold **ret_fold,
	     struct err *err);
void fold_free(struct fold *fold); /* NULL is fine */
static inline void fold_freep(struct fold **fold)
{
	fold_free(*fold);
}

/* -ENOMEM only. */
int fold_row(struct fold *fold, const struct sock_row *row);

/* Sockets in CLOSE-WAIT so far. */
uint64_t fold_close_waits(const struct fold *fold);
/* A row with tcp_info of a socket in CLOSE-WAIT that was folded without: only its age is taken. */
void fold_age(struct fold *fold, const struct sock_row *row);

/*
 * More destinations came by than can be kept: those that matter were then estimated, and one more
 * pass over the table counts them exactly. Call fold_begin_second_pass() and feed all rows again:
 * everything else stays as the first pass saw it.
 */
bool fold_needs_second_pass(const struct fold *fold);
void fold_begin_second_pass(struct fold *fold);

/* Moves the aggregates into model->sockets, replacing what is there, and frees the fold. */
int fold_finish(struct fold *fold, struct model *model, struct err *err);
