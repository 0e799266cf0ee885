/* The part of the fold that looks for connections without keepalive. */
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "sock_row.h"

#include "fold_idle.h"

/* Kept free for what comes after the table is full: one group of unnamed cgroups for each scope. */
enum { NAMED_GROUPS = MAX_IDLE_GROUPS - N_IDLE_SCOPES };

struct idle_key {
	uint64_t cgroup_id, scope;
};

struct idle_entry {
	struct idle_key key;
	size_t index;
	UT_hash_handle hh;
};

void fold_idle_done(struct fold_idle *idle)
{
	struct idle_entry *entry, *next;

	HASH_ITER(hh, idle->by_key, entry, next)
	{
		HASH_DEL(idle->by_key, entry);
		free(entry);
	}
	free(idle->groups);
	*idle = (struct fold_idle){ 0 };
}

static struct idle_group *group_add(struct fold_idle *idle, const struct idle_key *key)
{
	struct idle_entry *entry = calloc(1, sizeof(*entry));

	if (entry) {
		entry->key = *key;
		entry->index = idle->n;
		HASH_ADD(hh, idle->by_key, key, sizeof(entry->key), entry);
		if (!entry->hh.tbl) {
			free(entry);
			entry = NULL;
		}
	}
	if (entry && !idle->groups)
		idle->groups = calloc(MAX_IDLE_GROUPS, sizeof(*idle->groups));
	if (!entry || !idle->groups)
		return NULL;
	idle->groups[idle->n].cgroup_id = key->cgroup_id;
	idle->groups[idle->n].scope = (enum idle_scope)key->scope;
	return &idle->groups[idle->n++];
}

static struct idle_group *group_find(struct fold_idle *idle, uint64_t cgroup_id,
				     enum idle_scope scope)
{
	struct idle_key key = { .cgroup_id = cgroup_id, .scope = scope };
	struct idle_entry *entry;

	HASH_FIND(hh, idle->by_key, &key, sizeof(key), entry);
	if (entry)
		return &idle->groups[entry->index];
	if (cgroup_id != 0 && idle->n >= NAMED_GROUPS)
		return group_find(idle, 0, scope);
	return group_add(idle, &key);
}

static struct idle_group *group_of(struct fold_idle *idle, uint64_t cgroup_id,
				   enum idle_scope scope)
{
	uint64_t at = (cgroup_id * N_IDLE_SCOPES + scope) % RECENT_IDLE_GROUPS;
	struct idle_group *recent = idle->recent[at];

	if (recent && recent->cgroup_id == cgroup_id && recent->scope == scope)
		return recent;
	return idle->recent[at] = group_find(idle, cgroup_id, scope);
}

/* Keeps the most idle ones. */
static void sample_add(struct idle_group *group, const struct sock_row *row, uint32_t idle_s)
{
	uint32_t at = 0;

	if (row->inode == 0 || (group->n_samples == IDLE_GROUP_SAMPLES && !row->has_info))
		return;
	if (group->n_samples < IDLE_GROUP_SAMPLES) {
		at = group->n_samples++;
	} else {
		for (uint32_t i = 1; i < IDLE_GROUP_SAMPLES; i++)
			if (group->sample_idle_s[i] < group->sample_idle_s[at])
				at = i;
		if (group->sample_idle_s[at] >= idle_s)
			return;
	}
	group->samples[at] = (struct socket_ref){ row->inode, row->cgroup_id };
	group->sample_idle_s[at] = idle_s;
}

static void idle_count(struct idle_group *group, const struct sock_row *row)
{
	uint32_t idle_ms = row->last_data_sent_ms < row->last_data_recv_ms ? row->last_data_sent_ms
									   : row->last_data_recv_ms;
	uint32_t idle_s = row->has_info ? idle_ms / 1000 : 0;
	unsigned int bucket = N_IDLE_BUCKETS - 1;

	if (row->has_info) {
		while (bucket > 0 && idle_s < idle_bucket_bounds_s[bucket])
			bucket--;
		group->idle[bucket]++;
		group->idle_known++;
	}
	sample_add(group, row, idle_s);
}

bool fold_idle_add(struct fold_idle *idle, const struct sock_row *row, enum peer_scope scope)
{
	struct idle_group *group;

	if (scope == PEER_HERE)
		return true;
	group = group_of(idle, row->cgroup_id,
			 scope == PEER_ON_LINK ? IDLE_ON_LINK : IDLE_ELSEWHERE);
	if (!group)
		return false;
	group->established++;
	if (row->timer != TIMER_NONE && row->timer != TIMER_KEEPALIVE)
		return true;
	group->judged++;
	if (row->timer == TIMER_KEEPALIVE)
		return true;
	group->without_keepalive++;
	idle_count(group, row);
	return true;
}
