/* Keys that need no other evidence: features switched off, and what the profile asks for. */
#include <stdio.h>

#include "array.h"
#include "cleanup.h"
#include "finding.h"
#include "sysctl_value.h"

#include "advise.h"
#include "rule.h"

static const struct {
	enum sysctl_id id;
	const char *loss; /* what is lost while it is off */
} features[] = {
	{ SYSCTL_TCP_TIMESTAMPS,
	  "without timestamps there is no protection against old duplicates (PAWS), round trips of "
	  "segments sent twice cannot be measured, and no TIME-WAIT port can be used again early" },
	{ SYSCTL_TCP_SACK, "without selective acknowledgements each loss costs a round trip, and "
			   "lossy paths stall" },
	{ SYSCTL_TCP_WINDOW_SCALING, "without window scaling 64 KiB at most are under way, so a "
				     "path of 100 ms carries 5 Mbit/s" },
	{ SYSCTL_TCP_MODERATE_RCVBUF, "without receive autotuning every connection keeps the "
				      "receive buffer that it began with" },
};

static enum verdict check_feature_off(const struct rule_input *in, struct finding *f)
{
	size_t off = 0, unknown = 0;

	for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
		struct reading live = model_sysctl(in->model, features[i].id);

		if (!live.known) {
			unknown++;
			advise_sysctl_missing(f, in->model, features[i].id);
		} else if (live.value == 0) {
			off++;
			advise_sysctl(f, in->model, features[i].id);
			finding_explain(f, "%s is off: %s.", sysctl_facts[features[i].id].key,
					features[i].loss);
			finding_propose(f, in->model, features[i].id, "1",
					"1: on, the kernel's default",
					"New connections only; those that exist stay as they are.");
		}
	}
	if (off == 0)
		return unknown > 0 ? VERDICT_UNKNOWN : VERDICT_OK;
	finding_grade(f, SEV_WARNING);
	return VERDICT_FINDING;
}

/* How one entry of the profile stands against the host. */
enum standing { STANDS_UNKNOWN, STANDS_SATISFIED, STANDS_WANTED };

static enum standing standing_of(const struct model *model, const struct profile_sysctl *entry)
{
	const char *live = model_sysctl_text(model, sysctl_id_of(entry->fact));
	bool satisfied;

	if (!live ||
	    !sysctl_value_satisfies(entry->fact, live, entry->op, entry->value, &satisfied))
		return STANDS_UNKNOWN;
	return satisfied ? STANDS_SATISFIED : STANDS_WANTED;
}

static void propose_entry(struct finding *f, const struct model *model,
			  const struct profile_sysctl *entry)
{
	enum sysctl_id id = sysctl_id_of(entry->fact);
	const char *key = entry->fact->key, *live = model_sysctl_text(model, id);
	CLEANUP(freep)
	char *source = advise_text(f, "%s:%u", entry->origin.file, entry->origin.line);
	CLEANUP(freep)
	char *formula = advise_text(f, "%s:%u: %s %s %s", entry->origin.file, entry->origin.line,
				    key, value_op_text(entry->op), entry->value);
	CLEANUP(freep) char *value = NULL;
	char path[160] = "/";

	if (!f)
		return;
	/* The texts were comparable a moment ago, so only memory can be missing. */
	value = sysctl_value_join(entry->fact, live, entry->op, entry->value);
	if (!value) {
		f->out_of_memory = true;
		return;
	}
	sysctl_path(path + 1, sizeof(path) - 1, entry->fact);
	finding_text(f, key, "live", live, path);
	finding_text(f, key, "asked for", entry->value, source);
	if (entry->reason)
		finding_text(f, key, "reason", entry->reason, source);
	finding_propose(f, model, id, value, formula,
			"No measurement on this host asks for it: the profile does.");
}

static enum verdict check_profile_value(const struct rule_input *in, struct finding *f)
{
	size_t wanted = 0, unknown = 0;

	for (size_t i = 0; in->profile && i < in->profile->n_sysctls; i++) {
		const struct profile_sysctl *entry = &in->profile->sysctls[i];
		enum standing standing = standing_of(in->model, entry);

		if (standing == STANDS_WANTED) {
			wanted++;
			propose_entry(f, in->model, entry);
		} else if (standing == STANDS_UNKNOWN) {
			unknown++;
			advise_sysctl_missing(f, in->model, sysctl_id_of(entry->fact));
		}
	}
	if (wanted == 0)
		return unknown > 0 ? VERDICT_UNKNOWN : VERDICT_OK;
	finding_grade(f, SEV_ADVICE);
	finding_explain(f,
			"The profile %s asks for values that this host does not have; nothing that "
			"was measured here asks for them.",
			in->profile->name ? in->profile->name : "in use");
	for (size_t i = 0; i < in->profile->n_sysctls; i++) {
		enum sysctl_id id = sysctl_id_of(in->profile->sysctls[i].fact);

		if (in->model->sysctls[id].absent)
			finding_explain(f, "This kernel has no %s.", sysctl_facts[id].key);
	}
	return VERDICT_FINDING;
}

const struct rule rules_settings[] = {
	{
		.id = "feature-off",
		.title = "A feature that TCP needs is switched off",
		.worst = SEV_WARNING,
		.check = check_feature_off,
		.rationale = "Timestamps, selective acknowledgements, window scaling and receive "
			     "autotuning are on by default, and the rest of TCP is tuned for that. "
			     "Guides that switch them off answer to hosts and bugs of long ago.",
		.folklore = "It does not take tcp_timestamps = 2 for off: that only leaves out the "
			    "random offset.",
		.references = REFS("tcp(7)", "ip-sysctl.rst: tcp_timestamps, tcp_sack", "RFC 7323",
				   "RFC 2018"),
	},
	{
		.id = "profile-value",
		.title = "The role's profile asks for other values",
		.worst = SEV_ADVICE,
		.check = check_profile_value,
		.yields = true,
		.rationale = "A profile carries few values, each with its reason, that suit a role "
			     "even where nothing is wrong yet. What a rule proposes on evidence "
			     "goes first and is not repeated here.",
		.folklore = "It is never evidence that something is wrong with the host.",
		.references = REFS("sysctl(8)", "sysctl.d(5)"),
	},
	{ 0 },
};
