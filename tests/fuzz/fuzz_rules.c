/*
 * Every rule on every model, and every format of what comes out: no number of a host, however
 * absurd, may lead to undefined behaviour or to JSON that is none.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "cleanup.h"
#include "engine.h"
#include "model.h"
#include "ports.h"
#include "report.h"
#include "roles.h"
#include "writer.h"

/* What the fuzzer decides with. Beyond its end everything is zero. */
struct source {
	const uint8_t *at, *end;
};

static uint8_t take(struct source *from)
{
	return from->at < from->end ? *from->at++ : 0;
}

/* Numbers at which arithmetic breaks; the fuzzer would take long to meet them. */
static uint64_t take_number(struct source *from)
{
	static const uint64_t edges[] = {
		0,
		1,
		2,
		10,
		60,
		128,
		4096,
		INT32_MAX,
		1u << 31u,
		UINT32_MAX,
		INT64_MAX,
		UINT64_MAX,
		UINT64_MAX - 1,
		UINT64_MAX / 2,
	};
	uint8_t pick = take(from);

	return pick < 2 * ARRAY_SIZE(edges) ? edges[pick / 2] : (uint64_t)pick << (pick % 57u);
}

static uint32_t take_u32(struct source *from)
{
	return (uint32_t)take_number(from);
}

static struct reading take_reading(struct source *from)
{
	return take(from) % 4 ? reading_of(take_number(from)) : (struct reading){ 0 };
}

static double take_seconds(struct source *from)
{
	static const double edges[] = { 0, 0.0001, 1, 60, 3600, 1e15 };

	return edges[take(from) % ARRAY_SIZE(edges)];
}

/* "7 0 65535": as many numbers as the fuzzer likes, and any that no rule should get but may. */
static char *take_sysctl(struct source *from)
{
	uint8_t form = take(from);
	char text[128] = "";
	size_t length = 0;

	if (form % 8 == 0)
		return NULL;
	for (unsigned int i = 0; i < form % 4u; i++) {
		uint64_t number = form & 64 ? take_number(from) : take(from) * 257u;

		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%lld",
					   i ? form & 32 ? "-" : " " : "", (long long)number);
	}
	return strdup(text);
}

static struct addr take_addr(struct source *from)
{
	static const char *const texts[] = { "10.0.0.1", "127.0.0.1", "0.0.0.0",
					     "::",       "::1",       "2001:db8::1" };
	struct addr addr = { 0 };

	(void)addr_parse(texts[take(from) % ARRAY_SIZE(texts)], &addr);
	return addr;
}

static struct socket_ref take_socket(struct source *from)
{
	return (struct socket_ref){ .inode = take(from) % 4, .cgroup_id = take(from) % 4 };
}

static void fill_host(struct source *from, struct model *model)
{
	struct reading *readings[] = {
		&model->host.uptime_s,   &model->host.memory_bytes,    &model->host.page_size_bytes,
		&model->host.file_nr,    &model->host.file_max,        &model->sockstat.inuse,
		&model->sockstat.inuse6, &model->sockstat.orphan,      &model->sockstat.tw,
		&model->sockstat.alloc,  &model->sockstat.mem_pages,   &model->softnet.processed,
		&model->softnet.dropped, &model->softnet.time_squeeze, &model->conntrack.count,
		&model->conntrack.max,
	};

	model->host.kernel = KERNEL(take(from) % 8, take(from) % 24);
	for (size_t i = 0; i < ARRAY_SIZE(readings); i++)
		*readings[i] = take_reading(from);
	for (size_t i = 0; i < N_SYSCTLS; i++) {
		model->sysctls[i].text = take_sysctl(from);
		model->sysctls[i].absent = !model->sysctls[i].text && take(from) % 2;
		model->sysctls[i].writable = take(from) % 2;
	}
	for (size_t i = 0; i < N_COUNTERS; i++)
		model->counters[i] = take_reading(from);
}

