#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A kernel release as a number that compares: 6.18.44-anything becomes 0x0612002c. 0 is unknown. */
typedef uint32_t kernel_version;

#define KERNEL(major, minor) ((kernel_version)(major) << 24 | (kernel_version)(minor) << 16)

/* The leading "major.minor[.patch]" of a release as uname prints it; false if there is none. */
bool kernel_version_parse(const char *release, kernel_version *ret_version);
