#include <criterion/criterion.h>
#include <errno.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "cleanup.h"
#include "elf_file.h"
#include "err.h"

#include "programs.h"
#include "tree.h"

static struct elf_file read_program(const char *path)
{
	struct elf_file elf = { 0 };
	struct err err;

	cr_assert_eq(elf_file_read(path, &elf, &err), 0, "%s", err.text);
	return elf;
}

Test(elf_file, what_a_program_takes_from_others_is_told_by_kind)
{
	static const struct {
		const char *name;
		unsigned int imports;
	} cases[] = {
		{ "listens", IMPORTS_SOCKETS },
		{ "idles", 0 },
		{ "linked", 0 },
		{ "loads", IMPORTS_LOADER },
		{ "starts", IMPORTS_EXEC },
		{ "lib/libconnects.so", IMPORTS_SOCKETS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(elf_file_done)
		struct elf_file elf = read_program(program_path(cases[i].name));

		cr_expect(elf.dynamic);
		cr_expect_eq(elf.imports, cases[i].imports, "%s: %u", cases[i].name, elf.imports);
		cr_expect_not(elf.go);
	}
}

Test(elf_file, the_loader_and_the_libraries_are_named)
{
	CLEANUP(elf_file_done) struct elf_file elf = read_program(program_path("linked"));
	CLEANUP(elf_file_done)
	struct elf_file library = read_program(program_path("lib/libconnects.so"));

	cr_assert_not_null(elf.interpreter);
	cr_expect_eq(elf.interpreter[0], '/');
	cr_expect(names_have(&elf.needed, "libconnects.so"));
	cr_expect_not(names_have(&elf.needed, "libconnects"));
	cr_expect(elf.runpath || elf.rpath);
	cr_expect_null(library.interpreter);
	cr_expect_str_eq(library.soname, "libconnects.so");
	cr_expect_eq(elf.class, sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32);
	cr_expect_eq(elf.machine, library.machine);
}

Test(elf_file, a_static_program_has_no_loader)
{
	CLEANUP(elf_file_done)
	struct elf_file elf = read_program(program_path_or_skip("static"));

	cr_expect_null(elf.interpreter);
	cr_expect_eq(elf.needed.n, 0);
}

Test(elf_file, every_cut_of_a_program_is_read_or_refused_and_never_past_its_end)
{
	CLEANUP(tree_done) struct tree tree = tree_new();
	CLEANUP(freep) char *copy = tree_path(&tree, "copy");
	CLEANUP(fclosep) FILE *file = fopen(program_path("linked"), "re");
	static char bytes[1 << 20];
	size_t size;
	unsigned int refused = 0;

	cr_assert(file);
	size = fread(bytes, 1, sizeof(bytes), file);
	for (size_t length = 0; length < size; length += size / 400 + 1) {
		CLEANUP(elf_file_done) struct elf_file elf = { 0 };

		tree_write_bytes(&tree, "copy", bytes, length);
		refused += elf_file_read(copy, &elf, NULL) == -ENOEXEC;
	}
	cr_expect_gt(refused, 0);
	/* The same with a byte changed, as far as headers and tables go. */
	for (size_t at = 4; at < size; at += size / 400 + 1) {
		CLEANUP(elf_file_done) struct elf_file elf = { 0 };
		char before = bytes[at];

		bytes[at] = (char)~before;
		tree_write_bytes(&tree, "copy", bytes, size);
		(void)elf_file_read(copy, &elf, NULL);
		bytes[at] = before;
	}
}

Test(elf_file, what_is_no_elf_file_is_refused_by_name)
{
	struct elf_file elf;
	struct err err;

	cr_expect_eq(elf_file_read("/dev/null", &elf, &err), -ENOEXEC);
	cr_expect_str_eq(err.text, "/dev/null is no ELF file, or a damaged one");
	cr_expect_eq(elf_file_read("/nonexistent", &elf, &err), -ENOENT);
}
