#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whole decimal numbers; the text must be nothing else (no sign, no space). False otherwise. */
bool parse_u64(const char *text, uint64_t *ret_value);
/* The same for the first LENGTH bytes of a longer text. */
bool parse_u64_span(const char *text, size_t length, uint64_t *ret_value);
bool parse_u32(const char *text, uint32_t min, uint32_t max, uint32_t *ret_value);

/* The next power of two that is not below VALUE; 1 for 0, UINT64_MAX's half where there is none. */
uint64_t power_of_two_at_least(uint64_t value);
