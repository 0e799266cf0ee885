/* The model's own upkeep: memory, gaps, and the few look-ups that every rule needs. */
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "cleanup.h"
#include "sysctl_value.h"
#include "text.h"

#include "model.h"

/* The bounds that matter are the idle limits of balancers and NAT: 240, 350, 600, 1200 s. */
const uint32_t idle_bucket_bounds_s[N_IDLE_BUCKETS] = { 0,   30,  60,  120,  180,  240,
							300, 350, 600, 1200, 3600, 7200 };

struct model *model_new(void)
{
	return calloc(1, sizeof(struct model));
}

static void gaps_free(struct model *model)
{
	for (size_t i = 0; i < model->n_gaps; i++) {
		free(model->gaps[i].source);
		free(model->gaps[i].reason);
		free(model->gaps[i].cost);
	}
	free(model->gaps);
}

void sockets_done(struct sockets *sockets)
{
	for (size_t i = 0; i < sockets->n_destinations; i++) {
		portset_done(&sockets->destinations[i].ports);
		free(sockets->destinations[i].time_wait_histogram);
	}
	free(sockets->destinations);
	free(sockets->local_addresses);
	free(sockets->listeners);
	portset_done(&sockets->listening);
	portset_done(&sockets->bound_inactive);
	free(sockets->close_wait);
	free(sockets->idle_groups);
	*sockets = (struct sockets){ 0 };
}

void process_done(struct process *process)
{
	free(process->command);
	free(process->arguments);
	free(process->executable);
	free(process->unit);
	*process = (struct process){ 0 };
}

static void unit_ports_free(struct model *model)
{
	for (size_t i = 0; i < model->n_unit_ports; i++) {
		free(model->unit_ports[i].unit);
		free(model->unit_ports[i].file);
	}
	free(model->unit_ports);
}

static void processes_free(struct model *model)
{
	for (size_t i = 0; i < model->n_processes; i++)
		process_done(&model->processes[i]);
	free(model->processes);
	free(model->owners);
	for (size_t i = 0; i < model->n_cgroups; i++)
		free(model->cgroups[i].unit);
	free(model->cgroups);
}

void model_free(struct model *model)
{
	if (!model)
		return;
	for (size_t i = 0; i < N_SYSCTLS; i++)
		free(model->sysctls[i].text);
	sockets_done(&model->sockets);
	processes_free(model);
	unit_ports_free(model);
	gaps_free(model);
	free(model->samples);
	free(model);
}

bool model_add_gap(struct model *model, const char *source, const char *reason, const char *cost)
{
	struct gap gap = { .source = strdup(source),
			   .reason = strdup(reason),
			   .cost = strdup(cost) };

	if (!gap.source || !gap.reason || !gap.cost ||
	    !ARRAY_GROW(model->gaps, model->gaps_capacity, model->n_gaps)) {
		free(gap.source);
		free(gap.reason);
		free(gap.cost);
		return false;
	}
	text_neutralise(gap.source);
	text_neutralise(gap.reason);
	model->gaps[model->n_gaps++] = gap;
	return true;
}

const char *model_sysctl_text(const struct model *model, enum sysctl_id id)
{
	return model->sysctls[id].text;
}

struct reading model_sysctl(const struct model *model, enum sysctl_id id)
{
	const char *text = model_sysctl_text(model, id);
	struct sysctl_numbers numbers;

	if (!text || !sysctl_parse_numbers(text, &numbers) || numbers.n == 0 ||
	    numbers.value[0] < 0)
		return (struct reading){ 0 };
	return reading_of((uint64_t)numbers.value[0]);
}

struct counter_change model_counter_change(const struct model *model, enum counter_id id)
{
	struct counter_change change = { .seconds = model->window_s };

	if (model->window_s > 0 && model->n_samples >= 2) {
		struct reading first = model->samples[0].counters[id];
		struct reading last = model->samples[model->n_samples - 1].counters[id];

		if (first.known && last.known && last.value >= first.value)
			change.events = reading_of(last.value - first.value);
		return change;
	}
	change.events = model->counters[id];
	change.since_boot = true;
	/* In a namespace that is younger than the host, uptime makes every rate too small. */
	change.seconds = model->host.uptime_s.known && !model->host.younger_netns
				 ? (double)model->host.uptime_s.value
				 : 0;
	return change;
}

double model_time_wait_rate(const struct model *model)
{
	uint64_t closed = 0;

	if (!model->sockets.time_wait_histogram_known)
		return -1;
	for (size_t i = TIME_WAIT_SECONDS - TIME_WAIT_RATE_SECONDS; i < TIME_WAIT_SECONDS; i++)
		closed += model->sockets.time_wait_histogram[i];
	return (double)closed / TIME_WAIT_RATE_SECONDS;
}

static int owner_compare(const void *key, const void *member)
{
	uint64_t inode = *(const uint64_t *)key;
	const struct socket_owner *owner = member;

	return (inode > owner->inode) - (inode < owner->inode);
}

const struct process *model_process_of(const struct model *model, uint64_t inode)
{
	const struct socket_owner *owner;

	if (inode == 0 || model->n_owners == 0)
		return NULL;
	owner = bsearch(&inode, model->owners, model->n_owners, sizeof(*owner), owner_compare);
	return owner ? &model->processes[owner->process] : NULL;
}

static int cgroup_compare(const void *key, const void *member)
{
	uint64_t id = *(const uint64_t *)key;
	const struct cgroup_name *name = member;

	return (id > name->id) - (id < name->id);
}

const char *model_unit_of(const struct model *model, uint64_t cgroup_id)
{
	const struct cgroup_name *name;

	if (cgroup_id == 0 || model->n_cgroups == 0)
		return NULL;
	name = bsearch(&cgroup_id, model->cgroups, model->n_cgroups, sizeof(*name), cgroup_compare);
	return name ? name->unit : NULL;
}

const char *model_unit_of_socket(const struct model *model, const struct socket_ref *socket)
{
	const struct process *process = model_process_of(model, socket->inode);

	return process && process->unit ? process->unit : model_unit_of(model, socket->cgroup_id);
}
