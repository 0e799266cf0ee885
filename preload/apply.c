/*
 * Puts a resolution on a socket. Here the program's choice meets the profile's: what the program
 * set itself stays, unless the profile forces it; a value that nobody can account for counts as the
 * program's; keepalive and the user timeout are never mixed between the two.
 */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "apply.h"
#include "counters.h"
#include "ledger.h"
#include "log.h"
#include "option_io.h"
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

	target.unknown_past = shim->any_foreign || (side == SIDE_LISTEN && !seen_as_bound(fd));
	if (ledger_is_empty() || !socket_cookie(fd, &cookie))
		return target;
	record = ledger_find(cookie);
	target.own = record.set;
	target.unknown_past = target.unknown_past || record.foreign || record.forgotten;
	return target;
}

static bool is_default(const struct shim *shim, enum option_id id, const struct option_value *value)
{
	if (!(shim->defaults_known & option_bit(id)))
		return false;
	if (socket_options[id].kind == OPTION_NAME)
		return strncmp(value->name, shim->default_congestion, sizeof(value->name)) == 0;
	return value->number == shim->defaults[id];
}

/* Whether SETTING has been put on a socket that has NOW: any other value is somebody else's. */
static bool is_in_force(const struct policy_setting *setting, const struct option_value *now)
{
	if (socket_options[setting->option].kind == OPTION_NAME)
		return strncmp(setting->value.name, now->name, sizeof(now->name)) == 0;
	return setting->value.number == now->number ||
	       (setting->option == OPTION_TCP_USER_TIMEOUT &&
		setting->value.number == USER_TIMEOUT_AUTO);
}

/*
 * Of a socket with an unknown past: what is no default, among WANTED and what fights that. What is
 * as RESOLUTION wants it is no choice against it; it may be from the last time that we were here.
 */
static option_set find_own(const struct shim *shim, const struct target *target,
			   const struct resolution *resolution, option_set wanted)
{
	option_set asked = (wanted | policy_fights(wanted)) & shim->noted & ~target->own;
	option_set own = 0;

	for (unsigned int i = 0; i < N_SOCKET_OPTIONS; i++) {
		const struct policy_setting *setting = resolution->settings[i];
		struct option_value value;

		if ((asked & option_bit(i)) && option_read(target->fd, i, &value) &&
		    !is_default(shim, i, &value) && !(setting && is_in_force(setting, &value)))
			own |= option_bit(i);
	}
	return own;
}

static void report(const struct shim *shim, const struct target *target,
		   const struct policy_setting *setting, enum shim_result result, int error,
		   const struct option_value *before, const struct option_value *value)
{
	struct log_line line;

	counters_event(target->fd, target->side, setting->option, value->number, result, error);
	if (!log_is_open())
		return;
	line = (struct log_line){
		.fd = target->fd,
		.side = target->side,
		.facts = target->facts,
		.setting = setting,
		.section =
			setting->origin.file ? shim->policy->sections[setting->section].name : NULL,
		.option = setting->option,
		.before = before,
		.value = value,
		.result = result,
		.error = error,
	};
	log_option(&line);
}

/*
 * Read where nobody has set it, the number is not what is in force: these are unlimited then. (The
 * kernel gives 536 for a segment size that only the connection will tell.)
 */
static bool is_unlimited(const struct shim *shim, enum option_id id,
			 const struct option_value *value)
{
	if (id == OPTION_TCP_MAXSEG)
		return is_default(shim, id, value);
	return (id == OPTION_TCP_USER_TIMEOUT || id == OPTION_TCP_NOTSENT_LOWAT) &&
	       value->number == 0;
}

/* `>=` and `<=` leave alone what is large or small enough. */
static bool is_met(const struct shim *shim, const struct policy_setting *setting,
		   const struct option_value *before)
{
	if (is_unlimited(shim, setting->option, before))
		return setting->op == SETTING_RAISE;
	return (setting->op == SETTING_RAISE && before->number >= setting->value.number) ||
	       (setting->op == SETTING_LOWER && before->number <= setting->value.number);
}

