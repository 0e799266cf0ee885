#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <tcpwright/options.h>

/*
 * What the program has chosen itself, per socket and option. A socket is known by its SO_COOKIE,
 * which is the same across dup() and fork() and is never given twice. Of a fixed size, without
 * locks: when it is full, the oldest records of a bucket give way, and it is remembered which
 * sockets may have been forgotten.
 */

struct ledger_record {
	option_set set; /* by the program */
	bool foreign;   /* came with exec: what was set on it before is not known */
	bool forgotten; /* what was recorded earlier may have been dropped: same */
	bool no_port;   /* bound by us without a port */
};

/* Nothing was ever recorded: nobody needs to ask for a cookie. */
bool ledger_is_empty(void);
struct ledger_record ledger_find(uint64_t cookie);

void ledger_add(uint64_t cookie, option_set set);
void ledger_mark_foreign(uint64_t cookie);
void ledger_mark_no_port(uint64_t cookie, bool no_port);
/* How many records were dropped. */
uint64_t ledger_dropped(void);
