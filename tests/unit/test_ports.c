#include <criterion/criterion.h>
#include <stdio.h>

#include "array.h"
#include "port_model.h"

TestSuite(ports);

#define RANGE_100 "20000\t20099"

Test(ports, a_range_of_100_ports_holds_exactly_100_connections_to_each_destination)
{
	struct model *model = port_model(RANGE_100, "");

	use_ports(add_destination(model, "10.0.0.1", "10.0.0.2"), 20000, 20000, 1, 100);
	use_ports(add_destination(model, "10.0.0.1", "10.0.0.3"), 20000, 20000, 1, 99);
	judge_ports(model);
	for (size_t i = 0; i < 2; i++) {
		const struct port_budget *budget = &model->sockets.destinations[i].budget;

		cr_expect_eq(budget->available.value, 100);
		cr_expect_eq(budget->used.value, 100 - i);
		cr_expect_float_eq(budget->usage, 1 - 0.01 * (double)i, 1e-9);
		cr_expect_eq(budget->exhaustion, i ? EXHAUSTION_NEVER : EXHAUSTION_EXPECTED);
		cr_expect_eq(budget->seconds_to_exhaustion, 0);
	}
	model_free(model);
}

Test(ports, reserved_listening_and_bound_ports_are_taken_off_once_and_own_ports_never)
{
	struct model *model = port_model(RANGE_100, "80,20000-20009,20099");
	const struct port_budget *budget;

	add_listener(model, "127.0.0.1", 20009);
	add_listener(model, "::", 20050);
	add_listener(model, "0.0.0.0", 80);
	for (uint16_t port = 20050; port < 20080; port++)
		cr_assert(portset_add(&model->sockets.bound_inactive, port, NULL));
	use_ports(add_destination(model, "10.0.0.1", "10.0.0.2"), 20000, 20010, 2, 20);
	judge_ports(model);
	budget = &model->sockets.destinations[0].budget;
	/* 100 - 11 reserved - 30 bound, of which the listener's port 20050 is one. */
	cr_expect_eq(budget->available.value, 59);
	cr_expect_eq(budget->used.value, 20);
	cr_expect_eq(ports_in_range(model), 89);
	model_free(model);
}

Test(ports, a_port_that_the_destination_uses_itself_is_not_held_by_others)
{
	struct model *model = port_model(RANGE_100, "");

	cr_assert(portset_add(&model->sockets.bound_inactive, 20000, NULL));
	cr_assert(portset_add(&model->sockets.bound_inactive, 20002, NULL));
	use_ports(add_destination(model, "10.0.0.1", "10.0.0.2"), 20000, 20000, 1, 1);
	judge_ports(model);
	cr_expect_eq(model->sockets.destinations[0].budget.available.value, 99);
	model_free(model);
}

Test(ports, own_bound_ports_count_from_end_to_end_of_the_range_and_not_beyond)
{
	static const struct {
		uint16_t port;
		uint64_t available;
	} cases[] = { { 19999, 100 }, { 20000, 100 }, { 20099, 100 }, { 20100, 100 } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct model *model = port_model(RANGE_100, "");

		cr_assert(portset_add(&model->sockets.bound_inactive, cases[i].port, NULL));
		use_ports(add_destination(model, "10.0.0.1", "10.0.0.2"), 20000, cases[i].port, 1,
			  1);
		judge_ports(model);
		cr_expect_eq(model->sockets.destinations[0].budget.available.value,
			     cases[i].available, "port %u", cases[i].port);
		model_free(model);
	}
}

