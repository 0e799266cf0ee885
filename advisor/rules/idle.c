/* Connections that idle without keepalive until a balancer or NAT on their way forgets them. */
#include <inttypes.h>
#include <stdio.h>

#include "cleanup.h"
#include "finding.h"

#include "advise.h"
#include "rule.h"

static const struct idle_group *group_at(const struct model *model, size_t i)
{
	return &model->sockets.idle_groups[i];
}

/* The first bucket that lies beyond the limit as a whole; N_IDLE_BUCKETS: none does. */
static size_t first_bucket(double limit_s)
{
	size_t i = 0;

	while (i < N_IDLE_BUCKETS && idle_bucket_bounds_s[i] < limit_s)
		i++;
	return i;
}

static uint64_t idle_beyond(const struct idle_group *group, double limit_s)
{
	uint64_t n = 0;

	for (size_t i = first_bucket(limit_s); i < N_IDLE_BUCKETS; i++)
		n += group->idle[i];
	return n;
}

/* Without idle times, many sockets and most of them bare is a hint, not more. */
static bool is_hint(const struct rule_input *in, const struct idle_group *group)
{
	double percent = rule_threshold(in, "bare_share");

	return group->idle_known == 0 &&
	       (double)group->without_keepalive >= rule_threshold(in, "bare") &&
	       (double)group->without_keepalive * 100 > percent * (double)group->judged;
}

/* SEV_NONE: nothing to say. Only an idle peer behind a router is worth a warning. */
static enum severity grade_group(const struct rule_input *in, const struct idle_group *group)
{
	if (group->without_keepalive == 0)
		return SEV_NONE;
	if ((double)idle_beyond(group, rule_threshold(in, "idle_limit")) >=
	    rule_threshold(in, "sockets"))
		return group->scope == IDLE_ELSEWHERE ? SEV_WARNING : SEV_INFO;
	return is_hint(in, group) ? SEV_INFO : SEV_NONE;
}

static char *group_name(struct finding *f, const struct model *model,
			const struct idle_group *group)
{
	CLEANUP(freep) char *owner = NULL;
	const char *unit = model_unit_of(model, group->cgroup_id);
	const char *where = group->scope == IDLE_ON_LINK ? ", peers on the same network" : "";

	if (unit)
		return advise_text(f, "%s%s", unit, where);
	if (group->n_samples > 0)
		owner = advise_owner(f, model, &group->samples[0]);
	if (owner && *owner)
		return advise_text(f, "%s%s", owner, where);
	if (group->cgroup_id)
		return advise_text(f, "unknown programs of cgroup %" PRIu64 "%s", group->cgroup_id,
				   where);
	return advise_text(f, "programs that are not known%s", where);
}

static void name_samples(struct finding *f, const struct model *model,
			 const struct idle_group *group, const char *subject)
{
	for (uint32_t i = 0; i < group->n_samples && i < IDLE_GROUP_SAMPLES; i++) {
		CLEANUP(freep) char *owner = NULL;

		if (!model_process_of(model, group->samples[i].inode))
			continue;
		owner = advise_owner(f, model, &group->samples[i]);
		finding_text(f, subject, "for example", owner ? owner : "", "/proc/PID/fd");
		return;
	}
}

static void describe_group(const struct rule_input *in, struct finding *f,
			   const struct idle_group *group)
{
	CLEANUP(freep) char *subject = group_name(f, in->model, group);
	double limit = rule_threshold(in, "idle_limit");
	uint64_t idle = idle_beyond(group, limit);
	const char *timer = advise_field(in->model, FIELD_TIMER);

	if (!subject)
		return;
	finding_count(f, subject, "without keepalive", group->without_keepalive, "sockets", timer);
	finding_count(f, subject, "judged (no other timer pending)", group->judged, "sockets",
		      timer);
	name_samples(f, in->model, group, subject);
	if (idle == 0) {
		finding_explain(f,
				"%s: %" PRIu32 " of %" PRIu32 " connections have no keepalive; how "
				"long they idle is not visible here.",
				subject, group->without_keepalive, group->judged);
		return;
	}
	finding_count(f, subject, "idle beyond the limit", idle, "sockets",
		      "sock_diag min(tcpi_last_data_sent, tcpi_last_data_recv)");
	finding_explain(f,
			"%s: %" PRIu64 " connections without keepalive have idled for %" PRIu32
			" s or longer (limit %g s).",
			subject, idle, idle_bucket_bounds_s[first_bucket(limit)], limit);
}

