#include <criterion/criterion.h>
#include <string.h>

#include "array.h"
#include "model.h"
#include "roles.h"

TestSuite(roles);

enum { MAX_LISTENERS = 4, MAX_DESTINATIONS_HERE = 40 };

struct scene {
	struct listener listeners[MAX_LISTENERS];
	struct destination destinations[MAX_DESTINATIONS_HERE];
	struct model model;
};

static void set_scene(struct scene *s)
{
	*s = (struct scene){ 0 };
	s->model.sockets.listeners = s->listeners;
	s->model.sockets.destinations = s->destinations;
	s->model.sockets.listeners_known = true;
}

static void add_listener(struct scene *s, const char *addr, uint16_t port, uint32_t established)
{
	struct listener *l = &s->listeners[s->model.sockets.n_listeners++];

	*l = (struct listener){ .port = port, .established = established };
	cr_assert(addr_parse(addr, &l->addr));
}

static void add_destinations(struct scene *s, size_t n, uint16_t port, uint32_t each)
{
	for (size_t i = 0; i < n; i++)
		s->destinations[s->model.sockets.n_destinations++] =
			(struct destination){ .remote_port = port, .established = each };
	s->model.sockets.established_outbound += n * each;
}

static void expect_role(const struct scene *s, const char *name)
{
	struct role_guess guess;

	roles_guess(&s->model, &guess);
	cr_expect_str_eq(guess.name, name, "%s instead of %s: %s", guess.name, name, guess.why);
	cr_expect_str_not_empty(guess.why);
}

Test(roles, one_sign_alone_is_general)
{
	struct scene s;

	set_scene(&s);
	expect_role(&s, "general");
	add_listener(&s, "0.0.0.0", 443, 9);
	expect_role(&s, "general");
	set_scene(&s);
	add_destinations(&s, 3, 443, 33);
	expect_role(&s, "general");
}

Test(roles, a_listener_and_its_traffic_are_two_signs)
{
	static const struct {
		uint16_t port;
		const char *role;
	} cases[] = {
		{ 80, "web-server" },   { 443, "web-server" }, { 8080, "web-server" },
		{ 8443, "web-server" }, { 5432, "database" },  { 3306, "database" },
		{ 1433, "database" },   { 1521, "database" },  { 27017, "database" },
		{ 6379, "cache" },      { 11211, "cache" },    { 9999, "general" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scene s;

		set_scene(&s);
		add_listener(&s, "::", cases[i].port, 10);
		expect_role(&s, cases[i].role);
	}
}

Test(roles, closed_connections_are_traffic_too)
{
	struct scene s;

	set_scene(&s);
	add_listener(&s, "0.0.0.0", 80, 4);
	s.listeners[0].time_wait = 6;
	expect_role(&s, "web-server");
}

Test(roles, a_listener_that_only_this_host_reaches_is_no_sign)
{
	struct scene s;

	set_scene(&s);
	add_listener(&s, "127.0.0.1", 5432, 50);
	expect_role(&s, "general");
	add_listener(&s, "0.0.0.0", 443, 50);
	expect_role(&s, "web-server");
}

Test(roles, a_proxy_forwards_much_to_few)
{
	static const struct {
		size_t destinations;
		uint16_t port;
		uint32_t each;
		const char *role;
	} cases[] = {
		{ 2, 3000, 10, "reverse-proxy" }, { 2, 3000, 4, "web-server" },
		{ 1, 3000, 19, "web-server" },    { 1, 3000, 20, "reverse-proxy" },
		{ 32, 443, 2, "reverse-proxy" },  { 33, 443, 2, "web-server" },
		{ 2, 5432, 40, "web-server" },    { 1, 6379, 80, "web-server" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scene s;

		set_scene(&s);
		add_listener(&s, "0.0.0.0", 443, 80);
		add_destinations(&s, cases[i].destinations, cases[i].port, cases[i].each);
		expect_role(&s, cases[i].role);
	}
}

Test(roles, a_proxy_may_ask_a_database_first)
{
	struct scene s;

	set_scene(&s);
	add_listener(&s, "0.0.0.0", 443, 80);
	add_destinations(&s, 1, 5432, 5);
	add_destinations(&s, 2, 3000, 10);
	expect_role(&s, "reverse-proxy");
}

Test(roles, much_outbound_without_listeners_is_a_client)
{
	struct role_guess guess;
	struct scene s;

	set_scene(&s);
	add_listener(&s, "0.0.0.0", 22, 1);
	add_listener(&s, "127.0.0.1", 9000, 1);
	add_destinations(&s, 4, 443, 25);
	expect_role(&s, "api-client");
	add_listener(&s, "0.0.0.0", 9999, 0);
	expect_role(&s, "general");
	roles_guess(&s.model, &guess);
	cr_expect(strstr(guess.why, "100 outbound ones, beside listeners"), "%s", guess.why);
	s.model.sockets.established_outbound--;
	roles_guess(&s.model, &guess);
	cr_expect(strstr(guess.why, "99 outbound ones, too few"), "%s", guess.why);
}

Test(roles, two_services_at_once_are_general_and_the_reason_has_their_numbers)
{
	struct role_guess guess;
	struct scene s;

	set_scene(&s);
	add_listener(&s, "0.0.0.0", 443, 20);
	add_listener(&s, "0.0.0.0", 5432, 30);
	expect_role(&s, "general");
	roles_guess(&s.model, &guess);
	cr_expect(strstr(guess.why, "20 inbound") && strstr(guess.why, "30 to database"), "%s",
		  guess.why);
}

Test(roles, unknown_listeners_are_general)
{
	struct scene s;

	set_scene(&s);
	add_listener(&s, "0.0.0.0", 443, 80);
	s.model.sockets.listeners_known = false;
	expect_role(&s, "general");
}
