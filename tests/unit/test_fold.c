#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "cleanup.h"
#include "fold.h"
#include "fold_listeners.h"
#include "model.h"
#include "routes.h"

TestSuite(fold);

static struct addr addr(const char *text)
{
	struct addr a;

	cr_assert(addr_parse(text, &a), "%s", text);
	return a;
}

static struct sock_row row(enum tcp_state state, const char *local, uint16_t local_port,
			   const char *remote, uint16_t remote_port)
{
	static uint64_t inode;

	return (struct sock_row){
		.local_addr = addr(local),
		.remote_addr = addr(remote),
		.local_port = local_port,
		.remote_port = remote_port,
		.state = state,
		.inode = state == TCP_STATE_TIME_WAIT ? 0 : ++inode,
		.timer = state == TCP_STATE_TIME_WAIT ? TIMER_TIME_WAIT : TIMER_NONE,
		.expires_ms = state == TCP_STATE_TIME_WAIT ? 30500 : 0,
	};
}

static struct sock_row listener_row(const char *local, uint16_t port)
{
	return row(TCP_STATE_LISTEN, local, port, "::", 0);
}

/* RANGE and RESERVED may be NULL: unknown. */
static struct model *model_with(const char *range, const char *reserved)
{
	struct model *model = model_new();

	cr_assert_not_null(model);
	if (range)
		model->sysctls[SYSCTL_IP_LOCAL_PORT_RANGE].text = strdup(range);
	if (reserved)
		model->sysctls[SYSCTL_IP_LOCAL_RESERVED_PORTS].text = strdup(reserved);
	return model;
}

/* 10.0.0.1 is ours, 10.0.0.0/24 on the link. */
static void routes_make(struct routes *routes)
{
	*routes = (struct routes){ 0 };
	cr_assert(routes_add(routes, &(struct route){ addr("10.0.0.1"), 128, PEER_HERE }));
	cr_assert(routes_add(routes, &(struct route){ addr("10.0.0.0"), 120, PEER_ON_LINK }));
	routes_sort(routes);
}

static void fold_all(struct model *model, const struct sock_row rows[], size_t n)
{
	struct routes routes;
	struct fold *fold;

	routes_make(&routes);
	cr_assert_eq(fold_new(model, &routes, &fold, NULL), 0);
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(fold_row(fold, &rows[i]), 0);
	cr_assert_not(fold_needs_second_pass(fold));
	cr_assert_eq(fold_finish(fold, model, NULL), 0);
	routes_done(&routes);
}

#define FOLD(model, ...)                                                                           \
	fold_all(model, (const struct sock_row[]){ __VA_ARGS__ },                                  \
		 sizeof((const struct sock_row[]){ __VA_ARGS__ }) / sizeof(struct sock_row))

#define PEER "203.0.113.7"
#define OWN "10.0.0.1"

