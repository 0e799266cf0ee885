/*
 * What `explain` says of each kind of thing, for people and for programs. The texts themselves are
 * in the tables of facts/, rules/ and preload/policy/: a text that is wrong is mended there.
 */
#include <ctype.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <tcpwright/options.h>

#include "array.h"
#include "counters.h"
#include "emitter.h"
#include "engine.h"
#include "error_names.h"
#include "page.h"
#include "rule.h"
#include "sysctls.h"
#include "tcp_states.h"

#include "explain_kinds.h"

/* TEXT beside its label; nothing where there is no text. */
static void print_field(struct page *page, const char *label, const char *text)
{
	enum { INDENT = 2, LABEL_WIDTH = 16 };

	if (text)
		page_item(page, INDENT, LABEL_WIDTH, label, text);
}

static void print_heading(struct page *page, const char *name, const char *what)
{
	page_paint(page, INK_BOLD, name);
	(void)fprintf(page->file, ": %s\n", what);
}

static void print_references(struct page *page, const char *const references[], size_t max)
{
	for (size_t i = 0; i < max && references[i]; i++)
		print_field(page, i == 0 ? "See" : "", references[i]);
}

static void emit_references(struct emitter *e, const char *const references[], size_t max)
{
	emit_array(e, "references");
	for (size_t i = 0; i < max && references[i]; i++)
		emit_text(e, NULL, references[i]);
	emit_close(e);
}

/* The members that every kind has. */
static void emit_name(struct emitter *e, const char *kind, const char *name)
{
	emit_text(e, "kind", kind);
	emit_text(e, "name", name);
}

/* Rules. */

static const char *rule_name_at(size_t index)
{
	const struct rule *rule = rules_at(index);

	return rule ? rule->id : NULL;
}

static const void *find_rule(const char *word)
{
	return rules_find(word);
}

static void print_rule(struct page *page, const void *row)
{
	const struct rule *rule = row;
	char text[256];

	(void)snprintf(text, sizeof(text), "rule, at worst %s", severity_name(rule->worst));
	print_heading(page, rule->id, text);
	print_field(page, "Finds", rule->title);
	print_field(page, "Why it matters", rule->rationale);
	print_field(page, "But", rule->folklore);
	for (size_t i = 0; i < RULE_MAX_THRESHOLDS && rule->thresholds[i].name; i++) {
		const struct rule_threshold *t = &rule->thresholds[i];

		(void)snprintf(text, sizeof(text), "%s = %g%s%s: %s", t->name, t->value,
			       t->unit ? " " : "", t->unit ? t->unit : "", t->meaning);
		print_field(page, i == 0 ? "Thresholds" : "", text);
	}
	print_references(page, rule->references, RULE_MAX_REFERENCES);
}

static void emit_rule(struct emitter *e, const void *row)
{
	const struct rule *rule = row;

	emit_name(e, "rule", rule->id);
	emit_text(e, "worst", severity_name(rule->worst));
	emit_text(e, "title", rule->title);
	emit_text(e, "rationale", rule->rationale);
	emit_text(e, "but", rule->folklore);
	emit_array(e, "thresholds");
	for (size_t i = 0; i < RULE_MAX_THRESHOLDS && rule->thresholds[i].name; i++) {
		emit_object(e, NULL);
		emit_text(e, "name", rule->thresholds[i].name);
		emit_real(e, "value", rule->thresholds[i].value);
		emit_text(e, "unit", rule->thresholds[i].unit);
		emit_text(e, "meaning", rule->thresholds[i].meaning);
		emit_close(e);
	}
	emit_close(e);
	emit_references(e, rule->references, RULE_MAX_REFERENCES);
}

/* Sysctl keys. */

static const char *sysctl_name_at(size_t index)
{
	return index < N_SYSCTLS ? sysctl_facts[index].key : NULL;
}

