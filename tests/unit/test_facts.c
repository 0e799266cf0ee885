#include <ctype.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "array.h"
#include "counters.h"
#include "err.h"
#include "kernel_version.h"
#include "sysctl_value.h"
#include "sysctls.h"
#include "tcp_states.h"

TestSuite(facts);

/* Prose that a reader sees: there, a sentence, and without the seams of wrapped literals. */
static void expect_sentences(const char *name, const char *text)
{
	size_t length;

	cr_assert(text && *text, "%s has an empty text", name);
	length = strlen(text);
	cr_expect(text[length - 1] == '.', "%s: \"%s\" does not end", name, text);
	cr_expect_null(strstr(text, "  "), "%s: \"%s\" has a double space", name, text);
	for (const char *c = text; *c; c++)
		cr_expect(!(*c == '.' && isupper((unsigned char)c[1])), "%s: \"%s\" lacks a space",
			  name, text);
}

static void expect_references(const char *name, const char *const references[], size_t max)
{
	cr_expect(references[0] && *references[0], "%s has no reference", name);
	for (size_t i = 1; i < max; i++)
		cr_expect(!references[i] || (references[i - 1] && *references[i]),
			  "%s has a gap among its references", name);
}

Test(facts, every_sysctl_is_explained_and_documented)
{
	for (size_t i = 0; i < N_SYSCTLS; i++) {
		const struct sysctl_fact *fact = &sysctl_facts[i];

		cr_assert(fact->key, "row %zu is missing", i);
		expect_sentences(fact->key, fact->meaning);
		if (fact->misunderstood)
			expect_sentences(fact->key, fact->misunderstood);
		expect_references(fact->key, fact->references, SYSCTL_MAX_REFERENCES);
		cr_expect(fact->n_values >= 1 && fact->n_values <= SYSCTL_MAX_VECTOR, "%s",
			  fact->key);
		cr_expect_eq(fact->n_values > 1, fact->type == SYSCTL_VECTOR, "%s", fact->key);
		cr_expect(fact->defaults[0].value || fact->computed, "%s has no default",
			  fact->key);
	}
}

Test(facts, keys_are_unique_and_lead_back_to_their_row)
{
	for (size_t i = 0; i < N_SYSCTLS; i++) {
		const struct sysctl_fact *fact = sysctl_find(sysctl_facts[i].key);

		cr_expect_eq(fact, &sysctl_facts[i], "%s is there twice", sysctl_facts[i].key);
		cr_expect_eq(sysctl_id_of(fact), i);
	}
}

Test(facts, every_default_is_a_value_that_its_key_takes)
{
	for (size_t i = 0; i < N_SYSCTLS; i++) {
		const struct sysctl_fact *fact = &sysctl_facts[i];
		struct err err = { "" };

		for (size_t d = 0; d < SYSCTL_MAX_DEFAULTS && fact->defaults[d].value; d++)
			cr_expect_eq(sysctl_value_check(fact, fact->defaults[d].value, &err), 0,
				     "%s", err.text);
	}
}

Test(facts, defaults_ascend_and_lie_within_the_life_of_their_key)
{
	for (size_t i = 0; i < N_SYSCTLS; i++) {
		const struct sysctl_fact *fact = &sysctl_facts[i];

		if (!fact->defaults[0].value)
			continue;
		cr_expect_eq(fact->defaults[0].since, fact->since, "%s", fact->key);
		for (size_t d = 1; d < SYSCTL_MAX_DEFAULTS && fact->defaults[d].value; d++) {
			cr_expect_gt(fact->defaults[d].since, fact->defaults[d - 1].since, "%s",
				     fact->key);
			cr_expect_str_neq(fact->defaults[d].value, fact->defaults[d - 1].value);
		}
	}
}

