/* The format that glibc has written since 2.2: sysdeps/generic/dl-cache.h, struct cache_file_new.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"

#include "ld_cache.h"

enum { LARGEST = 64 << 20 };

static const char magic[] = "glibc-ld.so.cache1.1";

struct header {
	char magic[sizeof(magic) - 1];
	uint32_t n_entries, strings_length;
	uint32_t unused[5];
};

struct entry {
	int32_t flags;
	uint32_t key, value; /* offsets of strings, from the header */
	uint32_t unused;
	uint64_t hardware;
};

void ld_cache_done(struct ld_cache *cache)
{
	free(cache->bytes);
	*cache = (struct ld_cache){ 0 };
}

/* An older format may stand before the one that is read here. */
static size_t find_header(const char *bytes, size_t size)
{
	const char *at = memmem(bytes, size, magic, sizeof(magic) - 1);

	return at ? (size_t)(at - bytes) : size;
}

void ld_cache_read(const char *file, struct ld_cache *ret_cache)
{
	CLEANUP(closep) int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	CLEANUP(freep) char *bytes = NULL;
	struct stat st;
	size_t start, size;

	*ret_cache = (struct ld_cache){ 0 };
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size < (off_t)sizeof(struct header) ||
	    st.st_size > LARGEST)
		return;
	size = (size_t)st.st_size;
	bytes = malloc(size + 1);
	if (!bytes || pread(fd, bytes, size, 0) != (ssize_t)size)
		return;
	bytes[size] = '\0'; /* so that every string in it ends */
	start = find_header(bytes, size);
	if (size - start < sizeof(struct header))
		return;
	memmove(bytes, bytes + start, size + 1 - start);
	*ret_cache = (struct ld_cache){ .bytes = TAKE(bytes), .size = size - start };
}

const char *ld_cache_next(const struct ld_cache *cache, const char *name, size_t *at)
{
	struct header header;

	if (!cache->bytes)
		return NULL;
	memcpy(&header, cache->bytes, sizeof(header));
	while (*at < header.n_entries) {
		size_t offset = sizeof(header) + (*at)++ * sizeof(struct entry);
		struct entry entry;

		if (offset + sizeof(entry) > cache->size)
			return NULL;
		memcpy(&entry, cache->bytes + offset, sizeof(entry));
		if (entry.key < cache->size && entry.value < cache->size &&
		    strcmp(cache->bytes + entry.key, name) == 0)
			return cache->bytes + entry.value;
	}
	return NULL;
}
