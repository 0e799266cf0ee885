/*
 * Each reason why the preloaded library cannot work in a program, in the order in which they are
 * looked for. A refusal says what was found, why the library cannot work there, and what can be
 * done.
 */
#include <errno.h>
#include <gelf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "cleanup.h"
#include "err.h"

#include "elf_file.h"
#include "examine.h"
#include "libraries.h"
#include "privileges.h"
#include "resolve.h"

/* What applications can mostly do for themselves. */
#define OWN_SETTING "Use the program's own settings for its sockets, if it has them"

struct subject {
	const struct resolved *resolved;
	const struct plan *plan;
	struct elf_file program, library;
	struct examination *result;
	struct err *err;
};

__attribute__((format(printf, 3, 4))) static void remark(const struct subject *s, enum grade grade,
							 const char *format, ...)
{
	struct examination *result = s->result;
	va_list args;

	if (result->n == MAX_REMARKS)
		return;
	va_start(args, format);
	(void)vsnprintf(result->remarks[result->n].text, REMARK_SIZE, format, args);
	va_end(args);
	result->remarks[result->n++].grade = grade;
}

const struct remark *examination_refusal(const struct examination *examination)
{
	for (size_t i = 0; i < examination->n; i++)
		if (examination->remarks[i].grade == GRADE_REFUSAL)
			return &examination->remarks[i];
	return NULL;
}

static const char *program_of(const struct subject *s)
{
	return s->resolved->program;
}

/* Checks return 0 or a negative errno that ends the examination. */

static int check_go(const struct subject *s)
{
	if (s->program.go)
		remark(s, GRADE_REFUSAL,
		       "%s is a Go program: Go makes its system calls itself, without the C "
		       "library "
		       "in front of which the preloaded library stands, even where it is linked "
		       "with that. Use the program's own settings for its sockets; in its source "
		       "net.ListenConfig and net.Dialer have KeepAlive, and Control for any option",
		       program_of(s));
	return 0;
}

static bool is_loader(const struct elf_file *elf)
{
	return elf->soname && strncmp(elf->soname, "ld-", 3) == 0;
}

static int check_static(const struct subject *s)
{
	if (s->program.interpreter)
		return 0;
	if (is_loader(&s->program))
		remark(s, GRADE_NOTE, "%s is a loader; the program that it starts is not examined",
		       program_of(s));
	else
		remark(s, GRADE_REFUSAL,
		       "%s is statically linked: no loader runs that could load a library into it. "
		       "Build or install it dynamically linked. " OWN_SETTING,
		       program_of(s));
	return 0;
}

static const char *bits(const struct elf_file *elf)
{
	return elf->class == ELFCLASS32 ? "32-bit" : "64-bit";
}

static int check_machine(const struct subject *s)
{
	const struct elf_file *p = &s->program, *l = &s->library;

	if (p->class != l->class)
		remark(s, GRADE_REFUSAL,
		       "%s is a %s program, and the library %s is %s: a program loads libraries of "
		       "its own kind only. Build tcpwright for %s programs as well",
		       program_of(s), bits(p), s->plan->library, bits(l), bits(p));
	else if (p->machine != l->machine)
		remark(s, GRADE_REFUSAL,
		       "%s is for another machine (ELF machine %u) than the library %s (%u): a "
		       "program loads libraries of its own kind only",
		       program_of(s), p->machine, s->plan->library, l->machine);
	return 0;
}

static int check_privileges(const struct subject *s)
{
	const char *what;

	if (privileges_grow(program_of(s), &what))
		remark(s, GRADE_REFUSAL,
		       "%s is %s: the loader drops LD_PRELOAD when a program gains privileges. If "
		       "it starts another program, as sudo does, put `tcpwright run` behind it; "
		       "else start it as the user whose privileges it gains, or give it a "
		       "privileged port by a socket unit's ListenStream=, where KeepAlive= and "
		       "Backlog= can be set",
		       program_of(s), what);
	return 0;
}

/* Loaders by the file's name: that is what ABIs fix. */
static int check_libc(const struct subject *s)
{
	static const char *const known[] = { "ld-linux", "ld-2.",  "ld64.so",
					     "ld.so.1",  "ld-lsb", "ld-musl-" };
	const char *interpreter = s->program.interpreter, *base;

	if (!interpreter)
		return 0;
	base = strrchr(interpreter, '/');
	base = base ? base + 1 : interpreter;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strncmp(base, known[i], strlen(known[i])) == 0)
			return 0;
	remark(s, GRADE_REFUSAL,
	       "%s is loaded by %s, which belongs to a C library other than glibc and musl, and "
	       "the "
	       "library %s is made for these. " OWN_SETTING,
	       program_of(s), interpreter, s->plan->library);
	return 0;
}

