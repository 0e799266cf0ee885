#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "fold.h"
#include "fold_destinations.h"
#include "heavy.h"
#include "model.h"
#include "routes.h"

TestSuite(fold_destinations);

/* The row on PORT towards the destination with this number; 10.N.N.N:443. */
static struct sock_row row_to(uint32_t destination, uint16_t port)
{
	struct sock_row row = {
		.local_addr = addr_from_v4(__builtin_bswap32(0x0a000001)),
		.remote_addr = addr_from_v4(__builtin_bswap32(0x0a010000 + destination)),
		.local_port = port,
		.remote_port = 443,
		.state = TCP_STATE_ESTAB,
		.inode = (uint64_t)destination << 16 | port,
	};

	return row;
}

/* Rows of a made-up host: each destination has `ports` sockets; the heavy ones come last. */
struct traffic {
	uint32_t light, light_ports, heavy, heavy_ports;
	uint16_t low;
};

static void traffic_feed(const struct traffic *traffic, struct fold *fold)
{
	for (uint32_t d = 0; d < traffic->light + traffic->heavy; d++) {
		uint32_t n = d < traffic->light ? traffic->light_ports : traffic->heavy_ports;

		for (uint32_t p = 0; p < n; p++) {
			struct sock_row row = row_to(d, (uint16_t)(traffic->low + p));

			cr_assert_eq(fold_row(fold, &row), 0);
		}
	}
}

static struct model *traffic_fold(const struct traffic *traffic, const char *range)
{
	struct model *model = model_new();
	struct routes routes = { 0 };
	struct fold *fold;

	model->sysctls[SYSCTL_IP_LOCAL_PORT_RANGE].text = strdup(range);
	cr_assert_eq(fold_new(model, &routes, &fold, NULL), 0);
	traffic_feed(traffic, fold);
	if (fold_needs_second_pass(fold)) {
		fold_begin_second_pass(fold);
		traffic_feed(traffic, fold);
		cr_expect_not(fold_needs_second_pass(fold));
	}
	cr_assert_eq(fold_finish(fold, model, NULL), 0);
	return model;
}

static uint64_t kept_sockets(const struct sockets *sockets)
{
	uint64_t kept = 0;

	for (size_t i = 0; i < sockets->n_destinations; i++)
		kept += sockets->destinations[i].established;
	return kept;
}

Test(fold_destinations, up_to_the_limit_all_are_counted_in_one_pass_and_the_largest_kept)
{
	const struct traffic traffic = { 9000, 1, 1000, 7, 32768 };
	CLEANUP(model_freep) struct model *model = traffic_fold(&traffic, "32768 60999");
	const struct sockets *s = &model->sockets;

	cr_assert_eq(s->n_destinations, MAX_DESTINATIONS);
	for (size_t i = 0; i < s->n_destinations; i++)
		cr_assert_eq(s->destinations[i].ports.count, i < 1000 ? 7 : 1);
	cr_expect_eq(s->folded_destinations, 10000 - MAX_DESTINATIONS);
	cr_expect_eq(s->folded_sockets, 16000 - kept_sockets(s));
	cr_expect_eq(s->local_addresses[0].destinations, 10000);
	cr_expect_eq(s->local_addresses[0].outbound, 16000);
	cr_expect_eq(s->local_addresses[0].distinct_ports, 7);
}

Test(fold_destinations, heavy_ones_that_come_after_200000_others_are_exact)
{
	const struct traffic traffic = { 200000, 2, 20, 15000, 32768 };
	CLEANUP(model_freep) struct model *model = traffic_fold(&traffic, "32768 60999");
	const struct sockets *s = &model->sockets;

	cr_assert_eq(s->n_destinations, MAX_DESTINATIONS);
	for (size_t i = 0; i < 20; i++) {
		cr_expect_eq(s->destinations[i].ports.count, 15000);
		cr_expect_eq(s->destinations[i].established, 15000);
		cr_expect_eq(s->destinations[i].shared_ports, 15000);
		cr_expect_eq(s->destinations[i].n_samples, DESTINATION_SAMPLES);
	}
	for (size_t i = 20; i < s->n_destinations; i++)
		cr_assert_eq(s->destinations[i].ports.count, 2);
	/* Their number is an estimate, their sockets are not. */
	cr_expect_leq(llabs((long long)s->folded_destinations - (200020 - MAX_DESTINATIONS)), 2000);
	cr_expect_eq(s->folded_sockets, 700000 - kept_sockets(s));
	cr_expect_eq(s->total, 700000, "the second pass counts nothing else again");
	cr_expect_eq(s->established_outbound, 700000);
	cr_expect_eq(s->local_addresses[0].outbound, 700000);
	cr_expect_eq(s->local_addresses[0].distinct_ports, 15000);
}

