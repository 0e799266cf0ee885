/*
 * What each entry of a profile means: one row per section. Checks words and values, and keeps one
 * entry per key, rule or threshold: that of the file that was read last.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "cleanup.h"
#include "err.h"
#include "nearest.h"
#include "number.h"
#include "text.h"

#include "loading.h"
#include "text_file.h"

/* What is there already comes from an included file or is a mistake. BEFORE is NULL for nothing. */
static int check_twice(const struct text_entry *entry, const char *file,
		       const struct origin *before, struct err *err)
{
	if (!before || before->file != file)
		return 0;
	return text_entry_twice(entry, file, before->line, err);
}

static bool is_word(const char *word, const char *const words[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

static bool copy_text(char **ret_copy, const char *text)
{
	*ret_copy = text ? strdup(text) : NULL;
	return *ret_copy || !text;
}

/* "v", ">= v" or "<= v"; NULL for what looks like an operator and is none. */
static const char *parse_op(const char *text, enum value_op *ret_op)
{
	*ret_op = VALUE_EQUAL;
	if (*text != '>' && *text != '<' && *text != '=')
		return text;
	if (*text == '=' || text[1] != '=')
		return NULL;
	*ret_op = *text == '>' ? VALUE_AT_LEAST : VALUE_AT_MOST;
	return text + 2 + strspn(text + 2, " ");
}

static void sysctl_done(struct profile_sysctl *sysctl)
{
	free(sysctl->value);
	free(sysctl->reason);
}

static int check_sysctl(const struct text_entry *entry, const char *file,
			const struct sysctl_fact *fact, enum value_op op, const char *value,
			struct err *err)
{
	struct err why;
	int r = sysctl_op_check(fact, op, &why);

	if (r == 0)
		r = sysctl_value_check(fact, value, &why);
	return r < 0 ? err_set(err, -r, "%s:%u: %s", file, entry->line, why.text) : 0;
}

static int set_sysctl(struct loading *l, const struct text_entry *entry, const char *file)
{
	const struct sysctl_fact *fact = sysctl_find(entry->key);
	struct profile *p = l->profile;
	struct profile_sysctl new = { .fact = fact, .origin = { file, entry->line } };
	const char *value = parse_op(entry->value, &new.op);
	size_t i = 0;
	int r;

	/* "key >= value": libinih takes the first '=' for its own. */
	if (!value || entry->key[strcspn(entry->key, "<>")])
		return err_set(l->err, EINVAL,
			       "%s:%u: write 'key = value', 'key = >= value' or 'key = <= value'",
			       file, entry->line);
	if (!fact)
		return text_entry_unknown(entry, file, "sysctl key", sysctl_nearest(entry->key),
					  l->err);
	r = check_sysctl(entry, file, fact, new.op, value, l->err);
	if (r < 0)
		return r;
	while (i < p->n_sysctls && p->sysctls[i].fact != fact)
		i++;
	r = check_twice(entry, file, i < p->n_sysctls ? &p->sysctls[i].origin : NULL, l->err);
	if (r < 0)
		return r;
	if (!copy_text(&new.value, value) || !copy_text(&new.reason, entry->reason) ||
	    !ARRAY_GROW(p->sysctls, l->sysctls_capacity, p->n_sysctls)) {
		sysctl_done(&new);
		return err_no_memory(l->err);
	}
	if (i < p->n_sysctls)
		sysctl_done(&p->sysctls[i]);
	else
		p->n_sysctls++;
	p->sysctls[i] = new;
	return 0;
}

/* Plain decimals: strtod() would take "0x1p4", "inf" and, in some locales, a comma. */
static bool parse_decimal(const char *text, double *ret_value)
{
	enum { LONGEST = 15 }; /* digits that a double holds */
	char digits[LONGEST + 1];
	const char *point = strchr(text, '.');
	size_t length = strlen(text), whole = point ? (size_t)(point - text) : length;
	double scale = 1;
	uint64_t value;

	if (length > LONGEST || whole == 0 || whole + 1 == length)
		return false;
	memcpy(digits, text, whole);
	strcpy(digits + whole, point ? point + 1 : "");
	if (!parse_u64(digits, &value))
		return false;
	for (size_t i = whole + 1; i < length; i++)
		scale *= 10;
	*ret_value = (double)value / scale;
	return true;
}

static void threshold_done(struct profile_threshold *threshold)
{
	free(threshold->rule);
	free(threshold->name);
	free(threshold->reason);
}

static bool is_threshold(const struct profile_threshold *threshold, const char *word)
{
	size_t length = strlen(threshold->rule);

	return strncmp(threshold->rule, word, length) == 0 && word[length] == '.' &&
	       strcmp(threshold->name, word + length + 1) == 0;
}

static int set_threshold(struct loading *l, const struct text_entry *entry, const char *file)
{
	struct profile *p = l->profile;
	struct profile_threshold new = { .origin = { file, entry->line } };
	const char *point = strchr(entry->key, '.');
	size_t i = 0;
	int r;

	if (!point || !is_word(entry->key, l->words->thresholds, l->words->n_thresholds))
		return text_entry_unknown(
			entry, file, "threshold",
			nearest_name(entry->key, l->words->thresholds, l->words->n_thresholds),
			l->err);
	if (!parse_decimal(entry->value, &new.value))
		return err_set(l->err, EINVAL,
			       "%s:%u: %s = %s: expected a number such as 80 or 0.5", file,
			       entry->line, entry->key, entry->value);
	while (i < p->n_thresholds && !is_threshold(&p->thresholds[i], entry->key))
		i++;
	r = check_twice(entry, file, i < p->n_thresholds ? &p->thresholds[i].origin : NULL, l->err);
	if (r < 0)
		return r;
	new.rule = strndup(entry->key, (size_t)(point - entry->key));
	if (!new.rule || !copy_text(&new.name, point + 1) ||
	    !copy_text(&new.reason, entry->reason) ||
	    !ARRAY_GROW(p->thresholds, l->thresholds_capacity, p->n_thresholds)) {
		threshold_done(&new);
		return err_no_memory(l->err);
	}
	if (i < p->n_thresholds)
		threshold_done(&p->thresholds[i]);
	else
		p->n_thresholds++;
	p->thresholds[i] = new;
	return 0;
}

static void rule_done(struct profile_rule *rule)
{
	free(rule->rule);
	free(rule->at_most);
	free(rule->reason);
}

/* "on", "off", or the severity that a rule's findings are lowered to. */
static int parse_switch(const struct text_entry *entry, const char *file,
			enum rule_switch *ret_state, const char **ret_at_most, struct err *err)
{
	static const char *const words[] = { "on", "off", "info", "advice", "warning", "critical" };
	const char *nearest;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(entry->value, words[i]) != 0)
			continue;
		*ret_state = i == 1 ? RULE_OFF : RULE_ON;
		*ret_at_most = i < 2 ? NULL : words[i];
		return 0;
	}
	nearest = nearest_name(entry->value, words, ARRAY_SIZE(words));
	return err_set(err, EINVAL,
		       "%s:%u: %s = %s: expected on, off, info, advice, warning or critical%s%s%s",
		       file, entry->line, entry->key, entry->value,
		       nearest ? "; did you mean '" : "", nearest ? nearest : "",
		       nearest ? "'?" : "");
}