static void fill_window(struct source *from, struct model *model)
{
	model->window_s = take_seconds(from);
	model->duration_s = take_seconds(from);
	model->samples = calloc(2, sizeof(*model->samples));
	model->n_samples = model->window_s > 0 && model->samples ? 2 : 0;
	for (size_t s = 0; s < model->n_samples; s++)
		for (size_t i = 0; i < N_COUNTERS; i++)
			model->samples[s].counters[i] = take_reading(from);
}

static void fill_destination(struct source *from, struct destination *destination)
{
	uint16_t low = (uint16_t)(take(from) * 257u);
	uint16_t high = (uint16_t)(low + take(from) * 200u);

	*destination = (struct destination){
		.local_addr = take_addr(from),
		.remote_addr = take_addr(from),
		.remote_port = (uint16_t)take_number(from),
		.established = take_u32(from),
		.time_wait = take_u32(from),
		.judged = take_u32(from),
		.wrong_parity = take_u32(from),
		.cleared = take_u32(from),
		.shared_ports = take_u32(from),
		.ports_before = take_reading(from),
		.time_wait_before = take_reading(from),
	};
	if (low <= high)
		(void)portset_add_range(&destination->ports, low, high);
	if (take(from) % 2)
		destination->time_wait_histogram =
			calloc(TIME_WAIT_SECONDS, sizeof(*destination->time_wait_histogram));
	for (size_t i = 0; destination->time_wait_histogram && i < TIME_WAIT_SECONDS; i += 7)
		destination->time_wait_histogram[i] = take_u32(from);
	while (destination->n_samples < take(from) % DESTINATION_SAMPLES)
		destination->samples[destination->n_samples++] = take_socket(from);
}

static void fill_listener(struct source *from, struct sockets *sockets, struct listener *listener)
{
	*listener = (struct listener){
		.addr = take_addr(from),
		.port = (uint16_t)take_number(from),
		.uid = take_u32(from),
		.socket = take_socket(from),
		.queue = take_reading(from),
		.backlog = take_reading(from),
		.syn_recv = take_u32(from),
		.established = take_u32(from),
		.close_wait = take_u32(from),
		.time_wait = take_u32(from),
		.closed_last_10s = take_u32(from),
		.kernel_chosen = take(from) % 2,
	};
	(void)portset_add(&sockets->listening, listener->port, NULL);
}

static void fill_idle(struct source *from, struct idle_group *group)
{
	*group = (struct idle_group){
		.cgroup_id = take(from) % 4,
		.scope = take(from) % N_IDLE_SCOPES,
		.established = take_u32(from),
		.judged = take_u32(from),
		.without_keepalive = take_u32(from),
		.idle_known = take_u32(from),
	};
	for (size_t i = 0; i < N_IDLE_BUCKETS; i++)
		group->idle[i] = take_u32(from);
	while (group->n_samples < take(from) % IDLE_GROUP_SAMPLES)
		group->samples[group->n_samples++] = take_socket(from);
}

static void fill_close_wait(struct source *from, struct close_wait *socket)
{
	*socket = (struct close_wait){
		.local_addr = take_addr(from),
		.remote_addr = take_addr(from),
		.local_port = (uint16_t)take_number(from),
		.remote_port = (uint16_t)take_number(from),
		.socket = take_socket(from),
		.age_ms = take_reading(from),
		.in_first_sample = take(from) % 2,
	};
}

static void fill_totals(struct source *from, struct sockets *sockets)
{
	static const char *const backends[] = { NULL, "proc", "sock_diag" };
	uint64_t *totals[] = {
		&sockets->total,
		&sockets->folded_destinations,
		&sockets->folded_sockets,
		&sockets->time_wait_inbound,
		&sockets->time_wait_outbound,
		&sockets->established_inbound,
		&sockets->established_outbound,
		&sockets->fin_wait_2_orphans,
	};
	bool *flags[] = {
		&sockets->with_tcp_info,        &sockets->may_repeat,
		&sockets->destinations_known,   &sockets->listeners_known,
		&sockets->bound_inactive_known, &sockets->time_wait_histogram_known,
	};

	sockets->backend = backends[take(from) % ARRAY_SIZE(backends)];
	for (size_t i = 0; i < ARRAY_SIZE(totals); i++)
		*totals[i] = take_number(from);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		*flags[i] = take(from) % 2;
	for (size_t i = 0; i < N_TCP_STATES; i++) {
		sockets->states[i] = take_number(from);
		sockets->states_before[i] = take_reading(from);
	}
	for (size_t i = 0; i < TIME_WAIT_SECONDS; i += 3)
		sockets->time_wait_histogram[i] = take_u32(from);
}

