#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "shim.h"

/* Setting options on a socket: whose choice counts, what fights what, and what came of it. */

/* A socket that something is about to be set on. */
struct target {
	int fd;
	enum socket_side side;
	const struct socket_facts *facts; /* as far as somebody asked; for the log */
	option_set own;                   /* what the program has chosen on it itself */
	bool unknown_past;                /* values that are no defaults count as the program's */
};

/* Fills own and unknown_past from the ledger; asks for a cookie only if anything is noted. */
struct target apply_target(const struct shim *shim, int fd, enum socket_side side,
			   const struct socket_facts *facts);

/* Sets what RESOLUTION wants, of ONLY: what the program chose stays, unless it is forced. */
void apply_resolution(const struct shim *shim, struct target *target,
		      const struct resolution *resolution, option_set only);

/* Takes back a flag that was just set, because the call that it was for has failed. */
void apply_flag_back(const struct shim *shim, const struct target *target, enum option_id flag);
/* The same where it was set only if RESOLUTION wants it and the program has not. */
void apply_flag_off(const struct shim *shim, const struct target *target,
		    const struct resolution *resolution, enum option_id flag);

/* The backlog that listen() is to have. */
int apply_backlog(const struct shim *shim, const struct target *target,
		  const struct resolution *resolution, int backlog);

/* Takes back to the kernel's values, of WHAT, what RESOLUTION has set. */
void apply_withdraw(const struct shim *shim, struct target *target,
		    const struct resolution *resolution, option_set what);
/* The program lingers its own way from now on, which "drained" would end with a RST. */
void apply_withdraw_drained(const struct shim *shim, const struct target *target,
			    const struct resolution *resolution);