static int set_rule(struct loading *l, const struct text_entry *entry, const char *file)
{
	struct profile *p = l->profile;
	struct profile_rule new = { .origin = { file, entry->line } };
	const char *at_most = NULL;
	size_t i = 0;
	int r;

	if (!is_word(entry->key, l->words->rules, l->words->n_rules))
		return text_entry_unknown(
			entry, file, "rule",
			nearest_name(entry->key, l->words->rules, l->words->n_rules), l->err);
	r = parse_switch(entry, file, &new.state, &at_most, l->err);
	if (r < 0)
		return r;
	while (i < p->n_rules && strcmp(p->rules[i].rule, entry->key) != 0)
		i++;
	r = check_twice(entry, file, i < p->n_rules ? &p->rules[i].origin : NULL, l->err);
	if (r < 0)
		return r;
	if (!copy_text(&new.rule, entry->key) || !copy_text(&new.at_most, at_most) ||
	    !copy_text(&new.reason, entry->reason) ||
	    !ARRAY_GROW(p->rules, l->rules_capacity, p->n_rules)) {
		rule_done(&new);
		return err_no_memory(l->err);
	}
	if (i < p->n_rules)
		rule_done(&p->rules[i]);
	else
		p->n_rules++;
	p->rules[i] = new;
	return 0;
}

static void socket_done(struct profile_socket *socket)
{
	free(socket->section);
	free(socket->key);
	free(socket->value);
	free(socket->reason);
}

