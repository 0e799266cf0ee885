/* The part of the fold that lists sockets in CLOSE-WAIT. */
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "array.h"
#include "sock_row.h"

#include "fold_close_wait.h"

/*
 * By endpoints, not by inode: a connection that nobody has accepted yet has none, and neither
 * backend shows two sockets with the same endpoints but for a row that it repeats.
 */
struct endpoints {
	struct addr local_addr, remote_addr;
	uint16_t local_port, remote_port;
};

struct close_wait_entry {
	struct endpoints key;
	size_t index;
	UT_hash_handle hh;
};

void fold_close_wait_done(struct fold_close_wait *sockets)
{
	struct close_wait_entry *entry, *next;

	HASH_ITER(hh, sockets->by_endpoints, entry, next)
	{
		HASH_DEL(sockets->by_endpoints, entry);
		free(entry);
	}
	free(sockets->list);
	*sockets = (struct fold_close_wait){ 0 };
}

static struct endpoints endpoints_of(const struct sock_row *row)
{
	return (struct endpoints){
		.local_addr = row->local_addr,
		.remote_addr = row->remote_addr,
		.local_port = row->local_port,
		.remote_port = row->remote_port,
	};
}

static struct close_wait_entry *entry_find(const struct fold_close_wait *sockets,
					   const struct sock_row *row)
{
	struct endpoints key = endpoints_of(row);
	struct close_wait_entry *entry;

	HASH_FIND(hh, sockets->by_endpoints, &key, sizeof(key), entry);
	return entry;
}

static struct reading age_of(const struct sock_row *row)
{
	uint32_t age_ms = row->last_data_recv_ms < row->last_ack_recv_ms ? row->last_data_recv_ms
									 : row->last_ack_recv_ms;

	return row->has_info ? reading_of(age_ms) : (struct reading){ 0 };
}

static bool entry_add(struct fold_close_wait *sockets, const struct sock_row *row)
{
	struct close_wait_entry *entry = malloc(sizeof(*entry));

	if (!entry)
		return false;
	entry->key = endpoints_of(row);
	entry->index = sockets->n;
	HASH_ADD(hh, sockets->by_endpoints, key, sizeof(entry->key), entry);
	if (entry->hh.tbl)
		return true;
	free(entry);
	return false;
}

bool fold_close_wait_add(struct fold_close_wait *sockets, const struct sock_row *row)
{
	if (sockets->n == MAX_CLOSE_WAIT || entry_find(sockets, row))
		return true;
	if (!ARRAY_GROW(sockets->list, sockets->capacity, sockets->n) || !entry_add(sockets, row))
		return false;
	sockets->list[sockets->n++] = (struct close_wait){
		.local_addr = row->local_addr,
		.remote_addr = row->remote_addr,
		.local_port = row->local_port,
		.remote_port = row->remote_port,
		.socket = { .inode = row->inode, .cgroup_id = row->cgroup_id },
		.age_ms = age_of(row),
	};
	return true;
}

void fold_close_wait_age(struct fold_close_wait *sockets, const struct sock_row *row)
{
	const struct close_wait_entry *entry = entry_find(sockets, row);

	if (entry && row->has_info)
		sockets->list[entry->index].age_ms = age_of(row);
}
