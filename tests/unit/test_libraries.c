#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "elf_file.h"
#include "err.h"
#include "libraries.h"

#include "programs.h"
#include "tree.h"

static struct imports imports_of(const char *path)
{
	struct imports imports = { 0 };
	struct err err;

	cr_assert_eq(libraries_imports(path, &imports, &err), 0, "%s", err.text);
	return imports;
}

Test(libraries, a_socket_call_in_a_library_beside_the_program_counts)
{
	CLEANUP(imports_done) struct imports imports = imports_of(program_path("linked"));

	cr_expect(imports.kinds & IMPORTS_SOCKETS);
	cr_expect(imports.complete);
}

Test(libraries, those_of_the_c_library_itself_do_not)
{
	CLEANUP(imports_done) struct imports imports = imports_of(program_path("idles"));

	cr_expect_eq(imports.kinds, 0);
	cr_expect(imports.complete);
}

Test(libraries, the_c_library_is_found_for_its_versions)
{
	CLEANUP(imports_done) struct imports imports = imports_of(program_path("idles"));

	if (access("/etc/ld.so.cache", R_OK) < 0)
		cr_skip_test("no /etc/ld.so.cache: not a host of glibc");
	cr_assert_not_null(imports.libc);
	cr_expect_eq(imports.libc[0], '/');
	cr_expect_eq(access(imports.libc, R_OK), 0);
}

/* What nobody found may make every call there is. */
Test(libraries, a_library_that_is_missing_is_said_and_found_by_the_environment)
{
	CLEANUP(tree_done) struct tree tree = tree_new();
	CLEANUP(freep) char *copy = tree_path(&tree, "linked");
	CLEANUP(fclosep) FILE *file = fopen(program_path("linked"), "re");
	static char bytes[1 << 20];
	struct imports imports;

	cr_assert(file);
	tree_write_bytes(&tree, "linked", bytes, fread(bytes, 1, sizeof(bytes), file));
	cr_assert_eq(unsetenv("LD_LIBRARY_PATH"), 0);
	imports = imports_of(copy);
	cr_expect_not(imports.complete);
	cr_expect_not(imports.kinds & IMPORTS_SOCKETS);
	imports_done(&imports);
	cr_assert_eq(setenv("LD_LIBRARY_PATH", program_path("lib"), 1), 0);
	imports = imports_of(copy);
	cr_expect(imports.complete);
	cr_expect(imports.kinds & IMPORTS_SOCKETS);
	imports_done(&imports);
}
