/*
 * The part of the fold that counts outbound sockets by destination.
 *
 * The table is open addressing over an array, not uthash: it is asked once for each of up to a
 * million rows, and a slot that holds the hash beside the index finds an entry with two cache
 * misses where a chain of separately allocated nodes takes four.
 *
 * A host can have more destinations than it pays to keep. The first pass keeps the first
 * DESTINATION_LIMIT exactly and estimates how many rows each of the others has. The second pass
 * starts with an empty table and lets in by estimate, largest first: whenever the table is full,
 * the smaller half goes and the floor rises to the estimate of the largest that went. So whoever is
 * there at the end was there from its first row on, and is exact. Estimates are never too low: a
 * destination is only lost to DESTINATION_LIMIT / 2 others of at least its size.
 */
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "cleanup.h"
#include "sock_row.h"

#include "fold_destinations.h"

enum {
	SLOTS = DESTINATION_LIMIT * 2, /* at most half full */
	KEPT_WHEN_FULL = DESTINATION_LIMIT / 2,
	NEWEST_SECOND = TIME_WAIT_SECONDS - 1,
};
#define NO_LOCAL UINT32_MAX

struct destination_slot {
	uint32_t hash;
	uint32_t entry; /* index plus one; 0: free */
};

bool fold_destinations_init(struct fold_destinations *table, struct port_range range)
{
	*table = (struct fold_destinations){
		.range = range,
		.slots = calloc(SLOTS, sizeof(*table->slots)),
	};
	return table->slots;
}

static void entry_done(struct destination_entry *entry)
{
	portset_done(&entry->destination.ports);
	free(entry->destination.time_wait_histogram);
	entry->destination.time_wait_histogram = NULL;
}

void fold_destinations_done(struct fold_destinations *table)
{
	for (size_t i = 0; i < table->n; i++)
		entry_done(&table->entries[i]);
	for (size_t i = 0; i < table->n_locals; i++) {
		portset_done(&table->locals[i].used);
		portset_done(&table->locals[i].shared);
	}
	free(table->entries);
	free(table->slots);
	free(table->locals);
	heavy_done(&table->rest);
	*table = (struct fold_destinations){ 0 };
}

static inline uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

static inline uint64_t hash_of(const struct addr *local, const struct addr *remote,
			       uint16_t remote_port)
{
	uint64_t words[4];
	uint64_t hash = remote_port;

	memcpy(words, local->bytes, sizeof(local->bytes));
	memcpy(words + 2, remote->bytes, sizeof(remote->bytes));
	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++)
		hash = mix(hash, words[i]);
	return mix(hash, UINT64_C(0xbf58476d1ce4e5b9));
}

static inline uint64_t row_hash(const struct sock_row *row)
{
	return hash_of(&row->local_addr, &row->remote_addr, row->remote_port);
}

static inline uint64_t entry_hash(const struct destination_entry *entry)
{
	const struct destination *d = &entry->destination;

	return hash_of(&d->local_addr, &d->remote_addr, d->remote_port);
}

static inline bool entry_is(const struct destination_entry *entry, const struct sock_row *row)
{
	const struct destination *d = &entry->destination;

	return d->remote_port == row->remote_port &&
	       memcmp(&d->remote_addr, &row->remote_addr, sizeof(d->remote_addr)) == 0 &&
	       memcmp(&d->local_addr, &row->local_addr, sizeof(d->local_addr)) == 0;
}

static struct destination_entry *entry_find(const struct fold_destinations *table,
					    const struct sock_row *row, uint64_t hash)
{
	for (uint32_t at = (uint32_t)hash % SLOTS;; at = (at + 1) % SLOTS) {
		const struct destination_slot *slot = &table->slots[at];

		if (slot->entry == 0)
			return NULL;
		if (slot->hash == (uint32_t)hash && entry_is(&table->entries[slot->entry - 1], row))
			return &table->entries[slot->entry - 1];
	}
}

