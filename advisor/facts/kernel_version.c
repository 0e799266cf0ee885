/* Kernel releases that compare as numbers. */
#include <stdio.h>

#include "kernel_version.h"

bool kernel_version_parse(const char *release, kernel_version *ret_version)
{
	unsigned int major, minor, patch = 0;

	if (sscanf(release, "%3u.%3u.%5u", &major, &minor, &patch) < 2 || major > 255 ||
	    minor > 255)
		return false;
	*ret_version = KERNEL(major, minor) | (patch > 0xffff ? 0xffff : patch);
	return true;
}
