/* Reports made by hand: what the writers have to cope with, without a host or a rule. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "err.h"
#include "model.h"
#include "writer.h"

#include "sample_report.h"

static const char *const references[] = { "ip(7): ip_local_port_range",
					  "Documentation/networking/ip-sysctl.rst: tcp_tw_reuse",
					  NULL };

static struct addr address(const char *text)
{
	struct addr addr;

	cr_assert(addr_parse(text, &addr), "%s", text);
	return addr;
}

static void *zeroed(size_t n, size_t size)
{
	void *array = calloc(n, size);

	cr_assert(array);
	return array;
}

static void set_sysctl(struct model *model, enum sysctl_id id, const char *value)
{
	model->sysctls[id].text = strdup(value);
	model->sysctls[id].writable = true;
}

static void set_host(struct model *model)
{
	struct host *host = &model->host;

	strcpy(host->hostname, "proxy-1");
	strcpy(host->kernel_release, "6.18.3");
	strcpy(host->source, "live");
	cr_assert(kernel_version_parse(host->kernel_release, &host->kernel));
	host->netns = reading_of(4026531840);
	host->captured_at.tv_sec = 1795168927; /* 2026-11-20T10:02:07Z */
	host->uptime_s = reading_of(86400);
	model->duration_s = 0.035;
	set_sysctl(model, SYSCTL_IP_LOCAL_PORT_RANGE, "32768\t60999");
	set_sysctl(model, SYSCTL_TCP_TW_REUSE, "2");
	set_sysctl(model, SYSCTL_TCP_RMEM, "4096\t131072\t33554432");
	model->sysctls[SYSCTL_TCP_TW_RECYCLE].absent = true;
}

static void set_destinations(struct sockets *sockets, size_t n)
{
	sockets->destinations_known = true;
	sockets->destinations = zeroed(n, sizeof(struct destination));
	sockets->n_destinations = n;
	for (size_t i = 0; i < n; i++) {
		struct destination *d = &sockets->destinations[i];

		d->local_addr = address("10.0.0.1");
		d->remote_addr = address("10.0.9.0");
		d->remote_addr.bytes[13] = (uint8_t)(i >> 8);
		d->remote_addr.bytes[15] = (uint8_t)i;
		d->remote_port = 443;
		d->budget = (struct port_budget){ .used = reading_of(10),
						  .available = reading_of(28232),
						  .held_suspected = reading_of(0),
						  .time_wait_reusable = reading_of(0),
						  .usage = 10.0 / 28232,
						  .exhaustion = EXHAUSTION_NEVER };
	}
}

static void set_listeners(struct model *model)
{
	struct sockets *sockets = &model->sockets;
	struct listener *l = zeroed(3, sizeof(*l));

	l[0] = (struct listener){ .addr = address("0.0.0.0"),
				  .port = 22,
				  .queue = reading_of(0),
				  .backlog = reading_of(128) };
	l[1] = (struct listener){ .addr = address("10.0.0.1"),
				  .port = 8080,
				  .socket = { .inode = 77 },
				  .queue = reading_of(6),
				  .backlog = reading_of(5) };
	l[2] = (struct listener){ .addr = address("2001:db8::1"),
				  .port = 443,
				  .socket = { .cgroup_id = 9 } };
	sockets->listeners = l;
	sockets->n_listeners = 3;
	sockets->listeners_known = true;
	model->processes = zeroed(1, sizeof(struct process));
	model->processes[0] = (struct process){ .pid = 4242,
						.command = strdup("java -jar app.jar"),
						.unit = strdup("app.service") };
	model->n_processes = 1;
	model->owners = zeroed(1, sizeof(struct socket_owner));
	model->owners[0] = (struct socket_owner){ .inode = 77 };
	model->n_owners = 1;
	model->cgroups = zeroed(1, sizeof(struct cgroup_name));
	model->cgroups[0] = (struct cgroup_name){ .id = 9, .unit = strdup("nginx.service") };
	model->n_cgroups = 1;
}

static void set_sockets(struct model *model)
{
	struct sockets *s = &model->sockets;

	s->backend = "sock_diag";
	s->total = 31204;
	s->states[TCP_STATE_ESTAB] = 3190;
	s->states[TCP_STATE_SYN_RECV] = 3;
	s->states[TCP_STATE_NEW_SYN_RECV] = 1;
	s->states[TCP_STATE_TIME_WAIT] = 28000;
	s->states[TCP_STATE_LISTEN] = 3;
	s->states[TCP_STATE_BOUND_INACTIVE] = 7;
	s->bound_inactive_known = true;
	s->with_tcp_info = true;
	s->time_wait_histogram_known = true;
	for (uint32_t i = 0; i < TIME_WAIT_SECONDS; i++)
		s->time_wait_histogram[i] = i % 20 * 10;
	s->idle_groups = zeroed(2, sizeof(struct idle_group));
	s->n_idle_groups = 2;
	s->idle_groups[0].idle[0] = 4;
	s->idle_groups[1].idle[0] = 5;
	s->idle_groups[1].idle[N_IDLE_BUCKETS - 1] = 2;
}

