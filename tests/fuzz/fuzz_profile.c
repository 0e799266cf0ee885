/* Any bytes as a profile: parsed to entries, and loaded with all that the words and values do. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "err.h"
#include "profile.h"
#include "text_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const rules[] = { "tw-rate", "port-exhaustion" };
static const char *const thresholds[] = { "port-exhaustion.warning" };
static const struct profile_words words = { rules, 2, thresholds, 1 };
static const char *const directories[] = { "/nonexistent", NULL };
static const struct profile_path path = { directories };

/* Loading takes a file: one in memory, always the same, keeps the fuzzer off the disk. */
static const char *file_with(const uint8_t *data, size_t size)
{
	static char name[32];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("profile", MFD_CLOEXEC);
		(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	}
	if (fd < 0 || ftruncate(fd, 0) < 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	return name;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text_file text = { 0 };
	struct profile *profile = NULL;
	struct err err = { { 0 } };

	if (text_file_parse("fuzz", (const char *)data, size, &text, &err) == 0)
		text_file_done(&text);
	else if (!err.text[0])
		abort(); /* a refusal always says why */
	if (profile_load_file(file_with(data, size), &path, &words, &profile, &err) == 0)
		profile_free(profile);
	return 0;
}
