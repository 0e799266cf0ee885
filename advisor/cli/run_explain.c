/* What a policy makes of one socket, as tables for people: what is set, and what is not and why. */
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "cleanup.h"
#include "err.h"
#include "number.h"
#include "text.h"

#include "run_explain.h"
#include "table.h"

bool explained_parse(const char *text, struct explained *ret_explained)
{
	const char *colon = strrchr(text, ':');
	char address[ADDR_STRLEN];
	size_t length = colon ? (size_t)(colon - text) : 0;
	bool brackets = text[0] == '[';
	uint32_t port;

	if (length < 1 || length >= sizeof(address) || !parse_u32(colon + 1, 0, UINT16_MAX, &port))
		return false;
	/* An IPv6 address has colons of its own. */
	if (brackets ? length < 3 || text[length - 1] != ']' : memchr(text, ':', length) != NULL)
		return false;
	length -= brackets ? 2 : 0;
	memcpy(address, text + brackets, length);
	address[length] = '\0';
	if (!addr_parse(address, &ret_explained->address))
		return false;
	ret_explained->port = (uint16_t)port;
	return true;
}

/* The calls at which something can be set on such a socket. */
static const struct moment {
	const char *call;
	enum socket_side side;
	bool connects;
} moments[] = {
	{ "bind()", SIDE_BIND, false },       { "listen()", SIDE_LISTEN, false },
	{ "accept()", SIDE_ACCEPTED, false }, { "bind()", SIDE_BIND, true },
	{ "connect()", SIDE_CONNECT, true },
};

enum { N_MOMENTS = ARRAY_SIZE(moments) };

struct answer {
	const struct policy *policy;
	const struct explained *explained;
	struct resolution resolutions[N_MOMENTS];
};

static bool is_asked_for(const struct answer *a, size_t moment)
{
	return moments[moment].connects == a->explained->connects;
}

/* At bind() an option shows only for the side that it has an effect on. */
static bool matters(const struct answer *a, size_t moment, enum option_id option)
{
	unsigned int on = a->explained->connects ? ON_CLIENT : ON_LISTENER;

	return is_asked_for(a, moment) &&
	       (moments[moment].side != SIDE_BIND || (socket_options[option].on & on));
}

/* A client that binds its socket does so to an address that nobody knows here. */
static struct socket_facts facts_at(const struct explained *explained, size_t moment)
{
	struct socket_facts facts = { .side = moments[moment].side };

	if (moments[moment].connects && facts.side == SIDE_CONNECT) {
		facts.peer_known = true;
		facts.peer_port = explained->port;
		memcpy(facts.peer, explained->address.bytes, sizeof(facts.peer));
	} else if (!moments[moment].connects) {
		facts.local_known = true;
		facts.local_port = explained->port;
		memcpy(facts.local, explained->address.bytes, sizeof(facts.local));
	}
	return facts;
}

static char *format_origin(const struct origin *origin)
{
	return text_format("%s:%u", origin->file, origin->line);
}

static char *format_value(const struct policy_setting *setting)
{
	static const char *const ops[] = { "", "at least ", "at most " };
	char value[OPTION_VALUE_STRLEN];

	option_value_format(value, &socket_options[setting->option], &setting->value);
	return text_format("%s%s%s", ops[setting->op], value, setting->force ? " (force)" : "");
}

/* "bind(), listen()": when SETTING is set. */
static void format_moments(char buf[static 64], const struct answer *a,
			   const struct policy_setting *setting)
{
	buf[0] = '\0';
	for (size_t i = 0; i < N_MOMENTS; i++) {
		if (!matters(a, i, setting->option) ||
		    a->resolutions[i].settings[setting->option] != setting)
			continue;
		if (buf[0])
			(void)strcat(buf, ", ");
		(void)strcat(buf, moments[i].call);
	}
}

/* Its name, and the programs it is for where that is all that is known of them. */
static char *format_section(const struct answer *a, const struct policy_section *section)
{
	if (a->explained->any_program && section->program[0])
		return text_format("%s (program %s)", section->name, section->program);
	return strdup(section->name);
}

static int add_chosen(struct table *table, const struct answer *a,
		      const struct policy_section *section, const struct policy_setting *setting,
		      const char *when, struct err *err)
{
	CLEANUP(freep) char *value = format_value(setting);
	CLEANUP(freep) char *name = format_section(a, section);
	CLEANUP(freep) char *from = format_origin(&setting->origin);

	if (!value || !name || !from)
		return err_no_memory(err);
	table_add(table, (const char *[]){ socket_options[setting->option].name, value, when, name,
					   from });
	return 0;
}

