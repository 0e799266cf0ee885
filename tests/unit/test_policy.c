#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tcpwright/policy.h>

#include "addr.h"
#include "array.h"
#include "err.h"

static struct policy policy;

static void clear(void)
{
	memset(&policy, 0, sizeof(policy));
}

TestSuite(policy, .init = clear);

/* Lines of one file: "NAME key = value", one per element. */
static int add(const char *file, const char *const lines[], struct err *err)
{
	int r = 0;

	for (unsigned int i = 0; lines[i] && r == 0; i++) {
		char copy[256], *rest = strcpy(copy, lines[i]);
		const char *section = strsep(&rest, " "), *key = strsep(&rest, " ");
		const struct origin origin = { file, i + 1 };

		r = policy_entry(&policy, section, key, rest + 2, &origin, err);
	}
	return r;
}

#define LINES(...)                                                                                 \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

static void load(const char *file, const char *const lines[])
{
	struct err err = { { 0 } };

	cr_assert_eq(add(file, lines, &err), 0, "%s", err.text);
}

static void set_address(uint8_t to[static 16], const char *text)
{
	struct addr addr;

	cr_assert(addr_parse(text, &addr), "%s", text);
	memcpy(to, addr.bytes, sizeof(addr.bytes));
}

static struct socket_facts listener(const char *local, uint16_t port)
{
	struct socket_facts facts = { .side = SIDE_LISTEN,
				      .local_known = true,
				      .local_port = port };

	set_address(facts.local, local);
	return facts;
}

static struct socket_facts client(const char *peer, uint16_t port)
{
	struct socket_facts facts = { .side = SIDE_CONNECT, .peer_known = true, .peer_port = port };

	set_address(facts.peer, peer);
	return facts;
}

/* The value that OPTION gets; -99: it is not asked for. */
static int64_t value_of(enum option_id option, struct socket_facts facts)
{
	struct resolution resolution;

	policy_resolve(&policy, &facts, &resolution);
	cr_assert_eq(!!resolution.settings[option], !!(resolution.wanted & option_bit(option)));
	return resolution.settings[option] ? resolution.settings[option]->value.number : -99;
}

Test(policy, the_first_section_that_matches_decides_each_option_by_itself)
{
	load("a.ini", LINES("web port = 80, 8000-8100", "web tcp_keepidle = 60s",
			    "all tcp_keepidle = 300s", "all tcp_keepcnt = 5"));
	policy_sort(&policy);
	cr_expect_eq(value_of(OPTION_TCP_KEEPIDLE, listener("0.0.0.0", 80)), 60);
	cr_expect_eq(value_of(OPTION_TCP_KEEPCNT, listener("0.0.0.0", 80)), 5);
	cr_expect_eq(value_of(OPTION_TCP_KEEPIDLE, listener("0.0.0.0", 8000)), 60);
	cr_expect_eq(value_of(OPTION_TCP_KEEPIDLE, listener("0.0.0.0", 8100)), 60);
	cr_expect_eq(value_of(OPTION_TCP_KEEPIDLE, listener("0.0.0.0", 8101)), 300);
	cr_expect_eq(value_of(OPTION_TCP_KEEPIDLE, listener("0.0.0.0", 81)), 300);
	cr_expect_eq(value_of(OPTION_TCP_NODELAY, listener("0.0.0.0", 80)), -99);
}

Test(policy, a_later_file_matches_first_and_replaces_lines_of_the_same_section)
{
	load("included.ini",
	     LINES("one tcp_keepidle = 100s", "one tcp_keepcnt = 3", "two tcp_keepidle = 200s"));
	load("own.ini", LINES("mine tcp_keepidle = 300s", "one tcp_keepcnt = 4"));
	policy_sort(&policy);
	cr_expect_str_eq(policy.sections[0].name, "one", "it is the later file's now");
	cr_expect_eq(value_of(OPTION_TCP_KEEPIDLE, client("10.0.0.1", 1)), 100);
	cr_expect_eq(value_of(OPTION_TCP_KEEPCNT, client("10.0.0.1", 1)), 4);
	cr_expect_str_eq(policy.sections[1].name, "mine");
	cr_expect_str_eq(policy.sections[2].name, "two");
	cr_expect_str_eq(policy.sections[0].settings[1].origin.file, "own.ini");
	cr_expect_eq(policy.sections[0].settings[1].origin.line, 2);
	cr_expect_eq(policy.sections[1].settings[0].section, 1);
}

