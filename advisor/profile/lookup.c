/* What a profile says of one rule. */
#include <string.h>

#include "profile.h"

double profile_threshold(const struct profile *profile, const char *rule, const char *name,
			 double fallback)
{
	for (size_t i = 0; profile && i < profile->n_thresholds; i++)
		if (strcmp(profile->thresholds[i].rule, rule) == 0 &&
		    strcmp(profile->thresholds[i].name, name) == 0)
			return profile->thresholds[i].value;
	return fallback;
}

const struct profile_rule *profile_rule(const struct profile *profile, const char *rule)
{
	for (size_t i = 0; profile && i < profile->n_rules; i++)
		if (strcmp(profile->rules[i].rule, rule) == 0)
			return &profile->rules[i];
	return NULL;
}
