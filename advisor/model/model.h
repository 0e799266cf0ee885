#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "addr.h"
#include "counters.h"
#include "kernel_version.h"
#include "portset.h"
#include "sysctls.h"
#include "tcp_states.h"

/*
 * What was observed on a host, as plain data. Collectors fill it, rules read it, writers print it,
 * and none of them know each other. Zero is an observation, unknown is not: a reading says which.
 * All times are in the unit of the name; sockets are those of one network namespace.
 */

struct reading {
	uint64_t value;
	bool known;
};

/* Something that could not be read, and what that costs the audit. Texts are owned. */
struct gap {
	char *source; /* "sock_diag", "/proc/net/netstat", "processes" */
	char *reason; /* "Permission denied" */
	char *cost;   /* "accept queue limits are unknown" */
};

struct host {
	char hostname[65];           /* "" unknown */
	char kernel_release[65];     /* "" unknown */
	kernel_version kernel;       /* 0 unknown */
	struct reading netns;        /* inode of the network namespace, as in net:[4026531840] */
	char source[256];            /* "live", or the root that was read */
	struct timespec captured_at; /* wall clock, when the first socket was read; 0: unknown */
	struct reading uptime_s;
	bool younger_netns; /* begun after boot, nobody knows when: its counters have no age */
	struct reading memory_bytes;
	struct reading page_size_bytes;
	struct reading file_nr; /* fs.file-nr: open files of the whole host */
	struct reading file_max;
};

struct sysctl_reading {
	char *text;    /* owned; as read, without the newline; NULL: unknown */
	bool absent;   /* this kernel has no such key (ENOENT), as opposed to unreadable */
	bool writable; /* by this process, here */
};

/* /proc/net/sockstat, sockstat6. INUSE and TW are the namespace's; ORPHAN, ALLOC, MEM the host's */
struct sockstat {
	struct reading inuse, inuse6, orphan, tw, alloc, mem_pages;
};

/* /proc/net/softnet_stat, summed over processors. */
struct softnet {
	struct reading processed, dropped, time_squeeze;
};

struct conntrack {
	struct reading count, max;
};

/* One counter sample of a `--for` window. */
struct sample {
	double at_s; /* since the first sample */
	struct reading counters[N_COUNTERS];
};

enum {
	TIME_WAIT_SECONDS = 60, /* TCP_TIMEWAIT_LEN, not tunable */
	/* The youngest of them, from which the rate of closes is taken. */
	TIME_WAIT_RATE_SECONDS = 10,
	DESTINATION_SAMPLES = 8, /* sockets kept by inode to name their processes */
	IDLE_GROUP_SAMPLES = 8,
	/* Kept, and any more that use above half of the range; the rest is counted together. */
	MAX_DESTINATIONS = 4096,
};

/* A socket that may have to be named by its process. */
struct socket_ref {
	uint64_t inode;     /* 0: none (TIME-WAIT, orphan) */
	uint64_t cgroup_id; /* 0: unknown */
};

/*
 * Ports towards one destination, computed by ports_judge() from the sockets below: U and R of the
 * port rules. See ports.h.
 */
enum exhaustion {
	EXHAUSTION_UNKNOWN,
	EXHAUSTION_NEVER,    /* at the rate seen */
	EXHAUSTION_EXPECTED, /* in `seconds_to_exhaustion` */
};

/* How a destination's sockets chose their ports. */
enum port_choice {
	CHOICE_UNKNOWN, /* too few sockets, a changed range, or nothing that tells */
	CHOICE_CONNECT,
	CHOICE_BIND_SUSPECTED, /* by bind() to port 0, without IP_BIND_ADDRESS_NO_PORT */
};

struct port_budget {
	enum port_choice choice;
	struct reading used;           /* U: distinct local ports that cannot be had again now */
	struct reading available;      /* R: what connect() could ever give to this destination */
	struct reading held_suspected; /* of others, taken off R: suspected bind-before-connect */
	struct reading time_wait_reusable; /* beside U, not in it */
	double usage;                      /* U / R where both are known and R > 0, else negative */
	enum exhaustion exhaustion;
	uint64_t seconds_to_exhaustion; /* only for EXPECTED; 0: now */
	double rate_per_s;              /* at which ports are taken; negative: unknown */
};

