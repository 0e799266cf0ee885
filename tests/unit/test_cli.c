/* Options are read off a subcommand's own rows. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>

#include "array.h"

#include "cli.h"
#include "cmd.h"

enum { OPTION_OUTPUT, OPTION_FORMAT, OPTION_LIST };

static const struct cmd_option options[] = {
	[OPTION_OUTPUT] = { "-o, --output", "FILE", "" },
	[OPTION_FORMAT] = { "--format", "text|json", "" },
	[OPTION_LIST] = { "--list", NULL, "" },
	{ 0 },
};
static const struct cmd cmd = { .name = "try", .options = options };

/* The first answer to one argument vector, and the value that came with it. */
static int first(const char *one, const char *two, const char **ret_value)
{
	char *argv[] = { (char *)"try", (char *)one, (char *)two };
	struct args args = args_of(&cmd, two ? 3 : 2, argv);
	int answer = args_next(&args);

	*ret_value = args.value;
	return answer;
}

Test(cli, all_ways_of_giving_a_value_are_the_same)
{
	static const struct {
		const char *one, *two;
	} cases[] = {
		{ "--output", "file" },
		{ "--output=file", NULL },
		{ "-o", "file" },
		{ "-ofile", NULL },
	};
	const char *value;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cr_expect_eq(first(cases[i].one, cases[i].two, &value), OPTION_OUTPUT);
		cr_expect_str_eq(value, "file");
	}
}

Test(cli, a_dash_alone_is_a_word)
{
	const char *value;

	cr_expect_eq(first("-", NULL, &value), ARG_WORD);
	cr_expect_str_eq(value, "-");
}

Test(cli, after_two_dashes_everything_is_a_word)
{
	char *argv[] = { (char *)"try", (char *)"--", (char *)"--list" };
	struct args args = args_of(&cmd, 3, argv);

	cr_expect_eq(args_next(&args), ARG_WORD);
	cr_expect_str_eq(args.value, "--list");
	cr_expect_eq(args_next(&args), ARG_END);
}

Test(cli, wrong_options_are_refused_with_the_reason)
{
	static const struct {
		const char *one, *two, *said;
	} cases[] = {
		{ "--ouput", "file", "no option '--ouput'; did you mean '--output'?" },
		{ "--output", NULL, "--output needs a value: FILE" },
		{ "--output=", NULL, "--output needs a value: FILE" },
		{ "-o", "", "--output needs a value: FILE" },
		{ "--list=all", NULL, "--list takes no value" },
		{ "--format", "xml", "--format 'xml': expected text|json" },
		{ "--format", "text|json", "--format 'text|json': expected text|json" },
		{ "--format", "", "--format needs a value: text|json" },
		{ "-x", NULL, "no option '-x'" },
	};
	char expected[1024] = "";
	const char *value;

	cr_redirect_stderr();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t length = strlen(expected);

		cr_expect_eq(first(cases[i].one, cases[i].two, &value), ARG_WRONG);
		(void)snprintf(expected + length, sizeof(expected) - length,
			       "tcpwright: %s\n'tcpwright try --help' says what there is.\n",
			       cases[i].said);
	}
	(void)fflush(stderr);
	cr_expect_stderr_eq_str(expected);
}