Test(fold_destinations, sizes_that_rise_with_arrival_still_leave_the_largest)
{
	CLEANUP(model_freep) struct model *model = model_new();
	struct routes routes = { 0 };
	struct fold *fold;

	model->sysctls[SYSCTL_IP_LOCAL_PORT_RANGE].text = strdup("32768 60999");
	cr_assert_eq(fold_new(model, &routes, &fold, NULL), 0);
	for (unsigned int pass = 0; pass < 2; pass++) {
		for (uint32_t d = 0; d < 40000; d++) {
			for (uint32_t p = 0; p <= d / 1000; p++) {
				struct sock_row row = row_to(d, (uint16_t)(32768 + p));

				cr_assert_eq(fold_row(fold, &row), 0);
			}
		}
		if (pass == 0)
			fold_begin_second_pass(fold);
	}
	cr_assert_eq(fold_finish(fold, model, NULL), 0);
	cr_assert_eq(model->sockets.n_destinations, MAX_DESTINATIONS);
	for (size_t i = 0; i < 4000; i++)
		cr_assert_eq(model->sockets.destinations[i].ports.count, 40 - i / 1000);
}

Test(fold_destinations, whoever_uses_more_than_half_of_the_range_is_kept_beyond_the_limit)
{
	const struct traffic traffic = { 2000, 2, 6000, 3, 40000 };
	CLEANUP(model_freep) struct model *model = traffic_fold(&traffic, "40000 40004");
	const struct sockets *s = &model->sockets;

	cr_expect_eq(s->n_destinations, 6000, "3 of 5 ports");
	cr_expect_eq(s->folded_destinations, 2000);
	cr_expect_eq(s->folded_sockets, 4000);
}

Test(fold_destinations, ports_held_by_others_lower_the_half)
{
	const struct traffic traffic = { 5000, 2, 0, 0, 40000 };
	CLEANUP(model_freep) struct model *model = model_new();
	struct routes routes = { 0 };
	struct sock_row listener = { .state = TCP_STATE_LISTEN, .local_port = 40004 };
	struct sock_row bound = { .state = TCP_STATE_BOUND_INACTIVE, .local_port = 40003 };
	struct fold *fold;

	model->sysctls[SYSCTL_IP_LOCAL_PORT_RANGE].text = strdup("40000 40004");
	cr_assert_eq(fold_new(model, &routes, &fold, NULL), 0);
	cr_assert_eq(fold_row(fold, &listener), 0);
	cr_assert_eq(fold_row(fold, &bound), 0);
	traffic_feed(&traffic, fold);
	cr_assert_eq(fold_finish(fold, model, NULL), 0);
	cr_expect_eq(model->sockets.n_destinations, 5000, "2 of the 3 ports that are left");
}

Test(fold_destinations, local_addresses_beyond_the_limit_accuse_nobody)
{
	CLEANUP(model_freep) struct model *model = model_new();
	struct routes routes = { 0 };
	struct fold *fold;

	model->sysctls[SYSCTL_IP_LOCAL_PORT_RANGE].text = strdup("32768 60999");
	cr_assert_eq(fold_new(model, &routes, &fold, NULL), 0);
	for (uint32_t i = 0; i < MAX_LOCAL_ADDRESSES + 5; i++) {
		struct sock_row row = row_to(1, (uint16_t)(40000 + i));

		row.local_addr = addr_from_v4(__builtin_bswap32(0x0a000001 + i));
		cr_assert_eq(fold_row(fold, &row), 0);
	}
	cr_assert_eq(fold_finish(fold, model, NULL), 0);
	cr_expect_eq(model->sockets.n_local_addresses, MAX_LOCAL_ADDRESSES);
	cr_assert_eq(model->sockets.n_destinations, MAX_LOCAL_ADDRESSES + 5);
	for (size_t i = 0; i < model->sockets.n_destinations; i++) {
		const struct destination *d = &model->sockets.destinations[i];
		bool listed = d->local_addr.bytes[15] <= MAX_LOCAL_ADDRESSES;

		cr_expect_eq(d->shared_ports, listed ? 0 : d->ports.count);
	}
}

static uint64_t test_hash(uint64_t i)
{
	i = (i ^ i >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	i = (i ^ i >> 27) * UINT64_C(0x94d049bb133111eb);
	return i ^ i >> 31;
}

Test(fold_destinations, estimates_are_never_too_low_and_keys_are_counted_within_one_per_cent)
{
	CLEANUP(heavy_done) struct heavy heavy;

	cr_assert(heavy_init(&heavy));
	cr_expect_eq(heavy_keys(&heavy), 0);
	for (uint64_t i = 1; i <= 300000; i++)
		(void)heavy_add(&heavy, test_hash(i), i % 3000 == 0 ? 5000 : 1);
	for (uint64_t i = 1; i <= 300000; i++)
		cr_assert_geq(heavy_estimate(&heavy, test_hash(i)), i % 3000 == 0 ? 5000u : 1u);
	cr_expect_leq(llabs((long long)heavy_keys(&heavy) - 300000), 3000);
}

Test(fold_destinations, counts_of_the_sketch_stop_at_their_end)
{
	CLEANUP(heavy_done) struct heavy heavy;

	cr_assert(heavy_init(&heavy));
	(void)heavy_add(&heavy, 1, UINT32_MAX);
	(void)heavy_add(&heavy, 1, UINT32_MAX);
	cr_expect_eq(heavy_estimate(&heavy, 1), UINT32_MAX);
	cr_expect_eq(heavy_keys(&heavy), 1);
}

Test(fold_destinations, a_full_bitmap_still_gives_a_number)
{
	const struct heavy almost = { .n_seen = (1u << 20) - 1 }, full = { .n_seen = 1u << 20 };

	cr_expect_gt(heavy_keys(&full), 14000000);
	cr_expect_eq(heavy_keys(&full), heavy_keys(&almost));
}
