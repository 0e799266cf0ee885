/* The listener part of the fold. */
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "array.h"
#include "sock_row.h"

#include "fold_listeners.h"

/* One plus the index in the list; 0: none. */
struct listener_port {
	uint32_t any_v4, any_v6;
	bool exact; /* there are others, in by_addr */
};

struct listener_key {
	struct addr addr;
	uint16_t port;
};

struct exact_listener {
	struct listener_key key;
	uint32_t index;
	UT_hash_handle hh;
};

bool fold_listeners_init(struct fold_listeners *listeners)
{
	/* Only the pages of ports that are listened on ever become memory. */
	*listeners = (struct fold_listeners){
		.by_port = calloc(N_PORTS, sizeof(*listeners->by_port)),
	};
	return listeners->by_port;
}

void fold_listeners_done(struct fold_listeners *listeners)
{
	struct exact_listener *exact, *next;

	HASH_ITER(hh, listeners->by_addr, exact, next)
	{
		HASH_DEL(listeners->by_addr, exact);
		free(exact);
	}
	free(listeners->by_port);
	free(listeners->list);
	portset_done(&listeners->ports);
	*listeners = (struct fold_listeners){ 0 };
}

static struct exact_listener *exact_find(const struct fold_listeners *listeners,
					 const struct addr *addr, uint16_t port)
{
	struct exact_listener *found;
	struct listener_key key;

	memset(&key, 0, sizeof(key)); /* padding is part of the key */
	key.addr = *addr;
	key.port = port;
	HASH_FIND(hh, listeners->by_addr, &key, sizeof(key), found);
	return found;
}

static bool exact_add(struct fold_listeners *listeners, const struct sock_row *row)
{
	struct exact_listener *exact;

	if (exact_find(listeners, &row->local_addr, row->local_port))
		return true;
	exact = calloc(1, sizeof(*exact));
	if (!exact)
		return false;
	exact->key.addr = row->local_addr;
	exact->key.port = row->local_port;
	exact->index = (uint32_t)listeners->n;
	HASH_ADD(hh, listeners->by_addr, key, sizeof(exact->key), exact);
	if (!exact->hh.tbl) {
		free(exact);
		return false;
	}
	listeners->by_port[row->local_port].exact = true;
	return true;
}

static bool index_add(struct fold_listeners *listeners, const struct sock_row *row)
{
	struct listener_port *port = &listeners->by_port[row->local_port];
	uint32_t *any = addr_is_v4(&row->local_addr) ? &port->any_v4 : &port->any_v6;

	if (!addr_is_wildcard(&row->local_addr))
		return exact_add(listeners, row);
	if (*any == 0)
		*any = (uint32_t)listeners->n + 1;
	return true;
}

bool fold_listeners_add(struct fold_listeners *listeners, const struct sock_row *row)
{
	if (!portset_add(&listeners->ports, row->local_port, NULL))
		return false;
	if (listeners->n == MAX_LISTENERS) {
		listeners->left_out++;
		return true;
	}
	if (!ARRAY_GROW(listeners->list, listeners->capacity, listeners->n) ||
	    !index_add(listeners, row))
		return false;
	listeners->list[listeners->n++] = (struct listener){
		.addr = row->local_addr,
		.port = row->local_port,
		.uid = row->uid,
		.socket = { .inode = row->inode, .cgroup_id = row->cgroup_id },
		.queue = reading_of(row->rqueue),
		.backlog = { .value = row->limit_known ? row->wqueue : 0,
			     .known = row->limit_known },
	};
	return true;
}

struct listener *fold_listeners_find(const struct fold_listeners *listeners,
				     const struct sock_row *row)
{
	const struct listener_port *port = &listeners->by_port[row->local_port];
	uint32_t any = port->any_v6;

	if (port->exact) {
		const struct exact_listener *exact =
			exact_find(listeners, &row->local_addr, row->local_port);

		if (exact)
			return &listeners->list[exact->index];
	}
	if (port->any_v4 && addr_is_v4(&row->local_addr))
		any = port->any_v4;
	return any ? &listeners->list[any - 1] : NULL;
}
