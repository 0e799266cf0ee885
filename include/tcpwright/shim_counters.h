#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include <tcpwright/options.h>

/*
 * What the preloaded library counts, in one mapping that a program shares with the children that it
 * forks: /proc/PID/maps shows it as "/memfd:tcpwright-shim", and another process reads it through
 * /proc/PID/mem. Whoever reads checks magic and version first; a field never changes its place
 * within a version.
 */

#define SHIM_COUNTERS_NAME "tcpwright-shim"
#define SHIM_COUNTERS_MAGIC UINT64_C(0x7463707772696768) /* "tcpwrigh" */

enum { SHIM_COUNTERS_VERSION = 1, SHIM_RING_SIZE = 256, SHIM_MAX_OPTIONS = 32 };

enum shim_result {
	SHIM_SET,       /* the option was set */
	SHIM_WOULD_SET, /* dry run */
	SHIM_KEPT,      /* the program's own choice stays */
	SHIM_FAILED,    /* the kernel refused it */
	SHIM_WITHDRAWN, /* taken back: the program set what fights it */
	SHIM_SKIPPED,   /* not needed, or not known to this kernel */
	N_SHIM_RESULTS
};

/* One event. SEQUENCE is written last: a reader takes the event if it is the same before and after.
 */
struct shim_event {
	_Atomic uint64_t sequence; /* 1 for the first event of all; 0: none yet */
	_Atomic int32_t fd;
	_Atomic uint8_t option, side, result, unused;
	_Atomic int64_t value;
	_Atomic int32_t error, unused2; /* errno of a failure */
};

struct shim_counters {
	uint64_t magic;
	uint32_t version, size;
	uint32_t n_options, ring_size;
	uint32_t pid; /* that made the mapping */
	uint32_t dry_run;
	_Atomic uint64_t listens, connects, accepts,
		adopted; /* calls that options were looked up for */
	_Atomic uint64_t backlogs_raised;
	_Atomic uint64_t records_dropped; /* of the ledger, which is of a fixed size */
	_Atomic uint64_t log_lines_lost;
	_Atomic uint64_t results[N_SHIM_RESULTS][SHIM_MAX_OPTIONS]; /* by result and option */
	_Atomic uint64_t n_events;
	struct shim_event ring[SHIM_RING_SIZE]; /* event N is in ring[(N - 1) % SHIM_RING_SIZE] */
};
