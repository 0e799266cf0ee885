#include <criterion/criterion.h>
#include <stdint.h>

#include "ledger.h"
#include "seen.h"

/* Each test runs in a process of its own, with a ledger in which nothing is noted. */

enum { BUCKETS = 1024, WAYS = 8 };

Test(ledger, nobody_asks_for_cookies_before_something_is_noted)
{
	cr_expect(ledger_is_empty());
	ledger_add(7, option_bit(OPTION_SO_KEEPALIVE));
	cr_expect_not(ledger_is_empty());
}

Test(ledger, options_add_up_per_socket)
{
	struct ledger_record record;

	ledger_add(7, option_bit(OPTION_SO_KEEPALIVE));
	ledger_add(7, option_bit(OPTION_TCP_NODELAY));
	ledger_add(8, option_bit(OPTION_SO_LINGER));
	record = ledger_find(7);
	cr_expect_eq(record.set, option_bit(OPTION_SO_KEEPALIVE) | option_bit(OPTION_TCP_NODELAY));
	cr_expect_not(record.foreign);
	cr_expect_not(record.no_port);
	cr_expect_not(record.forgotten);
	cr_expect_eq(ledger_find(8).set, option_bit(OPTION_SO_LINGER));
	cr_expect_eq(ledger_find(9).set, 0);
}

Test(ledger, marks_do_not_mix_with_options)
{
	ledger_mark_foreign(7);
	ledger_mark_no_port(7, true);
	cr_expect(ledger_find(7).foreign);
	cr_expect(ledger_find(7).no_port);
	cr_expect_eq(ledger_find(7).set, 0);
	ledger_mark_no_port(7, false);
	cr_expect_not(ledger_find(7).no_port);
	cr_expect(ledger_find(7).foreign);
}

Test(ledger, a_full_bucket_forgets_the_oldest_and_says_that_it_did)
{
	for (uint64_t i = 0; i <= WAYS; i++)
		ledger_add(7 + i * BUCKETS, option_bit(OPTION_SO_KEEPALIVE));
	cr_expect_eq(ledger_dropped(), 1);
	cr_expect_eq(ledger_find(7).set, 0);
	cr_expect(ledger_find(7).forgotten, "nobody can say that nothing was set");
	cr_expect_eq(ledger_find(7 + WAYS * BUCKETS).set, option_bit(OPTION_SO_KEEPALIVE));
	cr_expect_eq(ledger_find(7 + BUCKETS).set, option_bit(OPTION_SO_KEEPALIVE));
	cr_expect_not(ledger_find(8).forgotten, "another bucket has not forgotten anything");
}

Test(ledger, a_socket_that_is_newer_than_all_that_was_dropped_has_lost_nothing)
{
	for (uint64_t i = 0; i <= WAYS; i++)
		ledger_add(7 + i * BUCKETS, option_bit(OPTION_SO_KEEPALIVE));
	cr_expect_not(ledger_find(7 + (WAYS + 1) * BUCKETS).forgotten);
	cr_expect_not(ledger_find(7 + WAYS * BUCKETS).forgotten);
}

Test(ledger, new_sockets_of_many_cpus_have_lost_nothing)
{
	enum { CPUS = 64, BATCH = 4096, SOCKETS = 200000 }; /* batches as in linux/cookie.h */
	uint64_t last[CPUS] = { 0 }, batches = 0;

	for (size_t i = 0; i < SOCKETS; i++) {
		/* The CPUs do not go round in turn, and some see far more sockets than others. */
		uint64_t *cookie = &last[i * i / 7 % CPUS * (i % 3) % CPUS];

		if (*cookie % BATCH == 0)
			*cookie = BATCH * batches++;
		++*cookie;
		cr_assert_not(ledger_find(*cookie).forgotten, "socket %zu", i);
		ledger_mark_no_port(*cookie, true);
	}
	cr_expect_gt(ledger_dropped(), 0);
}

Test(ledger, what_is_noted_anew_after_it_was_dropped_stays_known_as_forgotten)
{
	for (uint64_t i = 0; i <= WAYS; i++)
		ledger_add(7 + i * BUCKETS, option_bit(OPTION_SO_KEEPALIVE));
	ledger_add(7, option_bit(OPTION_TCP_NODELAY));
	cr_expect_eq(ledger_find(7).set, option_bit(OPTION_TCP_NODELAY));
	cr_expect(ledger_find(7).forgotten);
}

Test(ledger, what_takes_a_place_does_not_inherit_what_was_noted_there)
{
	for (uint64_t i = 0; i < WAYS; i++)
		ledger_add(7 + i * BUCKETS, option_bit(OPTION_SO_LINGER));
	ledger_add(7 + WAYS * BUCKETS, option_bit(OPTION_TCP_NODELAY));
	cr_expect_eq(ledger_find(7 + WAYS * BUCKETS).set, option_bit(OPTION_TCP_NODELAY));
}

Test(seen, bits_are_per_descriptor_and_kind_and_go_with_the_descriptor)
{
	seen_set(SEEN_LISTENER, 5);
	cr_expect(seen_is(SEEN_LISTENER, 5));
	cr_expect_not(seen_is(SEEN_LISTENER, 6));
	cr_expect_not(seen_is(SEEN_BOUND, 5));
	seen_forget(5);
	cr_expect_not(seen_is(SEEN_LISTENER, 5));
}

Test(seen, as_many_descriptors_are_known_as_a_program_may_have)
{
	const int last = (1 << 20) - 1; /* fs.nr_open */

	cr_expect_not(seen_is(SEEN_CONNECTED, last), "else an accepted socket passes for a client");
	seen_set(SEEN_CONNECTED, last);
	cr_expect(seen_is(SEEN_CONNECTED, last));
	cr_expect_not(seen_is(SEEN_CONNECTED, last - 1));
	cr_expect_not(seen_is(SEEN_BOUND, last));
}

Test(seen, descriptors_beyond_the_bitmap_are_harmless)
{
	seen_set(SEEN_LISTENER, -1);
	seen_set(SEEN_LISTENER, 1 << 20);
	seen_forget(-1);
	seen_forget(1 << 20);
	cr_expect(seen_is(SEEN_LISTENER, 1 << 20), "left alone");
}
