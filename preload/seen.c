/* What was seen of each descriptor, a byte for each: one look, and one store, on accept()'s way. */
#include <stdatomic.h>
#include <stdint.h>

#include "seen.h"

/* As many as fs.nr_open lets a program have by default; pages that are not used cost nothing. */
enum { N_DESCRIPTORS = 1 << 20 };

static _Atomic uint8_t descriptors[N_DESCRIPTORS];

static bool is_kept(int fd)
{
	return (unsigned int)fd < N_DESCRIPTORS;
}

static uint8_t bit(enum seen what)
{
	return (uint8_t)(1u << what);
}

static uint8_t look(int fd)
{
	return atomic_load_explicit(&descriptors[fd], memory_order_relaxed);
}

void seen_set(enum seen what, int fd)
{
	if (is_kept(fd) && !(look(fd) & bit(what)))
		atomic_fetch_or_explicit(&descriptors[fd], bit(what), memory_order_relaxed);
}

/* Beyond them all counts as seen: better to leave a socket alone than to ask at each call. */
bool seen_is(enum seen what, int fd)
{
	return !is_kept(fd) || (look(fd) & bit(what));
}

bool seen_as_bound(int fd)
{
	return is_kept(fd) && look(fd) == bit(SEEN_BOUND);
}

void seen_forget(int fd)
{
	if (is_kept(fd) && look(fd))
		atomic_store_explicit(&descriptors[fd], 0, memory_order_relaxed);
}
