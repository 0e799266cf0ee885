/*
 * What the shim is to do about a finding, ready to be used: a section of a profile for the programs
 * that were found, and the command that starts one of them with it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "finding.h"
#include "text.h"

#include "advise.h"

/* What was written so far; NULL once memory ran out, which the finding then remembers. */
static void append(struct finding *finding, char **text, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void append(struct finding *finding, char **text, const char *format, ...)
{
	CLEANUP(freep) char *added = NULL;
	char *joined = NULL;
	va_list args;

	if (!*text)
		return;
	va_start(args, format);
	added = text_vformat(format, args);
	va_end(args);
	if (added)
		joined = text_format("%s%s", *text, added);
	if (!joined)
		finding->out_of_memory = true;
	free(*text);
	*text = joined;
}

/* Globs and what separates them, or could end a line, have no place in `program =`. */
static bool is_plain(const char *name, size_t length)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._+-@";

	return length > 0 && length < ADVISE_PROGRAM_SIZE && strspn(name, plain) >= length;
}

bool advise_program_name(const struct process *process, char ret_name[static ADVISE_PROGRAM_SIZE])
{
	static const char holder[] = "systemd";
	const char *name = process->executable, *slash;
	size_t length;

	if (name) {
		slash = strrchr(name, '/');
		name = slash ? slash + 1 : name;
		length = strlen(name);
	} else if (process->command) {
		/* "nginx: worker process": a title begins with the program's name. */
		name = advise_program(process->command);
		length = strcspn(name, " :");
	} else {
		return false;
	}
	/* It holds the listeners of socket units for others, and is not to be started by hand. */
	if (!is_plain(name, length) ||
	    (length == strlen(holder) && strncmp(name, holder, length) == 0))
		return false;
	(void)snprintf(ret_name, ADVISE_PROGRAM_SIZE, "%.*s", (int)length, name);
	return true;
}

void advise_add_process(struct socket_advice *advice, const struct process *process)
{
	char name[ADVISE_PROGRAM_SIZE];

	if (!process || !advise_program_name(process, name))
		return;
	for (size_t i = 0; i < advice->n_programs; i++)
		if (strcmp(advice->programs[i], name) == 0)
			return;
	if (advice->n_programs == ADVISE_MAX_PROGRAMS) {
		advice->more_programs = true;
		return;
	}
	if (!advice->process)
		advice->process = process;
	(void)snprintf(advice->programs[advice->n_programs++], ADVISE_PROGRAM_SIZE, "%s", name);
}

char *advise_section(struct finding *finding, const struct socket_advice *advice)
{
	char *text;

	/* It would be for every socket of every program. */
	if (advice->n_programs == 0 && advice->port == 0)
		return NULL;
	text = advise_text(finding, "[socket %s%s%s]\n",
			   advice->n_programs == 1 ? advice->programs[0] : "",
			   advice->n_programs == 1 ? "-" : "", advice->name);
	if (advice->side)
		append(finding, &text, "side = %s\n", advice->side);
	if (advice->port > 0)
		append(finding, &text, "port = %u\n", advice->port);
	for (size_t i = 0; i < advice->n_programs; i++)
		append(finding, &text, "%s%s%s", i == 0 ? "program = " : ", ", advice->programs[i],
		       i + 1 == advice->n_programs ? "\n" : "");
	if (advice->more_programs)
		append(finding, &text, "# and more programs than are named here\n");
	for (size_t i = 0; i < ADVISE_MAX_OPTIONS && advice->options[i].name; i++)
		append(finding, &text, "%s = %s\n", advice->options[i].name,
		       advice->options[i].value);
	return text;
}

static void append_word(struct finding *finding, char **text, const char *word)
{
	CLEANUP(freep) char *quoted = text_shell_word(word);

	if (quoted)
		append(finding, text, " %s", quoted);
	else
		finding->out_of_memory = true;
}

/* A command is one line of plain text: arguments that are not are left to the reader. */
static bool can_be_repeated(const struct process *process)
{
	if (!process->arguments || process->arguments[0] == '-' || !process->arguments[0])
		return false; /* "-bash": a login shell's name for itself */
	for (size_t i = 0; i < process->arguments_length; i++)
		if (process->arguments[i] &&
		    ((unsigned char)process->arguments[i] < ' ' || process->arguments[i] == 0x7f))
			return false;
	return true;
}

static void append_command(struct finding *finding, char **text, const struct socket_advice *advice)
{
	const struct process *process = advice->process;

	if (!can_be_repeated(process)) {
		append_word(finding, text,
			    process->executable ? process->executable : advice->programs[0]);
		append(finding, text, " # and its own arguments");
		return;
	}
	for (size_t i = 0; i < process->arguments_length; i += strlen(process->arguments + i) + 1)
		append_word(finding, text, process->arguments + i);
}

char *advise_run(struct finding *finding, const struct socket_advice *advice)
{
	char *text;

	if (!advice->process)
		return NULL;
	text = advise_text(finding, "tcpwright run");
	if (advice->needs_profile)
		append(finding, &text, " --profile ./%s.ini", advice->name);
	for (size_t i = 0;
	     !advice->needs_profile && i < ADVISE_MAX_OPTIONS && advice->options[i].name; i++)
		append(finding, &text, " --set %s=%s", advice->options[i].name,
		       advice->options[i].value);
	append(finding, &text, " --");
	append_command(finding, &text, advice);
	if (advice->needs_profile)
		append(finding, &text, " # with the section in ./%s.ini", advice->name);
	return text;
}
