#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"

struct exact_listener;
struct sock_row;

enum { MAX_LISTENERS = 16384 };

/* Listeners, and which of them an inbound socket belongs to. All zero is not enough: init it. */
struct fold_listeners {
	struct listener *list; /* owned */
	size_t n, capacity;
	uint64_t left_out; /* beyond MAX_LISTENERS */
	struct portset ports;
	struct listener_port *by_port;  /* owned; N_PORTS long */
	struct exact_listener *by_addr; /* owned; a uthash table */
};

/* False when memory runs out, here and below. */
bool fold_listeners_init(struct fold_listeners *listeners);
void fold_listeners_done(struct fold_listeners *listeners);
bool fold_listeners_add(struct fold_listeners *listeners, const struct sock_row *row);

/*
 * The listener that would have accepted the row: on its very address, else on all addresses of its
 * family, else on all of both. NULL: none. Of several with SO_REUSEPORT, the first.
 */
struct listener *fold_listeners_find(const struct fold_listeners *listeners,
				     const struct sock_row *row);
