/* Numbers from text, without the surprises of strtoul (signs, spaces, overflow). */
#include <string.h>

#include "number.h"

bool parse_u64_span(const char *text, size_t length, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (length == 0)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(text[i] - '0'), &value))
			return false;
	}
	*ret_value = value;
	return true;
}

bool parse_u64(const char *text, uint64_t *ret_value)
{
	return parse_u64_span(text, strlen(text), ret_value);
}

bool parse_u32(const char *text, uint32_t min, uint32_t max, uint32_t *ret_value)
{
	uint64_t value;

	if (!parse_u64(text, &value) || value < min || value > max)
		return false;
	*ret_value = (uint32_t)value;
	return true;
}

uint64_t power_of_two_at_least(uint64_t value)
{
	uint64_t power = 1;

	while (power < value && power < UINT64_C(1) << 63)
		power <<= 1;
	return power;
}
