/* What every rule shares: its thresholds, and the sockets that it wants to name. */
#include <stdlib.h>
#include <string.h>

#include "array.h"

#include "rule.h"

void inode_set_add(struct inode_set *set, uint64_t inode)
{
	if (inode == 0)
		return;
	if (!ARRAY_GROW(set->inodes, set->capacity, set->n)) {
		set->out_of_memory = true;
		return;
	}
	set->inodes[set->n++] = inode;
}

void inode_set_finish(struct inode_set *set)
{
	set->n = u64_sort_unique(set->inodes, set->n);
}

void inode_set_done(struct inode_set *set)
{
	free(set->inodes);
	*set = (struct inode_set){ 0 };
}

double rule_threshold(const struct rule_input *in, const char *name)
{
	for (size_t i = 0; i < RULE_MAX_THRESHOLDS && in->rule->thresholds[i].name; i++)
		if (strcmp(in->rule->thresholds[i].name, name) == 0)
			return profile_threshold(in->profile, in->rule->id, name,
						 in->rule->thresholds[i].value);
	abort(); /* a rule that asks for a threshold which its own row does not have */
}
