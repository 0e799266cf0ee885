#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "array.h"
#include "cleanup.h"
#include "err.h"
#include "portset.h"
#include "sysctl_value.h"
#include "sysctls.h"

TestSuite(sysctl_value);

static const struct sysctl_fact *fact_of(enum sysctl_id id)
{
	return &sysctl_facts[id];
}

/* A live value, what is wanted of it, whether it satisfies that, and what to write if not. */
struct value_case {
	enum sysctl_id id;
	const char *live;
	enum value_op op;
	const char *wanted;
	bool satisfied;
	const char *joined;
};

static void expect_case(const struct value_case *c)
{
	const struct sysctl_fact *fact = fact_of(c->id);
	CLEANUP(freep) char *joined = sysctl_value_join(fact, c->live, c->op, c->wanted);
	bool satisfied = !c->satisfied;

	cr_expect(sysctl_value_satisfies(fact, c->live, c->op, c->wanted, &satisfied),
		  "%s: \"%s\" %s \"%s\"", fact->key, c->live, value_op_text(c->op), c->wanted);
	cr_expect_eq(satisfied, c->satisfied, "%s: \"%s\" %s \"%s\"", fact->key, c->live,
		     value_op_text(c->op), c->wanted);
	cr_assert_not_null(joined, "%s", fact->key);
	cr_expect_str_eq(joined, c->joined, "%s: \"%s\" %s \"%s\" joins to \"%s\"", fact->key,
			 c->live, value_op_text(c->op), c->wanted, joined);
	/* What is written has to satisfy, or applying a profile would never come to rest. */
	cr_expect(sysctl_value_satisfies(fact, joined, c->op, c->wanted, &satisfied) && satisfied,
		  "%s: \"%s\" does not satisfy %s \"%s\"", fact->key, joined, value_op_text(c->op),
		  c->wanted);
}

