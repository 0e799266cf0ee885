/* Heavy hitters among more keys than can be kept. */
#include <math.h>
#include <stdlib.h>

#include "heavy.h"

enum {
	DEPTH = 4,
	WIDTH_BITS = 16, /* 4 x 16 bits: the whole hash, so that the four cells are independent */
	WIDTH = 1 << WIDTH_BITS,
	SEEN_BITS = 20,
	WORD_BITS = 64,
};

bool heavy_init(struct heavy *heavy)
{
	*heavy = (struct heavy){
		.counts = calloc((size_t)DEPTH * WIDTH, sizeof(*heavy->counts)),
		.seen = calloc((1u << SEEN_BITS) / WORD_BITS, sizeof(*heavy->seen)),
	};
	if (heavy->counts && heavy->seen)
		return true;
	heavy_done(heavy);
	return false;
}

void heavy_done(struct heavy *heavy)
{
	free(heavy->counts);
	free(heavy->seen);
	*heavy = (struct heavy){ 0 };
}

static inline uint32_t cell(uint64_t hash, unsigned int row)
{
	return row * WIDTH + (uint32_t)(hash >> (row * WIDTH_BITS) & (WIDTH - 1));
}

bool heavy_add(struct heavy *heavy, uint64_t hash, uint32_t rows)
{
	/* Mixed once more: the sketch has used every bit as it is. */
	uint32_t bit = (uint32_t)(hash * UINT64_C(0x9e3779b97f4a7c15) >> (64 - SEEN_BITS));
	uint64_t *word = &heavy->seen[bit / WORD_BITS], mask = UINT64_C(1) << bit % WORD_BITS;
	bool first = !(*word & mask);

	*word |= mask;
	heavy->n_seen += first;
	for (unsigned int row = 0; row < DEPTH; row++) {
		uint32_t *count = &heavy->counts[cell(hash, row)];

		*count = *count > UINT32_MAX - rows ? UINT32_MAX : *count + rows;
	}
	return first;
}

uint32_t heavy_estimate(const struct heavy *heavy, uint64_t hash)
{
	uint32_t least = UINT32_MAX;

	for (unsigned int row = 0; row < DEPTH; row++) {
		uint32_t count = heavy->counts[cell(hash, row)];

		least = count < least ? count : least;
	}
	return least;
}

uint64_t heavy_keys(const struct heavy *heavy)
{
	const double bits = 1u << SEEN_BITS;
	/* A full bitmap only says "very many". */
	double empty = heavy->n_seen < bits ? bits - heavy->n_seen : 1;

	return (uint64_t)llround(-bits * log(empty / bits));
}
