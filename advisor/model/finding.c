/* Building findings: copies of texts, made safe to print, and one flag for memory that ran out. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "cleanup.h"
#include "model.h"
#include "text.h"

#include "finding.h"

static const char *const severity_names[] = {
	[SEV_NONE] = "none",       [SEV_INFO] = "info",         [SEV_ADVICE] = "advice",
	[SEV_WARNING] = "warning", [SEV_CRITICAL] = "critical",
};

const char *severity_name(enum severity severity)
{
	return severity_names[severity];
}

bool severity_parse(const char *name, enum severity *ret_severity)
{
	for (size_t i = SEV_INFO; i < ARRAY_SIZE(severity_names); i++)
		if (strcmp(name, severity_names[i]) == 0) {
			*ret_severity = (enum severity)i;
			return true;
		}
	return false;
}

const char *action_kind_name(enum action_kind kind)
{
	static const char *const names[] = {
		[ACTION_SYSCTL] = "sysctl",
		[ACTION_SOCKET_OPTION] = "socket-option",
		[ACTION_APPLICATION] = "application",
	};

	return names[kind];
}

static void evidence_done(struct evidence *evidence)
{
	free(evidence->subject);
	free(evidence->name);
	free(evidence->text);
	free(evidence->unit);
	free(evidence->source);
}

static void action_done(struct action *action)
{
	free(action->key);
	free(action->current);
	free(action->proposed);
	free(action->formula);
	free(action->risk);
	free(action->command);
	free(action->undo);
	free(action->section);
}

void finding_done(struct finding *finding)
{
	for (size_t i = 0; i < finding->n_evidence; i++)
		evidence_done(&finding->evidence[i]);
	for (size_t i = 0; i < finding->n_actions; i++)
		action_done(&finding->actions[i]);
	for (size_t i = 0; i < finding->n_missing; i++)
		free(finding->missing[i]);
	free(finding->evidence);
	free(finding->actions);
	free(finding->missing);
	free(finding->explanation);
	*finding = (struct finding){ 0 };
}

/* NULL stays NULL. */
static char *copy_made_safe(struct finding *finding, const char *text,
			    void (*make_safe)(char *text))
{
	char *copied = text ? strdup(text) : NULL;

	if (copied)
		make_safe(copied);
	else if (text)
		finding->out_of_memory = true;
	return copied;
}

static char *copy(struct finding *finding, const char *text)
{
	return copy_made_safe(finding, text, text_neutralise);
}

void finding_grade(struct finding *finding, enum severity severity)
{
	if (finding && severity > finding->severity)
		finding->severity = severity;
}

/* A new entry with the texts that all kinds have; NULL where there is no finding or no memory. */
static struct evidence *add_evidence(struct finding *finding, enum evidence_kind kind,
				     const char *subject, const char *name, const char *unit,
				     const char *source)
{
	struct evidence *evidence;

	if (!finding)
		return NULL;
	if (!ARRAY_GROW(finding->evidence, finding->evidence_capacity, finding->n_evidence)) {
		finding->out_of_memory = true;
		return NULL;
	}
	evidence = &finding->evidence[finding->n_evidence++];
	*evidence = (struct evidence){ .kind = kind,
				       .subject = copy(finding, subject),
				       .name = copy(finding, name),
				       .unit = copy(finding, unit),
				       .source = copy(finding, source) };
	return evidence;
}

void finding_count(struct finding *finding, const char *subject, const char *name, uint64_t value,
		   const char *unit, const char *source)
{
	struct evidence *evidence =
		add_evidence(finding, EVIDENCE_COUNT, subject, name, unit, source);

	if (evidence)
		evidence->count = value;
}

void finding_real(struct finding *finding, const char *subject, const char *name, double value,
		  const char *unit, const char *source)
{
	struct evidence *evidence =
		add_evidence(finding, EVIDENCE_REAL, subject, name, unit, source);

	if (evidence)
		evidence->real = value;
}

void finding_text(struct finding *finding, const char *subject, const char *name, const char *value,
		  const char *source)
{
	struct evidence *evidence =
		add_evidence(finding, EVIDENCE_TEXT, subject, name, NULL, source);

	if (evidence)
		evidence->text = copy(finding, value);
}

