#pragma once

#include <stdbool.h>

#include "portset.h"

/* What one file of a socket unit says. A drop-in is read later, and adds to it or takes it back. */
struct socket_unit_text {
	struct portset ports; /* of TCP, since the last reset; to be released */
	bool resets;          /* an empty assignment: what earlier files listed is gone */
	bool says_protocol;   /* and then: */
	bool is_tcp;
};

/* TEXT is changed while it is read. False when memory runs out. */
bool socket_unit_parse(char *text, struct socket_unit_text *ret_text);
