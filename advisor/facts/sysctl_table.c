/* What tcpwright knows of each sysctl key. Facts only: code that looks keys up is in sysctls.c. */
#include "sysctls.h"

/* clang-format off */
const struct sysctl_fact sysctl_facts[N_SYSCTLS] = {
	[SYSCTL_IP_LOCAL_PORT_RANGE] = {
		.key = "net.ipv4.ip_local_port_range",
		.type = SYSCTL_PORT_RANGE, .scope = SCOPE_NETNS, .n_values = 1,
	},
	[SYSCTL_IP_LOCAL_RESERVED_PORTS] = {
		.key = "net.ipv4.ip_local_reserved_ports",
		.type = SYSCTL_PORT_SET, .scope = SCOPE_NETNS, .n_values = 1,
		.since = KERNEL(2, 6),
	},
	[SYSCTL_IP_UNPRIVILEGED_PORT_START] = {
		.key = "net.ipv4.ip_unprivileged_port_start",
		.type = SYSCTL_NUMBER, .scope = SCOPE_NETNS, .n_values = 1,
		.since = KERNEL(4, 11),
	},
	[SYSCTL_TCP_TW_REUSE] = {
		.key = "net.ipv4.tcp_tw_reuse",
		.type = SYSCTL_NUMBER, .scope = SCOPE_NETNS, .n_values = 1,
	},
	[SYSCTL_TCP_TW_REUSE_DELAY] = {
		.key = "net.ipv4.tcp_tw_reuse_delay",
		.type = SYSCTL_NUMBER, .scope = SCOPE_NETNS, .unit = "ms", .n_values = 1,
		.since = KERNEL(6, 14),
	},
	[SYSCTL_TCP_TW_RECYCLE] = {
		.key = "net.ipv4.tcp_tw_recycle",
		.type = SYSCTL_NUMBER, .scope = SCOPE_NETNS, .n_values = 1,
		.removed = KERNEL(4, 12),
	},
	[SYSCTL_TCP_MAX_TW_BUCKETS] = {
		.key = "net.ipv4.tcp_max_tw_buckets",
		.type = SYSCTL_NUMBER, .scope = SCOPE_NETNS, .unit = "sockets", .n_values = 1,
	},
	[SYSCTL_TCP_FIN_TIMEOUT] = {
		.key = "net.ipv4.tcp_fin_timeout",
		.type = SYSCTL_NUMBER, .scope = SCOPE_NETNS, .unit = "s", .n_values = 1,
	},
	[SYSCTL_TCP_MAX_ORPHANS] = {
		.key = "net.ipv4.tcp_max_orphans",
		.type = SYSCTL_NUMBER, .scope = SCOPE_GLOBAL, .unit = "sockets", .n_values = 1,
	},
	[SYSCTL_TCP_TIMESTAMPS] = {
		.key = "net.ipv4.tcp_timestamps",
		.type = SYSCTL_NUMBER, .scope = SCOPE_NETNS, .n_values = 1,
	},
	[SYSCTL_SOMAXCONN] = {
		.key = "net.core.somaxconn",
		.type = SYSCTL_NUMBER, .scope = SCOPE_NETNS, .unit = "connections", .n_values = 1,
	},
	[SYSCTL_TCP_MAX_SYN_BACKLOG] = {
		.key = "net.ipv4.tcp_max_syn_backlog",
		.type = SYSCTL_NUMBER, .scope = SCOPE_NETNS, .unit = "requests", .n_values = 1,
	},
	[SYSCTL_TCP_SYNCOOKIES] = {
		.key = "net.ipv4.tcp_syncookies",
		.type = SYSCTL_NUMBER, .scope = SCOPE_NETNS, .n_values = 1,
	},
	[SYSCTL_TCP_ABORT_ON_OVERFLOW] = {
		.key = "net.ipv4.tcp_abort_on_overflow",
		.type = SYSCTL_NUMBER, .scope = SCOPE_NETNS, .n_values = 1,
	},
	[SYSCTL_TCP_SYNACK_RETRIES] = {
		.key = "net.ipv4.tcp_synack_retries",
		.type = SYSCTL_NUMBER, .scope = SCOPE_NETNS, .unit = "retries", .n_values = 1,
	},
	[SYSCTL_TCP_KEEPALIVE_TIME] = {
		.key = "net.ipv4.tcp_keepalive_time",
		.type = SYSCTL_NUMBER, .scope = SCOPE_NETNS, .unit = "s", .n_values = 1,
	},
	[SYSCTL_TCP_KEEPALIVE_INTVL] = {
		.key = "net.ipv4.tcp_keepalive_intvl",
		.type = SYSCTL_NUMBER, .scope = SCOPE_NETNS, .unit = "s", .n_values = 1,
	},
	[SYSCTL_TCP_KEEPALIVE_PROBES] = {
		.key = "net.ipv4.tcp_keepalive_probes",
		.type = SYSCTL_NUMBER, .scope = SCOPE_NETNS, .unit = "probes", .n_values = 1,
	},
	[SYSCTL_TCP_SYN_RETRIES] = {
		.key = "net.ipv4.tcp_syn_retries",
		.type = SYSCTL_NUMBER, .scope = SCOPE_NETNS, .unit = "retries", .n_values = 1,
	},
	[SYSCTL_TCP_SYN_LINEAR_TIMEOUTS] = {
		.key = "net.ipv4.tcp_syn_linear_timeouts",
		.type = SYSCTL_NUMBER, .scope = SCOPE_NETNS, .unit = "retries", .n_values = 1,
		.since = KERNEL(6, 5),
	},
	[SYSCTL_TCP_RETRIES1] = {
		.key = "net.ipv4.tcp_retries1",
		.type = SYSCTL_NUMBER, .scope = SCOPE_NETNS, .unit = "retries", .n_values = 1,
	},
	[SYSCTL_TCP_RETRIES2] = {
		.key = "net.ipv4.tcp_retries2",
		.type = SYSCTL_NUMBER, .scope = SCOPE_NETNS, .unit = "retries", .n_values = 1,
	},
	[SYSCTL_TCP_ORPHAN_RETRIES] = {
		.key = "net.ipv4.tcp_orphan_retries",
		.type = SYSCTL_NUMBER, .scope = SCOPE_NETNS, .unit = "retries", .n_values = 1,
	},
	[SYSCTL_TCP_SLOW_START_AFTER_IDLE] = {
		.key = "net.ipv4.tcp_slow_start_after_idle",
		.type = SYSCTL_NUMBER, .scope = SCOPE_NETNS, .n_values = 1,
	},
	[SYSCTL_TCP_SACK] = {
		.key = "net.ipv4.tcp_sack",
		.type = SYSCTL_NUMBER, .scope = SCOPE_NETNS, .n_values = 1,
	},
	[SYSCTL_TCP_WINDOW_SCALING] = {
		.key = "net.ipv4.tcp_window_scaling",
		.type = SYSCTL_NUMBER, .scope = SCOPE_NETNS, .n_values = 1,
	},
	[SYSCTL_TCP_MODERATE_RCVBUF] = {
		.key = "net.ipv4.tcp_moderate_rcvbuf",
		.type = SYSCTL_NUMBER, .scope = SCOPE_NETNS, .n_values = 1,
	},
	[SYSCTL_TCP_CONGESTION_CONTROL] = {
		.key = "net.ipv4.tcp_congestion_control",
		.type = SYSCTL_STRING, .scope = SCOPE_NETNS, .n_values = 1,
	},
	[SYSCTL_TCP_FASTOPEN] = {
		.key = "net.ipv4.tcp_fastopen",
		.type = SYSCTL_BIT_MASK, .scope = SCOPE_NETNS, .n_values = 1,
		.since = KERNEL(3, 6),
	},
	[SYSCTL_TCP_NOTSENT_LOWAT] = {
		.key = "net.ipv4.tcp_notsent_lowat",
		.type = SYSCTL_NUMBER, .scope = SCOPE_NETNS, .unit = "bytes", .n_values = 1,
		.since = KERNEL(3, 12),
	},
	[SYSCTL_TCP_MTU_PROBING] = {
		.key = "net.ipv4.tcp_mtu_probing",
		.type = SYSCTL_NUMBER, .scope = SCOPE_NETNS, .n_values = 1,
	},
	[SYSCTL_TCP_MEM] = {
		.key = "net.ipv4.tcp_mem",
		.type = SYSCTL_VECTOR, .scope = SCOPE_GLOBAL, .unit = "pages", .n_values = 3,
	},
	[SYSCTL_TCP_RMEM] = {
		.key = "net.ipv4.tcp_rmem",
		.type = SYSCTL_VECTOR, .scope = SCOPE_NETNS, .unit = "bytes", .n_values = 3,
	},
	[SYSCTL_TCP_WMEM] = {
		.key = "net.ipv4.tcp_wmem",
		.type = SYSCTL_VECTOR, .scope = SCOPE_NETNS, .unit = "bytes", .n_values = 3,
	},
	[SYSCTL_RMEM_MAX] = {
		.key = "net.core.rmem_max",
		.type = SYSCTL_NUMBER, .scope = SCOPE_GLOBAL, .unit = "bytes", .n_values = 1,
	},
	[SYSCTL_WMEM_MAX] = {
		.key = "net.core.wmem_max",
		.type = SYSCTL_NUMBER, .scope = SCOPE_GLOBAL, .unit = "bytes", .n_values = 1,
	},
	[SYSCTL_RMEM_DEFAULT] = {
		.key = "net.core.rmem_default",
		.type = SYSCTL_NUMBER, .scope = SCOPE_GLOBAL, .unit = "bytes", .n_values = 1,
	},
	[SYSCTL_WMEM_DEFAULT] = {
		.key = "net.core.wmem_default",
		.type = SYSCTL_NUMBER, .scope = SCOPE_GLOBAL, .unit = "bytes", .n_values = 1,
	},
	[SYSCTL_NETDEV_MAX_BACKLOG] = {
		.key = "net.core.netdev_max_backlog",
		.type = SYSCTL_NUMBER, .scope = SCOPE_GLOBAL, .unit = "packets", .n_values = 1,
	},
	[SYSCTL_DEFAULT_QDISC] = {
		.key = "net.core.default_qdisc",
		.type = SYSCTL_STRING, .scope = SCOPE_GLOBAL, .n_values = 1,
		.since = KERNEL(3, 12),
	},
	[SYSCTL_NF_CONNTRACK_MAX] = {
		.key = "net.netfilter.nf_conntrack_max",
		.type = SYSCTL_NUMBER, .scope = SCOPE_GLOBAL, .unit = "connections", .n_values = 1,
	},
	[SYSCTL_NF_CONNTRACK_TCP_TIMEOUT_ESTABLISHED] = {
		.key = "net.netfilter.nf_conntrack_tcp_timeout_established",
		.type = SYSCTL_NUMBER, .scope = SCOPE_NETNS, .unit = "s", .n_values = 1,
	},
	[SYSCTL_FILE_MAX] = {
		.key = "fs.file-max",
		.type = SYSCTL_NUMBER, .scope = SCOPE_GLOBAL, .unit = "files", .n_values = 1,
	},
};