Test(facts, keys_are_found_with_dots_and_with_slashes)
{
	const struct sysctl_fact *fact = &sysctl_facts[SYSCTL_TCP_TW_REUSE];
	char path[64];

	cr_expect_eq(sysctl_find("net.ipv4.tcp_tw_reuse"), fact);
	cr_expect_eq(sysctl_find("net/ipv4/tcp_tw_reuse"), fact);
	cr_expect_null(sysctl_find("net.ipv4.tcp_tw_reus"));
	cr_expect_null(sysctl_find("net.ipv4.tcp_tw_reuse_"));
	cr_expect_null(sysctl_find("net.ipv4"));
	cr_expect_null(sysctl_find(""));
	sysctl_path(path, sizeof(path), fact);
	cr_expect_str_eq(path, "proc/sys/net/ipv4/tcp_tw_reuse");
	sysctl_path(path, 8, fact);
	cr_expect_str_eq(path, "proc/sy");
}

Test(facts, a_misspelt_key_has_a_nearest_one_and_a_stranger_has_none)
{
	cr_expect_str_eq(sysctl_nearest("net.ipv4.tcp_tw_resue"), "net.ipv4.tcp_tw_reuse");
	cr_expect_str_eq(sysctl_nearest("net/core/somaxcon"), "net.core.somaxconn");
	cr_expect_str_eq(sysctl_nearest("tcp_fin_timout"), "net.ipv4.tcp_fin_timeout");
	cr_expect_null(sysctl_nearest("vm.swappiness"));
	cr_expect_null(sysctl_nearest(""));
}

