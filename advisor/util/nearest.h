#pragma once

#include <stddef.h>

/*
 * The name closest to WORD, for "did you mean"; NULL when none is close enough to be worth a guess
 * (more than a third of the letters differ). Names are borrowed.
 */
const char *nearest_name(const char *word, const char *const names[], size_t n_names);
