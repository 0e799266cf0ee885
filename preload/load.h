#pragma once

struct policy;
struct err;

/* Variables of other preload libraries, with TCPWRIGHT_COMPAT=1: see compat.c. */
int compat_read(struct policy *policy, struct err *err);