Test(policy, what_is_set_by_hand_comes_before_every_file)
{
	const struct origin hand = { "--set", 1 };

	load("a.ini", LINES("all tcp_keepidle = 100s"));
	cr_assert_eq(policy_set(&policy, "tcp_keepidle=60s", &hand, NULL), 0);
	load("b.ini", LINES("more tcp_keepidle = 200s"));
	policy_sort(&policy);
	cr_expect_eq(value_of(OPTION_TCP_KEEPIDLE, client("10.0.0.1", 1)), 60);
	cr_expect_eq(value_of(OPTION_TCP_KEEPIDLE, listener("10.0.0.1", 1)), 60, "any side");
}

Test(policy, items_set_by_hand_take_operators_and_force)
{
	static const struct {
		const char *text;
		enum setting_op op;
		bool force;
		int64_t number;
	} cases[] = {
		{ "so_rcvbuf=64k", SETTING_SET, false, 65536 },
		{ "so_rcvbuf>=64k", SETTING_RAISE, false, 65536 },
		{ "so_rcvbuf<=64k force", SETTING_LOWER, true, 65536 },
		{ " so_rcvbuf = 64k  force ", SETTING_SET, true, 65536 },
	};
	const struct origin hand = { "--set", 1 };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = { { 0 } };
		const struct policy_setting *setting = &policy.sections[0].settings[0];

		cr_assert_eq(policy_set(&policy, cases[i].text, &hand, &err), 0, "%s", err.text);
		cr_expect_eq(setting->op, cases[i].op, "%s", cases[i].text);
		cr_expect_eq(setting->force, cases[i].force, "%s", cases[i].text);
		cr_expect_eq(setting->value.number, cases[i].number, "%s", cases[i].text);
	}
	cr_expect_eq(policy_set(&policy, "so_rcvbuf", &hand, NULL), -EINVAL);
	cr_expect_eq(policy_set(&policy, "=1", &hand, NULL), -EINVAL);
	cr_expect_eq(policy_set(&policy, "", &hand, NULL), -EINVAL);
}

Test(policy, networks_of_both_families_match_by_their_bits)
{
	load("a.ini",
	     LINES("net peer = 10.1.0.0/16, 2001:db8::/33, 192.0.2.7", "net tcp_keepidle = 60s"));
	policy_sort(&policy);
	cr_expect_eq(value_of(OPTION_TCP_KEEPIDLE, client("10.1.255.255", 1)), 60);
	cr_expect_eq(value_of(OPTION_TCP_KEEPIDLE, client("10.2.0.0", 1)), -99);
	cr_expect_eq(value_of(OPTION_TCP_KEEPIDLE, client("2001:db8:7fff::1", 1)), 60);
	cr_expect_eq(value_of(OPTION_TCP_KEEPIDLE, client("2001:db8:8000::1", 1)), -99);
	cr_expect_eq(value_of(OPTION_TCP_KEEPIDLE, client("192.0.2.7", 1)), 60);
	cr_expect_eq(value_of(OPTION_TCP_KEEPIDLE, client("192.0.2.8", 1)), -99);
	cr_expect_eq(value_of(OPTION_TCP_KEEPIDLE, client("::ffff:10.1.2.3", 1)), 60,
		     "an IPv4 peer of an IPv6 socket");
	cr_expect_eq(value_of(OPTION_TCP_KEEPIDLE, listener("10.1.0.1", 1)), -99,
		     "a listener has no peer");
}

Test(policy, a_zero_prefix_is_all_of_its_family_only)
{
	load("a.ini", LINES("v4 local = 0.0.0.0/0", "v4 tcp_keepidle = 60s", "v6 local = ::/0",
			    "v6 tcp_keepcnt = 5"));
	policy_sort(&policy);
	cr_expect_eq(value_of(OPTION_TCP_KEEPIDLE, listener("198.51.100.1", 1)), 60);
	cr_expect_eq(value_of(OPTION_TCP_KEEPIDLE, listener("2001:db8::1", 1)), -99);
	cr_expect_eq(value_of(OPTION_TCP_KEEPCNT, listener("2001:db8::1", 1)), 5);
	cr_expect_eq(value_of(OPTION_TCP_KEEPCNT, listener("198.51.100.1", 1)), -99);
}

Test(policy, what_is_not_known_of_a_socket_matches_no_filter)
{
	const struct socket_facts blind = { .side = SIDE_LISTEN };

	load("a.ini", LINES("web port = 80", "web tcp_keepidle = 60s", "all tcp_keepcnt = 5"));
	policy_sort(&policy);
	cr_expect_eq(value_of(OPTION_TCP_KEEPIDLE, blind), -99);
	cr_expect_eq(value_of(OPTION_TCP_KEEPCNT, blind), 5);
}

