#pragma once

#include <stdint.h>

#include <tcpwright/policy.h>
#include <tcpwright/shim_counters.h>

/* Makes the shared mapping; where that fails the counters are private to this process. */
void counters_open(bool dry_run);
/* Never NULL. */
struct shim_counters *counters(void);

void counters_event(int fd, enum socket_side side, enum option_id option, int64_t value,
		    enum shim_result result, int error);
