#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include <tcpwright/options.h>

#include "array.h"
#include "err.h"

static const struct socket_option *find(const char *name)
{
	const struct socket_option *option = socket_option_find(name);

	cr_assert(option, "%s", name);
	return option;
}

Test(options, each_row_is_whole_and_no_name_or_number_is_there_twice)
{
	for (size_t i = 0; i < N_SOCKET_OPTIONS; i++) {
		const struct socket_option *o = &socket_options[i];

		cr_assert(o->name && *o->name, "row %zu", i);
		cr_expect(o->since && *o->since, "%s", o->name);
		cr_expect(o->summary && o->summary[strlen(o->summary) - 1] == '.', "%s", o->name);
		cr_expect(!o->price || o->price[strlen(o->price) - 1] == '.', "%s", o->name);
		cr_expect(o->on != 0 && o->at != 0, "%s", o->name);
		cr_expect_eq(socket_option_find(o->name), o);
		for (size_t k = 0; k < i; k++)
			cr_expect(socket_options[k].level != o->level ||
					  socket_options[k].number != o->number,
				  "%s and %s", o->name, socket_options[k].name);
	}
}

Test(options, what_is_set_on_a_side_is_set_at_its_call)
{
	for (size_t i = 0; i < N_SOCKET_OPTIONS; i++) {
		const struct socket_option *o = &socket_options[i];

		cr_expect_eq(!!(o->at & (AT_LISTEN | AT_BIND)) && (o->on & ON_LISTENER),
			     !!(o->on & ON_LISTENER), "%s", o->name);
		cr_expect_eq(!!(o->on & ON_ACCEPTED), !!(o->at & AT_ACCEPT), "%s", o->name);
		cr_expect(!(o->at & AT_CONNECT) || (o->on & ON_CLIENT), "%s", o->name);
		cr_expect(!(o->on & ON_CLIENT) || (o->at & (AT_CONNECT | AT_BIND)), "%s", o->name);
	}
}

Test(options, values_take_units)
{
	static const struct {
		const char *option, *text, *shown;
		int64_t number;
	} cases[] = {
		{ "so_keepalive", "on", "on", 1 },
		{ "so_keepalive", "no", "off", 0 },
		{ "tcp_keepidle", "60s", "60 s", 60 },
		{ "tcp_keepidle", "2m", "120 s", 120 },
		{ "tcp_keepidle", "60000ms", "60 s", 60 },
		{ "tcp_keepidle", "75", "75 s", 75 },
		{ "tcp_user_timeout", "30s", "30000 ms", 30000 },
		{ "tcp_user_timeout", "500ms", "500 ms", 500 },
		{ "tcp_user_timeout", "500", "500 ms", 500 },
		{ "tcp_user_timeout", "auto", "auto", USER_TIMEOUT_AUTO },
		{ "so_linger", "off", "off", LINGER_OFF },
		{ "so_linger", "5s", "5 s", 5 },
		{ "so_linger", "abort", "abort", LINGER_ABORT },
		{ "so_linger", "drained", "drained", LINGER_DRAINED },
		{ "so_rcvbuf", "64k", "65536 bytes", 65536 },
		{ "so_sndbuf", "1m", "1048576 bytes", 1048576 },
		{ "ip_tos", "0xb8", "184", 184 },
		{ "so_mark", "0xFFFFFFFF", "4294967295", 4294967295 },
		{ "so_busy_poll", "50us", "50 us", 50 },
		{ "so_busy_poll", "1ms", "1000 us", 1000 },
		{ "listen_backlog", "4096", "4096", 4096 },
		{ "ip_local_port_range", "20000-29999", "20000-29999", 29999 << 16 | 20000 },
		{ "ip_local_port_range", "full-search", "full-search", PORT_RANGE_FULL_SEARCH },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct socket_option *option = find(cases[i].option);
		struct option_value value;
		struct err err = { { 0 } };
		char shown[OPTION_VALUE_STRLEN];

		cr_assert_eq(option_value_parse(option, cases[i].text, &value, &err), 0, "%s",
			     err.text);
		cr_expect_eq(value.number, cases[i].number, "%s = %s: %lld", cases[i].option,
			     cases[i].text, (long long)value.number);
		option_value_format(shown, option, &value);
		cr_expect_str_eq(shown, cases[i].shown);
	}
}

