/* /proc/net/sockstat and sockstat6: "TCP: inuse 1 orphan 0 tw 0 alloc 1 mem 262". */
#include <stdio.h>
#include <string.h>

#include "array.h"
#include "cleanup.h"
#include "number.h"

#include "sources.h"

/*
 * Reads the number after WORD in the line that begins with PROTOCOL. False where the word is there
 * and its number is not, or the file ends inside it.
 */
static bool find_number(const char *text, const char *protocol, const char *word,
			struct reading *ret_reading)
{
	size_t length = strlen(protocol);
	char wanted[32];
	const char *line = text, *at;

	while (strncmp(line, protocol, length) != 0) {
		line = strchr(line, '\n');
		if (!line)
			return false;
		line++;
	}
	(void)snprintf(wanted, sizeof(wanted), " %s ", word);
	at = strstr(line, wanted);
	if (!at || at > line + strcspn(line, "\n"))
		return true;
	at += strlen(wanted);
	length = strcspn(at, " \n");
	ret_reading->known = at[length] && parse_u64_span(at, length, &ret_reading->value);
	return ret_reading->known;
}

bool sockstat_parse(const char *text, struct sockstat *sockstat)
{
	const struct {
		const char *word;
		struct reading *reading;
	} words[] = {
		{ "inuse", &sockstat->inuse },   { "orphan", &sockstat->orphan },
		{ "tw", &sockstat->tw },         { "alloc", &sockstat->alloc },
		{ "mem", &sockstat->mem_pages },
	};
	bool good = true;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		good &= find_number(text, "TCP:", words[i].word, words[i].reading);
	return good;
}

bool sockstat6_parse(const char *text, struct sockstat *sockstat)
{
	return find_number(text, "TCP6:", "inuse", &sockstat->inuse6);
}

int sockstat_collect(const struct root *root, struct model *model, struct err *err)
{
	static const struct {
		const char *file;
		bool absent_is_fine; /* no sockstat6: this kernel runs without IPv6 */
		bool (*parse)(const char *text, struct sockstat *sockstat);
		const char *cost;
	} files[] = {
		{ "/proc/net/sockstat", false, sockstat_parse,
		  "TCP's memory and the number of orphaned sockets are unknown" },
		{ "/proc/net/sockstat6", true, sockstat6_parse,
		  "the number of IPv6 sockets in use is unknown" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		CLEANUP(freep) char *text = NULL;
		int r = source_read(root, model, files[i].file, files[i].cost,
				    files[i].absent_is_fine, &text, err);

		if (r == 0 && text && !files[i].parse(text, &model->sockstat))
			r = source_gap(model, files[i].file, "its TCP line is cut or garbage",
				       files[i].cost, err);
		if (r < 0)
			return r;
	}
	return 0;
}
