#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "array.h"
#include "cleanup.h"
#include "err.h"
#include "nearest.h"
#include "number.h"
#include "portset.h"
#include "text.h"

TestSuite(util);

Test(util, numbers_refuse_everything_but_digits)
{
	static const char *const bad[] = { "",   "-1",   "+1",  " 1",
					   "1 ", "0x10", "1e3", "18446744073709551616" };
	uint64_t value = 7;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		cr_expect_not(parse_u64(bad[i], &value), "%s", bad[i]);
	cr_expect_eq(value, 7, "outputs are touched only on success");
	cr_expect(parse_u64("18446744073709551615", &value));
	cr_expect_eq(value, UINT64_MAX);
}

Test(util, the_nearest_name_is_found_and_a_far_one_is_not)
{
	static const char *const names[] = { "audit", "explain", "profile" };

	cr_expect_str_eq(nearest_name("adit", names, 3), "audit");
	cr_expect_str_eq(nearest_name("profiel", names, 3), "profile");
	cr_expect_null(nearest_name("xyz", names, 3));
	cr_expect_null(nearest_name("", names, 3));
}

Test(util, v4_mapped_addresses_are_ipv4)
{
	struct addr v4, mapped;
	char text[ENDPOINT_STRLEN];

	cr_assert(addr_parse("127.0.0.1", &v4));
	cr_assert(addr_parse("::ffff:127.0.0.1", &mapped));
	cr_expect(addr_equal(&v4, &mapped));
	cr_expect(addr_is_loopback(&mapped));
	endpoint_format(text, &mapped, 80);
	cr_expect_str_eq(text, "127.0.0.1:80");
}

Test(util, wildcards_of_both_families_are_wildcards)
{
	struct addr addr;

	cr_expect(addr_parse("0.0.0.0", &addr) && addr_is_wildcard(&addr));
	cr_expect(addr_parse("::", &addr) && addr_is_wildcard(&addr));
	cr_expect(addr_parse("::1", &addr) && !addr_is_wildcard(&addr));
	cr_expect(addr_parse("fe80::", &addr) && !addr_is_wildcard(&addr));
}

Test(util, a_port_set_counts_each_port_once_on_both_sides_of_its_growth)
{
	struct portset set = { 0 };
	bool added;
	uint32_t seen = 0;

	for (uint32_t round = 0; round < 2; round++)
		for (uint32_t port = 65535; port > 65535 - 3000; port--) {
			cr_assert(portset_add(&set, (uint16_t)port, &added));
			cr_assert_eq(added, round == 0);
		}
	cr_expect_eq(set.count, 3000);
	for (uint32_t port = 0; portset_next(&set, &port); port++)
		seen++;
	cr_expect_eq(seen, 3000);
	cr_expect_eq(portset_count_between(&set, 65530, 65535), 6);
	cr_expect_not(portset_has(&set, 1));
	portset_done(&set);
}

Test(util, common_ports_are_counted_whatever_the_sets_have_grown_to)
{
	static const uint32_t sizes[] = { 0, 3, 300, 3000 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
			struct portset even = { 0 }, all = { 0 };
			uint32_t common =
				sizes[i] < (sizes[j] + 1) / 2 ? sizes[i] : (sizes[j] + 1) / 2;

			for (uint32_t n = 0; n < sizes[i]; n++)
				cr_assert(portset_add(&even, (uint16_t)(2 * n), NULL));
			for (uint32_t n = 0; n < sizes[j]; n++)
				cr_assert(portset_add(&all, (uint16_t)n, NULL));
			cr_expect_eq(portset_count_common(&even, &all), common);
			cr_expect_eq(portset_count_common(&all, &even), common);
			portset_done(&even);
			portset_done(&all);
		}
}

Test(util, text_from_the_host_cannot_move_the_cursor)
{
	char escape[] = "a\033[2Jb\r\n", good[] = "größe", bad[] = "x\xff\xc0\x80y",
	     reorder[] = "a\xe2\x80\xae";

	text_neutralise(escape);
	cr_expect_str_eq(escape, "a?[2Jb? ");
	text_neutralise(good);
	cr_expect_str_eq(good, "größe");
	text_neutralise(bad);
	cr_expect_str_eq(bad, "x???y");
	text_neutralise(reorder);
	cr_expect_str_eq(reorder, "a???");
}

Test(util, a_vector_of_proc_sys_stays_a_vector)
{
	char vector[] = "4096\t131072\t6291456";

	text_neutralise(vector);
	cr_expect_str_eq(vector, "4096 131072 6291456");
}

Test(util, lines_are_made_safe_one_by_one)
{
	char text[] = "[a]\n\tb = \033[2J\n\n";

	text_neutralise_lines(text);
	cr_expect_str_eq(text, "[a]\n b = ?[2J\n\n");
}

Test(util, a_shell_reads_a_word_back_as_it_was)
{
	static const struct {
		const char *word, *quoted;
	} cases[] = {
		{ "nginx", "nginx" },
		{ "/usr/bin/a_b-c@1:2,3=4%+", "/usr/bin/a_b-c@1:2,3=4%+" },
		{ "", "''" },
		{ "a b", "'a b'" },
		{ "~root", "'~root'" },
		{ "$(id)`id`\"\\", "'$(id)`id`\"\\'" },
		{ "it's", "'it'\\''s'" },
		{ "'", "''\\'''" },
		{ "*?[a]{b,c}!#&|;<>", "'*?[a]{b,c}!#&|;<>'" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(freep) char *quoted = text_shell_word(cases[i].word);
		CLEANUP(freep) char *command = text_format("printf '<%%s>' %s", quoted);
		char answer[64] = "", expected[64];
		FILE *shell = popen(command, "r");

		cr_expect_str_eq(quoted, cases[i].quoted);
		cr_assert(shell);
		cr_assert(fgets(answer, sizeof(answer), shell));
		cr_expect_eq(pclose(shell), 0);
		(void)snprintf(expected, sizeof(expected), "<%s>", cases[i].word);
		cr_expect_str_eq(answer, expected);
	}
}

Test(util, an_error_is_a_number_and_a_sentence)
{
	struct err err;

	cr_expect_eq(err_set(&err, 22, "%s: no", "key"), -22);
	cr_expect_str_eq(err.text, "key: no");
	cr_expect_eq(err_set(NULL, 5, "ignored"), -5);
}

Test(util, powers_of_two_round_up)
{
	cr_expect_eq(power_of_two_at_least(0), 1);
	cr_expect_eq(power_of_two_at_least(512), 512);
	cr_expect_eq(power_of_two_at_least(513), 1024);
}

Test(util, sorted_numbers_are_there_once)
{
	uint64_t numbers[] = { 7, UINT64_MAX, 1, 7, 1, 0 };
	static const uint64_t expected[] = { 0, 1, 7, UINT64_MAX };

	cr_assert_eq(u64_sort_unique(numbers, 6), 4);
	cr_expect_arr_eq(numbers, expected, sizeof(expected));
	cr_expect_eq(u64_sort_unique(NULL, 0), 0);
}

Test(util, a_span_of_digits_is_read_and_what_follows_is_not)
{
	uint64_t value = 0;

	cr_expect(parse_u64_span("12]", 2, &value));
	cr_expect_eq(value, 12);
	cr_expect_not(parse_u64_span("12]", 3, &value));
	cr_expect_not(parse_u64_span("12]", 0, &value));
}

Test(util, columns_are_characters_and_not_bytes)
{
	cr_expect_eq(text_columns("größe", strlen("größe")), 5);
	cr_expect_eq(text_columns("größe", 2), 2);
	cr_expect_eq(text_columns("", 0), 0);
}
