#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel_version.h"

/*
 * Every sysctl key that a rule judges, a profile may set, or `explain` explains: what it is, what
 * it is not, and how its values are written and compared. Code that deals with a key asks here.
 */
enum sysctl_id {
	/* ports */
	SYSCTL_IP_LOCAL_PORT_RANGE,
	SYSCTL_IP_LOCAL_RESERVED_PORTS,
	SYSCTL_IP_UNPRIVILEGED_PORT_START,
	/* TIME-WAIT and closing */
	SYSCTL_TCP_TW_REUSE,
	SYSCTL_TCP_TW_REUSE_DELAY,
	SYSCTL_TCP_TW_RECYCLE,
	SYSCTL_TCP_MAX_TW_BUCKETS,
	SYSCTL_TCP_EHASH_ENTRIES,
	SYSCTL_TCP_FIN_TIMEOUT,
	SYSCTL_TCP_MAX_ORPHANS,
	SYSCTL_TCP_TIMESTAMPS,
	/* accepting */
	SYSCTL_SOMAXCONN,
	SYSCTL_TCP_MAX_SYN_BACKLOG,
	SYSCTL_TCP_SYNCOOKIES,
	SYSCTL_TCP_ABORT_ON_OVERFLOW,
	SYSCTL_TCP_SYNACK_RETRIES,
	/* idle and failing connections */
	SYSCTL_TCP_KEEPALIVE_TIME,
	SYSCTL_TCP_KEEPALIVE_INTVL,
	SYSCTL_TCP_KEEPALIVE_PROBES,
	SYSCTL_TCP_SYN_RETRIES,
	SYSCTL_TCP_SYN_LINEAR_TIMEOUTS,
	SYSCTL_TCP_RETRIES1,
	SYSCTL_TCP_RETRIES2,
	SYSCTL_TCP_ORPHAN_RETRIES,
	SYSCTL_TCP_SLOW_START_AFTER_IDLE,
	/* features */
	SYSCTL_TCP_SACK,
	SYSCTL_TCP_WINDOW_SCALING,
	SYSCTL_TCP_MODERATE_RCVBUF,
	SYSCTL_TCP_CONGESTION_CONTROL,
	SYSCTL_TCP_FASTOPEN,
	SYSCTL_TCP_NOTSENT_LOWAT,
	SYSCTL_TCP_MTU_PROBING,
	/* memory and buffers */
	SYSCTL_TCP_MEM,
	SYSCTL_TCP_RMEM,
	SYSCTL_TCP_WMEM,
	SYSCTL_RMEM_MAX,
	SYSCTL_WMEM_MAX,
	SYSCTL_RMEM_DEFAULT,
	SYSCTL_WMEM_DEFAULT,
	/* below TCP */
	SYSCTL_NETDEV_MAX_BACKLOG,
	SYSCTL_DEFAULT_QDISC,
	SYSCTL_NF_CONNTRACK_MAX,
	SYSCTL_NF_CONNTRACK_TCP_TIMEOUT_ESTABLISHED,
	SYSCTL_FILE_MAX,
	N_SYSCTLS
};

enum sysctl_type {
	SYSCTL_NUMBER,
	SYSCTL_VECTOR,     /* several numbers; a shorter vector leaves the rest as it is */
	SYSCTL_PORT_RANGE, /* "low high" */
	SYSCTL_PORT_SET,   /* "80,443,8000-8100", normalised by the kernel */
	SYSCTL_STRING,
	SYSCTL_BIT_MASK,
};

enum sysctl_scope {
	SCOPE_NETNS,  /* each network namespace has its own */
	SCOPE_GLOBAL, /* the whole host's */
};

/* The default that a kernel sets when nobody does, from version SINCE on. */
struct sysctl_default {
	kernel_version since;
	const char *value;
};

/* What the kernel takes, for each number of a value. */
struct sysctl_range {
	int64_t low, high;
};

enum { SYSCTL_MAX_DEFAULTS = 4, SYSCTL_MAX_REFERENCES = 4 };

struct sysctl_fact {
	const char *key; /* with dots: net.ipv4.tcp_tw_reuse */
	enum sysctl_type type;
	enum sysctl_scope scope;
	const char *unit;          /* "s", "bytes", "pages"...; NULL for counts and switches */
	unsigned int n_values;     /* of a vector; 1 otherwise */
	struct sysctl_range range; /* all zero for strings and what cannot be set */
	bool read_only;            /* the kernel only shows it */
	bool restart_needed;       /* programs that run keep what they got when they began */
	kernel_version since;      /* 0: older than any kernel that matters here */
	kernel_version removed;    /* the first kernel without it; 0: still there */
	/*
	 * Ascending; none where the kernel computes the default, which COMPUTED then says in words.
	 * With both, these are what most hosts get, and COMPUTED says on what they depend.
	 */
	struct sysctl_default defaults[SYSCTL_MAX_DEFAULTS];
	const char *computed;
	const char *meaning;       /* what it does: one to three sentences */
	const char *misunderstood; /* what it does not do, against the folklore; NULL: nothing */
	const char *references[SYSCTL_MAX_REFERENCES]; /* NULL-terminated unless full */
};

extern const struct sysctl_fact sysctl_facts[N_SYSCTLS]; /* indexed by enum sysctl_id */

/* By key, with dots or slashes; NULL if tcpwright knows no such key. */
const struct sysctl_fact *sysctl_find(const char *key);
enum sysctl_id sysctl_id_of(const struct sysctl_fact *fact);

/* The known key nearest to a misspelt one; NULL if none is near. */
const char *sysctl_nearest(const char *key);

/* The default of that kernel; NULL if it is computed, unknown, or the key is not there then. */
const char *sysctl_default(const struct sysctl_fact *fact, kernel_version version);

/* "proc/sys/net/ipv4/..." below a root, without a leading slash. Cut to SIZE. */
void sysctl_path(char *buf, size_t size, const struct sysctl_fact *fact);
