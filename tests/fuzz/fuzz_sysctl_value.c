/*
 * Any two texts as a live and a wanted value: "KEY OP LIVE|WANTED", KEY and OP by one letter each.
 * What can be compared can be joined, what is joined satisfies, and joining once more changes
 * nothing: else applying a profile would never come to rest.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "sysctl_value.h"
#include "sysctls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADER = 2 };

static void check(const struct sysctl_fact *fact, const char *live, enum value_op op,
		  const char *wanted)
{
	CLEANUP(freep) char *joined = sysctl_value_join(fact, live, op, wanted);
	CLEANUP(freep) char *again = NULL;
	bool satisfied;

	if (sysctl_value_satisfies(fact, live, op, wanted, &satisfied) != (joined != NULL))
		abort();
	if (!joined)
		return;
	again = sysctl_value_join(fact, joined, op, wanted);
	if (!again || strcmp(joined, again) != 0)
		abort();
	if (!sysctl_value_satisfies(fact, joined, op, wanted, &satisfied) || !satisfied)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(freep) char *live = NULL;
	char *wanted;

	if (size < HEADER)
		return 0;
	live = strndup((const char *)data + HEADER, size - HEADER);
	wanted = live ? strchr(live, '|') : NULL;
	if (!wanted)
		return 0;
	*wanted++ = '\0';
	/* From '0' on, so that seeds stay readable, and the same when a key is added at the end. */
	check(&sysctl_facts[(uint8_t)(data[0] - '0') % N_SYSCTLS], live,
	      data[1] % (VALUE_AT_MOST + 1), wanted);
	return 0;
}