/* The outbound sockets of one (local address, remote address, remote port), any state. */
struct destination {
	struct addr local_addr, remote_addr;
	uint16_t remote_port;
	struct portset ports; /* distinct local ports, TIME-WAIT included */
	uint32_t established;
	uint32_t time_wait; /* rows in TIME-WAIT */
	/* Owned; by whole seconds left: [59] closed within the last second. NULL: none. */
	uint32_t *time_wait_histogram;
	uint32_t judged;       /* sockets whose parity tells: not cleared by their flag */
	uint32_t wrong_parity; /* of those, on the parity that bind(0) takes first */
	uint32_t cleared;      /* bind_address_no_port is set: above suspicion */
	/* Local ports that other destinations of local_addr use too; all where unknown. */
	uint32_t shared_ports;
	struct socket_ref samples[DESTINATION_SAMPLES];
	uint32_t n_samples;
	struct reading ports_before; /* distinct ports in the first sample of a `--for` window */
	struct reading time_wait_before; /* rows in TIME-WAIT then */
	struct port_budget budget;
};

/* All outbound sockets of one local address, over all its destinations. */
struct local_address {
	struct addr addr;
	uint32_t outbound;       /* sockets */
	uint32_t distinct_ports; /* that they use; fewer than sockets: connect() shares them */
	uint32_t destinations;   /* at least so many, where some were folded together */
	uint32_t out_of_range;   /* ephemeral-looking outbound ports outside today's range */
};

struct listener {
	struct addr addr; /* wildcard: all addresses */
	uint16_t port;
	uint32_t uid;
	struct socket_ref socket;
	struct reading queue; /* connections that wait for accept() */
	/*
	 * The limit in force: the smaller of listen()'s and somaxconn at that time; backlog + 1
	 * connections fit. Unknown from /proc.
	 */
	struct reading backlog;
	/* Inbound sockets on this listener's port; with SO_REUSEPORT, the first one's. */
	uint32_t syn_recv;
	uint32_t established;
	uint32_t close_wait;
	uint32_t time_wait;
	uint32_t closed_last_10s; /* TIME-WAIT rows younger than 10 s */
	bool kernel_chosen; /* another port in the first sample, same program: bind to port 0 */
};

/* One CLOSE-WAIT socket; at most MAX_CLOSE_WAIT are kept, all are counted. */
enum { MAX_CLOSE_WAIT = 4096 };
struct close_wait {
	struct addr local_addr, remote_addr;
	uint16_t local_port, remote_port;
	struct socket_ref socket;
	struct reading age_ms; /* lower bound: min(last data, last ACK received); needs tcp_info */
	bool in_first_sample;  /* was in CLOSE-WAIT when a `--for` window began */
};

/*
 * ESTAB sockets without a keepalive timer, grouped by cgroup. Only sockets with no other timer
 * pending are judged: the keepalive timer is not shown while another one runs.
 */
enum idle_scope {
	IDLE_ELSEWHERE, /* the peer is behind a router */
	IDLE_ON_LINK,   /* the peer is in a directly connected subnet */
	N_IDLE_SCOPES   /* peers on this host itself are left out */
};
enum { N_IDLE_BUCKETS = 12, MAX_IDLE_GROUPS = 256 };
/* Bucket i holds sockets idle for at least bound[i] seconds and less than bound[i + 1]. */
extern const uint32_t idle_bucket_bounds_s[N_IDLE_BUCKETS];

struct idle_group {
	uint64_t cgroup_id; /* 0: unknown, or the rest beyond MAX_IDLE_GROUPS */
	enum idle_scope scope;
	uint32_t established;       /* all ESTAB sockets of the group */
	uint32_t judged;            /* with no timer or the keepalive timer */
	uint32_t without_keepalive; /* of those, without any timer */
	/* Of those, by min(last_data_sent, last_data_recv); only with tcp_info. */
	uint32_t idle[N_IDLE_BUCKETS];
	uint32_t idle_known;                           /* how many went into the buckets */
	struct socket_ref samples[IDLE_GROUP_SAMPLES]; /* of without_keepalive, the most idle */
	uint32_t sample_idle_s[IDLE_GROUP_SAMPLES];
	uint32_t n_samples;
};

struct cgroup_name {
	uint64_t id;
	char *unit; /* owned: "nginx.service", "docker-0123456789ab.scope"; text is safe to print */
};

struct process {
	uint32_t pid;
	char *command; /* owned; safe to print; at most 200 bytes */
	/*
	 * Owned; the arguments as /proc/PID/cmdline has them, each with its NUL. NULL: longer than
	 * is worth repeating, or a title that the program has written over them.
	 */
	char *arguments;
	size_t arguments_length;
	char *executable; /* owned; its path, safe to print; NULL: unknown */
	char *unit;       /* owned; systemd unit or container; NULL: unknown */
	struct reading nofile_soft;
	struct reading open_files;
};

struct socket_owner {
	uint64_t inode;
	size_t process; /* index into processes */
};

