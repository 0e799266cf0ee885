/* Sets of ports: a sorted list while small, a bitmap after. */
#include <stdlib.h>
#include <string.h>

#include "portset.h"

enum {
	WORD_BITS = 64,
	LIST_MAX = 512, /* beyond this, moving list entries costs more than the bitmap's 8 KiB */
};

/* The index of the first list entry that is not below PORT. */
static uint32_t list_position(const struct portset *set, uint16_t port)
{
	uint32_t low = 0, high = set->count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (set->list[middle] < port)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool bits_have(const struct portset *set, uint32_t port)
{
	return set->bits[port / WORD_BITS] >> (port % WORD_BITS) & 1;
}

static bool become_bitmap(struct portset *set)
{
	uint64_t *bits = calloc(N_PORTS / WORD_BITS, sizeof(*bits));

	if (!bits)
		return false;
	for (uint32_t i = 0; i < set->count; i++)
		bits[set->list[i] / WORD_BITS] |= UINT64_C(1) << (set->list[i] % WORD_BITS);
	free(set->list);
	set->list = NULL;
	set->capacity = 0;
	set->bits = bits;
	return true;
}

static bool list_add(struct portset *set, uint16_t port, bool *ret_new)
{
	uint32_t at = list_position(set, port);

	*ret_new = !(at < set->count && set->list[at] == port);
	if (!*ret_new)
		return true;
	if (set->count == set->capacity) {
		uint32_t wanted = set->capacity ? set->capacity * 2 : 4;
		uint16_t *grown = realloc(set->list, wanted * sizeof(*grown));

		if (!grown)
			return false;
		set->list = grown;
		set->capacity = wanted;
	}
	memmove(set->list + at + 1, set->list + at, (set->count - at) * sizeof(*set->list));
	set->list[at] = port;
	set->count++;
	return true;
}

bool portset_add(struct portset *set, uint16_t port, bool *ret_new)
{
	bool added;

	if (!set->bits && set->count == LIST_MAX && !become_bitmap(set))
		return false;
	if (set->bits) {
		added = !bits_have(set, port);
		set->bits[port / WORD_BITS] |= UINT64_C(1) << (port % WORD_BITS);
		set->count += added;
	} else if (!list_add(set, port, &added)) {
		return false;
	}
	if (ret_new)
		*ret_new = added;
	return true;
}

bool portset_add_range(struct portset *set, uint16_t low, uint16_t high)
{
	for (uint32_t port = low; port <= high; port++)
		if (!portset_add(set, (uint16_t)port, NULL))
			return false;
	return true;
}

bool portset_has(const struct portset *set, uint16_t port)
{
	uint32_t at;

	if (set->bits)
		return bits_have(set, port);
	at = list_position(set, port);
	return at < set->count && set->list[at] == port;
}

uint32_t portset_count_between(const struct portset *set, uint16_t low, uint16_t high)
{
	uint32_t n = 0;

	for (uint32_t port = low; portset_next(set, &port) && port <= high; port++)
		n++;
	return n;
}

uint32_t portset_count_common(const struct portset *a, const struct portset *b)
{
	const struct portset *few = a->count < b->count ? a : b, *many = few == a ? b : a;
	uint32_t n = 0;

	if (a->bits && b->bits) {
		for (uint32_t word = 0; word < N_PORTS / WORD_BITS; word++)
			n += (uint32_t)__builtin_popcountll(a->bits[word] & b->bits[word]);
		return n;
	}
	for (uint32_t port = 0; portset_next(few, &port); port++)
		n += portset_has(many, (uint16_t)port);
	return n;
}

bool portset_next(const struct portset *set, uint32_t *port)
{
	if (*port >= N_PORTS)
		return false;
	if (!set->bits) {
		uint32_t at = list_position(set, (uint16_t)*port);

		if (at == set->count)
			return false;
		*port = set->list[at];
		return true;
	}
	for (uint32_t word = *port / WORD_BITS; word < N_PORTS / WORD_BITS; word++) {
		uint64_t rest = set->bits[word];

		if (word == *port / WORD_BITS)
			rest &= ~UINT64_C(0) << (*port % WORD_BITS);
		if (rest) {
			*port = word * WORD_BITS + (uint32_t)__builtin_ctzll(rest);
			return true;
		}
	}
	return false;
}

void portset_done(struct portset *set)
{
	free(set->list);
	free(set->bits);
	*set = (struct portset){ 0 };
}