/* The whole key, as a path, or any end of it: "core/somaxconn", "somaxconn". */
static const void *find_sysctl(const char *word)
{
	static const char root[] = "/proc/sys/";
	char end[128];

	if (strncmp(word, root, strlen(root)) == 0)
		word += strlen(root);
	if (sysctl_find(word))
		return sysctl_find(word);
	(void)snprintf(end, sizeof(end), ".%s", word);
	for (char *c = end; *c; c++)
		if (*c == '/')
			*c = '.';
	for (size_t i = 0; i < N_SYSCTLS; i++) {
		const char *key = sysctl_facts[i].key;
		size_t length = strlen(key), wanted = strlen(end);

		if (wanted > 1 && wanted < length && strcmp(key + length - wanted, end) == 0)
			return &sysctl_facts[i];
	}
	return NULL;
}

static void print_values(struct page *page, const struct sysctl_fact *fact)
{
	static const char *const kinds[] = {
		[SYSCTL_NUMBER] = "a number",
		[SYSCTL_VECTOR] = "numbers, where fewer leave the rest as it is",
		[SYSCTL_PORT_RANGE] = "the lowest and the highest port",
		[SYSCTL_PORT_SET] = "ports and ranges such as 80,443,8000-8100",
		[SYSCTL_STRING] = "a word",
		[SYSCTL_BIT_MASK] = "a sum of bits",
	};
	char text[128];
	int length = snprintf(text, sizeof(text), "%s", kinds[fact->type]);
	size_t room = sizeof(text) - (size_t)length;

	/* Where it is all that the type holds, the upper end is no news. */
	if (fact->read_only)
		length += snprintf(text + length, room, " that cannot be set");
	else if (fact->type != SYSCTL_STRING && fact->range.high < INT32_MAX)
		length += snprintf(text + length, room, ": %" PRId64 " to %" PRId64,
				   fact->range.low, fact->range.high);
	else if (fact->type != SYSCTL_STRING)
		length += snprintf(text + length, room, ": %" PRId64 " or more", fact->range.low);
	if (fact->unit)
		(void)snprintf(text + length, sizeof(text) - (size_t)length, ", in %s", fact->unit);
	print_field(page, "Values", text);
}

/* "6.14"; NULL for a version that nobody has to know. */
static const char *version_text(char buf[static 16], kernel_version version)
{
	(void)snprintf(buf, 16, "%u.%u", version >> 24, version >> 16 & 0xff);
	return version ? buf : NULL;
}

static void print_defaults(struct page *page, const struct sysctl_fact *fact)
{
	for (size_t i = 0; i < SYSCTL_MAX_DEFAULTS && fact->defaults[i].value; i++) {
		const struct sysctl_default *d = &fact->defaults[i];
		char number[16], text[128];

		(void)snprintf(text, sizeof(text), "%s%s%s", *d->value ? d->value : "(empty)",
			       i > 0 ? " since Linux " : "",
			       i > 0 ? version_text(number, d->since) : "");
		print_field(page, i == 0 ? "Default" : "", text);
	}
	print_field(page, fact->defaults[0].value ? "" : "Default", fact->computed);
}

static void print_sysctl(struct page *page, const void *row)
{
	const struct sysctl_fact *fact = row;
	char number[16];

	print_heading(page, fact->key, "sysctl key");
	print_field(page, "Meaning", fact->meaning);
	print_field(page, "But", fact->misunderstood);
	print_field(page, "Belongs to",
		    fact->scope == SCOPE_NETNS ? "each network namespace" : "the whole host");
	print_values(page, fact);
	print_defaults(page, fact);
	print_field(page, "Since Linux", version_text(number, fact->since));
	print_field(page, "Gone in Linux", version_text(number, fact->removed));
	print_references(page, fact->references, SYSCTL_MAX_REFERENCES);
}

static void emit_defaults(struct emitter *e, const struct sysctl_fact *fact)
{
	char number[16];

	emit_array(e, "defaults");
	for (size_t i = 0; i < SYSCTL_MAX_DEFAULTS && fact->defaults[i].value; i++) {
		emit_object(e, NULL);
		emit_text(e, "since", version_text(number, fact->defaults[i].since));
		emit_text(e, "value", fact->defaults[i].value);
		emit_close(e);
	}
	emit_close(e);
	emit_text(e, "default_depends", fact->computed);
}

