#pragma once

#include <stdbool.h>

#include <tcpwright/policy.h>

/* What the library does in this program: made once at load, and only read afterwards. */

enum {
	N_SIDES = SIDE_BIND + 1,
	/* SOL_SOCKET, IPPROTO_TCP, IPPROTO_IP and IPPROTO_IPV6; options of higher numbers are none
	   of ours. */
	N_CALL_LEVELS = 4,
	N_CALL_NAMES = 72,
};

struct shim {
	const struct policy *policy;
	struct policy_needs needs[N_SIDES];
	/* Where no section of a side asks for addresses, what it means is known beforehand. */
	struct resolution fixed[N_SIDES];
	option_set asked; /* some section asks for these */
	option_set noted; /* the program's own setsockopt() of these is noted */
	option_set noted_by_call[N_CALL_LEVELS]
				[N_CALL_NAMES]; /* the same by setsockopt()'s arguments */
	option_set forced;                      /* some section forces these */
	/* The kernel's values of the options that some section names. */
	int64_t defaults[N_SOCKET_OPTIONS];
	char default_congestion[OPTION_NAME_SIZE];
	option_set defaults_known;
	bool dry_run;
	/* No socket is known for sure: the program uses io_uring, or there are no cookies. */
	bool any_foreign;
};

/* NULL: nothing to do, not yet loaded, or refused at load. */
const struct shim *shim_get(void);

/* Which noted options a call of setsockopt() is about. */
option_set shim_noted_by(const struct shim *shim, int level, int name);

/* What the policy asks of such a socket. Valid as long as RET_OWN, where it may be made. */
const struct resolution *shim_resolve(const struct shim *shim, const struct socket_facts *facts,
				      struct resolution *ret_own);

/* While the library is loaded: the policy, to be filled in. */
struct policy *shim_policy(void);
/* From the whole policy to what the hooks need. False: it asks nothing of this program. */
bool shim_prepare(bool dry_run);
/* From here on the hooks work. */
void shim_start(void);
