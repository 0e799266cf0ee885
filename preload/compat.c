/*
 * TCPWRIGHT_COMPAT=1: variables that other preload libraries take, so that their users can switch
 * without a profile. Names, units and what an unset one means are theirs; that the program's own
 * choice wins is ours.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <tcpwright/policy.h>

#include "array.h"
#include "load.h"

struct variable {
	const char *name;
	enum option_id option;
	/* Set as soon as any of the library's variables is, to this; UNSET: left alone. */
	int fallback;
};

enum { UNSET = INT_MIN };

/* One library: a section of its own. */
struct library {
	const char *name;
	const char *off_switch; /* NULL: none */
	bool (*is_off)(const char *value);
	/* If not NULL: nothing else counts unless this is set. */
	const char *gate;
	struct variable variables[8]; /* up to the first without a name */
};

static bool is_word_off(const char *value)
{
	return strcasecmp(value, "off") == 0;
}

static bool is_zero_first(const char *value)
{
	return value[0] == '0';
}

static bool is_not_positive(const char *value)
{
	return atoi(value) < 1;
}

static const struct library libraries[] = {
	{
		"libkeepalive",
		"KEEPALIVE",
		is_word_off,
		NULL,
		{ { "KEEPIDLE", OPTION_TCP_KEEPIDLE, UNSET },
		  { "KEEPINTVL", OPTION_TCP_KEEPINTVL, UNSET },
		  { "KEEPCNT", OPTION_TCP_KEEPCNT, UNSET } },
	},
	{
		"libdontdie",
		"DD_USE_KEEPALIVE",
		is_zero_first,
		NULL,
		{ { "DD_TCP_KEEPALIVE_TIME", OPTION_TCP_KEEPIDLE, UNSET },
		  { "DD_TCP_KEEPALIVE_INTVL", OPTION_TCP_KEEPINTVL, UNSET },
		  { "DD_TCP_KEEPALIVE_PROBES", OPTION_TCP_KEEPCNT, UNSET } },
	},
	{
		/* msantos/libkeepalive, where the user timeout is derived unless it is given. */
		"TCP_KEEPIDLE",
		NULL,
		NULL,
		NULL,
		{ { "TCP_KEEPIDLE", OPTION_TCP_KEEPIDLE, 15 },
		  { "TCP_KEEPINTVL", OPTION_TCP_KEEPINTVL, 15 },
		  { "TCP_KEEPCNT", OPTION_TCP_KEEPCNT, 9 },
		  { "TCP_USER_TIMEOUT", OPTION_TCP_USER_TIMEOUT, USER_TIMEOUT_AUTO } },
	},
	{
		"libsetsockopt",
		"SETSOCKOPT_TCP_KEEPALIVE",
		is_not_positive,
		"SETSOCKOPT_TCP_KEEPALIVE",
		{ { "SETSOCKOPT_TCP_KEEPALIVE_IDLE", OPTION_TCP_KEEPIDLE, UNSET },
		  { "SETSOCKOPT_TCP_KEEPALIVE_INTVL", OPTION_TCP_KEEPINTVL, UNSET },
		  { "SETSOCKOPT_TCP_KEEPALIVE_CNT", OPTION_TCP_KEEPCNT, UNSET } },
	},
};

/* Each by itself, and none brings keepalive along. */
static const struct variable others[] = {
	{ "TCP_SYNCNT", OPTION_TCP_SYNCNT, UNSET },
	{ "TCP_DEFER_ACCEPT", OPTION_TCP_DEFER_ACCEPT, UNSET },
	{ "TCP_MAXSEG", OPTION_TCP_MAXSEG, UNSET },
	{ "BACKLOG", OPTION_LISTEN_BACKLOG, UNSET },
};

static int add(struct policy *policy, const char *section, enum option_id option, int number,
	       struct err *err)
{
	const struct policy_setting setting = {
		.option = option,
		.value = { .number = number },
		.meant = true,
		.origin = { "environment", 0 },
	};

	return policy_add(policy, section, &setting, err);
}

/* As the libraries read them: atoi(), and what is not positive leaves the option alone. */
static int add_variable(struct policy *policy, const char *section, const struct variable *variable,
			struct err *err)
{
	const char *value = secure_getenv(variable->name);
	int number = value ? atoi(value) : variable->fallback;

	/* A negative user timeout asks for the derived one. */
	if (variable->option == OPTION_TCP_USER_TIMEOUT && number < 0 && number != UNSET)
		number = USER_TIMEOUT_AUTO;
	else if (number <= 0)
		return 0;
	return add(policy, section, variable->option, number, err);
}

static bool is_mentioned(const struct library *library)
{
	if (library->off_switch && secure_getenv(library->off_switch))
		return true;
	for (const struct variable *v = library->variables; v->name; v++)
		if (secure_getenv(v->name))
			return true;
	return false;
}

static int add_library(struct policy *policy, const struct library *library, struct err *err)
{
	const char *off = library->off_switch ? secure_getenv(library->off_switch) : NULL;
	int r;

	if (library->gate && !secure_getenv(library->gate))
		return 0;
	if (off && library->is_off(off)) {
		/* SETSOCKOPT_TCP_KEEPALIVE=0 is not "leave it alone" there, but "off". */
		if (library->gate && off[0] == '0')
			return add(policy, library->name, OPTION_SO_KEEPALIVE, 0, err);
		return 0;
	}
	r = add(policy, library->name, OPTION_SO_KEEPALIVE, 1, err);
	for (const struct variable *v = library->variables; v->name && r == 0; v++)
		r = add_variable(policy, library->name, v, err);
	return r;
}

int compat_read(struct policy *policy, struct err *err)
{
	bool any = false;
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(libraries) && r == 0; i++) {
		if (!is_mentioned(&libraries[i]))
			continue;
		any = true;
		r = add_library(policy, &libraries[i], err);
	}
	for (size_t i = 0; i < ARRAY_SIZE(others) && r == 0; i++) {
		any = any || secure_getenv(others[i].name);
		r = add_variable(policy, others[i].name, &others[i], err);
	}
	/* What libkeepalive and libdontdie do where nothing at all is set. */
	return r == 0 && !any ? add(policy, "compat", OPTION_SO_KEEPALIVE, 1, err) : r;
}