Test(facts, defaults_follow_the_kernel)
{
	static const struct {
		enum sysctl_id id;
		kernel_version version;
		const char *value;
	} cases[] = {
		{ SYSCTL_SOMAXCONN, KERNEL(5, 3), "128" },
		{ SYSCTL_SOMAXCONN, KERNEL(5, 4), "4096" },
		{ SYSCTL_TCP_TW_REUSE, KERNEL(4, 18), "0" },
		{ SYSCTL_TCP_TW_REUSE, KERNEL(6, 18), "2" },
		{ SYSCTL_TCP_TW_REUSE_DELAY, KERNEL(6, 13), NULL },
		{ SYSCTL_TCP_TW_REUSE_DELAY, KERNEL(6, 14), "1000" },
		{ SYSCTL_TCP_TW_RECYCLE, KERNEL(4, 11), "0" },
		{ SYSCTL_TCP_TW_RECYCLE, KERNEL(4, 12), NULL },
		{ SYSCTL_TCP_SYN_LINEAR_TIMEOUTS, KERNEL(6, 4), NULL },
		{ SYSCTL_TCP_SYN_LINEAR_TIMEOUTS, KERNEL(6, 5), "4" },
		{ SYSCTL_TCP_RMEM, KERNEL(6, 12), "4096 131072 6291456" },
		{ SYSCTL_TCP_RMEM, KERNEL(6, 18) | 44, "4096 131072 33554432" },
		{ SYSCTL_RMEM_MAX, KERNEL(6, 17), "212992" },
		{ SYSCTL_RMEM_MAX, KERNEL(6, 18), "4194304" },
		{ SYSCTL_TCP_MAX_TW_BUCKETS, KERNEL(6, 18), NULL },
		{ SYSCTL_IP_LOCAL_RESERVED_PORTS, KERNEL(6, 18), "" },
		{ SYSCTL_SOMAXCONN, 0, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *value = sysctl_default(&sysctl_facts[cases[i].id], cases[i].version);

		cr_expect_eq(!value, !cases[i].value, "case %zu", i);
		if (value && cases[i].value)
			cr_expect_str_eq(value, cases[i].value, "case %zu", i);
	}
}

Test(facts, kernel_releases_compare_as_numbers)
{
	kernel_version version = 7;

	cr_expect(kernel_version_parse("6.18.44-fc-v657", &version));
	cr_expect_eq(version, KERNEL(6, 18) | 44);
	cr_expect_gt(version, KERNEL(6, 9));
	cr_expect(kernel_version_parse("5.10", &version) && version == KERNEL(5, 10));
	cr_expect_not(kernel_version_parse("", &version));
	cr_expect_not(kernel_version_parse("six", &version));
	cr_expect_not(kernel_version_parse("999.1", &version));
	cr_expect_eq(version, KERNEL(5, 10), "outputs are touched only on success");
}

Test(facts, every_counter_is_explained_and_found_under_every_spelling)
{
	for (size_t i = 0; i < N_COUNTERS; i++) {
		const struct counter_fact *fact = &counter_facts[i];
		char spelling[96];

		cr_assert(fact->name, "row %zu is missing", i);
		expect_sentences(fact->name, fact->meaning);
		if (fact->misunderstood)
			expect_sentences(fact->name, fact->misunderstood);
		expect_references(fact->name, fact->references, COUNTER_MAX_REFERENCES);
		cr_expect_eq(counter_find(fact->name), fact, "%s", fact->name);
		(void)snprintf(spelling, sizeof(spelling), "%s.%s", fact->table, fact->name);
		cr_expect_eq(counter_find(spelling), fact, "%s", spelling);
		(void)snprintf(spelling, sizeof(spelling), "%s%s", fact->table, fact->name);
		for (char *c = spelling; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		cr_expect_eq(counter_find(spelling), fact, "%s", spelling);
	}
	cr_expect_null(counter_find("TcpExt"));
	cr_expect_null(counter_find("Tcp."));
	cr_expect_null(counter_find(""));
	cr_expect_null(counter_find("ListenOverflow"));
}

Test(facts, counters_know_their_file)
{
	cr_expect_str_eq(counter_file(&counter_facts[COUNTER_ACTIVE_OPENS]), "/proc/net/snmp");
	cr_expect_str_eq(counter_file(&counter_facts[COUNTER_LISTEN_OVERFLOWS]),
			 "/proc/net/netstat");
}

Test(facts, all_eleven_states_and_the_bound_one_are_explained)
{
	size_t n = 0;

	for (size_t i = 0; i < N_TCP_STATES; i++) {
		const struct tcp_state_fact *fact = &tcp_state_facts[i];

		if (!fact->name)
			continue;
		n++;
		expect_sentences(fact->name, fact->entered_by);
		expect_sentences(fact->name, fact->ended_by);
		expect_sentences(fact->name, fact->is_it_a_fault);
		expect_references(fact->name, fact->references, TCP_STATE_MAX_REFERENCES);
		cr_expect_eq(tcp_state_find(fact->name), fact, "%s", fact->name);
		cr_expect_eq(tcp_state_find(fact->json), fact, "%s", fact->json);
		for (const char *c = fact->json; *c; c++)
			cr_expect(islower((unsigned char)*c) || isdigit((unsigned char)*c) ||
				  *c == '_');
	}
	cr_expect_eq(n, 12);
	cr_expect_null(tcp_state_facts[0].name);
	cr_expect_null(tcp_state_facts[TCP_STATE_NEW_SYN_RECV].name);
}

Test(facts, states_are_found_under_every_common_spelling)
{
	static const struct {
		const char *word;
		enum tcp_state state;
	} cases[] = {
		{ "TIME_WAIT", TCP_STATE_TIME_WAIT },   { "timewait", TCP_STATE_TIME_WAIT },
		{ "time-wait", TCP_STATE_TIME_WAIT },   { "ESTABLISHED", TCP_STATE_ESTAB },
		{ "FIN-WAIT-2", TCP_STATE_FIN_WAIT_2 }, { "FIN_WAIT2", TCP_STATE_FIN_WAIT_2 },
		{ "finwait1", TCP_STATE_FIN_WAIT_1 },   { "SYN_RECV", TCP_STATE_SYN_RECV },
		{ "syn-received", TCP_STATE_SYN_RECV }, { "CLOSE", TCP_STATE_UNCONN },
		{ "CLOSED", TCP_STATE_UNCONN },         { "CLOSING", TCP_STATE_CLOSING },
		{ "LISTENING", TCP_STATE_LISTEN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		cr_expect_eq(tcp_state_find(cases[i].word), &tcp_state_facts[cases[i].state], "%s",
			     cases[i].word);
	cr_expect_null(tcp_state_find("WAIT"));
	cr_expect_null(tcp_state_find(""));
	cr_expect_null(tcp_state_find("-"));
}