Test(options, a_congestion_control_is_a_name)
{
	struct option_value value;
	char shown[OPTION_VALUE_STRLEN];

	cr_assert_eq(option_value_parse(find("tcp_congestion"), "bbr", &value, NULL), 0);
	cr_expect_str_eq(value.name, "bbr");
	option_value_format(shown, find("tcp_congestion"), &value);
	cr_expect_str_eq(shown, "bbr");
}

Test(options, what_is_no_value_is_refused_and_says_what_was_expected)
{
	static const struct {
		const char *option, *text, *says;
		int error;
	} cases[] = {
		{ "so_keepalive", "maybe", "so_keepalive = maybe: expected on or off", EINVAL },
		{ "so_keepalive", "2", "so_keepalive = 2: expected on or off", EINVAL },
		{ "tcp_keepidle", "60x", "tcp_keepidle = 60x: expected a time such as 60s or 2m",
		  EINVAL },
		{ "tcp_keepidle", "500ms",
		  "tcp_keepidle = 500ms: expected a time such as 60s or 2m", EINVAL },
		{ "tcp_keepidle", "", "tcp_keepidle = : expected a time such as 60s or 2m",
		  EINVAL },
		{ "tcp_keepidle", "-1", "tcp_keepidle = -1: expected a time such as 60s or 2m",
		  EINVAL },
		{ "tcp_keepidle", "0", "tcp_keepidle = 0: expected 1 to 32767 s", ERANGE },
		{ "tcp_keepidle", "10h", "tcp_keepidle = 10h: expected 1 to 32767 s", ERANGE },
		{ "tcp_keepidle", "99999999999999999999h",
		  "tcp_keepidle = 99999999999999999999h: expected a time such as 60s or 2m",
		  EINVAL },
		{ "tcp_keepcnt", "128", "tcp_keepcnt = 128: expected 1 to 127", ERANGE },
		{ "tcp_user_timeout", "never",
		  "tcp_user_timeout = never: expected auto, or a time such as 60s or 500ms",
		  EINVAL },
		{ "so_linger", "-1",
		  "so_linger = -1: expected off, a time such as 5s, abort or drained", EINVAL },
		{ "so_linger", "0", "so_linger = 0: expected 1 to 65535 s", ERANGE },
		{ "ip_local_port_range", "30000-20000",
		  "ip_local_port_range = 30000-20000: expected ports such as 20000-29999, or "
		  "full-search",
		  EINVAL },
		{ "ip_local_port_range", "0-65536",
		  "ip_local_port_range = 0-65536: expected ports such as 20000-29999, or "
		  "full-search",
		  EINVAL },
		{ "tcp_congestion", "a-name-of-sixteen",
		  "tcp_congestion = a-name-of-sixteen: expected the name of a congestion control, "
		  "such as bbr",
		  EINVAL },
		{ "ip_tos", "0x", "ip_tos = 0x: expected a number", EINVAL },
		{ "ip_tos", "256", "ip_tos = 256: expected 0 to 255", ERANGE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct option_value value = { .number = 4711 };
		struct err err = { { 0 } };

		cr_expect_eq(option_value_parse(find(cases[i].option), cases[i].text, &value, &err),
			     -cases[i].error, "%s", cases[i].says);
		cr_expect_str_eq(err.text, cases[i].says);
		cr_expect_eq(value.number, 4711, "an error leaves the value alone");
	}
}

Test(options, the_nearest_name_is_found)
{
	cr_expect_str_eq(socket_option_nearest("tcp_keepidel"), "tcp_keepidle");
	cr_expect_str_eq(socket_option_nearest("so_keep_alive"), "so_keepalive");
	cr_expect_null(socket_option_nearest("tw_recycle"));
	cr_expect_null(socket_option_find("keepalive"));
}