void finding_explain(struct finding *finding, const char *format, ...)
{
	CLEANUP(freep) char *added = NULL;
	char *joined;
	va_list args;

	if (!finding)
		return;
	va_start(args, format);
	added = text_vformat(format, args);
	va_end(args);
	if (!added) {
		finding->out_of_memory = true;
		return;
	}
	text_neutralise(added);
	if (!finding->explanation) {
		finding->explanation = TAKE(added);
		return;
	}
	joined = text_format("%s %s", finding->explanation, added);
	if (!joined) {
		finding->out_of_memory = true;
		return;
	}
	free(finding->explanation);
	finding->explanation = joined;
}

void finding_missing(struct finding *finding, const char *format, ...)
{
	char *text;
	va_list args;

	if (!finding)
		return;
	va_start(args, format);
	text = text_vformat(format, args);
	va_end(args);
	if (!text || !ARRAY_GROW(finding->missing, finding->missing_capacity, finding->n_missing)) {
		free(text);
		finding->out_of_memory = true;
		return;
	}
	text_neutralise(text);
	finding->missing[finding->n_missing++] = text;
}

void finding_act(struct finding *finding, const struct advice *advice)
{
	if (!finding)
		return;
	if (!ARRAY_GROW(finding->actions, finding->actions_capacity, finding->n_actions)) {
		finding->out_of_memory = true;
		return;
	}
	finding->actions[finding->n_actions++] = (struct action){
		.kind = advice->kind,
		.key = copy(finding, advice->key),
		.current = copy(finding, advice->current),
		.proposed = copy(finding, advice->proposed),
		.formula = copy(finding, advice->formula),
		.risk = copy(finding, advice->risk),
		.command = copy(finding, advice->command),
		.undo = copy(finding, advice->undo),
		.section = copy_made_safe(finding, advice->section, text_neutralise_lines),
		.restart_needed = advice->restart_needed,
	};
}

/* sysctl -w is what everybody has; the quotes keep vectors and an empty value in one word. */
static char *sysctl_command(const char *key, const char *value)
{
	return text_format("sysctl -w %s='%s'", key, value);
}

/* `sysctl -w key=` writes nothing at all, and so clears nothing: only a bare newline does (F14). */
static char *sysctl_clear_command(const char *key)
{
	char path[128];

	sysctl_path(path, sizeof(path), sysctl_find(key));
	return text_format("echo > /%s", path);
}

static char *command_for(const char *key, const char *value)
{
	return *value ? sysctl_command(key, value) : sysctl_clear_command(key);
}

/*
 * A key of the network namespace has to be written in this one: outside of the container that is
 * audited the same command would change another.
 */
static const char *where_to_write(enum sysctl_id id)
{
	return sysctl_facts[id].scope == SCOPE_NETNS
		       ? "It cannot be written from here: run the command as root, and where "
			 "/proc/sys is read-only, as in a container, from its host by "
			 "nsenter -t PID -n."
		       : "It cannot be written from here: run the command as root of the host, "
			 "outside of any container.";
}

void finding_propose(struct finding *finding, const struct model *model, enum sysctl_id id,
		     const char *proposed, const char *formula, const char *risk)
{
	const char *key = sysctl_facts[id].key;
	const char *live = model_sysctl_text(model, id);
	CLEANUP(freep) char *command = NULL;
	CLEANUP(freep) char *undo = NULL;
	CLEANUP(freep) char *readonly = NULL;

	if (!finding)
		return;
	command = command_for(key, proposed);
	undo = live ? command_for(key, live) : NULL;
	if (live && !model->sysctls[id].writable)
		readonly = text_format("%s%s%s", risk ? risk : "", risk ? " " : "",
				       where_to_write(id));
	if (!command || (live && !undo))
		finding->out_of_memory = true;
	finding_act(finding, &(struct advice){ .kind = ACTION_SYSCTL,
					       .key = key,
					       .current = live,
					       .proposed = proposed,
					       .formula = formula,
					       .risk = readonly ? readonly : risk,
					       .command = command,
					       .undo = undo,
					       .restart_needed = sysctl_facts[id].restart_needed });
}

void finding_withdraw(struct finding *finding, const char *key)
{
	size_t kept = 0;

	for (size_t i = 0; i < finding->n_actions; i++)
		if (finding->actions[i].key && strcmp(finding->actions[i].key, key) == 0)
			action_done(&finding->actions[i]);
		else
			finding->actions[kept++] = finding->actions[i];
	finding->n_actions = kept;
	kept = 0;
	for (size_t i = 0; i < finding->n_evidence; i++)
		if (finding->evidence[i].subject && strcmp(finding->evidence[i].subject, key) == 0)
			evidence_done(&finding->evidence[i]);
		else
			finding->evidence[kept++] = finding->evidence[i];
	finding->n_evidence = kept;
}