/* A TCP port that an enabled socket unit of systemd listens on once it runs. Texts are owned. */
struct unit_port {
	char *unit; /* "cockpit.socket"; safe to print */
	char *file; /* that lists the port, with its path; safe to print */
	uint16_t port;
};

/* Folded sockets. */
struct sockets {
	const char *backend; /* "sock_diag", "proc"; NULL: no sockets could be read */
	uint64_t total;      /* without BOUND_INACTIVE, which only sock_diag shows */
	uint64_t states[N_TCP_STATES];
	struct reading states_before[N_TCP_STATES]; /* in the first sample of a window */
	bool with_tcp_info; /* idle times and ages were asked for all sockets */
	bool may_repeat;    /* the table changed while it was read: totals are approximate */

	/* False: the port range is unknown, so nothing could be told apart as outbound. */
	bool destinations_known;
	struct destination *destinations; /* owned; by usage once ports_judge() has run */
	size_t n_destinations;
	uint64_t folded_destinations; /* beyond the cap; an estimate where there were very many */
	uint64_t folded_sockets;      /* theirs */
	struct local_address *local_addresses; /* owned */
	size_t n_local_addresses;

	struct listener *listeners; /* owned */
	size_t n_listeners;
	bool listeners_known;
	struct portset listening;      /* ports of all listeners */
	struct portset bound_inactive; /* bound but neither listening nor connected */
	/* 6.8+, sock_diag; among very many sockets only where they may matter for the range. */
	bool bound_inactive_known;

	uint64_t time_wait_inbound, time_wait_outbound;
	uint64_t established_inbound, established_outbound; /* peers on other hosts only */
	uint32_t time_wait_histogram[TIME_WAIT_SECONDS]; /* by whole seconds left; [59] is newest */
	bool time_wait_histogram_known;
	uint64_t fin_wait_2_orphans; /* without inode */

	struct close_wait *close_wait; /* owned */
	size_t n_close_wait;           /* kept */

	struct idle_group *idle_groups; /* owned */
	size_t n_idle_groups;
};

/* Releases what it owns; all zero afterwards. */
void sockets_done(struct sockets *sockets);
void process_done(struct process *process);

struct model {
	struct host host;
	struct sysctl_reading sysctls[N_SYSCTLS];
	struct reading counters[N_COUNTERS]; /* at the end */
	struct sockstat sockstat;
	struct softnet softnet;
	struct conntrack conntrack;
	struct sockets sockets;

	double window_s;        /* of `--for`; 0: a single sample */
	struct sample *samples; /* owned; the first and the last frame the window */
	size_t n_samples;

	struct process *processes; /* owned */
	size_t n_processes;
	struct socket_owner *owners; /* owned; sorted by inode */
	size_t n_owners;
	struct cgroup_name *cgroups; /* owned; sorted by id */
	size_t n_cgroups;

	struct unit_port *unit_ports; /* owned; by unit; none where there is no systemd */
	size_t n_unit_ports;

	double duration_s; /* of the collection */
	struct gap *gaps;  /* owned */
	size_t n_gaps, gaps_capacity;
};

/* NULL when memory runs out. Free with model_free(). */
struct model *model_new(void);
void model_free(struct model *model); /* NULL is fine */
static inline void model_freep(struct model **model)
{
	model_free(*model);
}

static inline struct reading reading_of(uint64_t value)
{
	return (struct reading){ .value = value, .known = true };
}

/* Copies the texts. False when memory runs out. */
bool model_add_gap(struct model *model, const char *source, const char *reason, const char *cost);

/* NULL: unknown. */
const char *model_sysctl_text(const struct model *model, enum sysctl_id id);
/* The only or first number; unknown where the key is, or its text is no number. */
struct reading model_sysctl(const struct model *model, enum sysctl_id id);

/* How often something happened, and over which time. */
struct counter_change {
	struct reading events;
	double seconds;  /* of the window, or the uptime; 0: unknown */
	bool since_boot; /* a single sample was divided by the uptime */
};
struct counter_change model_counter_change(const struct model *model, enum counter_id id);

/*
 * Closes that leave a TIME-WAIT behind, per second over TIME_WAIT_RATE_SECONDS: a single sample
 * holds them, as each row carries its remaining time. Negative: unknown.
 */
double model_time_wait_rate(const struct model *model);

/* The process that holds a socket; NULL: unknown or not looked up. */
const struct process *model_process_of(const struct model *model, uint64_t inode);
/* The unit or container of a cgroup; NULL: unknown. */
const char *model_unit_of(const struct model *model, uint64_t cgroup_id);
/* The unit by process, else by cgroup; NULL: unknown. */
const char *model_unit_of_socket(const struct model *model, const struct socket_ref *socket);