static void add_result(struct report *report, const struct rule_result *result)
{
	struct rule_result *grown =
		realloc(report->results, (report->n_results + 1) * sizeof(*grown));

	cr_assert(grown);
	report->results = grown;
	report->results[report->n_results++] = *result;
}

static void set_role(struct report_role *role)
{
	strcpy(role->name, "general");
	strcpy(role->chosen_by, "default");
}

static struct rule_result ports_finding(const struct model *model)
{
	static const char subject[] = "10.0.0.1 -> 10.0.9.0:443";
	static const char other[] = "10.0.0.1 -> 10.0.9.1:443";
	struct rule_result result = {
		.id = "port-exhaustion",
		.title = "Ports towards a destination run out",
		.rationale =
			"connect() fails with EADDRNOTAVAIL when no port is left, and no counter "
			"moves. Long before that it gets slow.",
		.references = references,
		.worst = SEV_CRITICAL,
		.verdict = VERDICT_FINDING,
	};
	struct finding *f = &result.finding;

	finding_grade(f, SEV_CRITICAL);
	finding_count(f, subject, "ports used", 27400, "ports", "sock_diag");
	finding_count(f, other, "ports used", 12, "ports", "sock_diag");
	finding_count(f, subject, "ports available", 28232, "ports",
		      "net.ipv4.ip_local_port_range, net.ipv4.ip_local_reserved_ports");
	finding_real(f, subject, "usage", 97.0530, "%", "U/R");
	finding_text(f, NULL, "port range", "32768 60999", "net.ipv4.ip_local_port_range");
	finding_explain(f, "At the rate of the last 10 s the last port is taken in 42 s.");
	finding_act(f, &(struct advice){ .kind = ACTION_APPLICATION,
					 .key = "connection pool",
					 .proposed = "keep connections to 10.0.9.0:443 open and "
						     "use them again",
					 .restart_needed = true });
	finding_propose(f, model, SYSCTL_TCP_TW_REUSE, "1",
			"28232 ports / 60 s = 470 connections/s without reuse",
			"Needs timestamps at both ends.");
	return result;
}

static struct rule_result queue_finding(void)
{
	struct rule_result result = {
		.id = "accept-queue-full",
		.title = "A listener's accept queue is full",
		.rationale =
			"The kernel drops the SYNs of new clients. They wait a second or more.",
		.verdict = VERDICT_FINDING,
	};

	finding_grade(&result.finding, SEV_WARNING);
	finding_count(&result.finding, "10.0.0.1:8080 java (4242), app.service", "queue", 6,
		      "connections", "sock_diag idiag_rqueue");
	finding_act(
		&result.finding,
		&(struct advice){
			.kind = ACTION_SOCKET_OPTION,
			.key = "listen_backlog",
			.current = "5",
			.proposed = "64",
			.formula = "100 accepts/s x 1 s of patience / 2 = 50, to a power of two",
			.risk = "It helps against bursts only.",
			.command = "tcpwright run --set listen_backlog=64 -- java -jar app.jar",
			.section = "[socket java-listen-8080]\nside = listen\nport = 8080\n"
				   "program = java\nlisten_backlog = 64\n",
			.restart_needed = true,
		});
	return result;
}

static struct rule_result plain_result(const char *id, const char *title, enum verdict verdict,
				       enum severity severity)
{
	return (struct rule_result){
		.id = id, .title = title, .verdict = verdict, .finding = { .severity = severity }
	};
}

struct sample_report sample_report_healthy(void)
{
	struct sample_report s = { .model = model_new() };
	struct rule_result fine[] = {
		plain_result("port-range-sane", "The port range is odd", VERDICT_OK, SEV_NONE),
		plain_result("tw-overflow", "TIME-WAIT overflows", VERDICT_OK, SEV_NONE),
	};

	cr_assert(s.model);
	set_host(s.model);
	set_sockets(s.model);
	set_listeners(s.model);
	set_destinations(&s.model->sockets, 2);
	s.report.model = s.model;
	set_role(&s.report.role);
	add_result(&s.report, &fine[0]);
	add_result(&s.report, &fine[1]);
	return s;
}

struct sample_report sample_report_sick(void)
{
	struct sample_report s = sample_report_healthy();
	struct rule_result info = plain_result("tw-rate", "How many connections end in TIME-WAIT",
					       VERDICT_FINDING, SEV_INFO);
	struct rule_result unknown =
		plain_result("syncookies-off", "SYN cookies are off", VERDICT_UNKNOWN, SEV_NONE);
	struct rule_result ports = ports_finding(s.model), queue = queue_finding();
	struct port_budget *budget = &s.model->sockets.destinations[0].budget;

