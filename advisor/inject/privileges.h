#pragma once

#include <stdbool.h>

/*
 * Whether the kernel tells the loader that FILE runs with more privileges than its caller
 * (AT_SECURE): the loader then drops LD_PRELOAD. *RET_WHAT says by what: "a setuid program".
 */
bool privileges_grow(const char *file, const char **ret_what);