Test(policy, sides_keep_to_themselves)
{
	const struct socket_facts accepted = { .side = SIDE_ACCEPTED };

	load("a.ini", LINES("l side = listen", "l tcp_keepidle = 1s", "c side = connect",
			    "c tcp_keepidle = 2s", "a side = accepted", "a tcp_keepidle = 3s"));
	policy_sort(&policy);
	cr_expect_eq(value_of(OPTION_TCP_KEEPIDLE, listener("0.0.0.0", 1)), 1);
	cr_expect_eq(value_of(OPTION_TCP_KEEPIDLE, client("10.0.0.1", 1)), 2);
	cr_expect_eq(value_of(OPTION_TCP_KEEPIDLE, accepted), 3);
}

Test(policy, accept_has_work_only_for_what_no_listener_hands_down)
{
	load("a.ini", LINES("all so_keepalive = on", "all tcp_nodelay = on"));
	policy_sort(&policy);
	cr_expect_eq(policy_needs(&policy, SIDE_ACCEPTED).options, 0);
	load("a.ini", LINES("all so_priority = 5"));
	cr_expect_eq(policy_needs(&policy, SIDE_ACCEPTED).options, option_bit(OPTION_SO_PRIORITY));
	clear();
	load("a.ini", LINES("a side = accepted", "a so_keepalive = on"));
	cr_expect_eq(policy_needs(&policy, SIDE_ACCEPTED).options, option_bit(OPTION_SO_KEEPALIVE));
	cr_expect_eq(policy_needs(&policy, SIDE_LISTEN).options, 0);
}

Test(policy, at_bind_an_option_says_for_which_side_it_is)
{
	struct socket_facts bind = listener("0.0.0.0", 8080);

	bind.side = SIDE_BIND;
	load("a.ini",
	     LINES("web side = listen", "web port = 8080", "web so_reuseport = on",
		   "web so_reuseaddr = on", "c side = connect", "c ip_bind_address_no_port = on",
		   "p side = connect", "p port = 443", "p ip_local_port_range = full-search"));
	policy_sort(&policy);
	cr_expect_eq(value_of(OPTION_SO_REUSEPORT, bind), 1);
	cr_expect_eq(value_of(OPTION_SO_REUSEADDR, bind), 1);
	cr_expect_eq(value_of(OPTION_IP_BIND_ADDRESS_NO_PORT, bind), 1);
	cr_expect_eq(value_of(OPTION_IP_LOCAL_PORT_RANGE, bind), -99, "its peer is not known yet");
	bind.local_port = 9090;
	cr_expect_eq(value_of(OPTION_SO_REUSEPORT, bind), -99);
}

Test(policy, what_must_be_asked_of_a_socket_is_only_what_some_section_wants_to_know)
{
	load("a.ini", LINES("all so_keepalive = on"));
	cr_expect_not(policy_needs(&policy, SIDE_LISTEN).local);
	cr_expect_not(policy_needs(&policy, SIDE_CONNECT).peer);
	load("a.ini", LINES("web port = 80", "web tcp_nodelay = on"));
	cr_expect(policy_needs(&policy, SIDE_LISTEN).local);
	cr_expect(policy_needs(&policy, SIDE_CONNECT).peer);
	cr_expect_not(policy_needs(&policy, SIDE_CONNECT).local);
	load("a.ini", LINES("web local = 10.0.0.0/8"));
	cr_expect(policy_needs(&policy, SIDE_CONNECT).local);
}

Test(policy, globs_choose_programs_by_name_or_path)
{
	static const struct {
		const char *globs;
		bool stays;
	} cases[] = {
		{ "nginx", true },       { "nginx, other", true },
		{ "ngin?", true },       { "/usr/sbin/*", true },
		{ "httpd", false },      { "/usr/bin/*", false },
		{ "sbin/nginx", false }, { "*", true },
		{ "app.py", true },      { "/srv/app.py", true },
		{ "my?app", true },      { "my app", false },
	};
	const char *const names[] = { "/usr/sbin/nginx", "/srv/app.py", "/opt/my app" };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char line[64];

		clear();
		(void)snprintf(line, sizeof(line), "web program = %s", cases[i].globs);
		load("a.ini", LINES("web so_keepalive = on", line));
		policy_for_program(&policy, names, ARRAY_SIZE(names));
		cr_expect_eq(policy.sections[0].left_out, !cases[i].stays, "%s", cases[i].globs);
		cr_expect_eq(value_of(OPTION_SO_KEEPALIVE, listener("0.0.0.0", 80)),
			     cases[i].stays ? 1 : -99, "%s", cases[i].globs);
	}
}

