/* Sources, owners and counters in words: the parts of findings that all rules phrase alike. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "cleanup.h"
#include "counters.h"
#include "finding.h"
#include "sysctls.h"
#include "text.h"

#include "advise.h"

char *advise_text(struct finding *finding, const char *format, ...)
{
	va_list args;
	char *text;

	if (!finding)
		return NULL;
	va_start(args, format);
	text = text_vformat(format, args);
	va_end(args);
	if (!text)
		finding->out_of_memory = true;
	return text;
}

const char *advise_program(const char *command)
{
	const char *name = command;

	for (const char *c = command; *c && *c != ' '; c++)
		if (*c == '/' && c[1] && c[1] != ' ')
			name = c + 1;
	return name;
}

/* Of a command line: enough to tell an interpreter's scripts apart, short enough to repeat. */
enum { PROGRAM_LENGTH = 48 };

char *advise_owner(struct finding *finding, const struct model *model,
		   const struct socket_ref *socket)
{
	const struct process *process = model_process_of(model, socket->inode);
	const char *unit = model_unit_of_socket(model, socket);

	if (!process)
		return advise_text(finding, "%s", unit ? unit : "");
	return advise_text(finding, "%.*s (pid %u%s%s)", PROGRAM_LENGTH,
			   process->command ? advise_program(process->command) : "process",
			   process->pid, unit ? ", " : "", unit ? unit : "");
}

char *advise_listener(struct finding *finding, const struct model *model,
		      const struct listener *listener)
{
	CLEANUP(freep) char *owner = advise_owner(finding, model, &listener->socket);
	char endpoint[ENDPOINT_STRLEN];

	if (!owner)
		return NULL;
	endpoint_format(endpoint, &listener->addr, listener->port);
	return advise_text(finding, "%s%s%s", endpoint, *owner ? " " : "", owner);
}

const char *advise_field(const struct model *model, enum socket_field field)
{
	static const struct {
		const char *diag, *proc;
	} names[] = {
		[FIELD_STATE] = { "sock_diag idiag_state", "/proc/net/tcp st" },
		[FIELD_LOCAL_PORT] = { "sock_diag idiag_sport", "/proc/net/tcp local_address" },
		[FIELD_REMOTE] = { "sock_diag idiag_dst", "/proc/net/tcp rem_address" },
		[FIELD_TIMER] = { "sock_diag idiag_timer", "/proc/net/tcp tr" },
		[FIELD_EXPIRES] = { "sock_diag idiag_expires", "/proc/net/tcp tm->when" },
	};
	const char *backend = model->sockets.backend;

	return backend && strcmp(backend, "proc") == 0 ? names[field].proc : names[field].diag;
}

enum { SOURCE_STRLEN = 160 };

static void sysctl_source(char buf[static SOURCE_STRLEN], enum sysctl_id id)
{
	buf[0] = '/';
	sysctl_path(buf + 1, SOURCE_STRLEN - 1, &sysctl_facts[id]);
}

void advise_sysctl(struct finding *finding, const struct model *model, enum sysctl_id id)
{
	const char *live = model_sysctl_text(model, id);
	char source[SOURCE_STRLEN];

	if (!live)
		return;
	sysctl_source(source, id);
	finding_text(finding, NULL, sysctl_facts[id].key, live, source);
}

void advise_sysctl_missing(struct finding *finding, const struct model *model, enum sysctl_id id)
{
	finding_missing(finding, "%s%s", sysctl_facts[id].key,
			model->sysctls[id].absent ? " (this kernel has no such key)" : "");
}

static void counter_source(char buf[static SOURCE_STRLEN], enum counter_id id)
{
	const struct counter_fact *fact = &counter_facts[id];

	(void)snprintf(buf, SOURCE_STRLEN, "%s %s.%s", counter_file(fact), fact->table, fact->name);
}

void advise_counter(struct finding *finding, const struct model *model, enum counter_id id)
{
	struct counter_change change = model_counter_change(model, id);
	CLEANUP(freep) char *source = NULL;
	char row[SOURCE_STRLEN];

	if (!change.events.known)
		return;
	counter_source(row, id);
	if (change.since_boot)
		source = advise_text(finding, "%s, since %s", row,
				     model->host.younger_netns ? "this network namespace began"
							       : "boot");
	else
		source = advise_text(finding, "%s, in %.0f s", row, change.seconds);
	finding_count(finding, NULL, counter_facts[id].name, change.events.value, "events", source);
}

void advise_counter_missing(struct finding *finding, enum counter_id id)
{
	char source[SOURCE_STRLEN];

	counter_source(source, id);
	finding_missing(finding, "%s", source);
}

enum movement advise_movement(const struct counter_change *change, double least,
			      double least_per_hour)
{
	double events = (double)change->events.value;

	if (!change->events.known)
		return MOVEMENT_UNKNOWN;
	if (!change->since_boot)
		return events > 0 ? MOVEMENT_NOW : MOVEMENT_NONE;
	if (events < least)
		return MOVEMENT_NONE;
	if (change->seconds > 0 && events / change->seconds * 3600 < least_per_hour)
		return MOVEMENT_NONE;
	return MOVEMENT_BEFORE;
}
