#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "cleanup.h"
#include "err.h"
#include "examine.h"
#include "resolve.h"

#include "programs.h"
#include "tree.h"

/* Any library of this machine's kind can stand for the preloaded one. */
static char library[4096];

static void find_library(void)
{
	(void)snprintf(library, sizeof(library), "%s", program_path("lib/libconnects.so"));
}

TestSuite(examine, .init = find_library);

static struct examination look_at(const char *path, bool strip)
{
	CLEANUP(resolved_done) struct resolved resolved = { 0 };
	const struct plan plan = { library, strip };
	struct examination examination;
	struct err err;

	cr_assert_eq(resolve_command(path, "", &resolved, &err), 0, "%s", err.text);
	cr_assert_eq(examine(&resolved, &plan, &examination, &err), 0, "%s", err.text);
	return examination;
}

Test(examine, programs_that_make_or_may_come_to_socket_calls_pass_without_a_word)
{
	static const char *const names[] = { "listens", "linked", "loads" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct examination examination = look_at(program_path(names[i]), true);

		cr_expect_eq(examination.n, 0, "%s: %s", names[i], examination.remarks[0].text);
	}
}

Test(examine, a_program_without_sockets_is_refused)
{
	struct examination examination = look_at(program_path("idles"), false);
	const struct remark *refusal = examination_refusal(&examination);

	cr_assert_not_null(refusal);
	cr_expect_not_null(strstr(refusal->text, "takes no socket call"));
}

Test(examine, one_that_only_starts_others_is_noted_and_refused_where_those_go_without)
{
	struct examination kept = look_at(program_path("starts"), false);
	struct examination stripped = look_at(program_path("starts"), true);

	cr_assert_eq(kept.n, 1);
	cr_expect_eq(kept.remarks[0].grade, GRADE_NOTE);
	cr_expect_null(examination_refusal(&kept));
	cr_assert_not_null(examination_refusal(&stripped));
	cr_expect_not_null(strstr(stripped.remarks[0].text, "--children strip"));
}

Test(examine, a_static_program_is_refused)
{
	struct examination examination = look_at(program_path_or_skip("static"), false);

	cr_assert_not_null(examination_refusal(&examination));
	cr_expect_not_null(strstr(examination.remarks[0].text, "is statically linked"));
}

Test(examine, a_program_of_another_word_size_is_refused)
{
	struct examination examination = look_at(program_path_or_skip("narrow"), false);

	cr_assert_not_null(examination_refusal(&examination));
	cr_expect_not_null(strstr(examination.remarks[0].text, "is a 32-bit program"));
}

Test(examine, a_program_that_cannot_be_read_is_refused)
{
	struct resolved resolved = { .file = (char *)"/dev/null", .program = (char *)"/dev/null" };
	const struct plan plan = { library, false };
	struct examination examination;

	cr_assert_eq(examine(&resolved, &plan, &examination, NULL), 0);
	cr_expect_not_null(examination_refusal(&examination));
}

/* Whatever is called libc.so.6 where the loader looks first is the C library. */
Test(examine, a_program_whose_c_library_is_too_old_is_refused)
{
	CLEANUP(tree_done) struct tree tree = tree_new();
	struct examination examination;

	if (access("/etc/ld.so.cache", R_OK) < 0)
		cr_skip_test("no /etc/ld.so.cache: not a host of glibc");
	tree_link(&tree, library, "libc.so.6");
	cr_assert_eq(setenv("LD_LIBRARY_PATH", tree.path, 1), 0);
	examination = look_at(program_path("listens"), false);
	cr_assert_not_null(examination_refusal(&examination));
	cr_expect_not_null(
		strstr(examination.remarks[0].text, "libconnects.so, which lacks GLIBC_"));
	cr_assert_eq(unsetenv("LD_LIBRARY_PATH"), 0);
	examination = look_at(program_path("listens"), false);
	cr_expect_eq(examination.n, 0);
}

Test(examine, known_programs_are_found_by_name_and_each_has_a_reason)
{
	static const struct {
		const char *file;
		enum grade grade;
	} cases[] = {
		{ "/usr/sbin/vsftpd", GRADE_REFUSAL },
		{ "chronyd", GRADE_REFUSAL },
		{ "/usr/bin/firefox-esr", GRADE_WARNING },
		{ "/usr/sbin/sshd", GRADE_NOTE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct known_program *known = known_program_find(cases[i].file);

		cr_assert_not_null(known, "%s", cases[i].file);
		cr_expect_eq(known->grade, cases[i].grade);
		cr_expect_gt(strlen(known->reason), 20);
	}
	cr_expect_null(known_program_find("/usr/sbin/nginx"));
	cr_expect_null(known_program_find("/usr/sbin/tor/nginx"));
}
