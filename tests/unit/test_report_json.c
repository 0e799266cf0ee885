#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "array.h"
#include "cleanup.h"
#include "err.h"
#include "model.h"
#include "writer.h"

#include "sample_report.h"

TestSuite(report_json);

static const struct report_style style;

static json_t *json_of(struct sample_report sample)
{
	CLEANUP(freep) char *text = sample_report_write(&sample, "json", &style);
	json_error_t error;
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	sample_report_done(&sample);
	cr_assert(json, "line %d: %s", error.line, error.text);
	return json;
}

/* The member that "a.b.c" leads to; numbers are indices. */
static json_t *at(json_t *json, const char *path)
{
	char copy[128], *rest = copy, *name;

	(void)snprintf(copy, sizeof(copy), "%s", path);
	while ((name = strsep(&rest, "."))) {
		json = json_is_array(json) ? json_array_get(json, strtoul(name, NULL, 10))
					   : json_object_get(json, name);
		cr_assert(json, "%s of %s", name, path);
	}
	return json;
}

/* write_sample sick json >tests/golden/report-sick.json */
Test(report_json, a_report_means_the_same_as_the_golden_one)
{
	json_auto_t *json = json_of(sample_report_sick());
	json_auto_t *golden = json_load_file(GOLDEN_DIR "/report-sick.json", 0, NULL);

	cr_assert(golden);
	/* These two change with every release and with every new row of the table of sysctls. */
	cr_assert_eq(json_object_set(at(json, "tool"), "version", at(golden, "tool.version")), 0);
	cr_assert_eq(json_object_set(json, "settings", at(golden, "settings")), 0);
	cr_expect(json_equal(json, golden));
}

Test(report_json, keys_come_in_one_order)
{
	static const char *const keys[] = {
		"schema_version", "tool",     "host",         "role",
		"collection",     "sockets",  "destinations", "destinations_folded",
		"listeners",      "settings", "findings",     "series",
		"rules",          "summary"
	};
	json_auto_t *json = json_of(sample_report_blind());
	const char *key;
	json_t *value;
	size_t i = 0;

	json_object_foreach(json, key, value)
		cr_expect_str_eq(key, i < ARRAY_SIZE(keys) ? keys[i++] : "no more");
	cr_expect_eq(i, ARRAY_SIZE(keys));
}

Test(report_json, what_is_unknown_is_null_and_never_zero)
{
	static const char *const unknown[] = {
		"host.hostname",
		"host.kernel",
		"host.netns",
		"host.source",
		"host.captured_at",
		"host.uptime_s",
		"role.why",
		"role.hint",
		"collection.backend",
		"collection.sockets",
		"sockets.states.estab",
		"sockets.states.bound_inactive",
		"destinations",
		"sockets.time_wait_rate_per_s",
		"listeners",
		"sockets.time_wait_histogram",
		"series",
		"sockets.idle_without_keepalive",
		"settings.0.live",
		"settings.0.recommended",
	};
	json_auto_t *json = json_of(sample_report_blind());

	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		cr_expect(json_is_null(at(json, unknown[i])), "%s", unknown[i]);
	cr_expect_str_eq(json_string_value(at(json, "rules.0.missing.0")), "sockets");
}

Test(report_json, all_states_are_there_and_the_kernels_own_counts_as_syn_recv)
{
	json_auto_t *json = json_of(sample_report_sick());

	cr_expect_eq(json_object_size(at(json, "sockets.states")), 12);
	cr_expect_eq(json_integer_value(at(json, "sockets.states.closing")), 0);
	cr_expect_eq(json_integer_value(at(json, "sockets.states.syn_recv")), 4);
	cr_expect_eq(json_integer_value(at(json, "sockets.states.bound_inactive")), 7);
}

Test(report_json, the_rate_is_that_of_the_ten_youngest_seconds)
{
	struct sample_report sample = sample_report_healthy();
	uint32_t *histogram = sample.model->sockets.time_wait_histogram;
	json_auto_t *json = NULL;

	memset(histogram, 0, sizeof(sample.model->sockets.time_wait_histogram));
	histogram[49] = 1000;
	histogram[50] = 30;
	histogram[59] = 5;
	json = json_of(sample);
	cr_expect_float_eq(json_real_value(at(json, "sockets.time_wait_rate_per_s")), 3.5, 1e-9);
}

Test(report_json, idle_sockets_of_all_units_share_the_buckets)
{
	json_auto_t *json = json_of(sample_report_sick());
	json_t *buckets = at(json, "sockets.idle_without_keepalive");

	cr_expect_eq(json_array_size(buckets), N_IDLE_SCOPES * N_IDLE_BUCKETS);
	cr_expect_eq(json_integer_value(at(buckets, "0.count")), 9);
	cr_expect_eq(json_integer_value(at(buckets, "11.count")), 2);
	cr_expect_eq(json_integer_value(at(buckets, "11.from_s")), 7200);
	cr_expect(json_is_null(at(buckets, "11.to_s")));
}

