#pragma once

#include <stddef.h>
#include <stdint.h>

#include "finding.h"
#include "model.h"
#include "profile.h"

/*
 * A rule is one small pure function and one table row. The function reads the model and answers ok,
 * a finding, or unknown; the row holds everything that people read about it. Adding one touches one
 * file here, its test and its lab scene.
 */

struct rule_input {
	const struct model *model;
	const struct profile *profile; /* NULL: no profile; thresholds are the rule's own */
	const struct rule *rule;       /* the row being evaluated */
};

enum { RULE_MAX_THRESHOLDS = 6, RULE_MAX_REFERENCES = 6 };

struct rule_threshold {
	const char *name;
	double value; /* used where no profile says otherwise */
	const char *unit, *meaning;
};

/* Sockets whose processes a rule wants to name. Sockets without an inode are ignored. */
struct inode_set {
	uint64_t *inodes; /* owned; sorted and unique once inode_set_finish() has run */
	size_t n, capacity;
	bool out_of_memory;
};
void inode_set_add(struct inode_set *set, uint64_t inode);
void inode_set_finish(struct inode_set *set);
void inode_set_done(struct inode_set *set);

struct rule {
	const char *id; /* topic first, never reused */
	const char *title;
	enum severity worst;
	/* FINDING may be NULL: then only the verdict is wanted. */
	enum verdict (*check)(const struct rule_input *in, struct finding *finding);
	/* NULL: the rule names no processes. Asked before processes are looked up. */
	void (*wants)(const struct rule_input *in, struct inode_set *inodes);
	/* Its sysctl proposals give way to those of other findings for the same key. */
	bool yields;
	const char *rationale; /* why it matters, two sentences */
	const char *folklore;  /* what the web says and this rule never does; NULL: nothing */
	struct rule_threshold thresholds[RULE_MAX_THRESHOLDS]; /* up to the first without a name */
	const char *references[RULE_MAX_REFERENCES + 1];       /* NULL-terminated */
};

#define REFS(...)                                                                                  \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}

/* The profile's threshold, else the row's. NAME must be in the row. */
double rule_threshold(const struct rule_input *in, const char *name);

/* One array per file of this folder, ending with an empty row. */
extern const struct rule rules_ports[];
extern const struct rule rules_port_range[];
extern const struct rule rules_time_wait[];
extern const struct rule rules_closing[];
extern const struct rule rules_accept[];
extern const struct rule rules_backlog[];
extern const struct rule rules_syn_queue[];
extern const struct rule rules_listen_drops[];
extern const struct rule rules_idle[];
extern const struct rule rules_settings[];
