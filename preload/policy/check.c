/*
 * What cannot all be meant: options that undo or fight one another, and filters that an option has
 * no use for. One list of fights serves a section by itself and what several sections make of a
 * socket.
 */
#include <errno.h>
#include <string.h>

#include <tcpwright/policy.h>

#include "contradiction.h"
#include "err.h"

/* What the kernel takes where nothing is set: tcp(7). */
enum { DEFAULT_IDLE_S = 7200, DEFAULT_INTERVAL_S = 75, DEFAULT_COUNT = 9 };
/* An outage that idle connections must survive, as long as a rebooting switch takes. */
enum { SHORTEST_OUTAGE_S = 120 };

static int64_t number_or(const struct policy_setting *setting, int64_t fallback)
{
	return setting ? setting->value.number : fallback;
}

static bool is_meant(const struct policy_setting *setting)
{
	return setting && (setting->force || setting->meant);
}

static bool is_on(const struct policy_setting *setting)
{
	return setting && setting->value.number != 0;
}

static int refuse(const struct policy_setting *setting, enum option_id *ret_option, struct err *err,
		  const char *why)
{
	*ret_option = setting->option;
	return err_set(err, EINVAL, "%s:%u: %s", setting->origin.file, setting->origin.line, why);
}

static int check_keepalive(const struct policy_setting *const settings[N_SOCKET_OPTIONS],
			   enum option_id *ret_option, struct err *err)
{
	const struct policy_setting *interval = settings[OPTION_TCP_KEEPINTVL];
	const struct policy_setting *count = settings[OPTION_TCP_KEEPCNT];
	int64_t outage_s =
		number_or(interval, DEFAULT_INTERVAL_S) * number_or(count, DEFAULT_COUNT);

	if ((!interval && !count) || is_meant(interval) || is_meant(count) ||
	    outage_s >= SHORTEST_OUTAGE_S)
		return 0;
	return refuse(interval ? interval : count, ret_option, err,
		      "tcp_keepintvl x tcp_keepcnt is under 120 s: a shorter outage would end idle "
		      "connections that survive it today; 'force' behind the value means it");
}

/* A user timeout that is shorter than the keepalive overrides its count: tcp(7). */
static int check_user_timeout(const struct policy_setting *const settings[N_SOCKET_OPTIONS],
			      enum option_id *ret_option, struct err *err)
{
	const struct policy_setting *timeout = settings[OPTION_TCP_USER_TIMEOUT];
	int64_t whole_s = number_or(settings[OPTION_TCP_KEEPIDLE], DEFAULT_IDLE_S) +
			  number_or(settings[OPTION_TCP_KEEPINTVL], DEFAULT_INTERVAL_S) *
				  number_or(settings[OPTION_TCP_KEEPCNT], DEFAULT_COUNT);

	if (!is_on(settings[OPTION_SO_KEEPALIVE]) || !timeout || timeout->meant ||
	    timeout->value.number <= 0 || timeout->value.number >= whole_s * 1000)
		return 0;
	return refuse(
		timeout, ret_option, err,
		"tcp_user_timeout is shorter than tcp_keepidle + tcp_keepintvl x tcp_keepcnt, "
		"and would end idle connections in place of tcp_keepcnt; write auto");
}

static int check_linger(const struct policy_setting *const settings[N_SOCKET_OPTIONS],
			enum option_id *ret_option, struct err *err)
{
	const struct policy_setting *linger = settings[OPTION_SO_LINGER];
	const struct policy_setting *linger2 = settings[OPTION_TCP_LINGER2];

	if (!linger || !linger2 || linger->value.number == LINGER_OFF)
		return 0;
	return refuse(linger2, ret_option, err,
		      "so_linger and tcp_linger2 both say how a connection ends: keep one of them");
}

int contradiction_find(const struct policy_setting *const settings[N_SOCKET_OPTIONS],
		       enum option_id *ret_option, struct err *err)
{
	int r = check_keepalive(settings, ret_option, err);

	if (r == 0)
		r = check_user_timeout(settings, ret_option, err);
	return r < 0 ? r : check_linger(settings, ret_option, err);
}

option_set policy_fights(option_set own)
{
	static const option_set keepalive =
		option_bit(OPTION_SO_KEEPALIVE) | option_bit(OPTION_TCP_KEEPIDLE) |
		option_bit(OPTION_TCP_KEEPINTVL) | option_bit(OPTION_TCP_KEEPCNT);
	static const option_set user_timeout = option_bit(OPTION_TCP_USER_TIMEOUT);
	option_set fights = 0;

	if (own & user_timeout)
		fights |= keepalive;
	if (own & keepalive)
		fights |= user_timeout;
	return fights;
}

/* Options that no socket of the section's sides takes, or that are set before its filters can be
 * judged. */
static int check_place(const struct policy_section *section, const struct policy_setting *setting,
		       struct err *err)
{
	const struct socket_option *option = &socket_options[setting->option];
	const char *why = NULL;

	if (!(option->on & section->sides))
		why = "has no effect on this side";
	else if (setting->option == OPTION_IP_BIND_ADDRESS_NO_PORT &&
		 (section->n_peer > 0 || section->n_ports > 0))
		why = "is set at bind(), when no peer is known: take 'peer' and 'port' out of this "
		      "section";
	else if (setting->option == OPTION_SO_REUSEPORT && section->n_ports == 0)
		why = "lets a daemon start twice unnoticed: name the ports it is for ('port = 80')";
	if (!why)
		return 0;
	return err_set(err, EINVAL, "%s:%u: %s %s", setting->origin.file, setting->origin.line,
		       option->name, why);
}

int policy_check_section(const struct policy_section *section, struct err *err)
{
	const struct policy_setting *settings[N_SOCKET_OPTIONS] = { 0 };
	enum option_id option;

	if (section->n_peer > 0 && section->sides == ON_LISTENER)
		return err_set(err, EINVAL,
			       "%s:%u: a listener has no peer: 'peer' is for side = connect or "
			       "accepted",
			       section->peer_origin.file, section->peer_origin.line);
	for (size_t i = 0; i < section->n_settings; i++) {
		int r = check_place(section, &section->settings[i], err);

		if (r < 0)
			return r;
		settings[section->settings[i].option] = &section->settings[i];
	}
	return contradiction_find(settings, &option, err);
}
