/*
 * Once, when the library is loaded: the environment, the profile, the log. Whatever is wrong there,
 * the program runs as if there were no library, and the log, if there is one, says why.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <dlfcn.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "apply.h"
#include "array.h"
#include "children.h"
#include "counters.h"
#include "err.h"
#include "find.h"
#include "ledger.h"
#include "load.h"
#include "log.h"
#include "next.h"
#include "policy_load.h"
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

/* "1" or "0"; unset is 0. */
static int read_switch(const char *name, bool *ret_on, struct err *err)
{
	const char *value = secure_getenv(name);

	*ret_on = value && strcmp(value, "1") == 0;
	if (!value || !*value || *ret_on || strcmp(value, "0") == 0)
		return 0;
	return err_set(err, EINVAL, "%s=%s: expected 1 or 0", name, value);
}

static int read_children(bool *ret_strip, struct err *err)
{
	const char *value = secure_getenv("TCPWRIGHT_CHILDREN");

	*ret_strip = value && strcmp(value, "strip") == 0;
	if (!value || !*value || *ret_strip || strcmp(value, "keep") == 0)
		return 0;
	return err_set(err, EINVAL, "TCPWRIGHT_CHILDREN=%s: expected keep or strip", value);
}

/* TCPWRIGHT_SET: items between semicolons or line ends. */
static int read_set(struct policy *policy, const char *text, struct err *err)
{
	enum { LONGEST = 190 };
	struct origin origin = { "TCPWRIGHT_SET", 0 };
	int r = 0;

	while (r == 0 && *text) {
		size_t length = strcspn(text, ";\n");
		char item[LONGEST + 1];

		origin.line++;
		if (length > LONGEST)
			return err_set(err, EINVAL, "TCPWRIGHT_SET: item %u is too long",
				       origin.line);
		memcpy(item, text, length);
		item[length] = '\0';
		if (item[strspn(item, " ")])
			r = policy_set(policy, item, &origin, err);
		text += length + (text[length] != '\0');
	}
	return r;
}

static int read_profile(struct policy *policy, const char *name, struct err *err)
{
	const char *directories[PROFILE_PATH_LENGTH];
	struct profile_path path;
	int r = profile_search_path(NULL, directories, &path, err);

	return r < 0 ? r : policy_load(name, &path, policy, err);
}

/* 1: something is to be done; 0: nothing is asked for. */
static int read_policy(struct policy *policy, struct err *err)
{
	const char *profile = secure_getenv("TCPWRIGHT_PROFILE");
	const char *set = secure_getenv("TCPWRIGHT_SET");
	bool compat;
	int r = read_switch("TCPWRIGHT_COMPAT", &compat, err);

	/* What is read later matches before it. */
	if (r == 0 && compat)
		r = compat_read(policy, err);
	if (r == 0 && profile && *profile)
		r = read_profile(policy, profile, err);
	if (r == 0 && set && *set)
		r = read_set(policy, set, err);
	if (r < 0)
		return r;
	policy_sort(policy);
	return policy->n_sections > 0;
}

static void leave_out_contradictions(struct policy *policy)
{
	for (size_t i = 0; i < policy->n_sections; i++) {
		struct err err;

		if (policy->sections[i].left_out ||
		    policy_check_section(&policy->sections[i], &err) == 0)
			continue;
		policy->sections[i].left_out = true;
		log_message("error", err.text);
	}
}

/* The program's file, what it was started as (a script, perhaps), and argv[0]. */
static void choose_for_program(struct policy *policy)
{
	static char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	const char *started_as = (const char *)getauxval(AT_EXECFN);
	const char *names[3];
	size_t n = 0;

	if (length > 0) {
		path[length] = '\0';
		names[n++] = path;
	}
	if (started_as)
		names[n++] = started_as;
	if (program_invocation_name)
		names[n++] = program_invocation_name;
	policy_for_program(policy, names, n);
}

/* A new socket has the values that nobody chose. */
static void read_defaults(struct shim *shim)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);

	if (fd < 0)
		fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	for (unsigned int i = 0; fd >= 0 && i < N_SOCKET_OPTIONS; i++) {
		struct option_value value;

		if (!(shim->noted & option_bit(i)) || !apply_read(fd, i, &value))
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

	for (int i = 0; i < N; i++)
		fds[i] = (struct pollfd){ .fd = i };
	if (poll(fds, N, 0) < 0)
		return; /* RLIMIT_NOFILE is lower: nobody passes sockets around there */
	for (int i = 0; i < N; i++) {
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
	shim->noted = (set | apply_fights(set)) & ~option_bit(OPTION_LISTEN_BACKLOG);
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

static int open_log(struct err *err)
{
	const char *path = secure_getenv("TCPWRIGHT_LOG");

	log_program(program_invocation_short_name ? program_invocation_short_name : "");
	return path && *path ? log_open(path, err) : 0;
}

/* 1: there is work for the hooks. */
static int load(struct err *err)
{
	struct shim *shim = &loaded.shim;
	int r = open_log(err);

	if (r == 0)
		r = read_switch("TCPWRIGHT_DRY_RUN", &shim->dry_run, err);
	if (r == 0)
		r = read_policy(&loaded.policy, err);
	if (r <= 0)
		return r;
	choose_for_program(&loaded.policy);
	leave_out_contradictions(&loaded.policy);
	shim->policy = &loaded.policy;
	find_needs(shim);
	if (!shim->noted && !shim->needs[SIDE_LISTEN].options)
		return 0;
	read_defaults(shim);
	note_inherited();
	note_calls(shim);
	shim->any_foreign = dlsym(RTLD_DEFAULT, "io_uring_queue_init") != NULL;
	(void)dlerror(); /* the program must not find our failure when it asks for its own */
	counters_open(shim->dry_run);
	return 1;
}

__attribute__((constructor)) static void start(void)
{
	int saved = errno, r;
	struct err err;
	bool strip;

	(void)next_calls();
	r = read_children(&strip, &err);
	if (r == 0)
		r = load(&err);
	if (r < 0)
		log_message("error", err.text);
	if (r > 0) {
		make_read_only();
		atomic_store_explicit(&active, &loaded.shim, memory_order_release);
		log_message("start",
			    loaded.shim.dry_run ? "dry run: nothing is set" : "options are set");
	}
	if (strip)
		children_strip();
	errno = saved;
}