/* The programs that were named, the ones worst off first. */
static void add_programs(const struct rule_input *in, struct socket_advice *advice)
{
	const struct sockets *sockets = &in->model->sockets;

	for (int severity = SEV_CRITICAL; severity >= SEV_INFO; severity--)
		for (size_t i = 0; i < sockets->n_idle_groups; i++) {
			const struct idle_group *group = group_at(in->model, i);

			if ((int)grade_group(in, group) != severity)
				continue;
			for (uint32_t s = 0; s < group->n_samples && s < IDLE_GROUP_SAMPLES; s++)
				advise_add_process(
					advice,
					model_process_of(in->model, group->samples[s].inode));
		}
}

static void advise_keepalive(const struct rule_input *in, struct finding *f)
{
	double limit = rule_threshold(in, "idle_limit");
	unsigned long idle = limit * 0.8 < 1 ? 1 : (unsigned long)(limit * 0.8);
	CLEANUP(freep) char *value = advise_text(f, "%lu", idle);
	CLEANUP(freep) char *seconds = advise_text(f, "%lus", idle);
	CLEANUP(freep) char *formula = advise_text(f, "0.8 x %g s = %g s", limit, limit * 0.8);
	struct socket_advice shim = { .name = "keepalive",
				      .options = { { "so_keepalive", "on" },
						   { "tcp_keepidle", seconds } } };
	CLEANUP(freep) char *section = NULL;
	CLEANUP(freep) char *command = NULL;
	CLEANUP(freep) char *risk = NULL;

	if (!seconds)
		return;
	add_programs(in, &shim);
	section = advise_section(f, &shim);
	command = advise_run(f, &shim);
	risk = advise_text(
		f,
		"Keepalive also ends idle connections that would have survived an outage "
		"of the path. A program that sets TCP_USER_TIMEOUT changes after how many "
		"lost probes: look before you set it.%s",
		section ? ADVISE_BY_NAME_RISK : "");
	if (!section)
		finding_explain(f,
				"No program could be named here. An audit as root names those of "
				"other users too, and prints the command that starts one so.");

	finding_act(
		f, &(struct advice){
			   .kind = ACTION_SOCKET_OPTION,
			   .key = "so_keepalive",
			   .current = "0",
			   .proposed = "1",
			   .formula = "1: on; without it tcp_keepidle and the keepalive sysctls do "
				      "nothing",
			   .risk = risk,
			   .command = command,
			   .section = section,
			   .restart_needed = true,
		   });
	finding_act(f, &(struct advice){
			       .kind = ACTION_SOCKET_OPTION,
			       .key = "tcp_keepidle",
			       .proposed = value,
			       .formula = formula,
			       .risk = "One small probe per idle connection and period.",
			       .command = command,
			       .section = section,
			       .restart_needed = true,
		       });
}

static void explain_limits(const struct rule_input *in, struct finding *f)
{
	finding_explain(f,
			"Balancers and NAT drop idle connections silently: AWS NLB and NAT gateway "
			"after 350 s, Azure's balancer 240 s, GCP's VPC firewall 600 s, Cloud NAT "
			"1200 s; the limit used here is %g s. Without a probe neither side notices "
			"until it sends, or for ever if it only reads.",
			rule_threshold(in, "idle_limit"));
	finding_explain(f, "Switch keepalive on in the application (often one line of its "
			   "configuration) or set the options from outside with tcpwright run: the "
			   "keepalive sysctls do nothing for sockets without SO_KEEPALIVE.");
}