static void slot_take(struct fold_destinations *table, uint64_t hash, size_t index)
{
	uint32_t at = (uint32_t)hash % SLOTS;

	while (table->slots[at].entry)
		at = (at + 1) % SLOTS;
	table->slots[at] = (struct destination_slot){ (uint32_t)hash, (uint32_t)index + 1 };
}

/* There must be room: fewer than DESTINATION_LIMIT. NULL when memory runs out. */
static struct destination_entry *entry_new(struct fold_destinations *table,
					   const struct sock_row *row, uint64_t hash)
{
	struct destination_entry *entry;

	if (!ARRAY_GROW(table->entries, table->capacity, table->n))
		return NULL;
	entry = &table->entries[table->n];
	*entry = (struct destination_entry){
		.destination = { .local_addr = row->local_addr,
				 .remote_addr = row->remote_addr,
				 .remote_port = row->remote_port },
		.local = NO_LOCAL,
	};
	slot_take(table, hash, table->n++);
	return entry;
}

static uint32_t local_find(struct fold_destinations *table, const struct addr *addr)
{
	/* Most hosts have one that matters, so the last one is nearly always right. */
	if (table->last_local < table->n_locals &&
	    addr_equal(&table->locals[table->last_local].address.addr, addr))
		return table->last_local;
	for (uint32_t i = 0; i < table->n_locals; i++)
		if (addr_equal(&table->locals[i].address.addr, addr))
			return table->last_local = i;
	return NO_LOCAL;
}

/* NO_LOCAL beyond MAX_LOCAL_ADDRESSES. False when memory runs out. */
static bool local_get(struct fold_destinations *table, const struct addr *addr, uint32_t *ret_local)
{
	*ret_local = local_find(table, addr);
	if (*ret_local != NO_LOCAL || table->n_locals == MAX_LOCAL_ADDRESSES)
		return true;
	if (!ARRAY_GROW(table->locals, table->locals_capacity, table->n_locals))
		return false;
	table->locals[table->n_locals] = (struct local_entry){ .address = { .addr = *addr } };
	*ret_local = table->last_local = table->n_locals++;
	return true;
}

static struct destination_entry *entry_add(struct fold_destinations *table,
					   const struct sock_row *row, uint64_t hash,
					   const struct routes *routes)
{
	struct destination_entry *entry = entry_new(table, row, hash);

	if (!entry || !local_get(table, &row->local_addr, &entry->local))
		return NULL;
	entry->scope = routes_scope(routes, &row->remote_addr);
	if (entry->local != NO_LOCAL)
		table->locals[entry->local].address.destinations++;
	return entry;
}

/* A destination of this local address uses a port that it did not use before. */
static bool port_use(struct fold_destinations *table, uint32_t local, uint16_t port)
{
	struct local_entry *entry;
	bool first;

	if (local == NO_LOCAL)
		return true;
	entry = &table->locals[local];
	if (!portset_add(&entry->used, port, &first))
		return false;
	return first || portset_add(&entry->shared, port, NULL);
}

static bool time_wait_count(struct destination *destination, const struct sock_row *row)
{
	uint32_t second = row->expires_ms / 1000;

	destination->time_wait++;
	if (row->timer != TIMER_TIME_WAIT)
		return true;
	if (!destination->time_wait_histogram)
		destination->time_wait_histogram =
			calloc(TIME_WAIT_SECONDS, sizeof(*destination->time_wait_histogram));
	if (!destination->time_wait_histogram)
		return false;
	destination->time_wait_histogram[second < NEWEST_SECOND ? second : NEWEST_SECOND]++;
	return true;
}

static void parity_count(struct destination *destination, const struct sock_row *row, uint16_t low)
{
	if (row->no_port_flag_known && row->no_port_flag) {
		destination->cleared++;
		return;
	}
	destination->judged++;
	destination->wrong_parity += (row->local_port ^ low) & 1;
}

