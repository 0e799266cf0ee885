#pragma once

#include <stdbool.h>

#include "model.h"

/*
 * Port arithmetic, in one place: which ports connect() has for a destination, how many are used,
 * and when they run out. Definitions U and R of the rule catalogue; kernel facts measured on 6.18
 * (range per destination, parity, ports lost to listeners and to bound sockets).
 */

struct port_range {
	uint16_t low, high;
	bool known;
};
/* "32768 60999"; false where the text is no range. */
bool ports_range_parse(const char *text, struct port_range *ret_range);
struct port_range ports_range(const struct model *model);
/* Empty where this kernel has no such key; to be released. False: unknown. */
bool ports_reserved(const struct model *model, struct portset *ret_reserved);
/* Ports of the range that are not reserved. 0 where either is unknown. */
uint32_t ports_in_range(const struct model *model);

/* May a TIME-WAIT port towards this remote address be used again, and after how long? (F5) */
struct reuse {
	bool known;
	bool applies;
	uint32_t delay_ms; /* age at which it applies */
};
struct reuse ports_reuse(const struct model *model, const struct addr *remote_addr);

/*
 * Fills the budget of every destination and sorts them by usage, highest first (unknown last, then
 * by ports used). Called once after collection, before the rules. False when memory runs out.
 */
bool ports_judge(struct model *model);
