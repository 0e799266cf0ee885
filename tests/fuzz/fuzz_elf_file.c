/* Any bytes as a program, and as the loader's cache: both come from whoever can write such a file.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cleanup.h"
#include "elf_file.h"
#include "ld_cache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(elf_file_done) struct elf_file elf = { 0 };
	CLEANUP(ld_cache_done) struct ld_cache cache = { 0 };
	CLEANUP(closep) int fd = memfd_create("fuzz", MFD_CLOEXEC);
	char path[64];
	size_t at = 0;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	(void)elf_file_read(path, &elf, NULL);
	ld_cache_read(path, &cache);
	while (ld_cache_next(&cache, "a", &at))
		;
	return 0;
}
