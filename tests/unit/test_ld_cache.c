#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "ld_cache.h"

#include "tree.h"

enum { HEADER = 48, ENTRY = 24 };

/* A cache of three entries, two of them for one name, behind PADDING bytes of an older format. */
static size_t make_cache(char *bytes, size_t padding)
{
	static const char *const strings[] = { "liba.so", "/1/liba.so", "libb.so", "/2/libb.so",
					       "/3/liba.so" };
	static const unsigned int entries[][2] = { { 0, 1 }, { 2, 3 }, { 0, 4 } };
	char *start = bytes + padding;
	uint32_t at = HEADER + 3 * ENTRY, offsets[5], n = 3;

	memset(bytes, 0, 512);
	memcpy(start, "glibc-ld.so.cache1.1", 20);
	memcpy(start + 20, &n, sizeof(n));
	for (size_t i = 0; i < 5; i++) {
		offsets[i] = at;
		strcpy(start + at, strings[i]);
		at += (uint32_t)strlen(strings[i]) + 1;
	}
	for (size_t i = 0; i < 3; i++) {
		memcpy(start + HEADER + i * ENTRY + 4, &offsets[entries[i][0]], 4);
		memcpy(start + HEADER + i * ENTRY + 8, &offsets[entries[i][1]], 4);
	}
	return padding + at;
}

static void expect_found(const struct ld_cache *cache)
{
	size_t at = 0;

	cr_expect_str_eq(ld_cache_next(cache, "liba.so", &at), "/1/liba.so");
	cr_expect_str_eq(ld_cache_next(cache, "liba.so", &at), "/3/liba.so");
	cr_expect_null(ld_cache_next(cache, "liba.so", &at));
	at = 0;
	cr_expect_null(ld_cache_next(cache, "lib", &at));
}

Test(ld_cache, every_entry_of_a_name_is_found_in_both_layouts_of_the_file)
{
	CLEANUP(tree_done) struct tree tree = tree_new();
	CLEANUP(freep) char *path = tree_path(&tree, "cache");
	char bytes[512];

	for (size_t padding = 0; padding <= 64; padding += 64) {
		CLEANUP(ld_cache_done) struct ld_cache cache = { 0 };

		tree_write_bytes(&tree, "cache", bytes, make_cache(bytes, padding));
		ld_cache_read(path, &cache);
		expect_found(&cache);
	}
}

Test(ld_cache, a_cut_or_missing_cache_finds_nothing_or_what_is_whole)
{
	CLEANUP(tree_done) struct tree tree = tree_new();
	CLEANUP(freep) char *path = tree_path(&tree, "cache");
	char bytes[512];
	size_t size = make_cache(bytes, 0);
	struct ld_cache cache;

	for (size_t length = 0; length < size; length++) {
		size_t at = 0;
		const char *found;

		tree_write_bytes(&tree, "cache", bytes, length);
		ld_cache_read(path, &cache);
		/* A copy's string ends where the file does. */
		found = ld_cache_next(&cache, "libb.so", &at);
		cr_expect(!found || strncmp(found, "/2/libb.so", strlen(found)) == 0);
		ld_cache_done(&cache);
	}
	ld_cache_read("/nonexistent", &cache);
	cr_expect_null(cache.bytes);
}

Test(ld_cache, offsets_that_point_out_of_the_file_are_passed_over)
{
	CLEANUP(tree_done) struct tree tree = tree_new();
	CLEANUP(freep) char *path = tree_path(&tree, "cache");
	CLEANUP(ld_cache_done) struct ld_cache cache = { 0 };
	char bytes[512];
	size_t size = make_cache(bytes, 0), at = 0;

	memset(bytes + HEADER + 8, 0xff, 4);
	memset(bytes + 20, 0xff, 4); /* and so does the number of entries */
	tree_write_bytes(&tree, "cache", bytes, size);
	ld_cache_read(path, &cache);
	cr_expect_str_eq(ld_cache_next(&cache, "liba.so", &at), "/3/liba.so");
	while (ld_cache_next(&cache, "liba.so", &at))
		;
}