/* Nothing to say: but were all sockets seen well enough for that? */
static enum verdict quiet(const struct rule_input *in, struct finding *f)
{
	double limit = rule_threshold(in, "idle_limit");
	bool blind = false, beyond_buckets = false;

	for (size_t i = 0; i < in->model->sockets.n_idle_groups; i++) {
		const struct idle_group *group = group_at(in->model, i);

		if (group->scope != IDLE_ELSEWHERE || group->without_keepalive == 0)
			continue;
		blind = blind || group->idle_known == 0;
		beyond_buckets = beyond_buckets || first_bucket(limit) == N_IDLE_BUCKETS;
	}
	if (blind)
		finding_missing(f, "how long connections idle (needs tcp_info from sock_diag)");
	else if (beyond_buckets)
		finding_missing(f, "idle times beyond %" PRIu32 " s, which are not told apart",
				idle_bucket_bounds_s[N_IDLE_BUCKETS - 1]);
	return blind || beyond_buckets ? VERDICT_UNKNOWN : VERDICT_OK;
}

static enum verdict check_keepalive_missing(const struct rule_input *in, struct finding *f)
{
	const struct sockets *sockets = &in->model->sockets;
	size_t named = 0, concerned = 0;

	if (!sockets->backend) {
		finding_missing(f, "sockets");
		return VERDICT_UNKNOWN;
	}
	for (int severity = SEV_CRITICAL; severity >= SEV_INFO; severity--)
		for (size_t i = 0; i < sockets->n_idle_groups; i++) {
			if ((int)grade_group(in, group_at(in->model, i)) != severity)
				continue;
			finding_grade(f, (enum severity)severity);
			concerned++;
			if (named < ADVISE_MAX_NAMED) {
				describe_group(in, f, group_at(in->model, i));
				named++;
			}
		}
	if (concerned == 0)
		return quiet(in, f);
	if (concerned > named)
		finding_explain(f, "%zu more units are concerned.", concerned - named);
	explain_limits(in, f);
	advise_keepalive(in, f);
	return VERDICT_FINDING;
}

static void want_keepalive_missing(const struct rule_input *in, struct inode_set *inodes)
{
	/*
	 * A host with too many sockets for tcp_info has too many descriptors to look through for a
	 * mere hint (seconds at a million): there the unit, which came with the sockets, must do.
	 */
	enum severity least = in->model->sockets.with_tcp_info ? SEV_INFO : SEV_ADVICE;

	for (size_t i = 0; i < in->model->sockets.n_idle_groups; i++) {
		const struct idle_group *group = group_at(in->model, i);

		if (grade_group(in, group) < least)
			continue;
		for (uint32_t s = 0; s < group->n_samples && s < IDLE_GROUP_SAMPLES; s++)
			inode_set_add(inodes, group->samples[s].inode);
	}
}

const struct rule rules_idle[] = {
	{
		.id = "keepalive-missing",
		.title = "Idle connections without keepalive will hang or be reset",
		.worst = SEV_WARNING,
		.check = check_keepalive_missing,
		.wants = want_keepalive_missing,
		.rationale = "Balancers, NAT and firewalls forget connections that idle, and tell "
			     "neither end. The next request is reset, or a program that only reads "
			     "waits for ever.",
		.folklore = "It never advises tcp_keepalive_time alone: that key does nothing for "
			    "a socket on which the program has not set SO_KEEPALIVE.",
		.thresholds = {
			{ "idle_limit", 350, "s", "after which something on the path may forget" },
			{ "sockets", 1, "sockets", "of one unit, idle beyond the limit" },
			{ "bare", 20, "sockets", "without keepalive, where idle times are unknown" },
			{ "bare_share", 50, "%", "of a unit's sockets that must be exceeded, likewise" },
		},
		.references = REFS("tcp(7)", "socket(7)", "RFC 9293, 3.8.4", "RFC 5382, 5"),
	},
	{ 0 },
};