Test(ports, ports_of_suspected_destinations_are_lost_to_the_others_only)
{
	struct model *model = port_model(RANGE_100, "");
	const struct destination *d;

	use_ports(add_destination(model, "10.0.0.1", "10.0.0.2"), 20000, 20001, 2, 24);
	use_ports(add_destination(model, "10.0.0.1", "10.0.0.3"), 20000, 20000, 2, 26);
	judge_ports(model);
	d = model->sockets.destinations;
	cr_expect_eq(d[0].budget.choice, CHOICE_CONNECT);
	cr_expect_eq(d[0].budget.held_suspected.value, 24);
	cr_expect_eq(d[0].budget.available.value, 76);
	cr_expect_eq(d[1].budget.choice, CHOICE_BIND_SUSPECTED);
	cr_expect_eq(d[1].budget.held_suspected.value, 0);
	cr_expect_eq(d[1].budget.available.value, 100);
	model_free(model);
}

/* ports_judge() sorts them. */
static enum port_choice choice_towards(const struct model *model, const char *remote)
{
	const struct destination *d = model->sockets.destinations;
	const struct addr wanted = address(remote);

	while (!addr_equal(&d->remote_addr, &wanted))
		d++;
	return d->budget.choice;
}

struct choice_case {
	const char *what;
	uint32_t right, wrong,
		cleared; /* sockets by parity; CLEARED of the first are above suspicion */
	uint32_t out_of_range;
	const char *reserved;
	enum port_choice choice;
};

