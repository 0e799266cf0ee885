/* Lines of `[socket NAME]` sections to a policy: what each key may hold, and which section is
 * first. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <tcpwright/policy.h>

#include "addr.h"
#include "array.h"
#include "err.h"
#include "nearest.h"
#include "number.h"
#include "text.h"

enum { LONGEST_VALUE = 191 };

/* One line, and where its message would go. */
struct line {
	const char *key, *value;
	const struct origin *origin;
	struct err *err;
};

static int refuse(const struct line *line, const char *expected)
{
	return err_set(line->err, EINVAL, "%s:%u: %s = %s: expected %s", line->origin->file,
		       line->origin->line, line->key, line->value, expected);
}

/* The next of the words between commas and spaces; NULL at the end. *REST moves on. */
static char *next_word(char **rest)
{
	char *word;

	while ((word = strsep(rest, ", ")))
		if (*word)
			return word;
	return NULL;
}

static bool parse_ports(const char *word, struct policy_ports *ret_ports)
{
	const char *dash = strchr(word, '-');
	size_t length = dash ? (size_t)(dash - word) : strlen(word);
	uint64_t low, high;

	if (!parse_u64_span(word, length, &low))
		return false;
	high = low;
	if (dash && !parse_u64(dash + 1, &high))
		return false;
	if (low < 1 || low > high || high > UINT16_MAX)
		return false;
	*ret_ports = (struct policy_ports){ (uint16_t)low, (uint16_t)high };
	return true;
}

/* "10.0.0.0/8", "fe80::/10", "127.0.0.1" */
static bool parse_net(char *word, struct policy_net *ret_net)
{
	char *slash = strchr(word, '/');
	struct addr addr;
	uint64_t prefix;

	if (slash)
		*slash++ = '\0';
	if (!addr_parse(word, &addr))
		return false;
	/* 128 for IPv6 written as ::ffff:a.b.c.d too: the bits are those that are written. */
	uint64_t bits = strchr(word, ':') ? 128 : 32;

	prefix = bits;
	if (slash && (!parse_u64(slash, &prefix) || prefix > bits))
		return false;
	memcpy(ret_net->address, addr.bytes, sizeof(ret_net->address));
	ret_net->prefix = (uint8_t)(prefix + 128 - bits);
	return true;
}

static int set_sides(struct policy_section *section, const struct line *line)
{
	static const struct {
		const char *word;
		unsigned int sides;
	} words[] = {
		{ "listen", ON_LISTENER },
		{ "connect", ON_CLIENT },
		{ "accepted", ON_ACCEPTED },
		{ "any", ON_LISTENER | ON_CLIENT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i].word, line->value) == 0) {
			section->sides = words[i].sides;
			return 0;
		}
	}
	return refuse(line, "listen, connect, accepted or any");
}

static int set_ports(struct policy_section *section, const struct line *line)
{
	char words[LONGEST_VALUE + 1], *rest = strcpy(words, line->value);

	section->n_ports = 0;
	for (char *word; (word = next_word(&rest)); section->n_ports++)
		if (section->n_ports == POLICY_MAX_PORTS ||
		    !parse_ports(word, &section->ports[section->n_ports]))
			return refuse(line, "up to 32 ports or ranges from 1 to 65535, such as "
					    "\"80, 8000-8100\"");
	return section->n_ports > 0 ? 0 : refuse(line, "ports");
}

static int set_nets(struct policy_net nets[static POLICY_MAX_NETS], size_t *ret_n,
		    const struct line *line)
{
	char words[LONGEST_VALUE + 1], *rest = strcpy(words, line->value);
	size_t n = 0;

	for (char *word; (word = next_word(&rest)); n++)
		if (n == POLICY_MAX_NETS || !parse_net(word, &nets[n]))
			return refuse(line, "up to 16 addresses or networks, such as \"10.0.0.0/8, "
					    "::1\"");
	*ret_n = n;
	return n > 0 ? 0 : refuse(line, "addresses");
}

static int set_local(struct policy_section *section, const struct line *line)
{
	return set_nets(section->local, &section->n_local, line);
}

static int set_peer(struct policy_section *section, const struct line *line)
{
	section->peer_origin = *line->origin;
	return set_nets(section->peer, &section->n_peer, line);
}