/* Whether one section by itself would have a say on OPTION at a call that is asked about. */
static bool says(const struct answer *a, const struct policy_section *section,
		 const struct policy_setting *setting)
{
	static struct policy alone;

	alone.n_sections = 1;
	alone.sections[0] = *section;
	alone.sections[0].left_out = false;
	for (size_t i = 0; i < N_MOMENTS; i++) {
		const struct socket_facts facts = facts_at(a->explained, i);
		struct resolution resolution;

		if (!matters(a, i, setting->option))
			continue;
		policy_resolve(&alone, &facts, &resolution);
		if ((resolution.wanted | resolution.left_out) & option_bit(setting->option))
			return true;
	}
	return false;
}

/* Which of the section's lines keeps it from this socket: the first without which it would speak.
 */
static char *why_silent(const struct answer *a, const struct policy_section *section,
			const struct policy_setting *setting)
{
	static struct policy_section open;

	if (section->left_out)
		return text_format("the section is for another program: %s", section->program);
	open = *section;
	open.n_ports = 0;
	if (says(a, &open, setting))
		return strdup("the section is for other ports");
	open.n_local = 0;
	if (says(a, &open, setting))
		return strdup(section->n_ports > 0 ? "the section is for other addresses or ports"
						   : "the section is for other local addresses");
	open.n_peer = 0;
	if (says(a, &open, setting))
		return strdup("the section is for other peers");
	return strdup(a->explained->connects ? "it is not for sockets that connect"
					     : "it is not for listeners");
}

static char *why_not(const struct answer *a, const struct policy_section *section,
		     const struct policy_setting *setting)
{
	if (section->left_out || !says(a, section, setting))
		return why_silent(a, section, setting);
	for (size_t i = 0; i < N_MOMENTS; i++)
		if (matters(a, i, setting->option) &&
		    (a->resolutions[i].left_out & option_bit(setting->option)))
			return strdup("it contradicts another option that is set");
	for (size_t i = 0; i < N_MOMENTS; i++) {
		const struct policy_setting *other = a->resolutions[i].settings[setting->option];

		if (matters(a, i, setting->option) && other)
			return text_format("[%s] comes first",
					   a->policy->sections[other->section].name);
	}
	return strdup("another section comes first");
}

static int add_refused(struct table *table, const struct answer *a,
		       const struct policy_section *section, const struct policy_setting *setting,
		       struct err *err)
{
	CLEANUP(freep) char *why = why_not(a, section, setting);
	CLEANUP(freep) char *from = format_origin(&setting->origin);

	if (!why || !from)
		return err_no_memory(err);
	table_add(table, (const char *[]){ socket_options[setting->option].name, why, section->name,
					   from });
	return 0;
}

static int fill(const struct answer *a, struct table *set, struct table *not_set, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < a->policy->n_sections; i++) {
		const struct policy_section *section = &a->policy->sections[i];

		for (size_t k = 0; k < section->n_settings && r == 0; k++) {
			const struct policy_setting *setting = &section->settings[k];
			char when[64];

			format_moments(when, a, setting);
			r = when[0] ? add_chosen(set, a, section, setting, when, err)
				    : add_refused(not_set, a, section, setting, err);
		}
	}
	return r;
}

static int print_both(FILE *file, const struct answer *a, struct err *err)
{
	static const char *const set_headings[] = { "OPTION", "VALUE", "SET AT", "SECTION",
						    "FROM" };
	static const char *const other_headings[] = { "NOT SET", "WHY", "SECTION", "FROM" };
	CLEANUP(table_done) struct table set = { .headings = set_headings, .n_columns = 5 };
	CLEANUP(table_done) struct table not_set = { .headings = other_headings, .n_columns = 4 };
	char endpoint[ENDPOINT_STRLEN];
	int r = fill(a, &set, &not_set, err);

	if (r < 0)
		return r;
	(void)endpoint_format(endpoint, &a->explained->address, a->explained->port);
	(void)fprintf(file, "On %s %s, unless the program chose itself%s\n",
		      a->explained->connects ? "a socket that connects to" : "a listener on",
		      endpoint, set.n_rows == 0 ? ": nothing" : ":");
	if (set.n_rows > 0)
		r = table_print(&set, file, 0, err);
	if (r == 0 && not_set.n_rows > 0) {
		(void)putc('\n', file);
		r = table_print(&not_set, file, 0, err);
	}
	return r;
}

int run_explain(FILE *file, const struct policy *policy, const struct explained *explained,
		struct err *err)
{
	static struct answer answer;

	answer.policy = policy;
	answer.explained = explained;
	for (size_t i = 0; i < N_MOMENTS; i++) {
		const struct socket_facts facts = facts_at(explained, i);

		policy_resolve(policy, &facts, &answer.resolutions[i]);
	}
	return print_both(file, &answer, err);
}