static void expect_cases(const struct value_case cases[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		expect_case(&cases[i]);
}

Test(sysctl_value, numbers_compare_as_numbers)
{
	static const struct value_case cases[] = {
		{ SYSCTL_SOMAXCONN, "4096\n", VALUE_EQUAL, "4096", true, "4096" },
		{ SYSCTL_SOMAXCONN, "4096", VALUE_EQUAL, "0x1000", true, "4096" },
		{ SYSCTL_SOMAXCONN, "128", VALUE_AT_LEAST, "4096", false, "4096" },
		{ SYSCTL_SOMAXCONN, "8192", VALUE_AT_LEAST, "4096", true, "8192" },
		{ SYSCTL_TCP_KEEPALIVE_TIME, "7200", VALUE_AT_MOST, "280", false, "280" },
		{ SYSCTL_TCP_KEEPALIVE_TIME, "60", VALUE_AT_MOST, "280", true, "60" },
		{ SYSCTL_TCP_NOTSENT_LOWAT, "4294967295", VALUE_EQUAL, "131072", false, "131072" },
	};

	expect_cases(cases, ARRAY_SIZE(cases));
}

Test(sysctl_value, vectors_compare_element_by_element)
{
	static const struct value_case cases[] = {
		{ SYSCTL_TCP_RMEM, "4096\t131072\t6291456\n", VALUE_EQUAL, "4096 131072 6291456",
		  true, "4096 131072 6291456" },
		/* Only what is too low is raised, although the first and last are above. */
		{ SYSCTL_TCP_RMEM, "8192\t87380\t33554432", VALUE_AT_LEAST, "4096 131072 6291456",
		  false, "8192 131072 33554432" },
		{ SYSCTL_TCP_RMEM, "8192\t131072\t33554432", VALUE_AT_LEAST, "4096 131072 6291456",
		  true, "8192 131072 33554432" },
		{ SYSCTL_TCP_WMEM, "4096\t16384\t33554432", VALUE_AT_MOST, "4096 16384 4194304",
		  false, "4096 16384 4194304" },
	};

	expect_cases(cases, ARRAY_SIZE(cases));
}

Test(sysctl_value, a_shorter_vector_leaves_the_rest_as_it_is)
{
	static const struct value_case cases[] = {
		{ SYSCTL_TCP_RMEM, "4096\t131072\t33554432", VALUE_EQUAL, "4096 131072", true,
		  "4096 131072 33554432" },
		{ SYSCTL_TCP_RMEM, "4096\t131072\t33554432", VALUE_EQUAL, "8192", false,
		  "8192 131072 33554432" },
		{ SYSCTL_TCP_RMEM, "4096\t87380\t33554432", VALUE_AT_LEAST, "4096 131072", false,
		  "4096 131072 33554432" },
	};

	expect_cases(cases, ARRAY_SIZE(cases));
}

Test(sysctl_value, at_least_a_port_range_means_covering_it)
{
	static const struct value_case cases[] = {
		{ SYSCTL_IP_LOCAL_PORT_RANGE, "32768\t60999", VALUE_AT_LEAST, "32768 60999", true,
		  "32768 60999" },
		{ SYSCTL_IP_LOCAL_PORT_RANGE, "15000\t65001", VALUE_AT_LEAST, "32768 60999", true,
		  "15000 65001" },
		/* A low end that is lower is more, not less. */
		{ SYSCTL_IP_LOCAL_PORT_RANGE, "32768\t60999", VALUE_AT_LEAST, "15000 60999", false,
		  "15000 60999" },
		{ SYSCTL_IP_LOCAL_PORT_RANGE, "15000\t40000", VALUE_AT_LEAST, "32768 60999", false,
		  "15000 60999" },
		{ SYSCTL_IP_LOCAL_PORT_RANGE, "15000\t65001", VALUE_EQUAL, "32768 60999", false,
		  "32768 60999" },
	};

	expect_cases(cases, ARRAY_SIZE(cases));
}

Test(sysctl_value, port_sets_compare_as_sets_and_a_join_never_loses_a_port)
{
	static const struct value_case cases[] = {
		{ SYSCTL_IP_LOCAL_RESERVED_PORTS, "80,443,8000-8100\n", VALUE_EQUAL,
		  "8001-8100,443,80,8000", true, "80,443,8000-8100" },
		{ SYSCTL_IP_LOCAL_RESERVED_PORTS, "80,443", VALUE_AT_LEAST, "443", true, "80,443" },
		{ SYSCTL_IP_LOCAL_RESERVED_PORTS, "80,8000-8050", VALUE_AT_LEAST, "443,8051-8100",
		  false, "80,443,8000-8100" },
		{ SYSCTL_IP_LOCAL_RESERVED_PORTS, "\n", VALUE_AT_LEAST, "65535,1", false,
		  "1,65535" },
		{ SYSCTL_IP_LOCAL_RESERVED_PORTS, "80", VALUE_AT_LEAST, "", true, "80" },
		{ SYSCTL_IP_LOCAL_RESERVED_PORTS, "", VALUE_EQUAL, "", true, "" },
		{ SYSCTL_IP_LOCAL_RESERVED_PORTS, "80,443", VALUE_EQUAL, "443", false, "443" },
		{ SYSCTL_IP_LOCAL_RESERVED_PORTS, "80", VALUE_EQUAL, "443", false, "443" },
	};

	expect_cases(cases, ARRAY_SIZE(cases));
}

Test(sysctl_value, strings_and_masks_are_equal_or_not)
{
	static const struct value_case cases[] = {
		{ SYSCTL_TCP_CONGESTION_CONTROL, "cubic\n", VALUE_EQUAL, "cubic", true, "cubic" },
		{ SYSCTL_TCP_CONGESTION_CONTROL, "cubic", VALUE_EQUAL, " bbr ", false, "bbr" },
		{ SYSCTL_TCP_CONGESTION_CONTROL, "bbr", VALUE_EQUAL, "bbr2", false, "bbr2" },
		{ SYSCTL_TCP_FASTOPEN, "1027", VALUE_EQUAL, "0x403", true, "1027" },
		{ SYSCTL_TCP_FASTOPEN, "1", VALUE_EQUAL, "3", false, "3" },
	};

	expect_cases(cases, ARRAY_SIZE(cases));
}

Test(sysctl_value, values_without_an_order_refuse_one)
{
	static const struct {
		enum sysctl_id id;
		bool at_least, at_most;
	} cases[] = {
		{ SYSCTL_SOMAXCONN, true, true },
		{ SYSCTL_TCP_RMEM, true, true },
		{ SYSCTL_IP_LOCAL_PORT_RANGE, true, false },
		{ SYSCTL_IP_LOCAL_RESERVED_PORTS, true, false },
		{ SYSCTL_TCP_CONGESTION_CONTROL, false, false },
		{ SYSCTL_TCP_FASTOPEN, false, false },
	};
	struct err err = { "" };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct sysctl_fact *fact = fact_of(cases[i].id);

		cr_expect_eq(sysctl_op_check(fact, VALUE_EQUAL, NULL), 0);
		cr_expect_eq(sysctl_op_check(fact, VALUE_AT_LEAST, &err),
			     cases[i].at_least ? 0 : -EINVAL, "%s", fact->key);
		cr_expect_eq(sysctl_op_check(fact, VALUE_AT_MOST, &err),
			     cases[i].at_most ? 0 : -EINVAL, "%s", fact->key);
	}
	cr_expect_str_eq(err.text, "net.ipv4.tcp_fastopen: <= is no order among its values, use =");
}

