#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "cleanup.h"
#include "page.h"
#include "text.h"
#include "writer.h"

#include "sample_report.h"

TestSuite(report_text);

static const struct report_style plain = { .width = 80, .utf8 = true };

static char *text_of(struct sample_report sample, const struct report_style *style)
{
	char *text = sample_report_write(&sample, "text", style);

	sample_report_done(&sample);
	return text;
}

static char *read_golden(const char *name)
{
	CLEANUP(freep) char *path = text_format("%s/%s", GOLDEN_DIR, name);
	CLEANUP(fclosep) FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t capacity = 0;

	cr_assert(file, "%s", path);
	cr_assert(getdelim(&text, &capacity, '\0', file) >= 0);
	return text;
}

/* write_sample NAME text >tests/golden/report-NAME.txt */
Test(report_text, reports_look_like_the_golden_ones)
{
	static const char *const names[] = { "sick", "healthy", "blind" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(freep) char *file = text_format("report-%s.txt", names[i]);
		CLEANUP(freep) char *golden = read_golden(file);
		CLEANUP(freep) char *text = NULL;
		struct sample_report sample;

		cr_assert(sample_report_find(names[i], &sample));
		text = text_of(sample, &plain);
		cr_expect_str_eq(text, golden);
	}
}

static bool is_command(const char *line)
{
	return strstr(line, "sysctl -w") || strstr(line, "  command  ");
}

Test(report_text, lines_fit_the_terminal_but_for_commands)
{
	static const unsigned int widths[] = { 60, 80, 132 };

	for (size_t i = 0; i < ARRAY_SIZE(widths); i++) {
		const struct report_style style = { .width = widths[i], .utf8 = true };
		CLEANUP(freep) char *text = text_of(sample_report_sick(), &style);

		for (char *rest = text, *line; (line = strsep(&rest, "\n"));)
			cr_expect(page_columns(line) <= widths[i] || is_command(line), "%s", line);
	}
}

Test(report_text, nothing_wrong_is_not_said_of_what_was_not_seen)
{
	struct sample_report sample = sample_report_healthy();
	CLEANUP(freep) char *text = NULL;

	sample.report.results[0].verdict = VERDICT_UNKNOWN;
	text = text_of(sample, &plain);
	cr_expect_eq(strncmp(text, "Nothing wrong found in what could be seen (", 43), 0);
}

Test(report_text, the_first_screen_says_what_is_wrong_and_what_to_do_first)
{
	CLEANUP(freep) char *text = text_of(sample_report_sick(), &plain);
	char *end = text;

	for (int line = 0; line < 24; line++)
		end = strchr(end, '\n') + 1;
	*end = '\0';
	cr_expect_eq(strncmp(text, "1 critical, 1 warning, 1 info", 29), 0);
	cr_expect(strstr(text, "Hint  --role reverse-proxy"));
	cr_expect(strstr(text, "\nDo first: connection pool"));
	cr_expect(strstr(text, "CRITICAL  Ports towards a destination run out  [port-exhaustion]"));
}

Test(report_text, the_overview_says_of_whom_a_finding_speaks)
{
	CLEANUP(freep) char *text = text_of(sample_report_sick(), &plain);

	cr_expect(strstr(text, "\n  CRITICAL  Ports towards a destination run out: 10.0.0.1 -> "
			       "10.0.9.0:443, and 1\n            more\n"));
	cr_expect(strstr(text, "\n  INFO      How many connections end in TIME-WAIT\n"),
		  "the whole host's figures have no subject");
}