Test(report_json, a_destination_without_time_wait_has_sixty_zeros)
{
	struct sample_report sample = sample_report_healthy();
	json_auto_t *json = NULL;

	sample.model->sockets.destinations[1].time_wait = 3; /* but nobody knows how old */
	json = json_of(sample);
	cr_expect_eq(json_array_size(at(json, "destinations.0.time_wait_histogram")), 60);
	cr_expect(json_is_null(at(json, "destinations.1.time_wait_histogram")));
}

static json_t *setting(json_t *json, const char *key)
{
	json_t *entry;
	size_t i;

	json_array_foreach(at(json, "settings"), i,
			   entry) if (strcmp(json_string_value(at(entry, "key")), key) ==
				      0) return entry;
	return NULL;
}

Test(report_json, settings_say_what_is_and_what_should_be)
{
	json_auto_t *json = json_of(sample_report_sick());
	json_t *reuse = setting(json, "net.ipv4.tcp_tw_reuse");
	json_t *rmem = setting(json, "net.ipv4.tcp_rmem");

	cr_expect_str_eq(json_string_value(at(reuse, "live")), "2");
	cr_expect_str_eq(json_string_value(at(reuse, "recommended")), "1");
	cr_expect_str_eq(json_string_value(at(reuse, "default")), "2");
	cr_expect_str_eq(json_string_value(at(rmem, "live")), "4096 131072 33554432");
	cr_expect(json_is_null(at(rmem, "recommended")));
	cr_expect_null(setting(json, "net.ipv4.tcp_tw_recycle"), "this kernel has no such key");
}

Test(report_json, findings_come_worst_first_and_rules_in_table_order)
{
	json_auto_t *json = json_of(sample_report_sick());

	cr_expect_str_eq(json_string_value(at(json, "findings.0.id")), "port-exhaustion");
	cr_expect_str_eq(json_string_value(at(json, "findings.2.severity")), "info");
	cr_expect_str_eq(json_string_value(at(json, "rules.0.id")), "port-range-sane");
	cr_expect_eq(json_array_size(at(json, "rules")), 6);
	cr_expect_eq(json_integer_value(at(json, "summary.evaluated")), 6);
}

Test(report_json, a_window_gives_a_series_of_all_counters)
{
	json_auto_t *json = json_of(sample_report_window());
	json_t *counters;

	cr_expect_eq(json_array_size(at(json, "series.samples")), 3);
	counters = at(json, "series.samples.2.counters");
	cr_expect_eq(json_object_size(counters), N_COUNTERS);
	cr_expect_eq(json_integer_value(json_object_get(counters, "TcpExt.ListenOverflows")), 9);
	cr_expect(json_is_null(json_object_get(counters, "Tcp.ActiveOpens")));
}

Test(report_json, hostile_texts_stay_texts)
{
	json_auto_t *json = json_of(sample_report_hostile());
	const char *hostname = json_string_value(at(json, "host.hostname"));

	cr_expect_str_eq(hostname, "\"\\?[2J??  \?\?\?</script>%s");
	cr_expect(json_is_null(at(json, "findings.2.evidence.1.value")), "NaN");
}

/* Under a sanitizer freed memory is kept for a while, and the peak says nothing. */
#if defined(__SANITIZE_ADDRESS__)
#define MEMORY_IS_WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MEMORY_IS_WATCHED 1
#endif
#endif

Test(report_json, memory_does_not_grow_with_the_destinations)
{
#ifdef MEMORY_IS_WATCHED
	cr_skip_test("a sanitizer keeps freed memory");
#else
	struct sample_report sample = sample_report_crowded(5000);
	CLEANUP(fclosep) FILE *file = fopen("/dev/null", "w");
	struct rusage before, after;
	struct err err;

	cr_assert(file);
	cr_assert_eq(getrusage(RUSAGE_SELF, &before), 0);
	cr_assert_eq(report_format_find("json")->write(file, &sample.report, &style, &err), 0);
	cr_assert_eq(getrusage(RUSAGE_SELF, &after), 0);
	cr_expect_lt(after.ru_maxrss - before.ru_maxrss, 1024, "KiB");
	sample_report_done(&sample);
#endif
}

Test(report_json, five_thousand_destinations_are_all_there)
{
	json_auto_t *json = json_of(sample_report_crowded(5000));

	cr_expect_eq(json_array_size(at(json, "destinations")), 5000);
}
