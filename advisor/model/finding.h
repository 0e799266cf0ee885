#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sysctls.h"

struct model;

enum verdict {
	VERDICT_OK,
	VERDICT_FINDING,
	VERDICT_UNKNOWN, /* data are missing; the finding's missing[] says which */
};

enum severity {
	SEV_NONE, /* not graded yet */
	SEV_INFO,
	SEV_ADVICE,
	SEV_WARNING,
	SEV_CRITICAL,
};
const char *severity_name(enum severity severity); /* "critical"... */
bool severity_parse(const char *name, enum severity *ret_severity);

enum evidence_kind { EVIDENCE_COUNT, EVIDENCE_REAL, EVIDENCE_TEXT };

/* One number that was seen, and where. All texts are owned and safe to print. */
struct evidence {
	char *subject; /* the destination, listener, process or key it belongs to; NULL: the host */
	char *name;
	enum evidence_kind kind;
	uint64_t count;
	double real;
	char *text;
	char *unit;   /* NULL: none */
	char *source; /* "/proc/net/netstat TcpExt.ListenOverflows", "sock_diag idiag_wqueue" */
};

enum action_kind {
	ACTION_SYSCTL,
	ACTION_SOCKET_OPTION, /* through the shim, or by the application itself */
	ACTION_APPLICATION,
};
const char *action_kind_name(enum action_kind kind); /* "sysctl", "socket-option", "application" */

/* Something to do. Texts are owned; NULL where there is nothing to say. */
struct action {
	enum action_kind kind;
	char *key; /* sysctl key, option name, or a few words: "connection pool" */
	char *current;
	char *proposed;
	char *formula; /* with its numbers filled in */
	char *risk;
	char *command;
	char *undo;
	char *section; /* lines of a profile that ask the shim for it: "[socket NAME]\n..." */
	bool restart_needed;
};

/* The same as a rule writes it down: every text is borrowed, and copied by finding_act(). */
struct advice {
	enum action_kind kind;
	const char *key, *current, *proposed, *formula, *risk, *command, *undo, *section;
	bool restart_needed;
};

/*
 * What one rule has to say. The functions below do nothing where the finding is NULL (a caller who
 * wants only the verdict), and remember when memory ran out in `out_of_memory`.
 */
struct finding {
	enum severity severity;
	struct evidence *evidence;
	size_t n_evidence;
	size_t evidence_capacity;
	struct action *actions;
	size_t n_actions;
	size_t actions_capacity;
	char *explanation; /* what this means here, one or more sentences */
	char **missing;    /* data that a verdict of unknown lacked */
	size_t n_missing;
	size_t missing_capacity;
	bool out_of_memory;
};

void finding_done(struct finding *finding);

/* The worst grade of all calls stands. */
void finding_grade(struct finding *finding, enum severity severity);
/* SUBJECT and UNIT may be NULL; texts are copied and made safe to print. */
void finding_count(struct finding *finding, const char *subject, const char *name, uint64_t value,
		   const char *unit, const char *source);
void finding_real(struct finding *finding, const char *subject, const char *name, double value,
		  const char *unit, const char *source);
void finding_text(struct finding *finding, const char *subject, const char *name, const char *value,
		  const char *source);
/* Adds sentences; a space is put between those of several calls. */
__attribute__((format(printf, 2, 3))) void finding_explain(struct finding *finding,
							   const char *format, ...);
__attribute__((format(printf, 2, 3))) void finding_missing(struct finding *finding,
							   const char *format, ...);
void finding_act(struct finding *finding, const struct advice *advice);

/*
 * A sysctl action, with the current value, the command and its undo filled in from the model.
 * FORMULA and RISK may be NULL. Where the value cannot be written from here, the action says so.
 */
void finding_propose(struct finding *finding, const struct model *model, enum sysctl_id id,
		     const char *proposed, const char *formula, const char *risk);

/*
 * Takes back every action on KEY, and the evidence whose subject it is. KEY must not be a text of
 * this finding.
 */
void finding_withdraw(struct finding *finding, const char *key);
