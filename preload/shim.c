/*
 * What the hooks go by: the policy of this program, and what follows from it. Made in static memory
 * while the library is loaded, then read-only.
 */
#include <dlfcn.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "array.h"
#include "ledger.h"
#include "option_io.h"
#include "shim.h"
#include "socket.h"

enum { PAGE = 4096 };

/* On pages of their own, which are read-only once all is known. */
static struct {
	alignas(PAGE) struct shim shim;
	struct policy policy;
	alignas(PAGE) char end;
} loaded;
static _Atomic(const struct shim *) active;

const struct shim *shim_get(void)
{
	return atomic_load_explicit(&active, memory_order_acquire);
}

const struct resolution *shim_resolve(const struct shim *shim, const struct socket_facts *facts,
				      struct resolution *ret_own)
{
	const struct policy_needs *needs = &shim->needs[facts->side];

	if (!needs->local && !needs->peer)
		return &shim->fixed[facts->side];
	policy_resolve(shim->policy, facts, ret_own);
	return ret_own;
}

/* -1: a level that no option of ours is on. */
static int index_of_level(int level)
{
	switch (level) {
	case SOL_SOCKET:
		return 0;
	case IPPROTO_TCP:
		return 1;
	case IPPROTO_IP:
		return 2;
	case IPPROTO_IPV6:
		return 3;
	default:
		return -1;
	}
}

option_set shim_noted_by(const struct shim *shim, int level, int name)
{
	int index = index_of_level(level);

	return index >= 0 && name >= 0 && name < N_CALL_NAMES ? shim->noted_by_call[index][name]
							      : 0;
}

/* A new socket has the values that nobody chose. */
static void read_defaults(struct shim *shim)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	uint64_t cookie;

	if (fd < 0)
		fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	/* Before Linux 4.12 nothing can be noted per socket. */
	shim->any_foreign = fd < 0 || !socket_cookie(fd, &cookie);
	for (unsigned int i = 0; fd >= 0 && i < N_SOCKET_OPTIONS; i++) {
		struct option_value value;

		if (!(shim->noted & option_bit(i)) || !option_read(fd, i, &value))
			continue;
		shim->defaults[i] = value.number;
		if (socket_options[i].kind == OPTION_NAME)
			memcpy(shim->default_congestion, value.name, sizeof(value.name));
		shim->defaults_known |= option_bit(i);
	}
	if (fd >= 0)
		(void)close(fd);
}

/* Which descriptors came with exec, in one call: what is not open is said to be invalid. */
static void note_inherited(void)
{
	enum { N = 1024 };
	static struct pollfd fds[N];
	struct rlimit limit;
	int n = N;

	/* poll() takes no more than there may be. */
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < N)
		n = (int)limit.rlim_cur;
	for (int i = 0; i < n; i++)
		fds[i] = (struct pollfd){ .fd = i };
	if (poll(fds, (nfds_t)n, 0) < 0)
		return;
	for (int i = 0; i < n; i++) {
		uint64_t cookie;

		/* Not for the journal's unix socket, which every service has. */
		if (!(fds[i].revents & POLLNVAL) && socket_is_tcp(i) && socket_cookie(i, &cookie))
			ledger_mark_foreign(cookie);
	}
}

static void find_needs(struct shim *shim)
{
	option_set set = 0;

	for (int side = 0; side < N_SIDES; side++) {
		const struct socket_facts facts = { .side = (enum socket_side)side };

		shim->needs[side] = policy_needs(shim->policy, facts.side);
		set |= shim->needs[side].options;
		policy_resolve(shim->policy, &facts, &shim->fixed[side]);
	}
	shim->asked = set;
	shim->noted = (set | policy_fights(set)) & ~option_bit(OPTION_LISTEN_BACKLOG);
	for (size_t i = 0; i < shim->policy->n_sections; i++) {
		const struct policy_section *section = &shim->policy->sections[i];

		for (size_t k = 0; k < section->n_settings && !section->left_out; k++)
			if (section->settings[k].force)
				shim->forced |= option_bit(section->settings[k].option);
	}
}

/* Calls that set an option of ours by another name. */
static const struct {
	int level, name;
	enum option_id option;
} other_names[] = {
	{ SOL_SOCKET, SO_RCVBUFFORCE, OPTION_SO_RCVBUF },
	{ SOL_SOCKET, SO_SNDBUFFORCE, OPTION_SO_SNDBUF },
	{ IPPROTO_TCP, TCP_LINGER2, OPTION_SO_LINGER }, /* so_linger = drained */
	{ IPPROTO_IPV6, IPV6_TCLASS, OPTION_IP_TOS },
};

static void note_call(struct shim *shim, int level, int name, enum option_id option)
{
	int index = index_of_level(level);

	if (index >= 0 && name < N_CALL_NAMES)
		shim->noted_by_call[index][name] |= option_bit(option) & shim->noted;
}

static void note_calls(struct shim *shim)
{
	for (unsigned int i = 0; i < N_SOCKET_OPTIONS; i++)
		note_call(shim, socket_options[i].level, socket_options[i].number, i);
	for (size_t i = 0; i < ARRAY_SIZE(other_names); i++)
		note_call(shim, other_names[i].level, other_names[i].name, other_names[i].option);
}

/* Where pages are larger, others of our variables would lie on the last one. */
static void make_read_only(void)
{
	if (getauxval(AT_PAGESZ) != PAGE)
		return;
	(void)mprotect(&loaded, (size_t)((char *)&loaded.end - (char *)&loaded), PROT_READ);
}

struct policy *shim_policy(void)
{
	return &loaded.policy;
}

bool shim_prepare(bool dry_run)
{
	struct shim *shim = &loaded.shim;

	shim->dry_run = dry_run;
	shim->policy = &loaded.policy;
	find_needs(shim);
	if (!shim->noted && !shim->needs[SIDE_LISTEN].options)
		return false;
	read_defaults(shim);
	note_inherited();
	note_calls(shim);
	if (dlsym(RTLD_DEFAULT, "io_uring_queue_init"))
		shim->any_foreign = true;
	(void)dlerror(); /* the program must not find our failure when it asks for its own */
	return true;
}

void shim_start(void)
{
	make_read_only();
	atomic_store_explicit(&active, &loaded.shim, memory_order_release);
}