static int set_socket(struct loading *l, const struct text_entry *entry, const char *file)
{
	struct profile *p = l->profile;
	struct profile_socket new = { .origin = { file, entry->line } };
	const char *name = entry->section + strcspn(entry->section, " ");
	size_t i = 0;
	int r;

	name += strspn(name, " ");
	while (i < p->n_sockets && (strcmp(p->sockets[i].section, name) != 0 ||
				    strcmp(p->sockets[i].key, entry->key) != 0))
		i++;
	r = check_twice(entry, file, i < p->n_sockets ? &p->sockets[i].origin : NULL, l->err);
	if (r == 0)
		r = policy_entry(p->policy, name, entry->key, entry->value, &new.origin, l->err);
	if (r < 0)
		return r;
	if (!copy_text(&new.section, name) || !copy_text(&new.key, entry->key) ||
	    !copy_text(&new.value, entry->value) || !copy_text(&new.reason, entry->reason) ||
	    !ARRAY_GROW(p->sockets, l->sockets_capacity, p->n_sockets)) {
		socket_done(&new);
		return err_no_memory(l->err);
	}
	if (i < p->n_sockets)
		socket_done(&p->sockets[i]);
	else
		p->n_sockets++;
	p->sockets[i] = new;
	return 0;
}

/* [profile] is read first and by itself: what it includes comes before all that stands here. */
static int set_nothing(struct loading *l, const struct text_entry *entry, const char *file)
{
	(void)l;
	(void)entry;
	(void)file;
	return 0;
}

static const struct section {
	const char *name;
	bool named; /* "[socket NAME]" */
	int (*set)(struct loading *l, const struct text_entry *entry, const char *file);
} sections[] = {
	{ "profile", false, set_nothing },      { "sysctl", false, set_sysctl },
	{ "thresholds", false, set_threshold }, { "rules", false, set_rule },
	{ "socket", true, set_socket },
};

static const struct section *find_section(const char *text)
{
	size_t length = strcspn(text, " ");

	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (strlen(sections[i].name) == length &&
		    strncmp(sections[i].name, text, length) == 0 &&
		    sections[i].named == (text[length] == ' '))
			return &sections[i];
	return NULL;
}

/* By its first word: the name that may follow is anybody's. NULL: none is near. */
static const char *nearest_section(const char *text)
{
	const char *names[ARRAY_SIZE(sections)], *nearest;
	char word[32];

	(void)snprintf(word, sizeof(word), "%.*s", (int)strcspn(text, " "), text);
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		names[i] = sections[i].name;
	nearest = nearest_name(word, names, ARRAY_SIZE(names));
	return nearest && strcmp(nearest, "socket") == 0 ? "socket NAME" : nearest;
}

static int unknown_section(const struct text_entry *entry, const char *file, struct err *err)
{
	const struct text_entry section = { .section = entry->section, .line = entry->line };

	if (!*entry->section && entry->key)
		return err_set(err, EINVAL, "%s:%u: %s stands above the first section", file,
			       entry->line, entry->key);
	if (strcmp(entry->section, "socket") == 0)
		return err_set(err, EINVAL, "%s:%u: this section needs a name: [socket NAME]", file,
			       entry->line);
	return text_entry_unknown(&section, file, "section", nearest_section(entry->section), err);
}

int profile_set(struct loading *loading, const struct text_entry *entry, const char *file)
{
	const struct section *section = find_section(entry->section);

	if (!section)
		return unknown_section(entry, file, loading->err);
	return entry->key ? section->set(loading, entry, file) : 0;
}

void profile_free(struct profile *profile)
{
	if (!profile)
		return;
	for (size_t i = 0; i < profile->n_sysctls; i++)
		sysctl_done(&profile->sysctls[i]);
	for (size_t i = 0; i < profile->n_thresholds; i++)
		threshold_done(&profile->thresholds[i]);
	for (size_t i = 0; i < profile->n_rules; i++)
		rule_done(&profile->rules[i]);
	for (size_t i = 0; i < profile->n_sockets; i++)
		socket_done(&profile->sockets[i]);
	for (size_t i = 0; i < profile->n_files; i++)
		free(profile->files[i]);
	free(profile->sysctls);
	free(profile->thresholds);
	free(profile->rules);
	free(profile->sockets);
	free(profile->files);
	free(profile->policy);
	free(profile->name);
	free(profile->summary);
	free(profile);
}
