#pragma once

#include <stddef.h>

/* /etc/ld.so.cache: where the loader of glibc finds libraries by name. */
struct ld_cache {
	char *bytes; /* owned; NULL: there is none */
	size_t size;
};

/* Whatever is wrong with the file: an empty cache. */
void ld_cache_read(const char *file, struct ld_cache *ret_cache);
void ld_cache_done(struct ld_cache *cache);

/*
 * The path of the next entry for NAME after number *AT, which begins with 0: there may be one for
 * each class of machine. NULL: no more.
 */
const char *ld_cache_next(const struct ld_cache *cache, const char *name, size_t *at);
