#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sock_row.h"

struct err;
struct model;

struct fold; /* opaque: the tables that exist only while rows arrive */

/*
 * Rows are folded into aggregates as they arrive, so memory does not grow with the number of
 * sockets. Order: first listeners and bound idle sockets of both families, then everything else,
 * because a listener's port tells what is inbound. The port range, reserved ports and routes must be
 * in MODEL's settings before.
 */
int fold_new(const struct model *model, struct fold **ret_fold, struct err *err);
void fold_free(struct fold *fold);

/* -ENOMEM only. */
int fold_row(struct fold *fold, const struct sock_row *row);

/*
 * More destinations came by than can be kept: those that matter were then estimated, and one more
 * pass over the table counts them exactly. Call fold_begin_second_pass() and feed all rows again.
 */
bool fold_needs_second_pass(const struct fold *fold);
int fold_begin_second_pass(struct fold *fold);

/* Moves the aggregates into model->sockets, replacing what is there, and frees the fold. */
int fold_finish(struct fold *fold, struct model *model, struct err *err);
