#pragma once

#include "advise.h"
#include "rule.h"

/* Evidence that accept queues overflow, for every rule that needs some. */

enum queue_grade {
	QUEUE_UNKNOWN, /* something waits, and the limit is unknown */
	QUEUE_FINE,
	QUEUE_FILLING,
	QUEUE_FULL, /* new connections are dropped now */
};

/* By the thresholds of accept-queue-full, whichever rule asks. */
struct overflow {
	size_t full, filling, unknown; /* listeners */
	struct counter_change change;  /* of ListenOverflows */
	enum movement movement;
};
struct overflow overflow_find(const struct rule_input *in);
enum queue_grade overflow_grade(const struct rule_input *in, const struct listener *listener);
