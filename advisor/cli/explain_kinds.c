/*
 * What `explain` says of each kind of thing, for people and for programs. The texts themselves are
 * in the tables of facts/, rules/ and preload/policy/: a text that is wrong is mended there.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "array.h"
#include "counters.h"
#include "emitter.h"
#include "engine.h"
#include "error_names.h"
#include "page.h"
#include "rule.h"
#include "sysctls.h"
#include "tcp_states.h"

#include "explain_fields.h"
#include "explain_kinds.h"
#include "explain_option.h"

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
	explain_heading(page, rule->id, text);
	explain_field(page, "Finds", rule->title);
	explain_field(page, "Why it matters", rule->rationale);
	explain_field(page, "But", rule->folklore);
	for (size_t i = 0; i < RULE_MAX_THRESHOLDS && rule->thresholds[i].name; i++) {
		const struct rule_threshold *t = &rule->thresholds[i];

		(void)snprintf(text, sizeof(text), "%s = %g%s%s: %s", t->name, t->value,
			       t->unit ? " " : "", t->unit ? t->unit : "", t->meaning);
		explain_field(page, i == 0 ? "Thresholds" : "", text);
	}
	explain_references(page, rule->references, RULE_MAX_REFERENCES);
}

static void emit_rule(struct emitter *e, const void *row)
{
	const struct rule *rule = row;

	explain_emit_name(e, "rule", rule->id);
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
	explain_emit_references(e, rule->references, RULE_MAX_REFERENCES);
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
	explain_field(page, "Values", text);
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
		explain_field(page, i == 0 ? "Default" : "", text);
	}
	explain_field(page, fact->defaults[0].value ? "" : "Default", fact->computed);
}

static void print_sysctl(struct page *page, const void *row)
{
	const struct sysctl_fact *fact = row;
	char number[16];

	explain_heading(page, fact->key, "sysctl key");
	explain_field(page, "Meaning", fact->meaning);
	explain_field(page, "But", fact->misunderstood);
	explain_field(page, "Belongs to",
		      fact->scope == SCOPE_NETNS ? "each network namespace" : "the whole host");
	print_values(page, fact);
	print_defaults(page, fact);
	explain_field(page, "Since Linux", version_text(number, fact->since));
	explain_field(page, "Gone in Linux", version_text(number, fact->removed));
	explain_references(page, fact->references, SYSCTL_MAX_REFERENCES);
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

	explain_emit_name(e, "sysctl", fact->key);
	emit_text(e, "type", types[fact->type]);
	emit_text(e, "scope", fact->scope == SCOPE_NETNS ? "network_namespace" : "host");
	emit_text(e, "unit", fact->unit);
	emit_range(e, fact);
	emit_defaults(e, fact);
	emit_text(e, "since", version_text(number, fact->since));
	emit_text(e, "removed", version_text(number, fact->removed));
	emit_text(e, "meaning", fact->meaning);
	emit_text(e, "but", fact->misunderstood);
	explain_emit_references(e, fact->references, SYSCTL_MAX_REFERENCES);
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

	explain_heading(page, fact->name, "counter");
	explain_field(page, "Counts", fact->meaning);
	explain_field(page, "But", fact->misunderstood);
	(void)snprintf(text, sizeof(text), "%s of %s", fact->table, counter_file(fact));
	explain_field(page, "Row", text);
	explain_references(page, fact->references, COUNTER_MAX_REFERENCES);
}

static void emit_counter(struct emitter *e, const void *row)
{
	const struct counter_fact *fact = row;

	explain_emit_name(e, "counter", fact->name);
	emit_text(e, "table", fact->table);
	emit_text(e, "file", counter_file(fact));
	emit_text(e, "meaning", fact->meaning);
	emit_text(e, "but", fact->misunderstood);
	explain_emit_references(e, fact->references, COUNTER_MAX_REFERENCES);
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

	explain_heading(page, fact->name, "error");
	explain_field(page, "Message", fact->message);
	explain_field(page, "To a server", fact->server);
	explain_field(page, "To a client", fact->client);
	explain_references(page, fact->references, ERROR_NAME_MAX_REFERENCES);
}

static void emit_error(struct emitter *e, const void *row)
{
	const struct error_name_fact *fact = row;

	explain_emit_name(e, "error", fact->name);
	emit_text(e, "message", fact->message);
	emit_text(e, "to_a_server", fact->server);
	emit_text(e, "to_a_client", fact->client);
	explain_emit_references(e, fact->references, ERROR_NAME_MAX_REFERENCES);
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

	explain_heading(page, fact->name, "TCP state");
	explain_field(page, "Entered by", fact->entered_by);
	explain_field(page, "Ended by", fact->ended_by);
	explain_field(page, "Is it a fault?", fact->is_it_a_fault);
	explain_references(page, fact->references, TCP_STATE_MAX_REFERENCES);
}

static void emit_state(struct emitter *e, const void *row)
{
	const struct tcp_state_fact *fact = row;

	explain_emit_name(e, "state", fact->name);
	emit_text(e, "entered_by", fact->entered_by);
	emit_text(e, "ended_by", fact->ended_by);
	emit_text(e, "is_it_a_fault", fact->is_it_a_fault);
	explain_emit_references(e, fact->references, TCP_STATE_MAX_REFERENCES);
}

const struct explain_kind explain_kinds[N_EXPLAIN_KINDS] = {
	{ "Rules", "rules", rule_name_at, find_rule, print_rule, emit_rule },
	/* Before sysctl keys, which are found by their ends too: a whole name comes first. */
	{ "Socket options", "options", explain_option_name_at, explain_option_find,
	  explain_option_print, explain_option_emit },
	{ "Sysctl keys", "sysctls", sysctl_name_at, find_sysctl, print_sysctl, emit_sysctl },
	{ "Counters", "counters", counter_name_at, find_counter, print_counter, emit_counter },
	{ "Errors", "errors", error_name_at, find_error, print_error, emit_error },
	{ "TCP states", "states", state_name_at, find_state, print_state, emit_state },
};
