/* Role profiles as JSON. */
#include <math.h>

#include "emitter.h"
#include "err.h"
#include "profile.h"

#include "profile_json.h"

void profile_json_list(struct emitter *e, const struct profile_entry entries[], size_t n)
{
	emit_object(e, NULL);
	emit_array(e, "roles");
	for (size_t i = 0; i < n; i++) {
		emit_object(e, NULL);
		emit_text(e, "name", entries[i].name);
		emit_text(e, "summary", entries[i].summary);
		emit_text(e, "file", entries[i].file);
		emit_text(e, "problem", entries[i].problem);
		emit_close(e);
	}
	emit_close(e);
	emit_close(e);
}

/* The end of each entry: where it stands. */
static void close_entry(struct emitter *e, const struct origin *origin)
{
	emit_text(e, "file", origin->file);
	emit_count(e, "line", origin->line);
	emit_close(e);
}

static void emit_sysctls(struct emitter *e, const struct profile *p)
{
	emit_array(e, "sysctls");
	for (size_t i = 0; i < p->n_sysctls; i++) {
		const struct profile_sysctl *sysctl = &p->sysctls[i];

		emit_object(e, NULL);
		emit_text(e, "key", sysctl->fact->key);
		emit_text(e, "op", value_op_text(sysctl->op));
		emit_text(e, "value", sysctl->value);
		emit_text(e, "reason", sysctl->reason);
		close_entry(e, &sysctl->origin);
	}
	emit_close(e);
}

static void emit_thresholds(struct emitter *e, const struct profile *p)
{
	emit_array(e, "thresholds");
	for (size_t i = 0; i < p->n_thresholds; i++) {
		const struct profile_threshold *threshold = &p->thresholds[i];

		emit_object(e, NULL);
		emit_text(e, "rule", threshold->rule);
		emit_text(e, "name", threshold->name);
		/* Most are whole numbers, and a real has six digits only. */
		if (threshold->value == floor(threshold->value))
			emit_count(e, "value", (uint64_t)threshold->value);
		else
			emit_real(e, "value", threshold->value);
		emit_text(e, "reason", threshold->reason);
		close_entry(e, &threshold->origin);
	}
	emit_close(e);
}

static void emit_rules(struct emitter *e, const struct profile *p)
{
	emit_array(e, "rules");
	for (size_t i = 0; i < p->n_rules; i++) {
		const struct profile_rule *rule = &p->rules[i];

		emit_object(e, NULL);
		emit_text(e, "rule", rule->rule);
		emit_bool(e, "on", rule->state == RULE_ON);
		emit_text(e, "at_most", rule->at_most);
		emit_text(e, "reason", rule->reason);
		close_entry(e, &rule->origin);
	}
	emit_close(e);
}

static void emit_sockets(struct emitter *e, const struct profile *p)
{
	emit_array(e, "sockets");
	for (size_t i = 0; i < p->n_sockets; i++) {
		const struct profile_socket *socket = &p->sockets[i];

		emit_object(e, NULL);
		emit_text(e, "section", socket->section);
		emit_text(e, "key", socket->key);
		emit_text(e, "value", socket->value);
		emit_text(e, "reason", socket->reason);
		close_entry(e, &socket->origin);
	}
	emit_close(e);
}

void profile_json_show(struct emitter *e, const struct profile *profile)
{
	emit_object(e, NULL);
	emit_text(e, "name", profile->name);
	emit_text(e, "summary", profile->summary);
	emit_array(e, "files");
	for (size_t i = 0; i < profile->n_files; i++)
		emit_text(e, NULL, profile->files[i]);
	emit_close(e);
	emit_sysctls(e, profile);
	emit_thresholds(e, profile);
	emit_rules(e, profile);
	emit_sockets(e, profile);
	emit_close(e);
}

void profile_json_check(struct emitter *e, const char *file, const struct profile *profile,
			const struct err *why)
{
	emit_object(e, NULL);
	emit_text(e, "file", file);
	emit_bool(e, "ok", profile != NULL);
	emit_text(e, "name", profile ? profile->name : NULL);
	emit_text(e, "error", profile ? NULL : why->text);
	emit_close(e);
}