/* RET_NEW: no row of this destination had this port before. */
static bool entry_count(struct destination_entry *entry, const struct sock_row *row, uint16_t low,
			bool *ret_new)
{
	struct destination *destination = &entry->destination;

	entry->rows++;
	if (!portset_add(&destination->ports, row->local_port, ret_new))
		return false;
	destination->established += row->state == TCP_STATE_ESTAB;
	parity_count(destination, row, low);
	if (*ret_new && row->inode && destination->n_samples < DESTINATION_SAMPLES)
		destination->samples[destination->n_samples++] =
			(struct socket_ref){ row->inode, row->cgroup_id };
	return row->state != TCP_STATE_TIME_WAIT || time_wait_count(destination, row);
}

/*
 * A row of a destination that found no room. Its port counts as one more use: a destination has one
 * socket on a port, so only a row that the backend repeats is counted twice.
 */
static bool rest_count(struct fold_destinations *table, const struct sock_row *row, uint64_t hash)
{
	uint32_t local;
	bool first;

	if (!table->overflowed && !heavy_init(&table->rest))
		return false;
	table->overflowed = true;
	first = heavy_add(&table->rest, hash, 1);
	if (!local_get(table, &row->local_addr, &local))
		return false;
	if (local == NO_LOCAL)
		return true;
	table->locals[local].address.outbound++;
	table->locals[local].address.destinations += first;
	return port_use(table, local, row->local_port);
}

bool fold_destinations_add(struct fold_destinations *table, const struct sock_row *row,
			   const struct routes *routes, enum peer_scope *ret_scope)
{
	uint64_t hash = row_hash(row);
	struct destination_entry *entry = entry_find(table, row, hash);
	bool new_port;

	table->rows++;
	if (!entry && table->n == DESTINATION_LIMIT) {
		*ret_scope = routes_scope(routes, &row->remote_addr);
		return rest_count(table, row, hash);
	}
	if (!entry)
		entry = entry_add(table, row, hash, routes);
	if (!entry || !entry_count(entry, row, table->range.low, &new_port))
		return false;
	*ret_scope = entry->scope;
	if (entry->local == NO_LOCAL)
		return true;
	table->locals[entry->local].address.outbound++;
	return !new_port || port_use(table, entry->local, row->local_port);
}

bool fold_destinations_out_of_range(struct fold_destinations *table, const struct sock_row *row)
{
	uint32_t local;

	if (!local_get(table, &row->local_addr, &local))
		return false;
	if (local != NO_LOCAL)
		table->locals[local].address.out_of_range++;
	return true;
}

void fold_destinations_begin_second_pass(struct fold_destinations *table)
{
	table->first_pass_keys = table->n + heavy_keys(&table->rest);
	for (size_t i = 0; i < table->n; i++) {
		struct destination_entry *entry = &table->entries[i];

		(void)heavy_add(&table->rest, entry_hash(entry), entry->rows);
		entry_done(entry);
	}
	table->n = 0;
	memset(table->slots, 0, SLOTS * sizeof(*table->slots));
	table->second_pass = true;
}

static int larger_first(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return (b > a) - (b < a);
}

/* The estimate that KEPT_WHEN_FULL entries reach or exceed. */
static bool floor_find(const struct fold_destinations *table, uint32_t *ret_floor)
{
	CLEANUP(freep) uint32_t *estimates = calloc(table->n, sizeof(*estimates));

	if (!estimates)
		return false;
	for (size_t i = 0; i < table->n; i++)
		estimates[i] = table->entries[i].estimate;
	qsort(estimates, table->n, sizeof(*estimates), larger_first);
	*ret_floor = estimates[KEPT_WHEN_FULL - 1];
	return true;
}

