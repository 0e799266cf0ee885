/* Growing arrays, and sorted ones of numbers. */
#include <stdint.h>
#include <stdlib.h>

#include "array.h"

bool array_grow(void **array, size_t *capacity, size_t n, size_t size)
{
	size_t wanted;
	void *grown;

	if (n < *capacity)
		return true;
	wanted = *capacity ? *capacity * 2 : 8;
	if (wanted > SIZE_MAX / size)
		return false;
	grown = realloc(*array, wanted * size);
	if (!grown)
		return false;
	*array = grown;
	*capacity = wanted;
	return true;
}

int u64_compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

size_t u64_sort_unique(uint64_t numbers[], size_t n)
{
	size_t unique = 0;

	if (n > 0) /* qsort() wants an array even where there is nothing to sort */
		qsort(numbers, n, sizeof(*numbers), u64_compare);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || numbers[i] != numbers[i - 1])
			numbers[unique++] = numbers[i];
	return unique;
}
