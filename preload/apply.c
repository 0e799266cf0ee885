/*
 * Puts a resolution on a socket. Here the program's choice meets the profile's: what the program
 * set itself stays, unless the profile forces it; a value that nobody can account for counts as the
 * program's; keepalive and the user timeout are never mixed between the two.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <string.h>

#include "apply.h"
#include "counters.h"
#include "ledger.h"
#include "log.h"
#include "next.h"
#include "seen.h"
#include "socket.h"

/* Options that this kernel does not know: they are tried, and logged, once. */
static _Atomic option_set lacking;

struct target apply_target(const struct shim *shim, int fd, enum socket_side side,
			   const struct socket_facts *facts)
{
	struct target target = { .fd = fd, .side = side, .facts = facts };
	struct ledger_record record;
	uint64_t cookie;

	/* What is listened on and was not bound here came from elsewhere. */
	target.unknown_past =
		shim->any_foreign || (side == SIDE_LISTEN && !seen_is(SEEN_BOUND, fd));
	if (ledger_is_empty() || !socket_cookie(fd, &cookie))
		return target;
	record = ledger_find(cookie);
	target.own = record.set;
	target.unknown_past = target.unknown_past || record.foreign || record.forgotten;
	return target;
}

static bool read_number(int fd, int level, int name, int64_t *ret_number)
{
	uint32_t value = 0;
	socklen_t length = sizeof(value);

	if (next_calls()->getsockopt(fd, level, name, &value, &length) < 0)
		return false;
	*ret_number = name == SO_MARK && level == SOL_SOCKET ? (int64_t)value : (int32_t)value;
	return true;
}

static bool read_linger(int fd, int64_t *ret_number)
{
	struct linger linger = { 0 };
	socklen_t length = sizeof(linger);

	if (next_calls()->getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &length) < 0)
		return false;
	*ret_number = !linger.l_onoff       ? LINGER_OFF
		      : linger.l_linger > 0 ? linger.l_linger
					    : LINGER_ABORT;
	if (*ret_number == LINGER_OFF) {
		int64_t linger2;

		if (read_number(fd, IPPROTO_TCP, TCP_LINGER2, &linger2) && linger2 < 0)
			*ret_number = LINGER_DRAINED;
	}
	return true;
}

bool apply_read(int fd, enum option_id id, struct option_value *ret_value)
{
	const struct socket_option *option = &socket_options[id];

	*ret_value = (struct option_value){ 0 };
	if (option->level < 0)
		return false;
	if (option->kind == OPTION_LINGER)
		return read_linger(fd, &ret_value->number);
	if (option->kind == OPTION_NAME) {
		socklen_t length = sizeof(ret_value->name);

		return next_calls()->getsockopt(fd, option->level, option->number, ret_value->name,
						&length) == 0;
	}
	if (!read_number(fd, option->level, option->number, &ret_value->number))
		return false;
	if (option->kind == OPTION_PORT_RANGE)
		ret_value->number &= UINT32_MAX;
	if (option->doubled)
		ret_value->number /= 2;
	return true;
}

/* 0 or an errno. */
static int write_bytes(int fd, int level, int name, const void *value, size_t length)
{
	return next_calls()->setsockopt(fd, level, name, value, (socklen_t)length) < 0 ? errno : 0;
}

static int write_number(int fd, int level, int name, int64_t number)
{
	const uint32_t value = (uint32_t)number;

	return write_bytes(fd, level, name, &value, sizeof(value));
}