Test(report_text, a_forecast_is_as_coarse_as_it_is_far)
{
	static const struct {
		uint64_t seconds;
		const char *text;
	} cases[] = {
		{ 0, " now\n" },         { 42, " in 42 s\n" },      { 599, " in 599 s\n" },
		{ 600, " in 10 min\n" }, { 7199, " in 119 min\n" }, { 20023, " in 5 h\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sample_report sample = sample_report_sick();
		CLEANUP(freep) char *text = NULL;

		sample.model->sockets.destinations[0].budget.seconds_to_exhaustion =
			cases[i].seconds;
		text = text_of(sample, &plain);
		cr_expect(strstr(text, cases[i].text), "%s", cases[i].text);
	}
}

Test(report_text, info_alone_asks_for_nothing)
{
	struct sample_report sample = sample_report_healthy();
	struct finding *finding = &sample.report.results[0].finding;
	CLEANUP(freep) char *text = NULL;

	sample.report.results[0].verdict = VERDICT_FINDING;
	finding_grade(finding, SEV_INFO);
	finding_act(finding, &(struct advice){ .kind = ACTION_APPLICATION, .key = "nothing" });
	text = text_of(sample, &plain);
	cr_expect_not(strstr(text, "Do first"));
}

static void expect_once(const char *command, const char *above)
{
	struct sample_report sample = sample_report_healthy();
	struct finding *finding = &sample.report.results[0].finding;
	static const char *const keys[] = { "so_keepalive", "tcp_keepidle" };
	static const char printed[] =
		"\n       section  [socket app]\n                program = app\n";
	CLEANUP(freep) char *text = NULL;
	const char *first;

	sample.report.results[0].verdict = VERDICT_FINDING;
	finding_grade(finding, SEV_ADVICE);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		finding_act(finding,
			    &(struct advice){ .kind = ACTION_SOCKET_OPTION,
					      .key = keys[i],
					      .command = command,
					      .section = "[socket app]\nprogram = app\n" });
	text = text_of(sample, &plain);
	first = strstr(text, printed);
	cr_assert(first, "%s", text);
	cr_expect_not(strstr(first + strlen(printed), "[socket app]"), "%s", text);
	cr_expect(strstr(first, above), "%s", text);
}

Test(report_text, a_section_for_two_options_is_printed_once)
{
	expect_once("tcpwright run -- app", "\n       command  as above\n");
	expect_once(NULL, "\n       section  as above\n");
}

Test(report_text, colour_changes_nothing_but_the_colour)
{
	const struct report_style coloured = { .colour = true, .width = 80, .utf8 = true };
	CLEANUP(freep) char *expected = text_of(sample_report_sick(), &plain);
	CLEANUP(freep) char *text = text_of(sample_report_sick(), &coloured);
	char *to = text;

	cr_expect(strstr(text, "\033[1;31mCRITICAL\033[0m"));
	for (const char *from = text; *from;)
		if (*from == '\033')
			from = strchr(from, 'm') + 1;
		else
			*to++ = *from++;
	*to = '\0';
	cr_expect_str_eq(text, expected);
}

Test(report_text, the_host_cannot_reach_the_terminal)
{
	CLEANUP(freep) char *text = text_of(sample_report_hostile(), &plain);

	for (const char *c = text; *c; c++)
		cr_assert((unsigned char)*c >= ' ' || *c == '\n', "byte %d", *c);
	cr_expect_not(strstr(text, "\xe2\x80\xae"));
	cr_expect_not(strstr(text, "\xff"));
}

Test(report_text, without_utf8_there_is_none)
{
	const struct report_style ascii = { .width = 80 };
	CLEANUP(freep) char *text = text_of(sample_report_sick(), &ascii);

	for (const char *c = text; *c; c++)
		cr_assert((unsigned char)*c < 0x80);
}

/* As long as the model lets a command be. */
static const char long_command[201] = { [0 ... 199] = 'j' };

static struct sample_report with_long_command(void)
{
	struct sample_report sample = sample_report_healthy();

	free(sample.model->processes[0].command);
	sample.model->processes[0].command = strdup(long_command);
	return sample;
}

Test(report_text, nothing_is_cut_where_there_is_no_terminal)
{
	const struct report_style piped = { 0 };
	CLEANUP(freep) char *text = text_of(with_long_command(), &piped);

	cr_expect(strstr(text, long_command));
}

Test(report_text, a_long_command_gives_way_to_the_address)
{
	CLEANUP(freep) char *text = text_of(with_long_command(), &plain);

	cr_expect(strstr(text, "\n  10.0.0.1:8080          6      5  jjjj"));
	cr_expect_not(strstr(text, long_command));
}

Test(report_text, an_empty_setting_is_said_to_be_empty)
{
	CLEANUP(freep) char *text = NULL;
	struct sample_report sample;

	cr_assert(sample_report_find("sick", &sample));
	finding_text(&sample.report.results[2].finding, NULL, "reserved ports", "", "a file");
	text = text_of(sample, &plain);
	cr_expect(strstr(text, "(empty) (a file)"));
}

Test(report_text, a_window_says_how_long_it_was)
{
	CLEANUP(freep) char *text = text_of(sample_report_window(), &plain);

	cr_expect(strstr(text, "changes over 2 s"));
	cr_assert(strstr(text, "RUNS OUT"));
	cr_expect_not(strstr(text, "one sample"), "growth was seen");
}

Test(report_text, many_destinations_are_counted_beyond_the_first_ten)
{
	CLEANUP(freep) char *text = text_of(sample_report_crowded(5000), &plain);

	cr_expect(strstr(text, "\n  and 4990 more\n"));
}
