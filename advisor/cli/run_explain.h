#pragma once

#include <stddef.h>
#include <stdio.h>

#include <tcpwright/policy.h>

#include "addr.h"

struct err;

/* `run --explain`: what would be set on one socket, and from which line. */

struct explained {
	bool connects; /* else it listens */
	struct addr address;
	uint16_t port;
	bool any_program; /* no command is known: sections name the programs that they are for */
};

/* "10.0.0.1:80", "[2001:db8::1]:80" */
bool explained_parse(const char *text, struct explained *ret_explained);

/* Sections for other programs are left out of POLICY already: policy_for_program(). */
int run_explain(FILE *file, const struct policy *policy, const struct explained *explained,
		struct err *err);
