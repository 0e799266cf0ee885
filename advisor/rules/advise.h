#pragma once

#include "counters.h"
#include "model.h"
#include "sysctls.h"

struct finding;

/*
 * What many rules say alike: where a number came from, whose socket it is, how much a counter
 * moved. Texts returned are to be freed; they are NULL where there is no finding to put them in, or
 * no memory, which the finding then remembers.
 */

/* At most this many listeners, processes or units are named by one finding; the rest is counted. */
enum { ADVISE_MAX_NAMED = 16 };

__attribute__((format(printf, 2, 3))) char *advise_text(struct finding *finding, const char *format,
							...);

/*
 * The program's name in a command line, without its folder: "nginx: worker process", "java -jar x".
 */
const char *advise_program(const char *command);
/* "nginx (pid 12, nginx.service)", as far as it is known; "" where nothing is. */
char *advise_owner(struct finding *finding, const struct model *model,
		   const struct socket_ref *socket);
/* "0.0.0.0:80 nginx (pid 12, nginx.service)" */
char *advise_listener(struct finding *finding, const struct model *model,
		      const struct listener *listener);

/*
 * Options for the shim to set on sockets of the programs that a finding is about. To be filled by
 * the rule: the names are borrowed, and plain words, as are the values.
 */
enum { ADVISE_MAX_OPTIONS = 3, ADVISE_MAX_PROGRAMS = 4, ADVISE_PROGRAM_SIZE = 40 };
struct socket_advice {
	const char *name; /* of the section, behind the program's: "keepalive" */
	const char *side; /* NULL: any */
	uint16_t port;    /* 0: any */
	/* --set would reach other sockets of the program, so the section has to be in a file. */
	bool needs_profile;
	struct {
		const char *name, *value;
	} options[ADVISE_MAX_OPTIONS + 1];

	/* By advise_add_process(). */
	const struct process *process; /* the first; NULL: none is known */
	char programs[ADVISE_MAX_PROGRAMS][ADVISE_PROGRAM_SIZE];
	size_t n_programs;
	bool more_programs;
};

/* What the shim knows a program by: the name of its file. False where that is not to be had. */
bool advise_program_name(const struct process *process, char ret_name[static ADVISE_PROGRAM_SIZE]);
/* Each program once. PROCESS may be NULL. */
void advise_add_process(struct socket_advice *advice, const struct process *process);
/* The section, to stand in a profile; NULL also where it would be for every socket there is. */
char *advise_section(struct finding *finding, const struct socket_advice *advice);
/* The command line that starts the first program so; NULL also where none is known. */
char *advise_run(struct finding *finding, const struct socket_advice *advice);

/* Goes on after another risk, where a section names nothing but the program. */
#define ADVISE_BY_NAME_RISK                                                                        \
	" The section is for all sockets of every program of that name; of scripts, that is the "  \
	"interpreter's."

/* The risk of an action that looks for a cause. */
#define ADVISE_LOOKS_ONLY "None: it only looks."

/* Where a number of sockets was read: "sock_diag idiag_sport", "/proc/net/tcp local_address". */
enum socket_field { FIELD_STATE, FIELD_LOCAL_PORT, FIELD_REMOTE, FIELD_TIMER, FIELD_EXPIRES };
const char *advise_field(const struct model *model, enum socket_field field);

/* Evidence: the live value of a key, with its file. */
void advise_sysctl(struct finding *finding, const struct model *model, enum sysctl_id id);
void advise_sysctl_missing(struct finding *finding, const struct model *model, enum sysctl_id id);

/* Evidence: how often a counter moved, and over which time. Nothing where that is unknown. */
void advise_counter(struct finding *finding, const struct model *model, enum counter_id id);
void advise_counter_missing(struct finding *finding, enum counter_id id);

/* What a counter's change is worth as evidence. */
enum movement {
	MOVEMENT_UNKNOWN,
	MOVEMENT_NONE,   /* not at all, or since boot and too rarely to say anything */
	MOVEMENT_BEFORE, /* since boot: enough to matter, nobody knows when */
	MOVEMENT_NOW,    /* within the window */
};
/* A single sample needs LEAST events and LEAST_PER_HOUR over the uptime, where that is known. */
enum movement advise_movement(const struct counter_change *change, double least,
			      double least_per_hour);
