#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"

struct close_wait_entry;
struct sock_row;

/* CLOSE-WAIT sockets, each once. All zero is empty. */
struct fold_close_wait {
	struct close_wait *list; /* owned */
	size_t n, capacity;
	struct close_wait_entry *by_endpoints; /* owned; a uthash table */
};

void fold_close_wait_done(struct fold_close_wait *sockets);
/* False when memory runs out. */
bool fold_close_wait_add(struct fold_close_wait *sockets, const struct sock_row *row);
/* Learns the age of a socket that is there already; others are none of its business. */
void fold_close_wait_age(struct fold_close_wait *sockets, const struct sock_row *row);