static int set_program(struct policy_section *section, const struct line *line)
{
	if (!line->value[strspn(line->value, ", ")])
		return refuse(line, "names or paths of programs");
	strcpy(section->program, line->value);
	return 0;
}

static const struct filter {
	const char *key;
	int (*set)(struct policy_section *section, const struct line *line);
} filters[] = {
	{ "side", set_sides }, { "port", set_ports },      { "local", set_local },
	{ "peer", set_peer },  { "program", set_program },
};

/* ">= 64k force" to its three parts. TEXT is cut up. False: an operator that is none. */
static bool split_value(char *text, enum setting_op *ret_op, char **ret_value, bool *ret_force)
{
	static const char word[] = "force";
	size_t length = strlen(text), cut = strlen(word);

	*ret_op = SETTING_SET;
	if (*text == '>' || *text == '<') {
		*ret_op = *text == '>' ? SETTING_RAISE : SETTING_LOWER;
		if (text[1] != '=')
			return false;
		text += 2;
		length -= 2;
	}
	*ret_force = length > cut && strcmp(text + length - cut, word) == 0 &&
		     text[length - cut - 1] == ' ';
	if (*ret_force)
		text[length - cut] = '\0';
	*ret_value = text_trim(text);
	return true;
}

/* Raising and lowering want an order. A backlog is never lowered: see preload/apply.c. */
static bool op_fits(const struct socket_option *option, enum setting_op op)
{
	if (op == SETTING_SET)
		return true;
	if (option == &socket_options[OPTION_LISTEN_BACKLOG])
		return op == SETTING_RAISE;
	return option->kind == OPTION_NUMBER || option->kind == OPTION_TIME ||
	       option->kind == OPTION_SIZE;
}

static struct policy_setting *setting_of(struct policy_section *section, enum option_id id)
{
	for (size_t i = 0; i < section->n_settings; i++)
		if (section->settings[i].option == id)
			return &section->settings[i];
	return &section->settings[section->n_settings++];
}

static int refuse_op(const struct line *line, enum setting_op op, const char *taken)
{
	return err_set(line->err, EINVAL, "%s:%u: %s takes no %s, only %s", line->origin->file,
		       line->origin->line, line->key, op == SETTING_RAISE ? ">=" : "<=", taken);
}

static int set_option(struct policy_section *section, const struct socket_option *option,
		      const struct line *line)
{
	struct policy_setting new = { .option = (enum option_id)(option - socket_options),
				      .origin = *line->origin };
	char text[LONGEST_VALUE + 1], *value;
	struct err why;
	int r;

	strcpy(text, line->value);
	if (!split_value(text, &new.op, &value, &new.force))
		return refuse(line, "'= value', '>= value' or '<= value', and perhaps 'force'");
	r = option_value_parse(option, value, &new.value, &why);
	if (r < 0)
		return err_set(line->err, -r, "%s:%u: %s", line->origin->file, line->origin->line,
			       why.text);
	if (!op_fits(option, new.op))
		return refuse_op(line, new.op,
				 option == &socket_options[OPTION_LISTEN_BACKLOG] ? "= and >="
										  : "=");
	if (new.op != SETTING_SET &&new.value.number == USER_TIMEOUT_AUTO)
		return refuse_op(line, new.op, "= with auto");
	*setting_of(section, new.option) = new;
	return 0;
}

static int unknown_key(const struct line *line)
{
	const char *names[N_SOCKET_OPTIONS + ARRAY_SIZE(filters)], *nearest;
	char lower[LONGEST_VALUE + 1];
	size_t n = 0;

	/* "SO_KEEPALIVE", as the manual pages write it. */
	for (; line->key[n] && n < LONGEST_VALUE; n++)
		lower[n] = (char)tolower((unsigned char)line->key[n]);
	lower[n] = '\0';
	n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(filters); i++)
		names[n++] = filters[i].key;
	for (size_t i = 0; i < N_SOCKET_OPTIONS; i++)
		names[n++] = socket_options[i].name;
	nearest = nearest_name(lower, names, n);
	return err_set(line->err, EINVAL, "%s:%u: unknown socket option '%s'%s%s%s",
		       line->origin->file, line->origin->line, line->key,
		       nearest ? "; did you mean '" : "", nearest ? nearest : "",
		       nearest ? "'?" : "");
}

