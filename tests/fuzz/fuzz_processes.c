/*
 * The parsers of /proc/PID. Any process may choose its command line, and with a container runtime
 * its cgroup's name: what comes out is short, ends, and is safe to print.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cgroups.h"
#include "processes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require_safe(const char *text, size_t length, size_t max)
{
	if (strlen(text) != length || length > max)
		abort();
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char command[COMMAND_BYTES + 1], unit[UNIT_STRLEN];
	char *text = malloc(size + 1);
	uint64_t inode;
	size_t length;

	if (!text)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	length = command_join(text, size, command);
	require_safe(command, length, COMMAND_BYTES);
	length = unit_of_proc_cgroup(text, unit);
	if (length > 0)
		require_safe(unit, length, UNIT_STRLEN - 1);
	(void)nofile_parse(text);
	(void)socket_link_parse(text, &inode);
	free(text);
	return 0;
}
