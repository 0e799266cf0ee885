#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HIGHEST_PORT = UINT16_MAX, N_PORTS = HIGHEST_PORT + 1 };

/*
 * A set of TCP ports. All zero is the empty set. Small sets are a sorted list, large ones a bitmap
 * of 8 KiB, so that thousands of destinations with a few ports each stay cheap.
 */
struct portset {
	uint16_t *list;    /* owned; sorted; NULL once the bitmap is there */
	uint64_t *bits;    /* owned; N_PORTS bits */
	uint32_t count;    /* ports in the set */
	uint32_t capacity; /* of list */
};

/* False when memory runs out; *RET_NEW (may be NULL) says whether the port was not there before. */
bool portset_add(struct portset *set, uint16_t port, bool *ret_new);
bool portset_add_range(struct portset *set, uint16_t low, uint16_t high);
bool portset_has(const struct portset *set, uint16_t port);
/* Ports of the set from LOW to HIGH, both included. */
uint32_t portset_count_between(const struct portset *set, uint16_t low, uint16_t high);

/* Ports that both sets have. */
uint32_t portset_count_common(const struct portset *a, const struct portset *b);

/*
 * The next port of the set that is not below *PORT; false at the end. For loops:
 * for (uint32_t p = 0; portset_next(set, &p); p++)
 */
bool portset_next(const struct portset *set, uint32_t *port);

/* Releases the memory; the set is then empty. */
void portset_done(struct portset *set);
