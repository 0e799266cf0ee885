/*
 * /proc/net/softnet_stat: a line of hexadecimal columns per processor that is online. The first
 * three mean the same in all kernels; 3.10 has 10 or 11 of them, 6.18 has 15.
 */
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "cleanup.h"

#include "sources.h"

static const char file[] = "/proc/net/softnet_stat";
static const char cost[] = "packets dropped before TCP (netdev_max_backlog) are unknown";

/* Eight digits at most, then a space or the line's end, which stays. */
static bool take_hex(const char **at, uint64_t *sum)
{
	uint64_t value = 0;
	unsigned int digits = 0;

	*at += **at == ' ';
	for (; isxdigit((unsigned char)**at) && digits < 9; (*at)++, digits++)
		value = value << 4 |
			(uint64_t)(isdigit((unsigned char)**at) ? **at - '0'
								: (**at | 0x20) - 'a' + 10);
	*sum += value;
	return digits > 0 && digits <= 8 && (**at == ' ' || **at == '\n');
}

bool softnet_parse(const char *text, struct softnet *ret_softnet)
{
	uint64_t processed = 0, dropped = 0, squeezed = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (!take_hex(&text, &processed) || !take_hex(&text, &dropped) ||
		    !take_hex(&text, &squeezed))
			return false;
		text += strcspn(text, "\n");
		if (!*text)
			return false;
	}
	*ret_softnet = (struct softnet){
		.processed = reading_of(processed),
		.dropped = reading_of(dropped),
		.time_squeeze = reading_of(squeezed),
	};
	return true;
}

int softnet_collect(const struct root *root, struct model *model, struct err *err)
{
	CLEANUP(freep) char *text = NULL;
	int r = source_read(root, model, file, cost, false, &text, err);

	if (r < 0 || !text || softnet_parse(text, &model->softnet))
		return r;
	return source_gap(model, file, "its lines are cut or garbage", cost, err);
}
