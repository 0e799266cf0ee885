/* What two samples of one window have in common. */
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "cleanup.h"
#include "model.h"

#include "sockets.h"

static int destination_compare(const void *left, const void *right)
{
	const struct destination *a = *(const struct destination *const *)left;
	const struct destination *b = *(const struct destination *const *)right;
	int order = memcmp(&a->local_addr, &b->local_addr, sizeof(a->local_addr));

	if (order == 0)
		order = memcmp(&a->remote_addr, &b->remote_addr, sizeof(a->remote_addr));
	return order ? order
		     : (a->remote_port > b->remote_port) - (a->remote_port < b->remote_port);
}

static void destinations_mark(struct sockets *now, const struct sockets *before)
{
	const size_t n = before->n_destinations;
	CLEANUP(freep) const struct destination **sorted = calloc(n + 1, sizeof(*sorted));
	/* What was not among those kept may have been folded together with others. */
	const struct reading absent = { .known = before->destinations_known &&
						 before->folded_destinations == 0 };

	if (!sorted)
		return;
	for (size_t i = 0; i < n; i++)
		sorted[i] = &before->destinations[i];
	qsort(sorted, n, sizeof(*sorted), destination_compare);
	for (size_t i = 0; i < now->n_destinations; i++) {
		struct destination *destination = &now->destinations[i];
		const struct destination *key = destination;
		const struct destination **found =
			bsearch(&key, sorted, n, sizeof(*sorted), destination_compare);

		destination->ports_before = found ? reading_of((*found)->ports.count) : absent;
		destination->time_wait_before = found ? reading_of((*found)->time_wait) : absent;
	}
}

static void close_wait_mark(struct sockets *now, const struct sockets *before)
{
	const size_t n = before->n_close_wait;
	CLEANUP(freep) uint64_t *inodes = calloc(n + 1, sizeof(*inodes));

	if (!inodes)
		return;
	for (size_t i = 0; i < n; i++)
		inodes[i] = before->close_wait[i].socket.inode;
	qsort(inodes, n, sizeof(*inodes), u64_compare);
	for (size_t i = 0; i < now->n_close_wait; i++) {
		uint64_t inode = now->close_wait[i].socket.inode;

		now->close_wait[i].in_first_sample =
			inode != 0 && bsearch(&inode, inodes, n, sizeof(*inodes), u64_compare);
	}
}

/* Who listens, as far as one sample can tell: the program's cgroup and user. */
struct owner {
	uint64_t cgroup_id;
	uint64_t uid;
};

static int owner_compare(const void *left, const void *right)
{
	const struct owner *a = left, *b = right;

	if (a->cgroup_id != b->cgroup_id)
		return a->cgroup_id < b->cgroup_id ? -1 : 1;
	return (a->uid > b->uid) - (a->uid < b->uid);
}

static struct owner owner_of(const struct listener *listener)
{
	return (struct owner){ listener->socket.cgroup_id, listener->uid };
}

/*
 * A program that left one port and now listens on another lets the kernel choose. Without a cgroup
 * every program of a user would look like one, so then nothing is claimed.
 */
static void listeners_mark(struct sockets *now, const struct sockets *before)
{
	CLEANUP(freep) struct owner *gone = calloc(before->n_listeners + 1, sizeof(*gone));
	size_t n = 0;

	if (!gone)
		return;
	for (size_t i = 0; i < before->n_listeners; i++) {
		const struct listener *listener = &before->listeners[i];

		if (listener->socket.cgroup_id && !portset_has(&now->listening, listener->port))
			gone[n++] = owner_of(listener);
	}
	qsort(gone, n, sizeof(*gone), owner_compare);
	for (size_t i = 0; i < now->n_listeners; i++) {
		struct listener *listener = &now->listeners[i];
		struct owner owner = owner_of(listener);

		listener->kernel_chosen = !portset_has(&before->listening, listener->port) &&
					  bsearch(&owner, gone, n, sizeof(*gone), owner_compare);
	}
}

void sockets_compare(struct sockets *now, const struct sockets *before)
{
	if (!before->backend)
		return;
	for (size_t i = 0; i < N_TCP_STATES; i++)
		now->states_before[i] = reading_of(before->states[i]);
	destinations_mark(now, before);
	close_wait_mark(now, before);
	listeners_mark(now, before);
}