Test(ports, parity_judges_only_where_it_proves_something)
{
	static const struct choice_case cases[] = {
		{ "19 sockets are too few", 0, 19, 0, 0, "", CHOICE_UNKNOWN },
		{ "20 on the wrong parity", 0, 20, 0, 0, "", CHOICE_BIND_SUSPECTED },
		{ "80 % on the wrong parity", 5, 20, 0, 0, "", CHOICE_BIND_SUSPECTED },
		{ "79 % prove nothing", 8, 31, 0, 0, "", CHOICE_UNKNOWN },
		{ "an even mix proves nothing", 20, 20, 0, 0, "", CHOICE_UNKNOWN },
		{ "connect()'s parity", 30, 2, 0, 0, "", CHOICE_CONNECT },
		{ "20 % on the wrong parity are a few", 20, 5, 0, 0, "", CHOICE_CONNECT },
		{ "21 % are a mix", 19, 5, 0, 0, "", CHOICE_UNKNOWN },
		{ "half of the range still counts", 0, 50, 0, 0, "", CHOICE_BIND_SUSPECTED },
		{ "past half both spill", 1, 50, 0, 0, "", CHOICE_UNKNOWN },
		{ "cleared by their flag", 25, 0, 25, 0, "", CHOICE_CONNECT },
		{ "cleared ones are not judged", 10, 19, 10, 0, "", CHOICE_UNKNOWN },
		{ "the range was another", 0, 40, 0, 1, "", CHOICE_UNKNOWN },
		{ "connect()'s own parity is reserved", 0, 20, 0, 0,
		  "20000,20002,20004,20006,20008,"
		  "20010,20012,20014,20016,20018,20020,20022,20024,20026,20028,20030,20032,20034,"
		  "20036,20038,20040,20042,20044,20046,20048,20050,20052,20054,20056,20058,20060,"
		  "20062",
		  CHOICE_UNKNOWN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct choice_case *c = &cases[i];
		struct model *model = port_model(RANGE_100, c->reserved);
		struct destination *d = add_destination(model, "10.0.0.1", "10.0.0.2");

		use_ports(d, 20000, 20000, 2, c->right);
		use_ports(d, 20000, 20001, 2, c->wrong);
		d->judged -= c->cleared;
		d->cleared = c->cleared;
		add_local_address(model);
		model->sockets.local_addresses[0].out_of_range = c->out_of_range;
		cr_assert(ports_judge(model));
		cr_expect_eq(d->budget.choice, c->choice, "%s", c->what);
		model_free(model);
	}
}

/* Sockets of several destinations in turn over one address, as bind() to port 0 deals them. */
static struct model *in_turn(uint32_t destinations, uint32_t sockets)
{
	struct model *model = port_model(RANGE_100, "");

	for (uint32_t i = 0; i < destinations; i++) {
		char remote[16];

		(void)snprintf(remote, sizeof(remote), "10.0.1.%u", i + 1);
		add_destination(model, "10.0.0.1", remote);
	}
	for (uint32_t i = 0; i < sockets; i++) {
		uint32_t port = i < 50 ? 20001 + 2 * i : 20000 + 2 * (i - 50);

		use_ports(&model->sockets.destinations[i % destinations], 20000, port, 1, 1);
	}
	add_local_address(model);
	return model;
}

Test(ports, past_half_of_the_range_unshared_ports_accuse_where_chance_would_share)
{
	struct model *model = in_turn(4, 100);

	/* 25 ports among 75 others of 100: chance shares 18.75. */
	cr_assert(ports_judge(model));
	for (size_t i = 0; i < 4; i++)
		cr_expect_eq(model->sockets.destinations[i].budget.choice, CHOICE_BIND_SUSPECTED);
	model_free(model);
}

Test(ports, a_full_search_mixes_parities_and_is_cleared_by_shared_ports)
{
	struct model *model = port_model(RANGE_100, "");

	use_ports(add_destination(model, "10.0.0.1", "10.0.0.2"), 20000, 20000, 1, 45);
	use_ports(add_destination(model, "10.0.0.1", "10.0.0.3"), 20000, 20030, 1, 45);
	add_local_address(model);
	cr_assert(ports_judge(model));
	for (size_t i = 0; i < 2; i++)
		cr_expect_eq(model->sockets.destinations[i].budget.choice, CHOICE_CONNECT);
	model_free(model);
}

Test(ports, unshared_ports_prove_nothing_where_chance_would_share_few)
{
	struct model *model = port_model(RANGE_100, "");

	use_ports(add_destination(model, "10.0.0.1", "10.0.0.2"), 20000, 20000, 1, 55);
	/* 20 x 55 / 100 = 11 would be many; 16 others' ports are few. */
	use_ports(add_destination(model, "10.0.0.1", "10.0.0.3"), 20000, 20060, 1, 16);
	add_local_address(model);
	cr_assert(ports_judge(model));
	cr_expect_eq(choice_towards(model, "10.0.0.2"), CHOICE_UNKNOWN);
	model_free(model);
}

Test(ports, a_client_of_connect_beside_a_guilty_neighbour_is_not_accused)
{
	struct model *model = port_model(RANGE_100, "");

	use_ports(add_destination(model, "10.0.0.1", "10.0.0.2"), 20000, 20001, 2, 48);
	use_ports(add_destination(model, "10.0.0.1", "10.0.0.3"), 20000, 20000, 2, 30);
	add_local_address(model);
	cr_assert(ports_judge(model));
	cr_expect_eq(choice_towards(model, "10.0.0.2"), CHOICE_BIND_SUSPECTED);
	cr_expect_neq(choice_towards(model, "10.0.0.3"), CHOICE_BIND_SUSPECTED);
	model_free(model);
}

struct reuse_case {
	const char *mode, *timestamps, *delay, *remote;
	bool known, applies;
	uint32_t delay_ms;
};

Test(ports, time_wait_is_reused_only_where_the_kernel_does)
{
	static const struct reuse_case cases[] = {
		{ "0", "1", NULL, "10.0.0.2", true, false, 1000 },
		{ "0", NULL, NULL, "10.0.0.2", true, false, 1000 },
		{ "1", "1", NULL, "10.0.0.2", true, true, 1000 },
		{ "1", "2", "5500", "2001:db8::1", true, true, 5500 },
		{ "1", "0", NULL, "10.0.0.2", true, false, 1000 },
		{ "1", NULL, NULL, "10.0.0.2", false, false, 1000 },
		{ "2", "1", NULL, "10.0.0.2", true, false, 1000 },
		{ "2", "1", NULL, "127.0.0.9", true, true, 1000 },
		{ "2", "1", NULL, "::1", true, true, 1000 },
		{ "2", "1", NULL, "::ffff:127.0.0.1", true, true, 1000 },
		{ "2", "0", NULL, "127.0.0.1", true, false, 1000 },
		{ NULL, "1", NULL, "127.0.0.1", false, false, 1000 },
		{ "garbage", "1", NULL, "127.0.0.1", false, false, 1000 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct reuse_case *c = &cases[i];
		struct model *model = port_model(RANGE_100, "");
		struct addr remote = address(c->remote);
		struct reuse reuse;

		set_sysctl(model, SYSCTL_TCP_TW_REUSE, c->mode);
		set_sysctl(model, SYSCTL_TCP_TIMESTAMPS, c->timestamps);
		set_sysctl(model, SYSCTL_TCP_TW_REUSE_DELAY, c->delay);
		reuse = ports_reuse(model, &remote);
		cr_expect_eq(reuse.known, c->known, "case %zu", i);
		cr_expect_eq(reuse.applies, c->applies, "case %zu", i);
		cr_expect_eq(reuse.delay_ms, c->delay_ms, "case %zu", i);
		model_free(model);
	}
}

/* 10 ESTAB, 6 closed within the last second, 5 and 4 in the two before, 20 long ago. */
static struct model *with_time_wait(const char *mode)
{
	struct model *model = port_model(RANGE_100, "");
	struct destination *d = add_destination(model, "10.0.0.1", "10.0.0.2");

	set_sysctl(model, SYSCTL_TCP_TW_REUSE, mode);
	use_ports(d, 20000, 20000, 2, 45);
	make_time_wait(model, d, 59, 6);
	make_time_wait(model, d, 58, 5);
	make_time_wait(model, d, 57, 4);
	make_time_wait(model, d, 3, 20);
	return model;
}

Test(ports, time_wait_of_which_a_part_may_be_too_young_is_not_reusable)
{
	static const struct {
		const char *mode, *delay;
		uint64_t used, reusable;
	} cases[] = {
		{ "0", NULL, 45, 0 },    { "1", NULL, 16, 29 }, /* what closed within the last
								   second is too young */
		{ "1", "1500", 21, 24 }, /* so is what closed one to two seconds ago, or part of it
					  */
		{ "1", "2000", 21, 24 }, { "1", "60000", 45, 0 }, { "2", NULL, 45, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct model *model = with_time_wait(cases[i].mode);
		const struct port_budget *budget;

		if (cases[i].delay)
			set_sysctl(model, SYSCTL_TCP_TW_REUSE_DELAY, cases[i].delay);
		judge_ports(model);
		budget = &model->sockets.destinations[0].budget;
		cr_expect_eq(budget->used.value, cases[i].used, "case %zu", i);
		cr_expect_eq(budget->time_wait_reusable.value, cases[i].reusable, "case %zu", i);
		cr_expect_eq(budget->available.value, 100, "case %zu", i);
		model_free(model);
	}
}

Test(ports, bind_before_connect_never_reuses_time_wait)
{
	struct model *model = port_model(RANGE_100, "");
	struct destination *d = add_destination(model, "10.0.0.1", "10.0.0.2");

	set_sysctl(model, SYSCTL_TCP_TW_REUSE, "1");
	use_ports(d, 20000, 20001, 2, 40);
	make_time_wait(model, d, 3, 30);
	judge_ports(model);
	cr_expect_eq(model->sockets.destinations[0].budget.used.value, 40);
	model_free(model);
}

Test(ports, the_walk_adds_the_close_rate_and_takes_off_what_expires)
{
	struct model *model = port_model(RANGE_100, "");
	struct destination *d = add_destination(model, "10.0.0.1", "10.0.0.2");
	const struct port_budget *budget;

	/*
	 * U = 70: 10 ESTAB, 30 closed in the last 10 s (3/s), 20 expire within 1 s, 10 within 2 s.
	 */
	use_ports(d, 20000, 20000, 1, 70);
	for (uint32_t left = 50; left < 60; left++)
		make_time_wait(model, d, left, 3);
	make_time_wait(model, d, 0, 20);
	make_time_wait(model, d, 1, 10);
	judge_ports(model);
	budget = &model->sockets.destinations[0].budget;
	/* 73 - 20 = 53, 56 - 10 = 46, then + 3 a second: 97 after 19 s, full when 20 s are over. */
	cr_expect_float_eq(budget->rate_per_s, 3, 1e-9);
	cr_expect_eq(budget->exhaustion, EXHAUSTION_EXPECTED);
	cr_expect_eq(budget->seconds_to_exhaustion, 20);
	model_free(model);
}

Test(ports, a_steady_rate_that_fits_is_never_exhausted)
{
	struct model *model = port_model(RANGE_100, "");
	struct destination *d = add_destination(model, "10.0.0.1", "10.0.0.2");

	use_ports(d, 20000, 20000, 1, 60);
	for (uint32_t left = 0; left < 60; left++)
		make_time_wait(model, d, left, 1);
	judge_ports(model);
	cr_expect_eq(model->sockets.destinations[0].budget.exhaustion, EXHAUSTION_NEVER);
	model_free(model);
}

Test(ports, a_rate_that_needs_the_whole_minute_is_walked_to_its_end)
{
	struct model *model = port_model(RANGE_100, "");
	struct destination *d = add_destination(model, "10.0.0.1", "10.0.0.2");
	const struct port_budget *budget;

	/* 2 a second hold 120 ports after a minute; 10 s have passed, 80 ports are left. */
	use_ports(d, 20000, 20000, 2, 20);
	for (uint32_t left = 50; left < 60; left++)
		make_time_wait(model, d, left, 2);
	judge_ports(model);
	budget = &model->sockets.destinations[0].budget;
	cr_expect_eq(budget->exhaustion, EXHAUSTION_EXPECTED);
	cr_expect_eq(budget->seconds_to_exhaustion, 40);
	model_free(model);
}

Test(ports, reuse_turns_the_same_rate_into_never)
{
	struct model *model = port_model(RANGE_100, "");
	struct destination *d = add_destination(model, "10.0.0.1", "10.0.0.2");

	set_sysctl(model, SYSCTL_TCP_TW_REUSE, "1");
	use_ports(d, 20000, 20000, 2, 20);
	for (uint32_t left = 50; left < 60; left++)
		make_time_wait(model, d, left, 2);
	judge_ports(model);
	cr_expect_eq(model->sockets.destinations[0].budget.used.value, 2);
	cr_expect_eq(model->sockets.destinations[0].budget.exhaustion, EXHAUSTION_NEVER);
	model_free(model);
}

Test(ports, two_samples_extrapolate_the_growth_of_all_states)
{
	static const struct {
		const char *mode;
		struct reading ports_before, time_wait_before;
		enum exhaustion exhaustion;
		uint64_t seconds;
		double rate;
	} cases[] = {
		/* 45 ports of 100, 20 five seconds ago: 5 a second, 55 left. */
		{ "0", { 20, true }, { 10, true }, EXHAUSTION_EXPECTED, 11, 5 },
		{ "0", { 45, true }, { 10, true }, EXHAUSTION_NEVER, 0, 0 },
		{ "0", { 60, true }, { 10, true }, EXHAUSTION_NEVER, 0, 0 },
		/*
		 * Reused: 25 more ports, 25 more TIME-WAIT; nothing grows that anybody would miss.
		 */
		{ "1", { 20, true }, { 10, true }, EXHAUSTION_NEVER, 0, 0 },
		/* Reused: 5 ESTAB more in 5 s, 84 of 100 left. */
		{ "1", { 35, true }, { 30, true }, EXHAUSTION_EXPECTED, 84, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct model *model = with_time_wait(cases[i].mode);
		const struct port_budget *budget;

		model->window_s = 5;
		model->sockets.destinations[0].ports_before = cases[i].ports_before;
		model->sockets.destinations[0].time_wait_before = cases[i].time_wait_before;
		judge_ports(model);
		budget = &model->sockets.destinations[0].budget;
		cr_expect_eq(budget->exhaustion, cases[i].exhaustion, "case %zu", i);
		cr_expect_eq(budget->seconds_to_exhaustion, cases[i].seconds, "case %zu", i);
		cr_expect_float_eq(budget->rate_per_s, cases[i].rate, 1e-9, "case %zu", i);
		model_free(model);
	}
}

Test(ports, what_is_unknown_stays_unknown)
{
	for (int what = 0; what < 4; what++) {
		struct model *model = with_time_wait("1");
		const struct port_budget *budget;

		if (what == 0)
			set_sysctl(model, SYSCTL_IP_LOCAL_PORT_RANGE, "60999 32768");
		else if (what == 1)
			set_sysctl(model, SYSCTL_IP_LOCAL_RESERVED_PORTS, NULL);
		else if (what == 2)
			set_sysctl(model, SYSCTL_TCP_TIMESTAMPS, NULL);
		else
			model->sockets.listeners_known = false;
		judge_ports(model);
		budget = &model->sockets.destinations[0].budget;
		cr_expect_lt(budget->usage, 0, "case %d", what);
		cr_expect_eq(budget->exhaustion, EXHAUSTION_UNKNOWN, "case %d", what);
		cr_expect_lt(budget->rate_per_s, 0, "case %d", what);
		cr_expect_not(budget->used.known && budget->available.known, "case %d", what);
		model_free(model);
	}
}

Test(ports, no_available_port_is_no_division)
{
	struct model *model = port_model("20000 20001", "20000-20001");

	(void)add_destination(model, "10.0.0.1", "10.0.0.2");
	judge_ports(model);
	cr_expect_eq(model->sockets.destinations[0].budget.available.value, 0);
	cr_expect_lt(model->sockets.destinations[0].budget.usage, 0);
	cr_expect_eq(model->sockets.destinations[0].budget.exhaustion, EXHAUSTION_UNKNOWN);
	model_free(model);
}

Test(ports, a_kernel_without_the_reserved_key_reserves_nothing)
{
	struct model *model = port_model(RANGE_100, NULL);

	cr_expect_eq(ports_in_range(model), 0, "unreadable is unknown");
	model->sysctls[SYSCTL_IP_LOCAL_RESERVED_PORTS].absent = true;
	cr_expect_eq(ports_in_range(model), 100);
	model_free(model);
}

Test(ports, the_fullest_destination_comes_first)
{
	struct model *model = port_model(RANGE_100, "");
	const struct destination *d;

	use_ports(add_destination(model, "10.0.0.1", "10.0.0.2"), 20000, 20000, 2, 10);
	use_ports(add_destination(model, "10.0.0.1", "10.0.0.3"), 20000, 20000, 2, 30);
	use_ports(add_destination(model, "10.0.0.1", "10.0.0.4"), 20000, 20000, 2, 20);
	judge_ports(model);
	d = model->sockets.destinations;
	cr_expect_eq(d[0].ports.count, 30);
	cr_expect_eq(d[1].ports.count, 20);
	cr_expect_eq(d[2].ports.count, 10);
	model_free(model);
}

Test(ports, without_a_usage_the_destination_with_most_ports_comes_first)
{
	struct model *model = port_model(RANGE_100, NULL);
	const struct destination *d;

	use_ports(add_destination(model, "10.0.0.1", "10.0.0.2"), 20000, 20000, 2, 10);
	use_ports(add_destination(model, "10.0.0.1", "10.0.0.3"), 20000, 20000, 2, 30);
	use_ports(add_destination(model, "10.0.0.1", "10.0.0.4"), 20000, 20000, 2, 20);
	judge_ports(model);
	d = model->sockets.destinations;
	cr_expect_lt(d[0].budget.usage, 0);
	cr_expect_eq(d[0].ports.count, 30);
	cr_expect_eq(d[1].ports.count, 20);
	cr_expect_eq(d[2].ports.count, 10);
	model_free(model);
}
