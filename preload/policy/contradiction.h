#pragma once

#include <tcpwright/policy.h>

struct err;

/*
 * -EINVAL where the settings, NULL for options that are not set, fight one another: *RET_OPTION is
 * the one to leave out, ERR says why with file and line. 0: they go together.
 */
int contradiction_find(const struct policy_setting *const settings[N_SOCKET_OPTIONS],
		       enum option_id *ret_option, struct err *err);
