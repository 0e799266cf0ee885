#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/* What a function that an ELF file takes from others says about it. */
enum {
	IMPORTS_SOCKETS = 1 << 0, /* calls that the preloaded library stands in front of */
	IMPORTS_LOADER = 1 << 1,  /* dlopen() and kin: more may come while it runs */
	IMPORTS_EXEC = 1 << 2,    /* it can start other programs */
};

struct names {
	char **names; /* owned */
	size_t n, capacity;
};

/* An executable or a shared library. */
struct elf_file {
	unsigned char class; /* ELFCLASS32, ELFCLASS64 */
	uint16_t machine;    /* EM_X86_64... */
	bool dynamic;        /* it has a table of dynamic symbols, and it was read */
	bool go;             /* made by Go's own compiler */
	unsigned int imports;
	char *interpreter;             /* owned; NULL: static, or a library */
	char *soname;                  /* owned; NULL: none */
	char *rpath, *runpath;         /* owned; NULL: none */
	struct names needed;           /* libraries */
	struct names versions_needed;  /* of symbols of libc.so.6: "GLIBC_2.34" */
	struct names versions_defined; /* by this library */
};

/* -ENOEXEC: FILE is no ELF file, or a damaged one. */
int elf_file_read(const char *file, struct elf_file *ret_elf, struct err *err);
void elf_file_done(struct elf_file *elf);

bool names_have(const struct names *names, const char *name);
/* False: memory ran out. Copies NAME. */
bool names_add(struct names *names, const char *name);
void names_done(struct names *names);