/* The section of that name, made where it is new; NULL, with ERR filled, if there is no more room.
 */
static struct policy_section *section_of(struct policy *policy, const char *name,
					 const struct origin *origin, struct err *err)
{
	struct policy_section *section = policy->sections;

	if (policy->last_file != origin->file) {
		policy->last_file = origin->file;
		policy->rank++;
	}

	while (section < policy->sections + policy->n_sections && strcmp(section->name, name) != 0)
		section++;
	if (section == policy->sections + policy->n_sections) {
		if (policy->n_sections == POLICY_MAX_SECTIONS) {
			(void)err_set(err, E2BIG, "%s:%u: more than %d [socket] sections",
				      origin->file, origin->line, POLICY_MAX_SECTIONS);
			return NULL;
		}
		policy->n_sections++;
		strcpy(section->name, name);
		section->sides = ON_LISTENER | ON_CLIENT;
	}
	if (!section->origin.file || section->rank != policy->rank) {
		section->origin = *origin;
		section->rank = policy->rank;
	}
	return section;
}

int policy_entry(struct policy *policy, const char *name, const char *key, const char *value,
		 const struct origin *origin, struct err *err)
{
	const struct line line = { key, value, origin, err };
	const struct socket_option *option = socket_option_find(key);
	struct policy_section *section;

	if (strlen(name) >= POLICY_NAME_SIZE || strlen(value) > LONGEST_VALUE)
		return err_set(err, E2BIG, "%s:%u: the name or value is too long", origin->file,
			       origin->line);
	/* "key >= value": libinih takes the first '=' for its own. */
	if (key[strcspn(key, "<>")])
		return err_set(err, EINVAL,
			       "%s:%u: write 'key = value', 'key = >= value' or 'key = <= value'",
			       origin->file, origin->line);
	section = section_of(policy, name, origin, err);
	if (!section)
		return -E2BIG;
	if (option)
		return set_option(section, option, &line);
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++)
		if (strcmp(filters[i].key, key) == 0)
			return filters[i].set(section, &line);
	return unknown_key(&line);
}

int policy_add(struct policy *policy, const char *name, const struct policy_setting *setting,
	       struct err *err)
{
	struct policy_section *section = section_of(policy, name, &setting->origin, err);

	if (!section)
		return -E2BIG;
	*setting_of(section, setting->option) = *setting;
	return 0;
}

int policy_set(struct policy *policy, const char *text, const struct origin *origin,
	       struct err *err)
{
	char key[LONGEST_VALUE + 1], value[LONGEST_VALUE + 1];
	size_t length = strcspn(text, "=<>");

	if (strlen(text) > LONGEST_VALUE || !text[length] || length == 0)
		return err_set(err, EINVAL, "%s '%s': expected OPTION=VALUE", origin->file, text);
	memcpy(key, text, length);
	key[length] = '\0';
	/* ">=" and "<=" belong to the value. */
	strcpy(value, text + length + (text[length] == '='));
	return policy_entry(policy, POLICY_SET_SECTION, text_trim(key), text_trim(value), origin,
			    err);
}

static bool is_before(const struct policy_section *a, const struct policy_section *b)
{
	bool a_is_set = strcmp(a->name, POLICY_SET_SECTION) == 0;
	bool b_is_set = strcmp(b->name, POLICY_SET_SECTION) == 0;

	return a_is_set != b_is_set ? a_is_set : a->rank > b->rank;
}

/* By insertion: there are few, equals stay in their order, and no memory is asked for. */
void policy_sort(struct policy *policy)
{
	for (size_t i = 1; i < policy->n_sections; i++) {
		for (size_t k = i; k > 0; k--) {
			struct policy_section *a = &policy->sections[k - 1], *b = a + 1, keep;

			if (!is_before(b, a))
				break;
			keep = *a;
			*a = *b;
			*b = keep;
		}
	}
	for (size_t i = 0; i < policy->n_sections; i++)
		for (size_t k = 0; k < policy->sections[i].n_settings; k++)
			policy->sections[i].settings[k].section = (unsigned int)i;
}