Test(sysctl_value, what_cannot_be_compared_is_neither_satisfied_nor_joined)
{
	static const struct {
		enum sysctl_id id;
		const char *live;
		enum value_op op;
		const char *wanted;
	} cases[] = {
		{ SYSCTL_SOMAXCONN, "", VALUE_EQUAL, "1" },
		{ SYSCTL_SOMAXCONN, "many", VALUE_EQUAL, "1" },
		{ SYSCTL_SOMAXCONN, "1 2", VALUE_EQUAL, "1" },
		{ SYSCTL_SOMAXCONN, "1", VALUE_EQUAL, "" },
		{ SYSCTL_TCP_RMEM, "4096\t131072", VALUE_AT_LEAST, "4096" }, /* cut off */
		{ SYSCTL_IP_LOCAL_PORT_RANGE, "32768", VALUE_AT_LEAST, "32768 60999" },
		{ SYSCTL_IP_LOCAL_RESERVED_PORTS, "80,443,80", VALUE_AT_MOST, "80" },
		{ SYSCTL_IP_LOCAL_RESERVED_PORTS, "80-", VALUE_AT_LEAST, "80" },
		{ SYSCTL_TCP_CONGESTION_CONTROL, "bbr", VALUE_AT_LEAST, "bbr" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct sysctl_fact *fact = fact_of(cases[i].id);
		bool satisfied = true;

		cr_expect_not(sysctl_value_satisfies(fact, cases[i].live, cases[i].op,
						     cases[i].wanted, &satisfied),
			      "case %zu", i);
		cr_expect(satisfied, "outputs are touched only on success");
		cr_expect_null(sysctl_value_join(fact, cases[i].live, cases[i].op, cases[i].wanted),
			       "case %zu", i);
	}
}

Test(sysctl_value, nonsense_is_refused_with_a_sentence)
{
	static const struct {
		enum sysctl_id id;
		const char *text;
		int result;
	} cases[] = {
		{ SYSCTL_SOMAXCONN, "4096", 0 },
		{ SYSCTL_SOMAXCONN, "", -EINVAL },
		{ SYSCTL_SOMAXCONN, "lots", -EINVAL },
		{ SYSCTL_SOMAXCONN, "4096 x", -EINVAL },
		{ SYSCTL_SOMAXCONN, "4k", -EINVAL },
		{ SYSCTL_SOMAXCONN, "+1", -EINVAL },
		{ SYSCTL_SOMAXCONN, "1 2", -EINVAL },
		{ SYSCTL_SOMAXCONN, "-1", -ERANGE },
		{ SYSCTL_SOMAXCONN, "2147483648", -ERANGE },
		{ SYSCTL_SOMAXCONN, "99999999999999999999", -EINVAL },
		{ SYSCTL_TCP_NOTSENT_LOWAT, "4294967295", 0 },
		{ SYSCTL_FILE_MAX, "9223372036854775807", 0 },
		{ SYSCTL_FILE_MAX, "9223372036854775808", -EINVAL },
		{ SYSCTL_TCP_TW_REUSE, "3", -ERANGE },
		{ SYSCTL_TCP_SYN_RETRIES, "0", -ERANGE },
		{ SYSCTL_TCP_TW_REUSE_DELAY, "60001", -ERANGE },
		{ SYSCTL_TCP_RMEM, "8192 4096 2048", 0 }, /* the kernel takes it */
		{ SYSCTL_TCP_RMEM, "4096", 0 },
		{ SYSCTL_TCP_RMEM, "1 2 3 4", -EINVAL },
		{ SYSCTL_TCP_RMEM, "1 2 3 4 5", -EINVAL },
		{ SYSCTL_TCP_RMEM, "0 1 2", -ERANGE },
		{ SYSCTL_IP_LOCAL_PORT_RANGE, "1024 65535", 0 },
		{ SYSCTL_IP_LOCAL_PORT_RANGE, "1024", -EINVAL },
		{ SYSCTL_IP_LOCAL_PORT_RANGE, "60999 32768", -EINVAL },
		{ SYSCTL_IP_LOCAL_PORT_RANGE, "0 60999", -ERANGE },
		{ SYSCTL_IP_LOCAL_PORT_RANGE, "1024 65536", -ERANGE },
		{ SYSCTL_IP_LOCAL_PORT_RANGE, "1024-65535", -EINVAL },
		{ SYSCTL_IP_LOCAL_RESERVED_PORTS, "", 0 },
		{ SYSCTL_IP_LOCAL_RESERVED_PORTS, "80,443,8000-8100", 0 },
		{ SYSCTL_IP_LOCAL_RESERVED_PORTS, "80,", 0 }, /* the kernel takes it */
		{ SYSCTL_IP_LOCAL_RESERVED_PORTS, ",80", -EINVAL },
		{ SYSCTL_IP_LOCAL_RESERVED_PORTS, "80, 443", -EINVAL },
		{ SYSCTL_IP_LOCAL_RESERVED_PORTS, "80 443", -EINVAL },
		{ SYSCTL_IP_LOCAL_RESERVED_PORTS, "-80", -EINVAL },
		{ SYSCTL_IP_LOCAL_RESERVED_PORTS, "100-90", -EINVAL },
		{ SYSCTL_IP_LOCAL_RESERVED_PORTS, "65536", -EINVAL },
		{ SYSCTL_TCP_CONGESTION_CONTROL, "bbr", 0 },
		{ SYSCTL_TCP_CONGESTION_CONTROL, "", -EINVAL },
		{ SYSCTL_TCP_CONGESTION_CONTROL, "bbr cubic", -EINVAL },
		{ SYSCTL_TCP_EHASH_ENTRIES, "262144", -EPERM }, /* the kernel only shows it */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct sysctl_fact *fact = fact_of(cases[i].id);
		struct err err = { "" };

		cr_expect_eq(sysctl_value_check(fact, cases[i].text, &err), cases[i].result,
			     "%s = %s", fact->key, cases[i].text);
		cr_expect_eq(err.text[0] != '\0', cases[i].result != 0);
		cr_expect(!err.text[0] || strstr(err.text, fact->key), "%s", err.text);
	}
}

Test(sysctl_value, numbers_are_read_as_the_kernel_reads_them)
{
	static const struct {
		const char *text;
		bool good;
		int64_t first;
	} cases[] = {
		{ "010", true, 8 },  { "0x10", true, 16 }, { "09", false, 0 },
		{ "0b1", false, 0 }, { "\t7\n", true, 7 }, { "-5", true, -5 },
		{ "--5", false, 0 }, { "0x", false, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sysctl_numbers numbers = { .n = 9 };

		cr_expect_eq(sysctl_parse_numbers(cases[i].text, &numbers), cases[i].good, "%s",
			     cases[i].text);
		cr_expect_eq(numbers.n, cases[i].good ? 1 : 9, "%s", cases[i].text);
		if (cases[i].good)
			cr_expect_eq(numbers.value[0], cases[i].first, "%s", cases[i].text);
	}
}

Test(sysctl_value, all_ports_are_one_range)
{
	struct portset ports = { 0 };
	CLEANUP(freep) char *text = NULL;

	cr_assert(sysctl_parse_port_set("32768-65535,0-32767", &ports));
	cr_expect_eq(ports.count, 65536);
	text = sysctl_format_port_set(&ports);
	cr_expect_str_eq(text, "0-65535");
	portset_done(&ports);
}