	finding_explain(&info.finding, "%d connections/s. The count alone is no fault.", 145);
	finding_missing(&unknown.finding, "net.ipv4.tcp_syncookies");
	add_result(&s.report, &info);
	add_result(&s.report, &queue);
	add_result(&s.report, &unknown);
	add_result(&s.report, &ports);
	strcpy(s.report.role.hint, "--role reverse-proxy: 2 listeners, and 3 of 4 connections go "
				   "out to 2 destinations");
	*budget = (struct port_budget){ .used = reading_of(27400),
					.available = reading_of(28232),
					.held_suspected = reading_of(120),
					.time_wait_reusable = reading_of(600),
					.usage = 27400.0 / 28232,
					.exhaustion = EXHAUSTION_EXPECTED,
					.seconds_to_exhaustion = 42,
					.rate_per_s = 20 };
	s.model->sockets.destinations[0].time_wait_histogram =
		zeroed(TIME_WAIT_SECONDS, sizeof(uint32_t));
	s.model->sockets.destinations[0].time_wait_histogram[59] = 20;
	s.model->sockets.folded_destinations = 3;
	s.model->sockets.folded_sockets = 5;
	cr_assert(model_add_gap(s.model, "processes", "Permission denied",
				"the programs behind other users' sockets are unknown"));
	return s;
}

struct sample_report sample_report_blind(void)
{
	struct sample_report s = { .model = model_new() };
	struct rule_result unknown =
		plain_result("port-exhaustion", "Ports run out", VERDICT_UNKNOWN, SEV_NONE);

	cr_assert(s.model);
	s.report.model = s.model;
	set_role(&s.report.role);
	finding_missing(&unknown.finding, "sockets");
	add_result(&s.report, &unknown);
	cr_assert(model_add_gap(s.model, "sock_diag", "Operation not permitted",
				"sockets are unknown"));
	return s;
}

struct sample_report sample_report_hostile(void)
{
	static const char evil[] = "\"\\\033[2J\xff\xc0\n\t\xe2\x80\xae</script>%s";
	struct sample_report s = sample_report_sick();
	struct finding *f = &s.report.results[2].finding;

	strcpy(s.model->host.hostname, evil);
	strcpy(s.model->host.kernel_release, evil);
	strcpy(s.model->host.source, evil);
	strcpy(s.report.role.why, evil);
	free(s.model->processes[0].command);
	s.model->processes[0].command = strdup(evil);
	free(s.model->cgroups[0].unit);
	s.model->cgroups[0].unit = strdup(evil);
	free(s.model->gaps[0].cost);
	s.model->gaps[0].cost = strdup(evil);
	finding_text(f, evil, evil, evil, evil);
	finding_real(f, evil, "not a number", NAN, "%", evil);
	finding_act(f, &(struct advice){ .key = evil, .command = evil, .risk = evil });
	return s;
}

struct sample_report sample_report_crowded(size_t n_destinations)
{
	struct sample_report s = sample_report_healthy();
	struct sockets *sockets = &s.model->sockets;

	free(sockets->destinations);
	set_destinations(sockets, n_destinations);
	for (size_t i = 0; i < n_destinations; i++)
		sockets->destinations[i].time_wait_histogram =
			zeroed(TIME_WAIT_SECONDS, sizeof(uint32_t));
	return s;
}

struct sample_report sample_report_window(void)
{
	struct sample_report s = sample_report_healthy();

	s.model->window_s = 2;
	s.model->n_samples = 3;
	s.model->samples = zeroed(3, sizeof(struct sample));
	for (size_t i = 0; i < 3; i++) {
		s.model->samples[i].at_s = (double)i + 0.001;
		s.model->samples[i].counters[COUNTER_LISTEN_OVERFLOWS] = reading_of(7 + i);
	}
	return s;
}

static struct sample_report crowded(void)
{
	return sample_report_crowded(5000);
}

bool sample_report_find(const char *name, struct sample_report *ret_sample)
{
	static const struct {
		const char *name;
		struct sample_report (*make)(void);
	} samples[] = {
		{ "sick", sample_report_sick },     { "healthy", sample_report_healthy },
		{ "blind", sample_report_blind },   { "hostile", sample_report_hostile },
		{ "window", sample_report_window }, { "crowded", crowded },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		if (strcmp(samples[i].name, name) == 0) {
			*ret_sample = samples[i].make();
			return true;
		}
	return false;
}

char *sample_report_write(const struct sample_report *sample, const char *format,
			  const struct report_style *style)
{
	struct err err = { 0 };
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	cr_assert(file);
	cr_assert_eq(report_format_find(format)->write(file, &sample->report, style, &err), 0, "%s",
		     err.text);
	cr_assert_eq(fclose(file), 0);
	cr_assert_eq(strlen(text), length);
	return text;
}

void sample_report_done(struct sample_report *sample)
{
	report_done(&sample->report);
	model_free(sample->model);
}
