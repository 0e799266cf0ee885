/* A set-associative table: a socket's cookie says in which bucket its record may be. */
#include <stdatomic.h>
#include <stddef.h>

#include "ledger.h"

enum { N_BUCKETS = 1024, N_WAYS = 8, BATCH = 4096, N_BATCHES = 256 };

/* Beside the options, in the upper half of a record's word. */
#define FOREIGN (UINT64_C(1) << 32)
#define NO_PORT (UINT64_C(1) << 33)
#define FORGOTTEN (UINT64_C(1) << 34)

static struct bucket {
	_Atomic uint64_t cookies[N_WAYS]; /* 0: free; the kernel gives no cookie 0 */
	_Atomic uint64_t records[N_WAYS];
	atomic_uint oldest; /* the way that gives way next */
} buckets[N_BUCKETS];

/*
 * The newest that was dropped of a batch of cookies. Each CPU counts up through a batch of its own
 * (linux/cookie.h): whoever is newer than that has lost nothing, whatever other CPUs are at.
 */
static _Atomic uint64_t newest_dropped[N_BATCHES];

static atomic_bool used;
static _Atomic uint64_t n_dropped;

static struct bucket *bucket_of(uint64_t cookie)
{
	/* Cookies are counted up: the lowest bits spread well. */
	return &buckets[cookie % N_BUCKETS];
}

static _Atomic uint64_t *find(struct bucket *bucket, uint64_t cookie)
{
	for (size_t i = 0; i < N_WAYS; i++)
		if (atomic_load_explicit(&bucket->cookies[i], memory_order_acquire) == cookie)
			return &bucket->records[i];
	return NULL;
}

/* Batches share a place with those that are a million sockets older. */
static _Atomic uint64_t *newest_dropped_beside(uint64_t cookie)
{
	return &newest_dropped[(cookie - 1) / BATCH % N_BATCHES];
}

static bool may_be_dropped(uint64_t cookie)
{
	return cookie <= atomic_load(newest_dropped_beside(cookie));
}

static void note_dropped(uint64_t cookie)
{
	_Atomic uint64_t *dropped = newest_dropped_beside(cookie);
	uint64_t newest = atomic_load(dropped);

	while (cookie > newest && !atomic_compare_exchange_weak(dropped, &newest, cookie))
		;
	atomic_fetch_add(&n_dropped, 1);
}

/*
 * Of two threads that need room in one bucket at one time, one may clear what the other has just
 * written. What is lost then is a record, which counts as forgotten: nothing is overridden for it.
 */
static _Atomic uint64_t *claim(struct bucket *bucket, uint64_t cookie)
{
	unsigned int way;

	for (size_t i = 0; i < N_WAYS; i++) {
		uint64_t there = 0;

		/* Another thread, or a signal handler, may just have claimed it for the same. */
		if (atomic_compare_exchange_strong(&bucket->cookies[i], &there, cookie) ||
		    there == cookie)
			return &bucket->records[i];
	}
	way = atomic_fetch_add(&bucket->oldest, 1) % N_WAYS;
	note_dropped(atomic_load(&bucket->cookies[way]));
	atomic_store(&bucket->records[way], may_be_dropped(cookie) ? FORGOTTEN : 0);
	atomic_store_explicit(&bucket->cookies[way], cookie, memory_order_release);
	return &bucket->records[way];
}

static _Atomic uint64_t *find_or_claim(uint64_t cookie)
{
	struct bucket *bucket = bucket_of(cookie);
	_Atomic uint64_t *record = find(bucket, cookie);

	atomic_store_explicit(&used, true, memory_order_release);
	return record ? record : claim(bucket, cookie);
}

bool ledger_is_empty(void)
{
	return !atomic_load_explicit(&used, memory_order_acquire);
}

struct ledger_record ledger_find(uint64_t cookie)
{
	struct bucket *bucket = bucket_of(cookie);
	const _Atomic uint64_t *record = find(bucket, cookie);
	uint64_t bits;

	if (!record)
		return (struct ledger_record){ .forgotten = may_be_dropped(cookie) };
	bits = atomic_load(record);
	return (struct ledger_record){
		.set = (option_set)bits,
		.foreign = bits & FOREIGN,
		.forgotten = bits & FORGOTTEN,
		.no_port = bits & NO_PORT,
	};
}

void ledger_add(uint64_t cookie, option_set set)
{
	atomic_fetch_or(find_or_claim(cookie), set);
}

void ledger_mark_foreign(uint64_t cookie)
{
	atomic_fetch_or(find_or_claim(cookie), FOREIGN);
}

void ledger_mark_no_port(uint64_t cookie, bool no_port)
{
	if (no_port)
		atomic_fetch_or(find_or_claim(cookie), NO_PORT);
	else
		atomic_fetch_and(find_or_claim(cookie), ~NO_PORT);
}

uint64_t ledger_dropped(void)
{
	return atomic_load(&n_dropped);
}