/* What each number of a value may be; words, and what cannot be set, have no range. */
static void emit_range(struct emitter *e, const struct sysctl_fact *fact)
{
	if (fact->type == SYSCTL_STRING || fact->read_only) {
		emit_null(e, "range");
		return;
	}
	emit_object(e, "range");
	emit_count(e, "low", (uint64_t)fact->range.low);
	emit_count(e, "high", (uint64_t)fact->range.high);
	emit_close(e);
}

static void emit_sysctl(struct emitter *e, const void *row)
{
	static const char *const types[] = {
		[SYSCTL_NUMBER] = "number",         [SYSCTL_VECTOR] = "vector",
		[SYSCTL_PORT_RANGE] = "port_range", [SYSCTL_PORT_SET] = "port_set",
		[SYSCTL_STRING] = "string",         [SYSCTL_BIT_MASK] = "bit_mask",
	};
	const struct sysctl_fact *fact = row;
	char number[16];

	emit_name(e, "sysctl", fact->key);
	emit_text(e, "type", types[fact->type]);
	emit_text(e, "scope", fact->scope == SCOPE_NETNS ? "network_namespace" : "host");
	emit_text(e, "unit", fact->unit);
	emit_range(e, fact);
	emit_defaults(e, fact);
	emit_text(e, "since", version_text(number, fact->since));
	emit_text(e, "removed", version_text(number, fact->removed));
	emit_text(e, "meaning", fact->meaning);
	emit_text(e, "but", fact->misunderstood);
	emit_references(e, fact->references, SYSCTL_MAX_REFERENCES);
}

/* Socket options. */

enum { LONGEST_OPTION = 32 };

static const char *option_name_at(size_t index)
{
	return index < N_SOCKET_OPTIONS ? socket_options[index].name : NULL;
}

/* "so_keepalive", or as the C constant: "SO_KEEPALIVE". */
static const void *find_option(const char *word)
{
	char name[LONGEST_OPTION];
	size_t length = strlen(word);

	if (length >= sizeof(name))
		return NULL;
	for (size_t i = 0; i <= length; i++)
		name[i] = (char)tolower((unsigned char)word[i]);
	return socket_option_find(name);
}

static bool is_backlog(const struct socket_option *option)
{
	return option->level < 0;
}

