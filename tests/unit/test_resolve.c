#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "err.h"
#include "resolve.h"

#include "tree.h"

static struct tree tree;

static void make_tree(void)
{
	tree = tree_new();
	/* Programs are looked for in here, and some are named from here. */
	cr_assert_eq(chdir(tree.path), 0);
}

static void remove_tree(void)
{
	cr_assert_eq(chdir("/"), 0);
	tree_done(&tree);
}

TestSuite(resolve, .init = make_tree, .fini = remove_tree);

static void put(const char *name, const char *text, mode_t mode)
{
	CLEANUP(freep) char *path = tree_path(&tree, name);

	tree_write(&tree, name, text);
	cr_assert_eq(chmod(path, mode), 0);
}

static void put_program(const char *name)
{
	put(name, "\177ELF", 0755);
}

static int resolve(const char *command, const char *search, struct resolved *ret, struct err *err)
{
	*ret = (struct resolved){ 0 };
	return resolve_command(command, search, ret, err);
}

Test(resolve, a_name_is_looked_for_in_each_directory_and_a_path_is_not)
{
	CLEANUP(resolved_done) struct resolved found = { 0 };

	put_program("b/prog");
	put_program("c/prog");
	put_program("prog");
	cr_assert_eq(resolve("prog", "none:b:c", &found, NULL), 0);
	cr_expect_str_eq(found.program, "b/prog");
	cr_expect_null(found.by);
	resolved_done(&found);
	cr_assert_eq(resolve("./prog", "b:c", &found, NULL), 0);
	cr_expect_str_eq(found.file, "./prog");
	resolved_done(&found);
	/* An empty directory is the current one. */
	cr_assert_eq(resolve("prog", "none:", &found, NULL), 0);
	cr_expect_str_eq(found.file, "prog");
}

Test(resolve, what_is_not_there_is_told_from_what_may_not_be_executed)
{
	struct resolved found;
	struct err err;

	put("a/prog", "\177ELF", 0644);
	cr_expect_eq(resolve("nothing", "a", &found, &err), -ENOENT);
	cr_expect_str_eq(err.text, "'nothing': no such command");
	cr_expect_eq(resolve("", "a", &found, &err), -ENOENT);
	cr_expect_eq(resolve("./nothing", "a", &found, &err), -ENOENT);
	cr_expect_eq(resolve("prog", "a:none", &found, &err), -EACCES);
	cr_expect_eq(resolve("a/prog", "", &found, &err), -EACCES);
	cr_expect_eq(resolve("./a", "", &found, &err), -EACCES);
	put_program("b/prog");
	cr_assert_eq(resolve("prog", "a:b", &found, &err), 0);
	resolved_done(&found);
}

Test(resolve, scripts_are_followed_to_the_program_that_runs)
{
	CLEANUP(resolved_done) struct resolved found = { 0 };

	put_program("real");
	put("inner", "#!./real -x\n", 0755);
	put("outer", "#!./inner\n", 0755);
	cr_assert_eq(resolve("./outer", NULL, &found, NULL), 0);
	cr_expect_str_eq(found.file, "./outer");
	cr_expect_str_eq(found.program, "./real");
	cr_expect_str_eq(found.started_as, "./outer");
	cr_expect_str_eq(found.argv0, "./real");
	cr_expect_str_eq(found.by, "./outer is a script for ./inner, which is a script for ./real");
}

Test(resolve, env_in_a_script_starts_what_it_finds)
{
	CLEANUP(resolved_done) struct resolved found = { 0 };

	put_program("bin/real");
	put_program("env");
	put("script", "#!./env real\n", 0755);
	cr_assert_eq(resolve("./script", "none:bin", &found, NULL), 0);
	cr_expect_str_eq(found.program, "bin/real");
	cr_expect_str_eq(found.started_as, "bin/real");
	cr_expect_str_eq(found.argv0, "real");
	cr_expect_not(found.empty_environment);
	resolved_done(&found);
	put("script", "#!./env -S -i X=1 real -u\n", 0755);
	cr_assert_eq(resolve("./script", "bin", &found, NULL), 0);
	cr_expect_str_eq(found.program, "bin/real");
	cr_expect(found.empty_environment);
	resolved_done(&found);
	/* Not understood: env itself is the program, and it starts others. */
	put("script", "#!./env -S ${X} real\n", 0755);
	cr_assert_eq(resolve("./script", "bin", &found, NULL), 0);
	cr_expect_str_eq(found.program, "./env");
}

Test(resolve, a_script_without_its_interpreter_cannot_be_executed)
{
	struct resolved found;
	struct err err;

	put("script", "#!./nothing\n", 0755);
	cr_expect_eq(resolve("./script", "", &found, &err), -ENOEXEC);
	cr_expect_str_eq(err.text, "./script cannot be executed: it is a script for './nothing', "
				   "which is not there");
	put_program("env");
	put("script", "#!./env nothing\n", 0755);
	cr_expect_eq(resolve("./script", "none", &found, &err), -ENOEXEC);
	put("plain", "echo\n", 0755);
	put("script", "#!./plain\n", 0755);
	cr_expect_eq(resolve("./script", "none", &found, &err), -ENOEXEC);
}

Test(resolve, a_text_without_a_first_line_goes_to_the_shell_as_by_execvp)
{
	CLEANUP(resolved_done) struct resolved found = { 0 };

	put("plain", "echo\n", 0755);
	cr_assert_eq(resolve("./plain", "", &found, NULL), 0);
	cr_expect_str_eq(found.program, "/bin/sh");
	cr_expect(found.shell);
	resolved_done(&found);
	put("empty", "", 0755);
	cr_assert_eq(resolve("./empty", "", &found, NULL), 0);
	cr_expect(found.shell);
}

Test(resolve, the_kernel_and_this_give_up_after_the_same_number_of_scripts)
{
	struct resolved found;

	put("1", "#!/bin/true\n", 0755);
	for (int i = 2; i <= 6; i++) {
		char name[8], text[16];
		int kernel, own;

		(void)snprintf(name, sizeof(name), "./%d", i);
		(void)snprintf(text, sizeof(text), "#!./%d\n", i - 1);
		put(name, text, 0755);
		kernel = system(name);
		own = resolve(name, NULL, &found, NULL);
		cr_expect_eq(kernel == 0, own == 0, "%d scripts: %d, %d", i, kernel, own);
		cr_expect_eq(own, i <= 5 ? 0 : -ELOOP);
		if (own == 0)
			resolved_done(&found);
	}
}