static void set_one(const struct shim *shim, const struct target *target,
		    const struct policy_setting *setting)
{
	static const struct option_value no_linger = { .number = LINGER_OFF };
	struct option_value value = setting->value, before;
	const struct option_value *known = NULL;
	enum option_id id = setting->option;
	int error;

	if (id == OPTION_TCP_USER_TIMEOUT && value.number == USER_TIMEOUT_AUTO &&
	    !option_keepalive_ms(target->fd, &value.number)) {
		report(shim, target, setting, SHIM_SKIPPED, 0, NULL, &setting->value);
		return;
	}
	if ((log_is_open() || setting->op != SETTING_SET) && option_read(target->fd, id, &before))
		known = &before;
	if (setting->op != SETTING_SET && (!known || is_met(shim, setting, known))) {
		report(shim, target, setting, SHIM_SKIPPED, 0, known, &value);
		return;
	}
	if (shim->dry_run) {
		report(shim, target, setting, SHIM_WOULD_SET, 0, known, &value);
		return;
	}
	/* A linger that the program has set would come before "drained". */
	if (id == OPTION_SO_LINGER && value.number == LINGER_DRAINED &&
	    (target->own & option_bit(id)))
		(void)option_write(target->fd, id, &no_linger);
	error = option_write(target->fd, id, &value);
	if (error == ENOPROTOOPT && atomic_fetch_or(&lacking, option_bit(id)) & option_bit(id))
		return; /* another thread has said so */
	report(shim, target, setting,
	       error == ENOPROTOOPT ? SHIM_SKIPPED
	       : error              ? SHIM_FAILED
				    : SHIM_SET,
	       error, known, &value);
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
		target->own |= find_own(shim, target, resolution, wanted);
	fights = policy_fights(target->own);
	/* Bit by bit, in the order of the enum: most of them are not set. */
	for (option_set left = wanted; left; left &= left - 1) {
		const unsigned int i = (unsigned int)__builtin_ctz(left);
		const struct policy_setting *setting = resolution->settings[i];

		if ((target->own & option_bit(i) && !setting->force) || fights & option_bit(i)) {
			struct option_value before;
			bool known = log_is_open() && option_read(target->fd, i, &before);

			report(shim, target, setting, SHIM_KEPT, 0, known ? &before : NULL,
			       &setting->value);
			continue;
		}
		set_one(shim, target, setting);
	}
}

void apply_flag_back(const struct shim *shim, const struct target *target, enum option_id flag)
{
	const struct option_value on = { .number = 1 };
	const struct policy_setting off = { .option = flag };

	report(shim, target, &off, SHIM_WITHDRAWN, option_write(target->fd, flag, &off.value), &on,
	       &off.value);
}

void apply_flag_off(const struct shim *shim, const struct target *target,
		    const struct resolution *resolution, enum option_id flag)
{
	if ((resolution->wanted & ~target->own & option_bit(flag)) && !target->unknown_past &&
	    !shim->dry_run)
		apply_flag_back(shim, target, flag);
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
	report(shim, target, setting,
	       !raises         ? SHIM_KEPT
	       : shim->dry_run ? SHIM_WOULD_SET
			       : SHIM_SET,
	       0, &before, &setting->value);
	if (!raises || shim->dry_run)
		return backlog;
	atomic_fetch_add(&counters()->backlogs_raised, 1);
	return (int)setting->value.number;
}

void apply_withdraw(const struct shim *shim, struct target *target,
		    const struct resolution *resolution, option_set what)
{
	what &= resolution->wanted & shim->defaults_known & ~target->own;
	for (unsigned int i = 0; i < N_SOCKET_OPTIONS; i++) {
		struct option_value value = { .number = shim->defaults[i] }, before;
		const struct policy_setting setting = { .option = i, .value = value };

		if (!(what & option_bit(i)) || !option_read(target->fd, i, &before) ||
		    is_default(shim, i, &before) ||
		    !is_in_force(resolution->settings[i], &before) || shim->dry_run)
			continue;
		report(shim, target, &setting, SHIM_WITHDRAWN, option_write(target->fd, i, &value),
		       &before, &value);
	}
}

void apply_withdraw_drained(const struct shim *shim, const struct target *target,
			    const struct resolution *resolution)
{
	const struct policy_setting *drained = resolution->settings[OPTION_SO_LINGER];
	const struct option_value before = { .number = LINGER_DRAINED };
	const struct policy_setting off = { .option = OPTION_SO_LINGER,
					    .value = { .number = LINGER_OFF } };

	if (!drained || drained->value.number != LINGER_DRAINED || drained->force ||
	    shim->dry_run || !option_is_drained(target->fd))
		return;
	report(shim, target, &off, SHIM_WITHDRAWN, option_end_drained(target->fd), &before,
	       &off.value);
}
