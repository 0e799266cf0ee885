#pragma once

#include "advise.h"
#include "rule.h"

/* Evidence that accept queues overflow, and the checks of rules_accept[] that fill files of their
 * own. */

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

/* Has any client come to this listener that can still be seen? */
bool listener_has_traffic(const struct listener *listener);

enum verdict check_backlog_cap(const struct rule_input *in, struct finding *finding);
void want_backlog_cap(const struct rule_input *in, struct inode_set *inodes);
enum verdict check_syn_queue(const struct rule_input *in, struct finding *finding);
void want_syn_queue(const struct rule_input *in, struct inode_set *inodes);
