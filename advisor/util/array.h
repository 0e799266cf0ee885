#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/*
 * Makes room for one more element of SIZE bytes in *ARRAY, which holds N and has room for
 * *CAPACITY: doubles it. False when memory runs out; the array is then as before.
 */
bool array_grow(void **array, size_t *capacity, size_t n, size_t size);

#define ARRAY_GROW(array, capacity, n)                                                             \
	array_grow((void **)&(array), &(capacity), (n), sizeof((array)[0]))

/* For qsort() and bsearch() over uint64_t: inodes, cgroups. */
int u64_compare(const void *left, const void *right);
/* Sorts N numbers, which may be none, and keeps one of each; returns how many are left. */
size_t u64_sort_unique(uint64_t numbers[], size_t n);
