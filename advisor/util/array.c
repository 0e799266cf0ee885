/* Growing arrays. */
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
