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

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

void inode_set_finish(struct inode_set *set)
{
	size_t unique = 0;

	if (set->n == 0)
		return;
	qsort(set->inodes, set->n, sizeof(*set->inodes), compare);
	for (size_t i = 0; i < set->n; i++)
		if (i == 0 || set->inodes[i] != set->inodes[i - 1])
			set->inodes[unique++] = set->inodes[i];
	set->n = unique;
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