static void print_option_heading(struct page *page, const struct socket_option *option)
{
	char constant[LONGEST_OPTION], text[64];

	(void)snprintf(constant, sizeof(constant), "%s", option->name);
	for (char *c = constant; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	(void)snprintf(text, sizeof(text), "socket option %s", constant);
	print_heading(page, option->name, is_backlog(option) ? "what listen() is given" : text);
}

static void print_option_values(struct page *page, const struct socket_option *option)
{
	static const char *const kinds[] = {
		[OPTION_FLAG] = "on or off",
		[OPTION_NUMBER] = "a number",
		[OPTION_TIME] = "a time such as 500ms, 60s or 2m",
		[OPTION_SIZE] = "a size such as 4096, 64k or 1m",
		[OPTION_LINGER] = "off, abort, drained, or seconds",
		[OPTION_PORT_RANGE] = "ports as in 20000-29999, or full-search",
		[OPTION_NAME] = "a name such as cubic",
	};
	bool counts = option->kind != OPTION_FLAG && option->kind != OPTION_NAME;
	const char *unit = option->unit ? option->unit : "";
	const char *space = option->unit ? " " : "";
	char text[160];
	int length =
		snprintf(text, sizeof(text), "%s%s", kinds[option->kind],
			 option == &socket_options[OPTION_TCP_USER_TIMEOUT] ? ", or auto" : "");
	size_t room = sizeof(text) - (size_t)length;

	/* Where it is all that the kernel's number holds, the upper end is no news. */
	if (counts && option->max >= INT32_MAX / 2)
		(void)snprintf(text + length, room, ": %" PRId64 "%s%s or more", option->min, space,
			       unit);
	else if (counts)
		(void)snprintf(text + length, room, ": %" PRId64 " to %" PRId64 "%s%s", option->min,
			       option->max, space, unit);
	print_field(page, "Values", text);
}

static const struct {
	unsigned int at;
	const char *call;
} option_calls[] = {
	{ AT_BIND, "bind" },
	{ AT_LISTEN, "listen" },
	{ AT_CONNECT, "connect" },
	{ AT_ACCEPT, "accept" },
};

/* An option that is inherited is set at accept() only where a section is for accepted sockets. */
static bool is_set_at(const struct socket_option *option, unsigned int at)
{
	return (option->at & at) && !(at == AT_ACCEPT && option->inherited);
}

static void print_option_calls(struct page *page, const struct socket_option *option)
{
	char text[96];
	int length = 0;

	for (size_t i = 0; i < ARRAY_SIZE(option_calls); i++)
		if (is_set_at(option, option_calls[i].at))
			length += snprintf(text + length, sizeof(text) - (size_t)length, "%s%s()",
					   length > 0 ? ", " : "", option_calls[i].call);
	print_field(page, "Set at", text);
	if (option->inherited && (option->on & ON_LISTENER))
		print_field(page, "", "accepted sockets have it from their listener, at no cost");
}

/* Where the C constant is documented, for all options of a level alike. */
static const char *option_manual(const struct socket_option *option)
{
	switch (option->level) {
	case SOL_SOCKET:
		return "socket(7)";
	case IPPROTO_TCP:
		return "tcp(7)";
	case IPPROTO_IP:
		return "ip(7)";
	default:
		return "listen(2)";
	}
}

/* How it is set; NULL where it has to be a section, as --set names no port. */
static const char *option_command(const struct socket_option *option, char text[static 96])
{
	if (option == &socket_options[OPTION_SO_REUSEPORT])
		return NULL;
	(void)snprintf(text, 96, "tcpwright run --set %s=%s -- PROGRAM", option->name,
		       option->kind == OPTION_FLAG ? "on" : "VALUE");
	return text;
}

static void print_option_ways(struct page *page, const struct socket_option *option)
{
	char text[96];
	const char *command = option_command(option, text);

	print_field(page, "To set it", command);
	print_field(page, command ? "" : "To set it",
		    command ? "or in a profile's section [socket NAME]: tcpwright-profile(5)"
			    : "in a profile's section [socket NAME], with its port = N: "
			      "tcpwright-profile(5)");
}

static void print_option(struct page *page, const void *row)
{
	const struct socket_option *option = row;

	print_option_heading(page, option);
	print_field(page, "Meaning", option->summary);
	print_field(page, "Price", option->price);
	print_option_values(page, option);
	print_option_calls(page, option);
	print_option_ways(page, option);
	print_field(page, "Since Linux", option->since);
	print_field(page, "See", option_manual(option));
	print_field(page, "", "tcpwright-profile(5): [socket NAME]");
}

static void emit_option_range(struct emitter *e, const struct socket_option *option)
{
	if (option->kind == OPTION_NAME) {
		emit_null(e, "range");
		return;
	}
	emit_object(e, "range");
	emit_count(e, "low", (uint64_t)option->min);
	emit_count(e, "high", (uint64_t)option->max);
	emit_close(e);
}

static void emit_option(struct emitter *e, const void *row)
{
	static const char *const types[] = {
		[OPTION_FLAG] = "flag",     [OPTION_NUMBER] = "number",
		[OPTION_TIME] = "time",     [OPTION_SIZE] = "size",
		[OPTION_LINGER] = "linger", [OPTION_PORT_RANGE] = "port_range",
		[OPTION_NAME] = "name",
	};
	const struct socket_option *option = row;
	char text[96];

	emit_name(e, "option", option->name);
	emit_text(e, "type", types[option->kind]);
	emit_text(e, "unit", option->unit);
	emit_option_range(e, option);
	emit_array(e, "set_at");
	for (size_t i = 0; i < ARRAY_SIZE(option_calls); i++)
		if (is_set_at(option, option_calls[i].at))
			emit_text(e, NULL, option_calls[i].call);
	emit_close(e);
	emit_bool(e, "inherited", option->inherited);
	emit_text(e, "command", option_command(option, text));
	emit_text(e, "since", option->since);
	emit_text(e, "meaning", option->summary);
	emit_text(e, "price", option->price);
	emit_array(e, "references");
	emit_text(e, NULL, option_manual(option));
	emit_text(e, NULL, "tcpwright-profile(5): [socket NAME]");
	emit_close(e);
}

/* Counters. */

static const char *counter_name_at(size_t index)
{
	return index < N_COUNTERS ? counter_facts[index].name : NULL;
}

static const void *find_counter(const char *word)
{
	return counter_find(word);
}

static void print_counter(struct page *page, const void *row)
{
	const struct counter_fact *fact = row;
	char text[128];

	print_heading(page, fact->name, "counter");
	print_field(page, "Counts", fact->meaning);
	print_field(page, "But", fact->misunderstood);
	(void)snprintf(text, sizeof(text), "%s of %s", fact->table, counter_file(fact));
	print_field(page, "Row", text);
	print_references(page, fact->references, COUNTER_MAX_REFERENCES);
}

static void emit_counter(struct emitter *e, const void *row)
{
	const struct counter_fact *fact = row;

	emit_name(e, "counter", fact->name);
	emit_text(e, "table", fact->table);
	emit_text(e, "file", counter_file(fact));
	emit_text(e, "meaning", fact->meaning);
	emit_text(e, "but", fact->misunderstood);
	emit_references(e, fact->references, COUNTER_MAX_REFERENCES);
}

/* Errors. */

static const char *error_name_at(size_t index)
{
	return index < N_ERROR_NAMES ? error_name_facts[index].name : NULL;
}

static const void *find_error(const char *word)
{
	return error_name_find(word);
}

static void print_error(struct page *page, const void *row)
{
	const struct error_name_fact *fact = row;

	print_heading(page, fact->name, "error");
	print_field(page, "Message", fact->message);
	print_field(page, "To a server", fact->server);
	print_field(page, "To a client", fact->client);
	print_references(page, fact->references, ERROR_NAME_MAX_REFERENCES);
}

static void emit_error(struct emitter *e, const void *row)
{
	const struct error_name_fact *fact = row;

	emit_name(e, "error", fact->name);
	emit_text(e, "message", fact->message);
	emit_text(e, "to_a_server", fact->server);
	emit_text(e, "to_a_client", fact->client);
	emit_references(e, fact->references, ERROR_NAME_MAX_REFERENCES);
}

/* TCP states. */

static const char *state_name_at(size_t index)
{
	for (size_t i = 0; i < N_TCP_STATES; i++)
		if (tcp_state_facts[i].name && index-- == 0)
			return tcp_state_facts[i].name;
	return NULL;
}

static const void *find_state(const char *word)
{
	return tcp_state_find(word);
}

static void print_state(struct page *page, const void *row)
{
	const struct tcp_state_fact *fact = row;

	print_heading(page, fact->name, "TCP state");
	print_field(page, "Entered by", fact->entered_by);
	print_field(page, "Ended by", fact->ended_by);
	print_field(page, "Is it a fault?", fact->is_it_a_fault);
	print_references(page, fact->references, TCP_STATE_MAX_REFERENCES);
}

static void emit_state(struct emitter *e, const void *row)
{
	const struct tcp_state_fact *fact = row;

	emit_name(e, "state", fact->name);
	emit_text(e, "entered_by", fact->entered_by);
	emit_text(e, "ended_by", fact->ended_by);
	emit_text(e, "is_it_a_fault", fact->is_it_a_fault);
	emit_references(e, fact->references, TCP_STATE_MAX_REFERENCES);
}

const struct explain_kind explain_kinds[N_EXPLAIN_KINDS] = {
	{ "Rules", "rules", rule_name_at, find_rule, print_rule, emit_rule },
	/* Before sysctl keys, which are found by their ends too: a whole name comes first. */
	{ "Socket options", "options", option_name_at, find_option, print_option, emit_option },
	{ "Sysctl keys", "sysctls", sysctl_name_at, find_sysctl, print_sysctl, emit_sysctl },
	{ "Counters", "counters", counter_name_at, find_counter, print_counter, emit_counter },
	{ "Errors", "errors", error_name_at, find_error, print_error, emit_error },
	{ "TCP states", "states", state_name_at, find_state, print_state, emit_state },
};
