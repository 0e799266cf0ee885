#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "report.h"

struct err;
struct inode_set;
struct model;
struct profile;
struct profile_words;
struct rule;

/* All rules in the order of the catalogue. For loops: for (size_t i = 0; rules_at(i); i++) */
const struct rule *rules_at(size_t index);     /* NULL beyond the last */
const struct rule *rules_find(const char *id); /* NULL: no such rule */

/*
 * The names that a profile may use. Valid for the life of the program; NULL when memory runs out.
 */
const struct profile_words *rules_words(void);

/* The sockets whose processes the rules want to name, for a model without processes. */
void rules_want(const struct model *model, const struct profile *profile, struct inode_set *inodes);

/*
 * Evaluates every rule that the profile leaves on. RET_REPORT borrows MODEL and is to be released
 * with report_done(). Its role is for the caller to fill.
 */
int rules_evaluate(const struct model *model, const struct profile *profile,
		   struct report *ret_report, struct err *err);