static int write_linger(int fd, int64_t number)
{
	const struct linger linger = {
		.l_onoff = number != LINGER_OFF,
		.l_linger = number > 0 ? (int)number : 0,
	};

	if (number == LINGER_DRAINED)
		return write_number(fd, IPPROTO_TCP, TCP_LINGER2, -1);
	return write_bytes(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

/* An IPv6 socket has a traffic class as well; on others the second call has nothing to do. */
static int write_tos(int fd, int64_t number)
{
	int error = write_number(fd, IPPROTO_IP, IP_TOS, number);

	(void)write_number(fd, IPPROTO_IPV6, IPV6_TCLASS, number);
	return error;
}

static int write_value(int fd, enum option_id id, const struct option_value *value)
{
	const struct socket_option *option = &socket_options[id];

	if (option->kind == OPTION_LINGER)
		return write_linger(fd, value->number);
	if (option->kind == OPTION_NAME)
		return write_bytes(fd, option->level, option->number, value->name,
				   strlen(value->name));
	if (id == OPTION_IP_TOS)
		return write_tos(fd, value->number);
	return write_number(fd, option->level, option->number, value->number);
}

/* The time after which the keepalive in force ends a dead connection; false: there is none. */
static bool user_timeout_of_keepalive(int fd, int64_t *ret_ms)
{
	int64_t on, idle_s, interval_s, count;

	if (!read_number(fd, SOL_SOCKET, SO_KEEPALIVE, &on) || !on ||
	    !read_number(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s) ||
	    !read_number(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s) ||
	    !read_number(fd, IPPROTO_TCP, TCP_KEEPCNT, &count))
		return false;
	*ret_ms = (idle_s + interval_s * count) * 1000;
	return *ret_ms <= INT32_MAX;
}

static bool is_default(const struct shim *shim, enum option_id id, const struct option_value *value)
{
	if (!(shim->defaults_known & option_bit(id)))
		return false;
	if (socket_options[id].kind == OPTION_NAME)
		return strncmp(value->name, shim->default_congestion, sizeof(value->name)) == 0;
	return value->number == shim->defaults[id];
}

option_set apply_fights(option_set own)
{
	option_set fights = 0;

	if (own & OPTIONS_USER_TIMEOUT)
		fights |= OPTIONS_KEEPALIVE;
	if (own & OPTIONS_KEEPALIVE)
		fights |= OPTIONS_USER_TIMEOUT;
	return fights;
}

/* Of a socket with an unknown past: what is no default, among WANTED and what fights that. */
static option_set find_own(const struct shim *shim, const struct target *target, option_set wanted)
{
	option_set asked = (wanted | apply_fights(wanted)) & shim->noted & ~target->own;
	option_set own = 0;

	for (unsigned int i = 0; i < N_SOCKET_OPTIONS; i++) {
		struct option_value value;

		if ((asked & option_bit(i)) && apply_read(target->fd, i, &value) &&
		    !is_default(shim, i, &value))
			own |= option_bit(i);
	}
	return own;
}

static void report(const struct target *target, const struct policy_setting *setting,
		   enum shim_result result, int error, const struct option_value *before,
		   const struct option_value *value)
{
	const struct log_line line = {
		.fd = target->fd,
		.side = target->side,
		.facts = target->facts,
		.setting = setting,
		.option = setting->option,
		.before = before,
		.value = value,
		.result = result,
		.error = error,
	};

	counters_event(target->fd, target->side, setting->option, value->number, result, error);
	if (log_is_open())
		log_option(&line);
}

/* `>=` and `<=` leave alone what is large or small enough. */
static bool is_met(const struct policy_setting *setting, const struct option_value *before)
{
	return (setting->op == SETTING_RAISE && before->number >= setting->value.number) ||
	       (setting->op == SETTING_LOWER && before->number <= setting->value.number);
}

static void set_one(const struct shim *shim, const struct target *target,
		    const struct policy_setting *setting)
{
	struct option_value value = setting->value, before;
	const struct option_value *known = NULL;
	enum option_id id = setting->option;
	int error;

	if (id == OPTION_TCP_USER_TIMEOUT && value.number == USER_TIMEOUT_AUTO &&
	    !user_timeout_of_keepalive(target->fd, &value.number)) {
		report(target, setting, SHIM_SKIPPED, 0, NULL, &setting->value);
		return;
	}
	if ((log_is_open() || setting->op != SETTING_SET) && apply_read(target->fd, id, &before))
		known = &before;
	if (setting->op != SETTING_SET && (!known || is_met(setting, known))) {
		report(target, setting, SHIM_SKIPPED, 0, known, &value);
		return;
	}
	if (shim->dry_run) {
		report(target, setting, SHIM_WOULD_SET, 0, known, &value);
		return;
	}
	error = write_value(target->fd, id, &value);
	if (error == ENOPROTOOPT && atomic_fetch_or(&lacking, option_bit(id)) & option_bit(id))
		return; /* another thread has said so */
	report(target, setting, error ? SHIM_FAILED : SHIM_SET, error, known, &value);
}

void apply_resolution(const struct shim *shim, struct target *target,
		      const struct resolution *resolution, option_set only)
{
	option_set wanted = resolution->wanted & only & ~option_bit(OPTION_LISTEN_BACKLOG) &
			    ~atomic_load_explicit(&lacking, memory_order_relaxed);
	option_set fights;

	if (resolution->left_out && log_is_open())
		log_left_out(target->fd, target->side, resolution->left_out);
	if (target->unknown_past)
		target->own |= find_own(shim, target, wanted);
	fights = apply_fights(target->own);
	for (unsigned int i = 0; i < N_SOCKET_OPTIONS; i++) {
		const struct policy_setting *setting = resolution->settings[i];

		if (!(wanted & option_bit(i)))
			continue;
		if ((target->own & option_bit(i) && !setting->force) || fights & option_bit(i)) {
			struct option_value before;
			bool known = log_is_open() && apply_read(target->fd, i, &before);

			report(target, setting, SHIM_KEPT, 0, known ? &before : NULL,
			       &setting->value);
			continue;
		}
		set_one(shim, target, setting);
	}
}

int apply_backlog(const struct shim *shim, const struct target *target,
		  const struct resolution *resolution, int backlog)
{
	const struct policy_setting *setting = resolution->settings[OPTION_LISTEN_BACKLOG];
	struct option_value before = { .number = (unsigned int)backlog };
	bool raises;

	if (!setting)
		return backlog;
	/* The kernel takes it as unsigned, so that -1 is more than anything. 0 and 1 are a choice.
	 */
	raises = setting->force || (backlog != 0 && backlog != 1 &&
				    (unsigned int)backlog < (unsigned int)setting->value.number);
	report(target, setting,
	       !raises         ? SHIM_KEPT
	       : shim->dry_run ? SHIM_WOULD_SET
			       : SHIM_SET,
	       0, &before, &setting->value);
	if (!raises || shim->dry_run)
		return backlog;
	atomic_fetch_add(&counters()->backlogs_raised, 1);
	return (int)setting->value.number;
}

void apply_withdraw(const struct shim *shim, struct target *target, option_set what)
{
	for (unsigned int i = 0; i < N_SOCKET_OPTIONS; i++) {
		struct option_value value = { .number = shim->defaults[i] }, before;
		const struct policy_setting setting = { .option = i, .value = value };

		if (!(what & option_bit(i) & shim->defaults_known & ~target->own) ||
		    !apply_read(target->fd, i, &before) || is_default(shim, i, &before) ||
		    shim->dry_run)
			continue;
		report(target, &setting, SHIM_WITHDRAWN, write_value(target->fd, i, &value),
		       &before, &value);
	}
}
