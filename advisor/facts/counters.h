#pragma once

/* Rows of /proc/net/netstat and /proc/net/snmp that rules use: events since the namespace began. */
enum counter_id {
	COUNTER_ACTIVE_OPENS,
	COUNTER_PASSIVE_OPENS,
	COUNTER_ATTEMPT_FAILS,
	COUNTER_ESTAB_RESETS,
	COUNTER_IN_SEGS,
	COUNTER_OUT_SEGS,
	COUNTER_RETRANS_SEGS,
	COUNTER_OUT_RSTS,
	COUNTER_SYNCOOKIES_SENT,
	COUNTER_SYNCOOKIES_RECV,
	COUNTER_SYNCOOKIES_FAILED,
	COUNTER_TW,
	COUNTER_TW_RECYCLED,
	COUNTER_PAWS_PASSIVE,
	COUNTER_LISTEN_OVERFLOWS,
	COUNTER_LISTEN_DROPS,
	COUNTER_TIME_WAIT_OVERFLOW,
	COUNTER_REQ_Q_FULL_DO_COOKIES,
	COUNTER_REQ_Q_FULL_DROP,
	COUNTER_DEFER_ACCEPT_DROP,
	COUNTER_ABORT_ON_DATA,
	COUNTER_ABORT_ON_CLOSE,
	COUNTER_ABORT_ON_MEMORY,
	COUNTER_ABORT_ON_TIMEOUT,
	COUNTER_MEMORY_PRESSURES,
	N_COUNTERS
};

enum { COUNTER_MAX_REFERENCES = 3 };

struct counter_fact {
	const char *table; /* "Tcp" (/proc/net/snmp) or "TcpExt" (/proc/net/netstat) */
	const char *name;  /* as the kernel spells it: "ListenOverflows" */
	const char *meaning;
	const char *misunderstood; /* NULL if nothing is */
	const char *references[COUNTER_MAX_REFERENCES];
};

extern const struct counter_fact counter_facts[N_COUNTERS]; /* indexed by enum counter_id */

/*
 * By name, with or without its table ("ListenOverflows", "TcpExt.ListenOverflows",
 * "TcpExtListenOverflows" as nstat prints it), any case; NULL if unknown.
 */
const struct counter_fact *counter_find(const char *name);
/* "/proc/net/snmp" or "/proc/net/netstat" */
const char *counter_file(const struct counter_fact *fact);