/* A few of each: what breaks with four breaks with two. */
static void fill_sockets(struct source *from, struct sockets *sockets)
{
	enum { MOST = 4 };

	fill_totals(from, sockets);
	sockets->destinations = calloc(MOST, sizeof(*sockets->destinations));
	sockets->local_addresses = calloc(MOST, sizeof(*sockets->local_addresses));
	sockets->listeners = calloc(MOST, sizeof(*sockets->listeners));
	sockets->close_wait = calloc(MOST * MOST, sizeof(*sockets->close_wait));
	sockets->idle_groups = calloc(MOST, sizeof(*sockets->idle_groups));
	if (!sockets->destinations || !sockets->local_addresses || !sockets->listeners ||
	    !sockets->close_wait || !sockets->idle_groups)
		return;
	for (size_t n = take(from) % MOST; sockets->n_destinations < n;)
		fill_destination(from, &sockets->destinations[sockets->n_destinations++]);
	for (size_t n = take(from) % MOST; sockets->n_local_addresses < n;)
		sockets->local_addresses[sockets->n_local_addresses++] = (struct local_address){
			.addr = take_addr(from),
			.outbound = take_u32(from),
			.distinct_ports = take_u32(from),
			.destinations = take_u32(from),
			.out_of_range = take(from) % 2,
		};
	for (size_t n = take(from) % MOST; sockets->n_listeners < n;)
		fill_listener(from, sockets, &sockets->listeners[sockets->n_listeners++]);
	for (size_t n = take(from) % (MOST * MOST); sockets->n_close_wait < n;)
		fill_close_wait(from, &sockets->close_wait[sockets->n_close_wait++]);
	for (size_t n = take(from) % MOST; sockets->n_idle_groups < n;)
		fill_idle(from, &sockets->idle_groups[sockets->n_idle_groups++]);
}

static void fill_units(struct source *from, struct model *model)
{
	enum { MOST = 4 };

	model->unit_ports = calloc(MOST, sizeof(*model->unit_ports));
	for (size_t n = take(from) % MOST; model->unit_ports && model->n_unit_ports < n;)
		model->unit_ports[model->n_unit_ports++] = (struct unit_port){
			.unit = strdup("a.socket"),
			.file = strdup("/etc/systemd/system/a.socket"),
			.port = (uint16_t)take_number(from),
		};
}

/* The caller frees it; NULL when memory runs out. */
static char *write_as(const char *format, const struct report *report)
{
	const struct report_style style = { .width = 80 };
	char *text = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&text, &length);

	if (!file)
		return NULL;
	(void)report_format_find(format)->write(file, report, &style, NULL);
	(void)fclose(file);
	return text;
}

static void write_all(const struct report *report)
{
	CLEANUP(freep) char *json = write_as("json", report);

	free(write_as("text", report));
	if (json && (strstr(json, ": nan") || strstr(json, ": -nan") || strstr(json, ": inf") ||
		     strstr(json, ": -inf")))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source from = { data, data + size };
	CLEANUP(model_freep) struct model *model = model_new();
	struct report report = { 0 };
	struct role_guess guess;

	if (!model)
		return 0;
	fill_sockets(&from, &model->sockets);
	fill_window(&from, model);
	fill_host(&from, model);
	fill_units(&from, model);
	if (!ports_judge(model))
		return 0;
	roles_guess(model, &guess);
	if (rules_evaluate(model, NULL, &report, NULL) == 0)
		write_all(&report);
	report_done(&report);
	return 0;
}