static int check_versions(const struct subject *s, const char *libc)
{
	CLEANUP(elf_file_done) struct elf_file elf = { 0 };
	const struct names *needed = &s->library.versions_needed;
	int r = elf_file_read(libc, &elf, s->err);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (size_t i = 0; i < needed->n; i++)
		if (!names_have(&elf.versions_defined, needed->names[i])) {
			remark(s, GRADE_REFUSAL,
			       "%s uses %s, which lacks %s: the library %s was built for a newer C "
			       "library, and would end the program at its start. Build tcpwright "
			       "on the oldest system that it is to be used on",
			       program_of(s), libc, needed->names[i], s->plan->library);
			break;
		}
	return 0;
}

static int check_known(const struct subject *s)
{
	const char *files[] = { s->resolved->file, program_of(s) };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		const struct known_program *known = known_program_find(files[i]);

		if (!known)
			continue;
		remark(s, known->grade, "%s %s%s%s", files[i], known->reason,
		       known->instead ? ". " : "", known->instead ? known->instead : "");
		break;
	}
	return 0;
}

static int check_environment(const struct subject *s)
{
	if (s->resolved->empty_environment)
		remark(s, GRADE_REFUSAL,
		       "%s, started with an empty environment (env -i), in which LD_PRELOAD is "
		       "not. "
		       "Give the interpreter and the script as the command instead",
		       s->resolved->by);
	else if (s->resolved->by_env && s->plan->strip)
		remark(s, GRADE_REFUSAL,
		       "%s, started by env, and --children strip keeps the library from what env "
		       "starts. Use --children keep, or give the interpreter and the script as the "
		       "command",
		       s->resolved->by);
	return 0;
}

static void judge_imports(const struct subject *s, const struct imports *imports)
{
	if ((imports->kinds & (IMPORTS_SOCKETS | IMPORTS_LOADER)) || !imports->complete)
		return;
	if (!(imports->kinds & IMPORTS_EXEC))
		remark(s, GRADE_REFUSAL,
		       "%s takes no socket call from a library, nor does a library that it is "
		       "linked with, and it neither loads libraries later nor starts programs: "
		       "there is nothing that could be set. If it does use TCP, it makes its "
		       "system calls itself. " OWN_SETTING,
		       program_of(s));
	else if (s->plan->strip)
		remark(s, GRADE_REFUSAL,
		       "%s makes no socket calls, it can only start programs that do, and "
		       "--children strip keeps the library from these. Use --children keep, or "
		       "give "
		       "the program itself as the command",
		       program_of(s));
	else
		remark(s, GRADE_NOTE,
		       "%s makes no socket calls itself: the library is for the programs that it "
		       "starts, which are not examined",
		       program_of(s));
}

/* What a loader of libraries loads is not known: Python's, Ruby's or Java's sockets come that way.
 */
static int check_imports(const struct subject *s)
{
	CLEANUP(imports_done) struct imports imports = { 0 };
	int r;

	if (!s->program.interpreter)
		return 0;
	r = libraries_imports(program_of(s), &imports, s->err);
	if (r < 0)
		return r;
	if (imports.libc)
		r = check_versions(s, imports.libc);
	if (s->program.dynamic)
		judge_imports(s, &imports);
	return r;
}

static int read_program(struct subject *s)
{
	struct err why;
	int r = elf_file_read(program_of(s), &s->program, &why);

	if (r == -ENOMEM)
		return err_no_memory(s->err);
	if (r < 0)
		remark(s, GRADE_REFUSAL,
		       "%s. What cannot be read cannot be examined: nobody can tell whether the "
		       "library would work in it",
		       why.text);
	return 0;
}

static int run_checks(struct subject *s)
{
	static int (*const checks[])(const struct subject *s) = {
		check_go,   check_static, check_machine,     check_privileges,
		check_libc, check_known,  check_environment, check_imports,
	};
	int r = read_program(s);

	for (size_t i = 0; i < ARRAY_SIZE(checks) && r == 0 && !examination_refusal(s->result); i++)
		r = checks[i](s);
	return r;
}

int examine(const struct resolved *resolved, const struct plan *plan,
	    struct examination *ret_examination, struct err *err)
{
	struct subject s = { resolved, plan, { 0 }, { 0 }, ret_examination, err };
	int r = elf_file_read(plan->library, &s.library, err);

	ret_examination->n = 0;
	if (r == 0)
		r = run_checks(&s);
	elf_file_done(&s.program);
	elf_file_done(&s.library);
	return r;
}
