/*
 * The parsers of /proc's counters and numbers: the first byte chooses one. Whatever the text, a
 * parser that calls it good has left no number that it did not read.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "counters.h"
#include "model.h"
#include "sources.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void try_counters(const char *text, const char *table)
{
	struct reading counters[N_COUNTERS];

	for (size_t i = 0; i < N_COUNTERS; i++)
		counters[i] = reading_of(1);
	(void)counters_parse(text, table, counters);
	for (size_t i = 0; i < N_COUNTERS; i++)
		if (counters[i].known && strcmp(counter_facts[i].table, table) == 0)
			require(strstr(text, counter_facts[i].name));
}

static void try_one(uint8_t which, const char *text)
{
	struct sockstat sockstat = { 0 };
	struct softnet softnet = { 0 };
	struct reading a = { 0 }, b = { 0 };

	switch (which) {
	case 'e':
		try_counters(text, "TcpExt");
		break;
	case 't':
		try_counters(text, "Tcp");
		break;
	case 's':
		(void)sockstat_parse(text, &sockstat);
		(void)sockstat6_parse(text, &sockstat);
		break;
	case 'n':
		require(softnet_parse(text, &softnet) == softnet.dropped.known);
		break;
	case 'u':
		require(uptime_parse(text, &a) == a.known);
		break;
	case 'm':
		require(meminfo_parse(text, &a) == a.known);
		break;
	case 'f':
		require(file_nr_parse(text, &a, &b) == (a.known && b.known));
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size == 0)
		return 0;
	text = malloc(size);
	if (!text)
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	try_one(data[0], text);
	free(text);
	return 0;
}
