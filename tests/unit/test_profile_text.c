#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "err.h"
#include "text_file.h"

TestSuite(profile_text);

static int parse(const char *text, struct text_file *file, struct err *err)
{
	return text_file_parse("p.ini", text, strlen(text), file, err);
}

Test(profile_text, entries_keep_their_line_and_the_comments_right_above_them)
{
	struct text_file file = { 0 };
	const struct text_entry *e;
	struct err err;

	cr_assert_eq(parse("# Not of any entry.\n"
			   "[sysctl]\n"
			   "# Why this\n"
			   ";  and no other.\n"
			   "net.core.somaxconn = >= 4096 ; an aside\n"
			   "# far away\n"
			   "\n"
			   "a=b\n",
			   &file, &err),
		     0);
	cr_assert_eq(file.n_entries, 3);
	e = file.entries;
	cr_expect_null(e[0].key, "the section's own line");
	cr_expect_str_eq(e[0].section, "sysctl");
	cr_expect_eq(e[0].line, 2);
	cr_expect_str_eq(e[1].key, "net.core.somaxconn");
	cr_expect_str_eq(e[1].value, ">= 4096");
	cr_expect_str_eq(e[1].reason, "Why this and no other.");
	cr_expect_eq(e[1].line, 5);
	cr_expect_str_eq(e[2].key, "a");
	cr_expect_str_eq(e[2].value, "b");
	cr_expect_null(e[2].reason, "an empty line lies between");
	cr_expect_eq(e[2].line, 8);
	text_file_done(&file);
}

Test(profile_text, an_indented_entry_is_an_entry_and_no_continuation)
{
	struct text_file file = { 0 };
	struct err err;

	cr_assert_eq(parse("[sysctl]\nfirst = 1\n   second = 2\n", &file, &err), 0);
	cr_assert_eq(file.n_entries, 3);
	cr_expect_str_eq(file.entries[1].value, "1");
	cr_expect_str_eq(file.entries[2].key, "second");
	cr_expect_str_eq(file.entries[2].value, "2");
	text_file_done(&file);
}

Test(profile_text, what_windows_and_its_editors_add_changes_nothing)
{
	static const char *const same[] = {
		"[rules]\n# why\na = b\n",
		"[rules]\r\n# why\r\na = b\r\n",
		"\xef\xbb\xbf[rules]\r\n# why\r\na = b",
		"\xef\xbb\xbf  [ rules ]\t\n\t#why\n\ta\t=\tb\t",
	};

	for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
		struct text_file file = { 0 };
		struct err err;

		cr_assert_eq(parse(same[i], &file, &err), 0, "%zu: %s", i, err.text);
		cr_assert_eq(file.n_entries, 2, "%zu", i);
		cr_expect_str_eq(file.entries[1].section, "rules", "%zu", i);
		cr_expect_str_eq(file.entries[1].key, "a", "%zu", i);
		cr_expect_str_eq(file.entries[1].value, "b", "%zu", i);
		cr_expect_str_eq(file.entries[1].reason, "why", "%zu", i);
		cr_expect_eq(file.entries[1].line, 3, "%zu", i);
		text_file_done(&file);
	}
}

Test(profile_text, an_empty_file_has_no_entries)
{
	static const char *const empty[] = { "", "\n", "# only words", "\xef\xbb\xbf" };

	for (size_t i = 0; i < ARRAY_SIZE(empty); i++) {
		struct text_file file = { 0 };
		struct err err;

		cr_assert_eq(parse(empty[i], &file, &err), 0, "%zu: %s", i, err.text);
		cr_expect_eq(file.n_entries, 0);
		text_file_done(&file);
	}
}

Test(profile_text, what_is_no_profile_is_refused_with_its_line)
{
	static const struct {
		const char *text;
		const char *says;
	} cases[] = {
		{ "[rules]\nnonsense\n", "p.ini:2: neither" },
		{ "[rules]\nnonsense\na = b\n\033[2J = c\n", "p.ini:2: neither" },
		{ "[rules\na = b\n", "p.ini:1: this section's name does not end" },
		{ "[rules] a = b\n", "p.ini:1: 'a = b' follows" },
		{ "\n\nescape = \033[2J\n", "p.ini:3: a byte that is no text" },
		{ "a = \xff\n", "p.ini:1: a byte that is no text" },
		{ "a = b\rc = d\n", "p.ini:1: a byte that is no text" },
		{ "[sysctl]\na = 1\n  more words\n", "p.ini:3: neither" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct text_file file = { 0 };
		struct err err = { { 0 } };

		cr_expect_eq(parse(cases[i].text, &file, &err), -EINVAL, "%zu", i);
		cr_expect_eq(strncmp(err.text, cases[i].says, strlen(cases[i].says)), 0, "%s",
			     err.text);
		cr_expect_null(file.entries, "outputs are touched only on success");
	}
}

Test(profile_text, a_nul_byte_is_refused_with_its_line)
{
	static const char text[] = "[rules]\na = b\0c\n";
	struct text_file file = { 0 };
	struct err err;

	cr_expect_eq(text_file_parse("p.ini", text, sizeof(text) - 1, &file, &err), -EINVAL);
	cr_expect_str_eq(err.text, "p.ini:2: a NUL byte: this is no text file");
}

Test(profile_text, the_longest_line_is_whole_and_a_longer_one_is_refused)
{
	char text[TEXT_FILE_MAX_LINE + 16];
	struct text_file file = { 0 };
	struct err err;

	memset(text, 'x', sizeof(text));
	memcpy(text, "a = ", 4);
	text[TEXT_FILE_MAX_LINE] = '\0';
	cr_assert_eq(parse(text, &file, &err), 0);
	cr_expect_eq(strlen(file.entries[0].value), TEXT_FILE_MAX_LINE - 4);
	text_file_done(&file);
	text[TEXT_FILE_MAX_LINE] = 'x';
	text[TEXT_FILE_MAX_LINE + 1] = '\0';
	cr_expect_eq(parse(text, &file, &err), -EINVAL);
	cr_expect_str_eq(err.text, "p.ini:1: the line is longer than 190 bytes");
	text[0] = '#';
	cr_expect_eq(parse(text, &file, &err), -EINVAL, "a comment too: its end would be read");
}

Test(profile_text, a_file_that_cannot_be_read_is_named)
{
	struct text_file file = { 0 };
	struct err err;

	cr_expect_eq(text_file_read("/nonexistent/p.ini", &file, &err), -ENOENT);
	cr_expect_str_eq(err.text, "/nonexistent/p.ini: No such file or directory");
	cr_expect_eq(text_file_read("/", &file, &err), -EISDIR);
	cr_expect_eq(text_file_read("/dev/zero", &file, &err), -EFBIG, "read to the bound only");
}
