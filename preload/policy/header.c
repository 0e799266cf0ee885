/* What a profile says of itself: the [profile] section. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "err.h"
#include "nearest.h"

#include "header.h"
#include "text_file.h"

int header_read(const struct text_file *text, const char *file, struct header *ret_header,
		struct err *err)
{
	static const char *const names[] = { "name", "summary", "include" };
	struct header header = { 0 };
	const struct text_entry **const places[] = { &header.name, &header.summary,
						     &header.include };

	for (size_t i = 0; i < text->n_entries; i++) {
		const struct text_entry *entry = &text->entries[i];
		size_t k = 0;

		if (strcmp(entry->section, "profile") != 0 || !entry->key)
			continue;
		while (k < ARRAY_SIZE(names) && strcmp(names[k], entry->key) != 0)
			k++;
		if (k == ARRAY_SIZE(names))
			return text_entry_unknown(
				entry, file, "key",
				nearest_name(entry->key, names, ARRAY_SIZE(names)), err);
		if (*places[k])
			return text_entry_twice(entry, file, (*places[k])->line, err);
		*places[k] = entry;
	}
	*ret_header = header;
	return 0;
}
