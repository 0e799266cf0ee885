/* The nearest known name to a misspelt one: Levenshtein distance with swaps of neighbours. */
#include <string.h>

#include "nearest.h"

enum { LONGEST_NAME = 64 };

static size_t min_of(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t rows[3][LONGEST_NAME + 1];
	size_t *before = rows[0], *last = rows[1], *now = rows[2];

	for (size_t j = 0; j <= b_length; j++)
		last[j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		now[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			size_t same = a[i - 1] == b[j - 1] ? 0 : 1;

			now[j] = min_of(min_of(last[j], now[j - 1]) + 1, last[j - 1] + same);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = min_of(now[j], before[j - 2] + 1);
		}
		size_t *oldest = before;

		before = last;
		last = now;
		now = oldest;
	}
	return last[b_length];
}

const char *nearest_name(const char *word, const char *const names[], size_t n_names)
{
	size_t length = strlen(word), best = (size_t)-1;
	const char *found = NULL;

	if (length == 0 || length > LONGEST_NAME)
		return NULL;
	for (size_t i = 0; i < n_names; i++) {
		size_t name_length = strlen(names[i]), d;

		if (name_length > LONGEST_NAME)
			continue;
		d = distance(word, length, names[i], name_length);
		if (d < best && d * 3 <= min_of(length, name_length) + 1) {
			best = d;
			found = names[i];
		}
	}
	return found;
}
