/*
 * The report for programs. Its keys and their meaning are docs/report.schema.json: change both
 * together, and schema_version where a key loses its meaning.
 */
#include <stdlib.h>
#include <time.h>

#include "cleanup.h"
#include "counters.h"
#include "err.h"
#include "model.h"
#include "report.h"
#include "tcp_states.h"

#include "emitter.h"
#include "formats.h"
#include "report_json_findings.h"

enum { SCHEMA_VERSION = 1 };

static void emit_tool(struct emitter *e)
{
	emit_object(e, "tool");
	emit_text(e, "name", "tcpwright");
	emit_text(e, "version", TCPWRIGHT_VERSION);
	emit_close(e);
}

/* RFC 3339, in UTC. */
static void emit_time(struct emitter *e, const char *key, time_t when)
{
	char text[sizeof("-2147481748-01-01T00:00:00Z")];
	struct tm utc;

	if (when == 0 || !gmtime_r(&when, &utc) ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
		emit_null(e, key);
	else
		emit_text(e, key, text);
}

static void emit_host(struct emitter *e, const struct host *host)
{
	emit_object(e, "host");
	emit_filled_text(e, "hostname", host->hostname);
	emit_filled_text(e, "kernel", host->kernel_release);
	emit_reading(e, "netns", host->netns);
	emit_filled_text(e, "source", host->source);
	emit_time(e, "captured_at", host->captured_at.tv_sec);
	emit_reading(e, "uptime_s", host->uptime_s);
	emit_close(e);
}

static void emit_role(struct emitter *e, const struct report_role *role)
{
	emit_object(e, "role");
	emit_text(e, "name", role->name);
	emit_text(e, "chosen_by", role->chosen_by);
	emit_filled_text(e, "why", role->why);
	emit_filled_text(e, "hint", role->hint);
	emit_close(e);
}

static void emit_collection(struct emitter *e, const struct model *model)
{
	const struct sockets *sockets = &model->sockets;

	emit_object(e, "collection");
	emit_text(e, "backend", sockets->backend);
	if (sockets->backend)
		emit_count(e, "sockets", sockets->total);
	else
		emit_null(e, "sockets");
	emit_real(e, "duration_ms", model->duration_s * 1000);
	emit_array(e, "gaps");
	for (size_t i = 0; i < model->n_gaps; i++) {
		emit_object(e, NULL);
		emit_text(e, "source", model->gaps[i].source);
		emit_text(e, "reason", model->gaps[i].reason);
		emit_text(e, "cost", model->gaps[i].cost);
		emit_close(e);
	}
	emit_close(e);
	emit_close(e);
}

/* The state that the kernel keeps for itself is shown as the one it stands for, as ss does. */
static struct reading state_count(const struct sockets *sockets, enum tcp_state state)
{
	uint64_t count = sockets->states[state];

	if (!sockets->backend ||
	    (state == TCP_STATE_BOUND_INACTIVE && !sockets->bound_inactive_known))
		return (struct reading){ 0 };
	if (state == TCP_STATE_SYN_RECV)
		count += sockets->states[TCP_STATE_NEW_SYN_RECV];
	return reading_of(count);
}

/* Idle sockets of all units together; the findings name the units. */
static void emit_idle(struct emitter *e, const struct sockets *sockets)
{
	static const char *const scopes[N_IDLE_SCOPES] = {
		[IDLE_ELSEWHERE] = "elsewhere",
		[IDLE_ON_LINK] = "on_link",
	};
	uint64_t counts[N_IDLE_SCOPES][N_IDLE_BUCKETS] = { 0 };

	if (!sockets->backend || !sockets->with_tcp_info) {
		emit_null(e, "idle_without_keepalive");
		return;
	}
	for (size_t g = 0; g < sockets->n_idle_groups; g++)
		for (size_t b = 0; b < N_IDLE_BUCKETS; b++)
			counts[sockets->idle_groups[g].scope][b] += sockets->idle_groups[g].idle[b];
	emit_array(e, "idle_without_keepalive");
	for (size_t s = 0; s < N_IDLE_SCOPES; s++)
		for (size_t b = 0; b < N_IDLE_BUCKETS; b++) {
			emit_object_line(e, NULL);
			emit_text(e, "scope", scopes[s]);
			emit_count(e, "from_s", idle_bucket_bounds_s[b]);
			if (b + 1 < N_IDLE_BUCKETS)
				emit_count(e, "to_s", idle_bucket_bounds_s[b + 1]);
			else
				emit_null(e, "to_s");
			emit_count(e, "count", counts[s][b]);
			emit_close(e);
		}
	emit_close(e);
}

static void emit_sockets(struct emitter *e, const struct model *model)
{
	const struct sockets *sockets = &model->sockets;

	emit_object(e, "sockets");
	emit_object(e, "states");
	for (size_t i = 0; i < N_TCP_STATES; i++)
		if (tcp_state_facts[i].name)
			emit_reading(e, tcp_state_facts[i].json,
				     state_count(sockets, (enum tcp_state)i));
	emit_close(e);
	emit_unsigned_real(e, "time_wait_rate_per_s", model_time_wait_rate(model));
	if (sockets->time_wait_histogram_known)
		emit_counts(e, "time_wait_histogram", sockets->time_wait_histogram,
			    TIME_WAIT_SECONDS);
	else
		emit_null(e, "time_wait_histogram");
	emit_idle(e, sockets);
	emit_close(e);
}

static void emit_budget(struct emitter *e, const struct port_budget *budget)
{
	static const char *const words[] = {
		[EXHAUSTION_UNKNOWN] = "unknown",
		[EXHAUSTION_NEVER] = "never",
		[EXHAUSTION_EXPECTED] = "expected",
	};

	emit_reading(e, "ports_used", budget->used);
	emit_reading(e, "ports_available", budget->available);
	emit_reading(e, "ports_held_suspected", budget->held_suspected);
	emit_reading(e, "time_wait_reusable", budget->time_wait_reusable);
	emit_unsigned_real(e, "usage", budget->usage);
	emit_text(e, "exhaustion", words[budget->exhaustion]);
	if (budget->exhaustion == EXHAUSTION_EXPECTED)
		emit_count(e, "seconds_to_exhaustion", budget->seconds_to_exhaustion);
	else
		emit_null(e, "seconds_to_exhaustion");
}

static void emit_destination(struct emitter *e, const struct destination *destination)
{
	static const uint32_t none[TIME_WAIT_SECONDS];

	emit_object(e, NULL);
	emit_addr(e, "local_address", &destination->local_addr);
	emit_addr(e, "remote_address", &destination->remote_addr);
	emit_count(e, "remote_port", destination->remote_port);
	emit_budget(e, &destination->budget);
	if (destination->time_wait_histogram)
		emit_counts(e, "time_wait_histogram", destination->time_wait_histogram,
			    TIME_WAIT_SECONDS);
	else if (destination->time_wait == 0)
		emit_counts(e, "time_wait_histogram", none, TIME_WAIT_SECONDS);
	else
		emit_null(e, "time_wait_histogram");
	emit_close(e);
}

static void emit_destinations(struct emitter *e, const struct sockets *sockets)
{
	if (sockets->destinations_known) {
		emit_array(e, "destinations");
		for (size_t i = 0; i < sockets->n_destinations; i++)
			emit_destination(e, &sockets->destinations[i]);
		emit_close(e);
	} else {
		emit_null(e, "destinations");
	}
	emit_object(e, "destinations_folded");
	emit_count(e, "destinations", sockets->folded_destinations);
	emit_count(e, "sockets", sockets->folded_sockets);
	emit_close(e);
}

static void emit_process(struct emitter *e, const struct model *model,
			 const struct socket_ref *socket)
{
	const struct process *process = model_process_of(model, socket->inode);
	const char *unit = model_unit_of_socket(model, socket);

	if (!process && !unit) {
		emit_null(e, "process");
		return;
	}
	emit_object(e, "process");
	emit_reading(e, "pid", process ? reading_of(process->pid) : (struct reading){ 0 });
	emit_text(e, "command", process ? process->command : NULL);
	emit_text(e, "unit", unit);
	emit_close(e);
}

static void emit_listeners(struct emitter *e, const struct model *model)
{
	const struct sockets *sockets = &model->sockets;

	if (!sockets->listeners_known) {
		emit_null(e, "listeners");
		return;
	}
	emit_array(e, "listeners");
	for (size_t i = 0; i < sockets->n_listeners; i++) {
		const struct listener *listener = &sockets->listeners[i];

		emit_object(e, NULL);
		emit_addr(e, "address", &listener->addr);
		emit_count(e, "port", listener->port);
		emit_reading(e, "queue", listener->queue);
		emit_reading(e, "backlog", listener->backlog);
		emit_process(e, model, &listener->socket);
		emit_close(e);
	}
	emit_close(e);
}

static void emit_sample(struct emitter *e, const struct sample *sample)
{
	emit_object_line(e, NULL);
	emit_real(e, "at_s", sample->at_s);
	emit_object_line(e, "counters");
	for (size_t i = 0; i < N_COUNTERS; i++) {
		char key[64];

		(void)snprintf(key, sizeof(key), "%s.%s", counter_facts[i].table,
			       counter_facts[i].name);
		emit_reading(e, key, sample->counters[i]);
	}
	emit_close(e);
	emit_close(e);
}

static void emit_series(struct emitter *e, const struct model *model)
{
	if (model->window_s <= 0) {
		emit_null(e, "series");
		return;
	}
	emit_object(e, "series");
	emit_count(e, "interval_s", 1);
	emit_array(e, "samples");
	for (size_t i = 0; i < model->n_samples; i++)
		emit_sample(e, &model->samples[i]);
	emit_close(e);
	emit_close(e);
}

int report_json_write(FILE *file, const struct report *report, const struct report_style *style,
		      struct err *err)
{
	CLEANUP(freep) size_t *order = calloc(report->n_results + 1, sizeof(*order));
	struct emitter e = { .file = file };
	const struct model *model = report->model;
	size_t n_findings;

	(void)style; /* programs do not look at it */
	if (!order)
		return err_no_memory(err);
	n_findings = report_findings_by_severity(report, order);
	emit_object(&e, NULL);
	emit_count(&e, "schema_version", SCHEMA_VERSION);
	emit_tool(&e);
	emit_host(&e, &model->host);
	emit_role(&e, &report->role);
	emit_collection(&e, model);
	emit_sockets(&e, model);
	emit_destinations(&e, &model->sockets);
	emit_listeners(&e, model);
	emit_settings(&e, report, order, n_findings);
	emit_findings(&e, report, order, n_findings);
	emit_series(&e, model);
	emit_rules(&e, report);
	emit_summary(&e, report);
	emit_close(&e);
	return e.out_of_memory ? err_no_memory(err) : 0;
}