Test(fold, a_local_port_in_the_range_without_listener_or_reservation_is_outbound)
{
	static const struct {
		uint16_t port;
		bool outbound;
	} cases[] = {
		{ 39999, false }, { 40000, true }, { 40099, true },  { 40100, false },
		{ 40010, false }, { 40011, true }, { 40020, false }, { 40021, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(model_freep)
		struct model *model = model_with("40000\t40099", "80,40010,50000");

		/* A listener on any address takes its port, of either family. */
		FOLD(model, listener_row("127.0.0.2", 40020), listener_row("::", 40021),
		     row(TCP_STATE_ESTAB, OWN, cases[i].port, PEER, 443),
		     row(TCP_STATE_TIME_WAIT, OWN, cases[i].port, PEER, 443));
		cr_expect(model->sockets.destinations_known);
		cr_expect_eq(model->sockets.n_destinations, cases[i].outbound, "%u", cases[i].port);
		cr_expect_eq(model->sockets.time_wait_outbound, cases[i].outbound);
		cr_expect_eq(model->sockets.time_wait_inbound, !cases[i].outbound);
		cr_expect_eq(model->sockets.established_outbound, cases[i].outbound);
		cr_expect_eq(model->sockets.established_inbound, !cases[i].outbound);
	}
}

Test(fold, connections_within_the_host_show_no_role)
{
	CLEANUP(model_freep) struct model *model = model_with("40000 40099", "");

	FOLD(model, listener_row("0.0.0.0", 80), row(TCP_STATE_ESTAB, OWN, 40000, OWN, 80),
	     row(TCP_STATE_ESTAB, OWN, 80, OWN, 40000), row(TCP_STATE_ESTAB, OWN, 40001, PEER, 443),
	     row(TCP_STATE_ESTAB, OWN, 40002, PEER, 443),
	     row(TCP_STATE_ESTAB, OWN, 80, PEER, 50000));
	cr_expect_eq(model->sockets.established_outbound, 2);
	cr_expect_eq(model->sockets.established_inbound, 1);
	cr_expect_eq(model->sockets.states[TCP_STATE_ESTAB], 5);
}

Test(fold, without_the_range_nothing_is_outbound_and_only_listeners_tell_inbound)
{
	CLEANUP(model_freep) struct model *model = model_with(NULL, NULL);

	FOLD(model, listener_row("0.0.0.0", 80), row(TCP_STATE_TIME_WAIT, OWN, 80, PEER, 50000),
	     row(TCP_STATE_TIME_WAIT, OWN, 40000, PEER, 443));
	cr_expect_not(model->sockets.destinations_known);
	cr_expect_eq(model->sockets.n_destinations, 0);
	cr_expect_eq(model->sockets.n_local_addresses, 0);
	cr_expect_eq(model->sockets.time_wait_inbound, 1);
	cr_expect_eq(model->sockets.time_wait_outbound, 0);
	cr_expect_eq(model->sockets.states[TCP_STATE_TIME_WAIT], 2);
}

Test(fold, a_destination_counts_distinct_ports_states_parity_and_cleared_sockets)
{
	CLEANUP(model_freep) struct model *model = model_with("40000 40099", "");
	struct sock_row cleared = row(TCP_STATE_ESTAB, OWN, 40003, PEER, 443);
	const struct destination *d;

	cleared.no_port_flag_known = cleared.no_port_flag = true;
	FOLD(model, row(TCP_STATE_ESTAB, OWN, 40000, PEER, 443),
	     row(TCP_STATE_SYN_SENT, OWN, 40001, PEER, 443), cleared,
	     row(TCP_STATE_TIME_WAIT, OWN, 40002, PEER, 443),
	     row(TCP_STATE_ESTAB, OWN, 40000, PEER, 443) /* a repeated row */,
	     row(TCP_STATE_ESTAB, OWN, 40000, PEER, 80) /* another destination */);
	cr_assert_eq(model->sockets.n_destinations, 2);
	d = &model->sockets.destinations[0];
	cr_expect_eq(d->remote_port, 443, "the one with more ports comes first");
	cr_expect_eq(d->ports.count, 4);
	cr_expect_eq(d->established, 3);
	cr_expect_eq(d->time_wait, 1);
	cr_expect_eq(d->judged, 4);
	cr_expect_eq(d->wrong_parity, 1, "40001; the flag clears 40003");
	cr_expect_eq(d->cleared, 1);
	cr_expect_eq(d->shared_ports, 1, "40000");
	cr_expect_eq(d->n_samples, 3, "TIME-WAIT has no inode, a repeated port no new one");
	cr_expect_eq(model->sockets.destinations[1].shared_ports, 1);
}

Test(fold, right_parity_is_that_of_the_low_end)
{
	CLEANUP(model_freep) struct model *model = model_with("40001 40100", "");

	FOLD(model, row(TCP_STATE_ESTAB, OWN, 40001, PEER, 443),
	     row(TCP_STATE_ESTAB, OWN, 40002, PEER, 443),
	     row(TCP_STATE_ESTAB, OWN, 40004, PEER, 443));
	cr_expect_eq(model->sockets.destinations[0].judged, 3);
	cr_expect_eq(model->sockets.destinations[0].wrong_parity, 2);
}

Test(fold, local_addresses_count_their_sockets_and_distinct_ports)
{
	CLEANUP(model_freep) struct model *model = model_with("40000 40099", "");
	const struct local_address *local;

	FOLD(model, row(TCP_STATE_ESTAB, OWN, 40000, PEER, 443),
	     row(TCP_STATE_ESTAB, OWN, 40000, PEER, 80), row(TCP_STATE_ESTAB, OWN, 40002, PEER, 80),
	     row(TCP_STATE_ESTAB, "10.0.0.9", 40002, PEER, 80),
	     row(TCP_STATE_ESTAB, OWN, 55555, PEER, 443) /* from an earlier range */,
	     row(TCP_STATE_ESTAB, OWN, 8080, PEER, 50000) /* of a server that is gone */,
	     row(TCP_STATE_ESTAB, OWN, 22, PEER, 21) /* privileged */);
	cr_assert_eq(model->sockets.n_local_addresses, 2);
	local = &model->sockets.local_addresses[0];
	cr_expect_eq(local->outbound, 3);
	cr_expect_eq(local->distinct_ports, 2);
	cr_expect_eq(local->destinations, 2);
	cr_expect_eq(local->out_of_range, 1);
	cr_expect_eq(model->sockets.local_addresses[1].outbound, 1);
}

Test(fold, ports_are_shared_only_within_a_local_address)
{
	CLEANUP(model_freep) struct model *model = model_with("40000 40099", "");

	FOLD(model, row(TCP_STATE_ESTAB, OWN, 40000, PEER, 443),
	     row(TCP_STATE_ESTAB, "10.0.0.9", 40000, PEER, 80));
	cr_expect_eq(model->sockets.destinations[0].shared_ports, 0);
	cr_expect_eq(model->sockets.destinations[1].shared_ports, 0);
}

Test(fold, time_wait_is_kept_by_whole_seconds_left)
{
	static const struct {
		uint32_t expires_ms;
		unsigned int second;
	} cases[] = {
		{ 0, 0 },
		{ 999, 0 },
		{ 1000, 1 },
		{ 58999, 58 },
		{ 59000, 59 },
		{ 60000, 59 },
		{ 61000, 59 } /* measured on 6.18: 61 s in all */,
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(model_freep) struct model *model = model_with("40000 40099", "");
		struct sock_row r = row(TCP_STATE_TIME_WAIT, OWN, 40000, PEER, 443);

		r.expires_ms = cases[i].expires_ms;
		FOLD(model, r);
		cr_expect_eq(model->sockets.time_wait_histogram[cases[i].second], 1, "%u",
			     cases[i].expires_ms);
		cr_assert_not_null(model->sockets.destinations[0].time_wait_histogram);
		cr_expect_eq(model->sockets.destinations[0].time_wait_histogram[cases[i].second],
			     1);
		cr_expect(model->sockets.time_wait_histogram_known);
	}
}

Test(fold, time_wait_without_a_timer_makes_the_histogram_unknown)
{
	CLEANUP(model_freep) struct model *model = model_with("40000 40099", "");
	struct sock_row r = row(TCP_STATE_TIME_WAIT, OWN, 40000, PEER, 443);

	r.timer = TIMER_NONE;
	FOLD(model, r);
	cr_expect_not(model->sockets.time_wait_histogram_known);
	cr_expect_eq(model->sockets.destinations[0].time_wait, 1);
	cr_expect_null(model->sockets.destinations[0].time_wait_histogram);
}

Test(fold, inbound_sockets_belong_to_the_closest_listener)
{
	static const struct {
		const char *listeners[3]; /* on port 80 */
		const char *local;
		int owner; /* index, -1: none */
	} cases[] = {
		{ { "0.0.0.0" }, "10.0.0.1", 0 },
		{ { "::" }, "10.0.0.1", 0 },
		{ { "::", "0.0.0.0" }, "10.0.0.1", 1 },
		{ { "0.0.0.0", "::" }, "2001:db8::1", 1 },
		{ { "::", "0.0.0.0", "10.0.0.1" }, "10.0.0.1", 2 },
		{ { "10.0.0.1", "10.0.0.1" }, "10.0.0.1", 0 } /* SO_REUSEPORT: the first */,
		{ { "0.0.0.0", "0.0.0.0" }, "10.0.0.1", 0 },
		{ { "::", "::" }, "2001:db8::1", 0 },
		{ { "10.0.0.2" }, "10.0.0.1", -1 },
		{ { "0.0.0.0" }, "2001:db8::1", -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(model_freep) struct model *model = model_with("40000 40099", "");
		struct sock_row rows[4];
		size_t n = 0;

		while (n < 3 && cases[i].listeners[n]) {
			rows[n] = listener_row(cases[i].listeners[n], 80);
			n++;
		}
		rows[n] = row(TCP_STATE_ESTAB, cases[i].local, 80, "2001:db8::2", 50000);
		fold_all(model, rows, n + 1);
		cr_assert_eq(model->sockets.n_listeners, n);
		for (size_t j = 0; j < n; j++)
			cr_expect_eq(model->sockets.listeners[j].established,
				     (int)j == cases[i].owner, "case %zu, listener %zu", i, j);
		cr_expect_eq(model->sockets.established_inbound, 1);
	}
}

Test(fold, listeners_beyond_the_limit_are_counted_as_listening_and_as_a_gap)
{
	enum { LISTENERS = MAX_LISTENERS + 3 };
	struct sock_row *rows = calloc(LISTENERS, sizeof(*rows));
	CLEANUP(model_freep) struct model *model = model_with(NULL, NULL);

	cr_assert(rows);
	for (uint16_t i = 0; i < LISTENERS; i++)
		rows[i] = listener_row("0.0.0.0", (uint16_t)(i + 1));
	fold_all(model, rows, LISTENERS);
	free(rows);
	cr_expect_eq(model->sockets.n_listeners, MAX_LISTENERS);
	cr_expect(portset_has(&model->sockets.listening, LISTENERS));
	cr_assert_eq(model->n_gaps, 1);
	cr_expect_str_eq(model->gaps[0].reason, "3 beyond the first 16384");
}

Test(fold, a_listener_counts_its_sockets_by_state)
{
	CLEANUP(model_freep) struct model *model = model_with("40000 40099", "");
	struct sock_row listener = listener_row("::", 443);
	struct sock_row young = row(TCP_STATE_TIME_WAIT, OWN, 443, PEER, 50003);
	struct sock_row ageless = row(TCP_STATE_TIME_WAIT, OWN, 443, PEER, 50007);
	const struct listener *l;

	listener.rqueue = 3;
	listener.wqueue = 128;
	listener.limit_known = true;
	listener.uid = 33;
	listener.cgroup_id = 77;
	young.expires_ms = 50000;
	ageless.expires_ms = 50000;
	ageless.timer = TIMER_NONE;
	FOLD(model, listener, ageless, row(TCP_STATE_SYN_RECV, OWN, 443, PEER, 50001),
	     row(TCP_STATE_ESTAB, OWN, 443, PEER, 50002), young,
	     row(TCP_STATE_TIME_WAIT, OWN, 443, PEER, 50004),
	     row(TCP_STATE_CLOSE_WAIT, OWN, 443, PEER, 50005),
	     row(TCP_STATE_LAST_ACK, OWN, 443, PEER, 50006));
	l = &model->sockets.listeners[0];
	cr_expect(l->backlog.known && l->backlog.value == 128);
	cr_expect(l->queue.known && l->queue.value == 3);
	cr_expect_eq(l->uid, 33);
	cr_expect_eq(l->socket.cgroup_id, 77);
	cr_expect_eq(l->syn_recv, 1);
	cr_expect_eq(l->established, 1);
	cr_expect_eq(l->close_wait, 1);
	cr_expect_eq(l->time_wait, 3);
	cr_expect_eq(l->closed_last_10s, 1);
	cr_expect(portset_has(&model->sockets.listening, 443));
	cr_expect_eq(model->sockets.total, 8);
	cr_expect_eq(model->sockets.states[TCP_STATE_LISTEN], 1);
}

Test(fold, an_unknown_limit_is_not_zero)
{
	CLEANUP(model_freep) struct model *model = model_with("40000 40099", "");

	FOLD(model, listener_row("::", 443));
	cr_expect_not(model->sockets.listeners[0].backlog.known);
	cr_expect(model->sockets.listeners[0].queue.known);
}

Test(fold, bound_idle_sockets_hold_ports_and_are_counted_apart)
{
	CLEANUP(model_freep) struct model *model = model_with("40000 40099", "");

	FOLD(model, row(TCP_STATE_BOUND_INACTIVE, OWN, 40007, "::", 0));
	cr_expect_eq(model->sockets.total, 0);
	cr_expect_eq(model->sockets.states[TCP_STATE_BOUND_INACTIVE], 1);
	cr_expect(portset_has(&model->sockets.bound_inactive, 40007));
	cr_expect_eq(model->sockets.n_destinations, 0);
}

Test(fold, close_wait_sockets_are_listed_once_with_the_lower_bound_of_their_age)
{
	CLEANUP(model_freep) struct model *model = model_with("40000 40099", "");
	struct sock_row aged = row(TCP_STATE_CLOSE_WAIT, OWN, 80, PEER, 50001);
	struct sock_row other = row(TCP_STATE_CLOSE_WAIT, OWN, 80, PEER, 50002);

	aged.has_info = true;
	aged.last_data_recv_ms = 90000;
	aged.last_ack_recv_ms = 70000;
	other.inode = 0; /* not accepted yet */
	FOLD(model, aged, other, aged, other);
	cr_assert_eq(model->sockets.n_close_wait, 2);
	cr_expect_eq(model->sockets.close_wait[0].age_ms.value, 70000);
	cr_expect(model->sockets.close_wait[0].age_ms.known);
	cr_expect_not(model->sockets.close_wait[1].age_ms.known);
	cr_expect_eq(model->sockets.states[TCP_STATE_CLOSE_WAIT], 4, "rows as they came");
}

Test(fold, ages_are_learnt_afterwards_without_counting_again)
{
	CLEANUP(model_freep) struct model *model = model_with("40000 40099", "");
	struct sock_row known = row(TCP_STATE_CLOSE_WAIT, OWN, 80, PEER, 50001);
	struct sock_row stranger = row(TCP_STATE_CLOSE_WAIT, OWN, 80, PEER, 50002);
	struct routes routes;
	struct fold *fold;

	routes_make(&routes);
	cr_assert_eq(fold_new(model, &routes, &fold, NULL), 0);
	cr_assert_eq(fold_row(fold, &known), 0);
	known.has_info = stranger.has_info = true;
	known.last_data_recv_ms = known.last_ack_recv_ms = 5000;
	fold_age(fold, &known);
	fold_age(fold, &stranger);
	cr_expect_eq(fold_close_waits(fold), 1);
	cr_assert_eq(fold_finish(fold, model, NULL), 0);
	cr_assert_eq(model->sockets.n_close_wait, 1);
	cr_expect_eq(model->sockets.close_wait[0].age_ms.value, 5000);
	cr_expect_eq(model->sockets.total, 1);
	routes_done(&routes);
}

Test(fold, more_close_wait_sockets_than_are_listed_are_all_counted)
{
	CLEANUP(model_freep) struct model *model = model_with("40000 40099", "");
	static struct sock_row rows[MAX_CLOSE_WAIT + 10];

	for (size_t i = 0; i < MAX_CLOSE_WAIT + 10; i++)
		rows[i] = row(TCP_STATE_CLOSE_WAIT, OWN, 80, PEER, (uint16_t)(i + 1));
	fold_all(model, rows, MAX_CLOSE_WAIT + 10);
	cr_expect_eq(model->sockets.n_close_wait, MAX_CLOSE_WAIT);
	cr_expect_eq(model->sockets.states[TCP_STATE_CLOSE_WAIT], MAX_CLOSE_WAIT + 10);
}

Test(fold, orphans_in_fin_wait_2_have_no_inode)
{
	CLEANUP(model_freep) struct model *model = model_with("40000 40099", "");
	struct sock_row orphan = row(TCP_STATE_FIN_WAIT_2, OWN, 80, PEER, 50001);

	orphan.inode = 0;
	FOLD(model, orphan, row(TCP_STATE_FIN_WAIT_2, OWN, 80, PEER, 50002),
	     row(TCP_STATE_FIN_WAIT_2, OWN, 80, PEER, 50003));
	cr_expect_eq(model->sockets.fin_wait_2_orphans, 1);
	cr_expect_eq(model->sockets.states[TCP_STATE_FIN_WAIT_2], 3);
}

static struct sock_row idle_row(uint64_t cgroup, const char *peer, uint8_t timer, uint32_t sent_s,
				uint32_t received_s)
{
	struct sock_row r = row(TCP_STATE_ESTAB, OWN, 80, peer, 50000);

	r.cgroup_id = cgroup;
	r.timer = timer;
	r.has_info = true;
	r.last_data_sent_ms = sent_s * 1000;
	r.last_data_recv_ms = received_s * 1000;
	return r;
}

Test(fold, idle_connections_are_grouped_by_cgroup_and_by_where_the_peer_is)
{
	CLEANUP(model_freep) struct model *model = model_with("40000 40099", "");
	const struct idle_group *g;

	FOLD(model, idle_row(5, PEER, TIMER_NONE, 400, 700),
	     idle_row(5, PEER, TIMER_NONE, 9000, 8000),
	     idle_row(5, PEER, TIMER_KEEPALIVE, 900, 900),
	     idle_row(5, PEER, TIMER_RETRANSMIT, 900, 900),
	     idle_row(5, "10.0.0.77", TIMER_NONE, 10, 20), idle_row(6, PEER, TIMER_NONE, 0, 0),
	     idle_row(5, OWN, TIMER_NONE, 900, 900) /* ourselves */,
	     idle_row(5, "127.0.0.1", TIMER_NONE, 900, 900));
	cr_assert_eq(model->sockets.n_idle_groups, 3);
	g = &model->sockets.idle_groups[0];
	cr_expect_eq(g->cgroup_id, 5);
	cr_expect_eq(g->scope, IDLE_ELSEWHERE);
	cr_expect_eq(g->established, 4);
	cr_expect_eq(g->judged, 3, "a pending retransmit hides the keepalive timer");
	cr_expect_eq(g->without_keepalive, 2);
	cr_expect_eq(g->idle_known, 2);
	cr_expect_eq(g->idle[7], 1, "400 s: from 350 to 600");
	cr_expect_eq(g->idle[11], 1, "8000 s: 7200 and more");
	cr_expect_eq(g->n_samples, 2);
	g = &model->sockets.idle_groups[1];
	cr_expect_eq(g->scope, IDLE_ON_LINK);
	cr_expect_eq(g->idle[0], 1);
	cr_expect_eq(model->sockets.established_inbound, 6, "peers on other hosts only");
}

Test(fold, without_tcp_info_idleness_is_unknown)
{
	CLEANUP(model_freep) struct model *model = model_with("40000 40099", "");

	FOLD(model, row(TCP_STATE_ESTAB, OWN, 80, PEER, 50000));
	cr_assert_eq(model->sockets.n_idle_groups, 1);
	cr_expect_eq(model->sockets.idle_groups[0].without_keepalive, 1);
	cr_expect_eq(model->sockets.idle_groups[0].idle_known, 0);
	for (size_t i = 0; i < N_IDLE_BUCKETS; i++)
		cr_expect_eq(model->sockets.idle_groups[0].idle[i], 0);
}

Test(fold, the_most_idle_sockets_are_the_samples)
{
	CLEANUP(model_freep) struct model *model = model_with("40000 40099", "");
	struct sock_row rows[40];
	uint32_t least = UINT32_MAX;

	for (uint32_t i = 0; i < 40; i++)
		rows[i] = idle_row(5, PEER, TIMER_NONE, 100 + i * 17 % 40, 1000);
	fold_all(model, rows, 40);
	for (size_t i = 0; i < IDLE_GROUP_SAMPLES; i++)
		if (model->sockets.idle_groups[0].sample_idle_s[i] < least)
			least = model->sockets.idle_groups[0].sample_idle_s[i];
	cr_expect_eq(model->sockets.idle_groups[0].n_samples, IDLE_GROUP_SAMPLES);
	cr_expect_eq(least, 132, "the eight largest of 100 to 139");
}

Test(fold, groups_beyond_the_limit_are_counted_together)
{
	CLEANUP(model_freep) struct model *model = model_with("40000 40099", "");
	static struct sock_row rows[1000];
	uint64_t counted = 0;

	for (size_t i = 0; i < 1000; i++)
		rows[i] = idle_row(i + 1, i % 2 ? PEER : "10.0.0.77", TIMER_NONE, 1, 1);
	fold_all(model, rows, 1000);
	cr_expect_eq(model->sockets.n_idle_groups, MAX_IDLE_GROUPS);
	for (size_t i = 0; i < model->sockets.n_idle_groups; i++)
		counted += model->sockets.idle_groups[i].without_keepalive;
	cr_expect_eq(counted, 1000);
}

Test(fold, finishing_replaces_what_an_earlier_sample_left)
{
	CLEANUP(model_freep) struct model *model = model_with("40000 40099", "");

	FOLD(model, row(TCP_STATE_ESTAB, OWN, 40000, PEER, 443), listener_row("::", 80));
	FOLD(model, row(TCP_STATE_ESTAB, OWN, 40001, PEER, 443));
	cr_expect_eq(model->sockets.total, 1);
	cr_expect_eq(model->sockets.n_listeners, 0);
	cr_expect(portset_has(&model->sockets.destinations[0].ports, 40001));
	cr_expect_not(portset_has(&model->sockets.destinations[0].ports, 40000));
}
