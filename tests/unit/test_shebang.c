#include <criterion/criterion.h>
#include <string.h>

#include "array.h"
#include "shebang.h"

static bool parse(const char *head, struct shebang *ret_line)
{
	return shebang_parse(head, strlen(head), ret_line);
}

Test(shebang, lines_are_split_as_the_kernel_splits_them)
{
	static const struct {
		const char *head, *interpreter, *argument;
	} cases[] = {
		{ "#!/bin/sh\necho", "/bin/sh", "" },
		{ "#! \t/bin/sh\n", "/bin/sh", "" },
		{ "#!/bin/sh", "/bin/sh", "" },
		{ "#!/usr/bin/env python3\n", "/usr/bin/env", "python3" },
		/* Everything that follows is one argument. */
		{ "#!/usr/bin/awk -f  -v x \t\n", "/usr/bin/awk", "-f  -v x" },
		{ "#!relative/sh -e\n", "relative/sh", "-e" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct shebang line;

		cr_assert(parse(cases[i].head, &line), "%s", cases[i].head);
		cr_expect_str_eq(line.interpreter, cases[i].interpreter);
		cr_expect_str_eq(line.argument, cases[i].argument);
	}
}

Test(shebang, what_the_kernel_would_not_take_for_a_script_is_none)
{
	static const char *const heads[] = {
		"", "#", "#!", "#!\n", "#! \t \n/bin/sh", "# !/bin/sh\n", "\177ELF", "echo\n"
	};

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		struct shebang line;

		cr_expect_not(parse(heads[i], &line), "%s", heads[i]);
	}
}

Test(shebang, a_name_that_the_buffer_cuts_off_is_refused_and_an_argument_is_cut)
{
	char head[SHEBANG_SIZE];
	struct shebang line;

	memset(head, 'x', sizeof(head));
	memcpy(head, "#!/", 3);
	cr_expect_not(shebang_parse(head, sizeof(head), &line));
	/* The same name, whole: the file ends there. */
	cr_expect(shebang_parse(head, sizeof(head) - 1, &line));
	head[9] = ' ';
	cr_assert(shebang_parse(head, sizeof(head), &line));
	cr_expect_str_eq(line.interpreter, "/xxxxxx");
	cr_expect_eq(strlen(line.argument), sizeof(head) - 10);
}