Test(policy, lines_that_mean_nothing_are_refused_with_file_and_line)
{
	static const struct {
		const char *line, *says;
	} cases[] = {
		{ "a tcp_keepidel = 60s",
		  "p.ini:1: unknown socket option 'tcp_keepidel'; did you mean 'tcp_keepidle'?" },
		{ "a SO_KEEPALIVE = on",
		  "p.ini:1: unknown socket option 'SO_KEEPALIVE'; did you mean 'so_keepalive'?" },
		{ "a sides = listen",
		  "p.ini:1: unknown socket option 'sides'; did you mean 'side'?" },
		{ "a side = both",
		  "p.ini:1: side = both: expected listen, connect, accepted or any" },
		{ "a port = http",
		  "p.ini:1: port = http: expected up to 32 ports or ranges from 1 to "
		  "65535, such as \"80, 8000-8100\"" },
		{ "a port = 0",
		  "p.ini:1: port = 0: expected up to 32 ports or ranges from 1 to 65535, "
		  "such as \"80, 8000-8100\"" },
		{ "a port = 90-80",
		  "p.ini:1: port = 90-80: expected up to 32 ports or ranges from 1 "
		  "to 65535, such as \"80, 8000-8100\"" },
		{ "a port = ,", "p.ini:1: port = ,: expected ports" },
		{ "a local = 10.0.0.0/33",
		  "p.ini:1: local = 10.0.0.0/33: expected up to 16 addresses or networks, such as "
		  "\"10.0.0.0/8, ::1\"" },
		{ "a peer = example.org",
		  "p.ini:1: peer = example.org: expected up to 16 addresses or networks, such as "
		  "\"10.0.0.0/8, ::1\"" },
		{ "a program = ,", "p.ini:1: program = ,: expected names or paths of programs" },
		{ "a so_keepalive = >= on", "p.ini:1: so_keepalive takes no >=, only =" },
		{ "a so_linger = <= 5s", "p.ini:1: so_linger takes no <=, only =" },
		{ "a listen_backlog = <= 5", "p.ini:1: listen_backlog takes no <=, only = and >=" },
		{ "a tcp_user_timeout = >= auto",
		  "p.ini:1: tcp_user_timeout takes no >=, only = with auto" },
		{ "a so_rcvbuf = > 64k",
		  "p.ini:1: so_rcvbuf = > 64k: expected '= value', '>= value' "
		  "or '<= value', and perhaps 'force'" },
		{ "a so_rcvbuf> = 64k",
		  "p.ini:1: write 'key = value', 'key = >= value' or 'key = <= value'" },
		{ "a tcp_keepidle = force",
		  "p.ini:1: tcp_keepidle = force: expected a time such as "
		  "60s or 2m" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = { { 0 } };

		clear();
		cr_expect_lt(add("p.ini", LINES(cases[i].line), &err), 0, "%s", cases[i].line);
		cr_expect_str_eq(err.text, cases[i].says);
	}
}

/* What policy_check_section() says of these lines of one section; "" if nothing. */
static void expect_check(const char *const lines[], const char *says)
{
	struct err err = { { 0 } };

	clear();
	load("p.ini", lines);
	cr_expect_eq(policy_check_section(&policy.sections[0], &err), *says ? -EINVAL : 0, "%s",
		     says);
	cr_expect_eq(strncmp(err.text, says, strlen(says)), 0, "%s", err.text);
}

Test(policy, sections_that_contradict_themselves_are_refused)
{
	expect_check(LINES("a so_keepalive = on", "a tcp_user_timeout = 60s"),
		     "p.ini:2: tcp_user_timeout is shorter than");
	expect_check(LINES("a so_keepalive = on", "a tcp_keepidle = 60s", "a tcp_keepintvl = 30s",
			   "a tcp_keepcnt = 4", "a tcp_user_timeout = 179999ms"),
		     "p.ini:5: tcp_user_timeout is shorter than");
	expect_check(LINES("a so_keepalive = on", "a tcp_keepidle = 60s", "a tcp_keepintvl = 30s",
			   "a tcp_keepcnt = 4", "a tcp_user_timeout = 180s"),
		     "");
	expect_check(LINES("a so_keepalive = on", "a tcp_user_timeout = auto"), "");
	expect_check(LINES("a tcp_user_timeout = 5s"), "");
	expect_check(LINES("a so_linger = drained", "a tcp_linger2 = 10s"),
		     "p.ini:2: so_linger and tcp_linger2 both say");
	expect_check(LINES("a so_linger = off", "a tcp_linger2 = 10s"), "");
	expect_check(LINES("a tcp_keepintvl = 10s", "a tcp_keepcnt = 3"),
		     "p.ini:1: tcp_keepintvl x tcp_keepcnt is under 120 s");
	expect_check(LINES("a tcp_keepintvl = 10s", "a tcp_keepcnt = 3 force"), "");
	expect_check(LINES("a tcp_keepcnt = 1"), "p.ini:1: tcp_keepintvl x tcp_keepcnt");
	expect_check(LINES("a tcp_keepintvl = 30s", "a tcp_keepcnt = 4"), "");
	expect_check(LINES("a tcp_keepintvl = 13s"), "p.ini:1: tcp_keepintvl x tcp_keepcnt");
	expect_check(LINES("a tcp_keepintvl = 14s"), "");
}

Test(policy, options_in_the_wrong_place_are_refused)
{
	expect_check(LINES("a side = listen", "a peer = 10.0.0.0/8", "a so_keepalive = on"),
		     "p.ini:2: a listener has no peer");
	expect_check(LINES("a side = listen", "a tcp_syncnt = 3"),
		     "p.ini:2: tcp_syncnt has no effect on this side");
	expect_check(LINES("a side = connect", "a listen_backlog = 3"),
		     "p.ini:2: listen_backlog has no effect on this side");
	expect_check(LINES("a so_reuseport = on"), "p.ini:1: so_reuseport lets a daemon");
	expect_check(LINES("a so_reuseport = on", "a port = 80"), "");
	expect_check(LINES("a ip_bind_address_no_port = on", "a port = 80"),
		     "p.ini:1: ip_bind_address_no_port is set at bind()");
	expect_check(LINES("a ip_bind_address_no_port = on", "a peer = 10.0.0.1"),
		     "p.ini:1: ip_bind_address_no_port is set at bind()");
	expect_check(LINES("a ip_bind_address_no_port = on", "a local = 10.0.0.1"), "");
}

Test(policy, sections_that_fight_on_one_socket_lose_the_option_that_would_harm)
{
	struct resolution resolution;
	struct socket_facts facts = client("10.0.0.1", 443);

	load("p.ini", LINES("keep so_keepalive = on", "keep tcp_keepidle = 60s",
			    "time tcp_user_timeout = 5s", "time so_linger = drained",
			    "two tcp_linger2 = 10s"));
	policy_sort(&policy);
	for (size_t i = 0; i < policy.n_sections; i++)
		cr_assert_eq(policy_check_section(&policy.sections[i], NULL), 0);
	policy_resolve(&policy, &facts, &resolution);
	cr_expect_eq(resolution.wanted, option_bit(OPTION_SO_KEEPALIVE) |
						option_bit(OPTION_TCP_KEEPIDLE) |
						option_bit(OPTION_SO_LINGER));
	cr_expect_eq(resolution.left_out,
		     option_bit(OPTION_TCP_USER_TIMEOUT) | option_bit(OPTION_TCP_LINGER2));
}

Test(policy, sections_that_fight_on_any_socket_are_refused_together)
{
	struct err err = { { 0 } };

	load("p.ini", LINES("one so_linger = drained", "two tcp_linger2 = 10s"));
	policy_sort(&policy);
	cr_expect_eq(policy_check_together(&policy, &err), -EINVAL);
	cr_expect_eq(strncmp(err.text, "p.ini:2: so_linger and tcp_linger2", 34), 0, "%s",
		     err.text);
	clear();
	load("p.ini", LINES("one so_linger = drained", "two tcp_linger2 = 10s", "two port = 80"));
	policy_sort(&policy);
	cr_expect_eq(policy_check_together(&policy, NULL), 0, "not on each socket");
	clear();
	load("p.ini", LINES("one side = listen", "one so_linger = drained", "two side = connect",
			    "two tcp_linger2 = 10s"));
	policy_sort(&policy);
	cr_expect_eq(policy_check_together(&policy, NULL), 0, "not on the same side");
}

Test(policy, there_is_room_for_so_many_sections_and_no_more)
{
	struct err err = { { 0 } };
	int r = 0;

	for (int i = 0; i < POLICY_MAX_SECTIONS; i++) {
		char line[32];

		(void)snprintf(line, sizeof(line), "s%d so_keepalive = on", i);
		load("p.ini", LINES(line));
	}
	r = add("p.ini", LINES("more so_keepalive = on"), &err);
	cr_expect_eq(r, -E2BIG);
	cr_expect_str_eq(err.text, "p.ini:1: more than 64 [socket] sections");
}
