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
