#include <criterion/criterion.h>
#include <string.h>

#include "array.h"
#include "env_line.h"

static bool parse(const char *interpreter, const char *argument, struct env_line *ret_line)
{
	struct shebang line = { { 0 }, { 0 } };

	strcpy(line.interpreter, interpreter);
	strcpy(line.argument, argument);
	return env_line_parse(&line, ret_line);
}

Test(env_line, the_program_is_found_behind_what_env_takes_for_itself)
{
	static const struct {
		const char *argument, *program;
		bool empty;
	} cases[] = {
		{ "python3", "python3", false },
		/* The kernel hands over one word, and env looks for that. */
		{ "python3 -u", "python3 -u", false },
		{ "-S python3 -u", "python3", false },
		{ "-Spython3", "python3", false },
		{ "--split-string=perl -w", "perl", false },
		{ "-S  -v  LANG=C  A=  node --x=y", "node", false },
		{ "-S -u LD_LIBRARY_PATH ruby", "ruby", false },
		{ "-S -i perl", "perl", true },
		{ "-S - perl", "perl", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct env_line line;

		cr_assert(parse("/usr/bin/env", cases[i].argument, &line), "%s", cases[i].argument);
		cr_expect_str_eq(line.program, cases[i].program);
		cr_expect_eq(line.empty_environment, cases[i].empty);
	}
}

Test(env_line, what_is_not_understood_stays_with_env)
{
	static const char *const arguments[] = { "",
						 "-i",
						 "LANG=C",
						 "-S",
						 "-S LANG=C",
						 "-S PATH=/x perl",
						 "-S 'a b'",
						 "-S ${X} perl",
						 "-S -C /tmp perl",
						 "-S -u PATH perl" };
	struct env_line line;

	for (size_t i = 0; i < ARRAY_SIZE(arguments); i++)
		cr_expect_not(parse("/usr/bin/env", arguments[i], &line), "%s", arguments[i]);
	cr_expect_not(parse("/bin/sh", "python3", &line));
}
