/* Any bytes as the [socket] sections of a profile, and as TCPWRIGHT_SET, with what follows from
 * them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <tcpwright/policy.h>

#include "err.h"
#include "text_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct policy policy;

static void add_sections(const uint8_t *data, size_t size)
{
	struct text_file text = { 0 };
	struct err err;

	if (text_file_parse("fuzz", (const char *)data, size, &text, NULL) < 0)
		return;
	for (size_t i = 0; i < text.n_entries; i++) {
		const struct text_entry *entry = &text.entries[i];
		const struct origin origin = { "fuzz", entry->line };

		err.text[0] = '\0';
		if (entry->key &&
		    policy_entry(&policy, entry->section, entry->key, entry->value, &origin, &err) <
			    0 &&
		    !err.text[0])
			abort(); /* a refusal always says why */
	}
	text_file_done(&text);
}

static void add_item(const uint8_t *data, size_t size)
{
	const struct origin origin = { "fuzz", 1 };
	char item[512];

	if (size >= sizeof(item))
		return;
	memcpy(item, data, size);
	item[size] = '\0';
	(void)policy_set(&policy, item, &origin, NULL);
}

/* Facts that the input chooses as well, so that filters are met now and then. */
static void resolve(const uint8_t *data, size_t size)
{
	struct socket_facts facts = { .local_known = true, .peer_known = true };
	struct resolution resolution;

	for (size_t i = 0; i < sizeof(facts.local) && i < size; i++)
		facts.local[i] = facts.peer[i] = data[size - 1 - i];
	facts.local_port = facts.peer_port = (uint16_t)(size * 257);
	for (int side = SIDE_LISTEN; side <= SIDE_BIND; side++) {
		facts.side = (enum socket_side)side;
		policy_resolve(&policy, &facts, &resolution);
		if (resolution.wanted & resolution.left_out ||
		    resolution.wanted & ~policy_needs(&policy, facts.side).options)
			abort();
		for (unsigned int i = 0; i < N_SOCKET_OPTIONS; i++) {
			char shown[OPTION_VALUE_STRLEN];

			if (resolution.settings[i])
				option_value_format(shown, &socket_options[i],
						    &resolution.settings[i]->value);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *const names[] = { "/usr/sbin/nginx", "app.py" };

	memset(&policy, 0, sizeof(policy));
	add_sections(data, size);
	add_item(data, size);
	policy_sort(&policy);
	for (size_t i = 0; i < policy.n_sections; i++)
		(void)policy_check_section(&policy.sections[i], NULL);
	resolve(data, size);
	policy_for_program(&policy, names, 2);
	resolve(data, size);
	return 0;
}
