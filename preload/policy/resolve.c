/*
 * What a policy means for one socket. Runs inside hooks of the preloaded library: no memory is
 * asked for, and nothing is called that a signal handler may not call.
 */
#include <fnmatch.h>
#include <string.h>

#include <tcpwright/policy.h>

#include "addr.h"
#include "contradiction.h"

const char *socket_side_name(enum socket_side side)
{
	static const char *const names[] = { "listen", "connect", "accepted", "bind" };

	return names[side];
}

static bool in_net(const uint8_t address[static 16], const struct policy_net *net)
{
	enum { MAPPED_BITS = 96 };
	size_t bytes = net->prefix / 8;
	unsigned int bits = net->prefix % 8;

	/* ::/0 is all of IPv6, and not IPv4 in the form that it has here. */
	if (net->prefix < MAPPED_BITS && addr_bytes_are_v4(address))
		return false;
	if (memcmp(address, net->address, bytes) != 0)
		return false;
	return bits == 0 || (address[bytes] ^ net->address[bytes]) >> (8 - bits) == 0;
}

static bool in_any_net(const struct policy_net nets[], size_t n, bool known,
		       const uint8_t address[static 16])
{
	for (size_t i = 0; known && i < n; i++)
		if (in_net(address, &nets[i]))
			return true;
	return n == 0;
}

static bool has_port(const struct policy_section *section, bool known, uint16_t port)
{
	for (size_t i = 0; known && i < section->n_ports; i++)
		if (port >= section->ports[i].low && port <= section->ports[i].high)
			return true;
	return section->n_ports == 0;
}

static bool filters_match(const struct policy_section *section, const struct socket_facts *facts)
{
	bool by_peer = facts->side == SIDE_CONNECT;

	return has_port(section, by_peer ? facts->peer_known : facts->local_known,
			by_peer ? facts->peer_port : facts->local_port) &&
	       in_any_net(section->local, section->n_local, facts->local_known, facts->local) &&
	       in_any_net(section->peer, section->n_peer, facts->peer_known, facts->peer);
}

/* At bind() nobody knows the side yet: the option says for which it is. */
static bool matters_at_bind(const struct policy_section *section,
			    const struct socket_option *option)
{
	if (!(option->at & AT_BIND) || !(option->on & section->sides) || section->n_peer > 0)
		return false;
	return (option->on & ON_LISTENER) || section->n_ports == 0;
}

/* Whether a section of these sides has a say on OPTION at SIDE; filters aside. */
static bool matters(const struct policy_section *section, const struct socket_option *option,
		    enum socket_side side)
{
	switch (side) {
	case SIDE_LISTEN:
		return (option->at & AT_LISTEN) && (section->sides & ON_LISTENER);
	case SIDE_CONNECT:
		return (option->at & AT_CONNECT) && (section->sides & ON_CLIENT);
	case SIDE_ACCEPTED:
		/* What a listener hands down costs nothing; the rest is set again here. */
		return (option->at & AT_ACCEPT) &&
		       ((section->sides & ON_ACCEPTED) ||
			(!option->inherited && (section->sides & ON_LISTENER)));
	default:
		return matters_at_bind(section, option);
	}
}

/* What the first sections that match say, fights and all. */
static struct resolution first_of_each(const struct policy *policy,
				       const struct socket_facts *facts)
{
	struct resolution resolution = { 0 };

	for (size_t i = 0; i < policy->n_sections; i++) {
		const struct policy_section *section = &policy->sections[i];

		if (section->left_out || !filters_match(section, facts))
			continue;
		for (size_t k = 0; k < section->n_settings; k++) {
			const struct policy_setting *setting = &section->settings[k];

			if (!(resolution.wanted & option_bit(setting->option)) &&
			    matters(section, &socket_options[setting->option], facts->side)) {
				resolution.settings[setting->option] = setting;
				resolution.wanted |= option_bit(setting->option);
			}
		}
	}
	return resolution;
}

void policy_resolve(const struct policy *policy, const struct socket_facts *facts,
		    struct resolution *ret_resolution)
{
	struct resolution resolution = first_of_each(policy, facts);
	enum option_id option;

	while (contradiction_find(resolution.settings, &option, NULL) < 0) {
		resolution.settings[option] = NULL;
		resolution.wanted &= ~option_bit(option);
		resolution.left_out |= option_bit(option);
	}
	*ret_resolution = resolution;
}

int policy_check_together(const struct policy *policy, struct err *err)
{
	int r = 0;

	for (int side = SIDE_LISTEN; side <= SIDE_ACCEPTED && r == 0; side++) {
		const struct socket_facts facts = { .side = (enum socket_side)side };
		const struct resolution resolution = first_of_each(policy, &facts);
		enum option_id option;

		r = contradiction_find(resolution.settings, &option, err);
	}
	return r;
}

struct policy_needs policy_needs(const struct policy *policy, enum socket_side side)
{
	struct policy_needs needs = { 0 };

	for (size_t i = 0; i < policy->n_sections; i++) {
		const struct policy_section *section = &policy->sections[i];
		option_set options = 0;

		for (size_t k = 0; k < section->n_settings && !section->left_out; k++)
			if (matters(section, &socket_options[section->settings[k].option], side))
				options |= option_bit(section->settings[k].option);
		if (!options)
			continue;
		needs.options |= options;
		needs.local = needs.local || section->n_local > 0 ||
			      (side != SIDE_CONNECT && section->n_ports > 0);
		needs.peer = needs.peer || section->n_peer > 0 ||
			     (side == SIDE_CONNECT && section->n_ports > 0);
	}
	return needs;
}

/* GLOB with a slash is for paths; without one for what follows the last slash. */
static bool program_matches(const char *glob, const char *name)
{
	const char *slash = strrchr(name, '/');

	if (strchr(glob, '/'))
		return slash && fnmatch(glob, name, 0) == 0;
	return fnmatch(glob, slash ? slash + 1 : name, 0) == 0;
}

static bool is_for_program(const struct policy_section *section, const char *const names[],
			   size_t n)
{
	char globs[POLICY_GLOBS_SIZE], *rest = strcpy(globs, section->program);

	if (!section->program[0])
		return true;
	for (char *glob; (glob = strsep(&rest, ", "));)
		for (size_t i = 0; *glob && i < n; i++)
			if (program_matches(glob, names[i]))
				return true;
	return false;
}

void policy_for_program(struct policy *policy, const char *const names[], size_t n)
{
	for (size_t i = 0; i < policy->n_sections; i++)
		if (!is_for_program(&policy->sections[i], names, n))
			policy->sections[i].left_out = true;
}
