/* The kernel's TCP counters: their names, and what they do and do not count. */
#include <string.h>
#include <strings.h>

#include "counters.h"

const struct counter_fact counter_facts[N_COUNTERS] = {
	[COUNTER_ACTIVE_OPENS] = {
		.table = "Tcp",
		.name = "ActiveOpens",
	},
	[COUNTER_PASSIVE_OPENS] = {
		.table = "Tcp",
		.name = "PassiveOpens",
	},
	[COUNTER_ATTEMPT_FAILS] = {
		.table = "Tcp",
		.name = "AttemptFails",
	},
	[COUNTER_ESTAB_RESETS] = {
		.table = "Tcp",
		.name = "EstabResets",
	},
	[COUNTER_IN_SEGS] = {
		.table = "Tcp",
		.name = "InSegs",
	},
	[COUNTER_OUT_SEGS] = {
		.table = "Tcp",
		.name = "OutSegs",
	},
	[COUNTER_RETRANS_SEGS] = {
		.table = "Tcp",
		.name = "RetransSegs",
	},
	[COUNTER_OUT_RSTS] = {
		.table = "Tcp",
		.name = "OutRsts",
	},
	[COUNTER_SYNCOOKIES_SENT] = {
		.table = "TcpExt",
		.name = "SyncookiesSent",
	},
	[COUNTER_SYNCOOKIES_RECV] = {
		.table = "TcpExt",
		.name = "SyncookiesRecv",
	},
	[COUNTER_SYNCOOKIES_FAILED] = {
		.table = "TcpExt",
		.name = "SyncookiesFailed",
	},
	[COUNTER_TW] = {
		.table = "TcpExt",
		.name = "TW",
	},
	[COUNTER_TW_RECYCLED] = {
		.table = "TcpExt",
		.name = "TWRecycled",
	},
	[COUNTER_PAWS_PASSIVE] = {
		.table = "TcpExt",
		.name = "PAWSPassive",
	},
	[COUNTER_LISTEN_OVERFLOWS] = {
		.table = "TcpExt",
		.name = "ListenOverflows",
	},
	[COUNTER_LISTEN_DROPS] = {
		.table = "TcpExt",
		.name = "ListenDrops",
	},
	[COUNTER_TIME_WAIT_OVERFLOW] = {
		.table = "TcpExt",
		.name = "TCPTimeWaitOverflow",
	},
	[COUNTER_REQ_Q_FULL_DO_COOKIES] = {
		.table = "TcpExt",
		.name = "TCPReqQFullDoCookies",
	},
	[COUNTER_REQ_Q_FULL_DROP] = {
		.table = "TcpExt",
		.name = "TCPReqQFullDrop",
	},
	[COUNTER_DEFER_ACCEPT_DROP] = {
		.table = "TcpExt",
		.name = "TCPDeferAcceptDrop",
	},
	[COUNTER_ABORT_ON_DATA] = {
		.table = "TcpExt",
		.name = "TCPAbortOnData",
	},
	[COUNTER_ABORT_ON_CLOSE] = {
		.table = "TcpExt",
		.name = "TCPAbortOnClose",
	},
	[COUNTER_ABORT_ON_MEMORY] = {
		.table = "TcpExt",
		.name = "TCPAbortOnMemory",
	},
	[COUNTER_ABORT_ON_TIMEOUT] = {
		.table = "TcpExt",
		.name = "TCPAbortOnTimeout",
	},
	[COUNTER_MEMORY_PRESSURES] = {
		.table = "TcpExt",
		.name = "TCPMemoryPressures",
	},
};

/* What follows the table's name and an optional dot; NAME itself where it has no such beginning. */
static const char *without_table(const char *name, const char *table)
{
	size_t length = strlen(table);

	if (strncasecmp(name, table, length) != 0)
		return name;
	return name + length + (name[length] == '.');
}

const struct counter_fact *counter_find(const char *name)
{
	for (size_t i = 0; i < N_COUNTERS; i++) {
		const struct counter_fact *fact = &counter_facts[i];

		if (strcasecmp(name, fact->name) == 0 ||
		    strcasecmp(without_table(name, fact->table), fact->name) == 0)
			return fact;
	}
	return NULL;
}

enum counter_id counter_id_of(const struct counter_fact *fact)
{
	return (enum counter_id)(fact - counter_facts);
}

const char *counter_file(const struct counter_fact *fact)
{
	return strcmp(fact->table, "Tcp") == 0 ? "/proc/net/snmp" : "/proc/net/netstat";
}
