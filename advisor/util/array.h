#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Makes room for one more element of SIZE bytes in *ARRAY, which holds N and has room for
 * *CAPACITY: doubles it. False when memory runs out; the array is then as before.
 */
bool array_grow(void **array, size_t *capacity, size_t n, size_t size);

#define ARRAY_GROW(array, capacity, n)                                                             \
	array_grow((void **)&(array), &(capacity), (n), sizeof((array)[0]))
