/* Finding a key in the table: by name, by a misspelt name; its path, and its default per kernel. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "nearest.h"

#include "sysctls.h"

static bool is_separator(char c)
{
	return c == '.' || c == '/';
}

static bool same_key(const char *a, const char *b)
{
	while (*a && (*a == *b || (is_separator(*a) && is_separator(*b)))) {
		a++;
		b++;
	}
	return *a == *b;
}

const struct sysctl_fact *sysctl_find(const char *key)
{
	for (size_t i = 0; i < N_SYSCTLS; i++)
		if (same_key(sysctl_facts[i].key, key))
			return &sysctl_facts[i];
	return NULL;
}

enum sysctl_id sysctl_id_of(const struct sysctl_fact *fact)
{
	return (enum sysctl_id)(fact - sysctl_facts);
}

static const char *short_name(const char *key)
{
	return strrchr(key, '.') + 1;
}

/*
 * Whole keys are compared with whole keys, and last parts with last parts: between two long keys
 * the shared "net.ipv4." would make strangers look alike, and a short word would be near to no key.
 */
const char *sysctl_nearest(const char *key)
{
	bool whole = strpbrk(key, "./");
	const char *names[N_SYSCTLS], *nearest;
	char dotted[128];

	(void)snprintf(dotted, sizeof(dotted), "%s", key);
	for (char *c = dotted; *c; c++)
		if (*c == '/')
			*c = '.';
	for (size_t i = 0; i < N_SYSCTLS; i++)
		names[i] = whole ? sysctl_facts[i].key : short_name(sysctl_facts[i].key);
	nearest = nearest_name(dotted, names, N_SYSCTLS);
	for (size_t i = 0; nearest && i < N_SYSCTLS; i++)
		if (names[i] == nearest)
			return sysctl_facts[i].key;
	return NULL;
}

const char *sysctl_default(const struct sysctl_fact *fact, kernel_version version)
{
	const char *value = NULL;

	if (version == 0 || version < fact->since || (fact->removed && version >= fact->removed))
		return NULL;
	for (size_t i = 0; i < SYSCTL_MAX_DEFAULTS && fact->defaults[i].value; i++)
		if (fact->defaults[i].since <= version)
			value = fact->defaults[i].value;
	return value;
}

void sysctl_path(char *buf, size_t size, const struct sysctl_fact *fact)
{
	(void)snprintf(buf, size, "proc/sys/%s", fact->key);
	for (char *c = buf; *c; c++)
		if (*c == '.')
			*c = '/';
}
