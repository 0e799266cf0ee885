/* Bitmaps of descriptors. */
#include <stdatomic.h>
#include <stdint.h>

#include "seen.h"

/* As many as fs.nr_open lets a program have by default; pages that are not used cost nothing. */
enum { N_DESCRIPTORS = 1 << 20, WORD_BITS = 64 };

static _Atomic uint64_t words[N_SEEN][N_DESCRIPTORS / WORD_BITS];

static bool is_kept(int fd)
{
	return fd >= 0 && fd < N_DESCRIPTORS;
}

static uint64_t bit(int fd)
{
	return UINT64_C(1) << (fd % WORD_BITS);
}

void seen_set(enum seen what, int fd)
{
	if (is_kept(fd) && !seen_is(what, fd))
		atomic_fetch_or_explicit(&words[what][fd / WORD_BITS], bit(fd),
					 memory_order_relaxed);
}

/* Beyond the bitmap all counts as seen: better to leave a socket alone than to ask at each call. */
bool seen_is(enum seen what, int fd)
{
	if (!is_kept(fd))
		return true;
	return atomic_load_explicit(&words[what][fd / WORD_BITS], memory_order_relaxed) & bit(fd);
}

bool seen_as_bound(int fd)
{
	return is_kept(fd) && seen_is(SEEN_BOUND, fd) && !seen_is(SEEN_LISTENER, fd) &&
	       !seen_is(SEEN_CONNECTED, fd);
}

void seen_forget(int fd)
{
	for (int what = 0; what < N_SEEN && is_kept(fd); what++)
		if (seen_is((enum seen)what, fd))
			atomic_fetch_and_explicit(&words[what][fd / WORD_BITS], ~bit(fd),
						  memory_order_relaxed);
}
