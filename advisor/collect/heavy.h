#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * How many rows each of very many keys had, about, and how many keys there were, about: in 1.1 MiB,
 * however many they are. A count-min sketch, whose estimates are never too low, beside a bitmap for
 * linear counting. Keys are given by a 64-bit hash.
 */
struct heavy {
	uint32_t *counts; /* owned */
	uint64_t *seen;   /* owned */
	uint32_t n_seen;  /* bits set */
};

/* False when memory runs out. */
bool heavy_init(struct heavy *heavy);
void heavy_done(struct heavy *heavy);

/* True when the key is new for sure; a key that is new may answer false. */
bool heavy_add(struct heavy *heavy, uint64_t hash, uint32_t rows);
uint32_t heavy_estimate(const struct heavy *heavy, uint64_t hash);
/* Within one per cent up to a few million. */
uint64_t heavy_keys(const struct heavy *heavy);