/* Keeps the larger half; of those at the floor itself, as many as fit. */
static bool make_room(struct fold_destinations *table)
{
	size_t above = 0, kept = 0, at_floor;

	if (!floor_find(table, &table->floor))
		return false;
	for (size_t i = 0; i < table->n; i++)
		above += table->entries[i].estimate > table->floor;
	at_floor = KEPT_WHEN_FULL - above;
	memset(table->slots, 0, SLOTS * sizeof(*table->slots));
	for (size_t i = 0; i < table->n; i++) {
		struct destination_entry *entry = &table->entries[i];
		bool keep = entry->estimate > table->floor ||
			    (entry->estimate == table->floor && at_floor > 0);

		if (!keep) {
			entry_done(entry);
			continue;
		}
		at_floor -= entry->estimate == table->floor;
		table->entries[kept] = *entry;
		slot_take(table, entry_hash(&table->entries[kept]), kept);
		kept++;
	}
	table->n = kept;
	return true;
}

bool fold_destinations_recount(struct fold_destinations *table, const struct sock_row *row)
{
	uint64_t hash = row_hash(row);
	struct destination_entry *entry = entry_find(table, row, hash);
	bool new_port;

	if (!entry) {
		uint32_t estimate = heavy_estimate(&table->rest, hash);

		if (estimate <= table->floor)
			return true;
		if (table->n == DESTINATION_LIMIT && !make_room(table))
			return false;
		if (estimate <= table->floor)
			return true;
		entry = entry_new(table, row, hash);
		if (!entry)
			return false;
		entry->local = local_find(table, &row->local_addr);
		entry->estimate = estimate;
	}
	return entry_count(entry, row, table->range.low, &new_port);
}

static int more_ports_first(const void *left, const void *right)
{
	const struct destination *a = &((const struct destination_entry *)left)->destination;
	const struct destination *b = &((const struct destination_entry *)right)->destination;

	return (b->ports.count > a->ports.count) - (b->ports.count < a->ports.count);
}

static uint32_t shared_ports(const struct fold_destinations *table,
			     const struct destination_entry *entry)
{
	const struct portset *ports = &entry->destination.ports;

	/* Not told apart, or new in the second pass: all shared, which accuses nobody. */
	if (entry->local == NO_LOCAL || table->locals[entry->local].used.count == 0)
		return ports->count;
	return portset_count_common(ports, &table->locals[entry->local].shared);
}

static bool locals_move(struct fold_destinations *table, struct sockets *sockets)
{
	sockets->local_addresses = calloc(table->n_locals, sizeof(*sockets->local_addresses));
	if (!sockets->local_addresses && table->n_locals > 0)
		return false;
	for (size_t i = 0; i < table->n_locals; i++) {
		sockets->local_addresses[i] = table->locals[i].address;
		sockets->local_addresses[i].distinct_ports = table->locals[i].used.count;
	}
	sockets->n_local_addresses = table->n_locals;
	return true;
}

bool fold_destinations_finish(struct fold_destinations *table, uint32_t available,
			      struct sockets *sockets)
{
	uint64_t keys = table->n, rows = 0;
	size_t kept = 0;

	if (table->overflowed)
		keys = table->second_pass ? table->first_pass_keys
					  : table->n + heavy_keys(&table->rest);
	if (table->n > 0)
		qsort(table->entries, table->n, sizeof(*table->entries), more_ports_first);
	while (kept < table->n && (kept < MAX_DESTINATIONS ||
				   table->entries[kept].destination.ports.count > available / 2))
		kept++;
	sockets->destinations = calloc(kept, sizeof(*sockets->destinations));
	if ((!sockets->destinations && kept > 0) || !locals_move(table, sockets))
		return false;
	for (size_t i = 0; i < kept; i++) {
		struct destination_entry *entry = &table->entries[i];

		entry->destination.shared_ports = shared_ports(table, entry);
		rows += entry->rows;
		sockets->destinations[i] = entry->destination;
		/* Moved: the table's own must not be freed with it. */
		entry->destination.ports = (struct portset){ 0 };
		entry->destination.time_wait_histogram = NULL;
	}
	sockets->n_destinations = kept;
	/* The second pass saw a later table: both can be less than what is kept. */
	sockets->folded_destinations = keys > kept ? keys - kept : 0;
	sockets->folded_sockets = table->rows > rows ? table->rows - rows : 0;
	return true;
}
