#pragma once

#include <stdbool.h>
#include <stdio.h>

struct cmd;
struct report_style;

/* What subcommands share: reading options off their own rows, complaining, and how output looks. */

/* Walks the arguments of one subcommand: struct args args = args_of(&cmd_audit, argc, argv); */
struct args {
	const struct cmd *cmd;
	int argc;
	char **argv;
	int next;
	bool words_only;   /* "--" was seen */
	const char *value; /* of the option or word that args_next() returned; borrowed from argv */
};

enum {
	ARG_END = -1,
	ARG_WORD = -2,  /* not an option; the word is in `value` */
	ARG_WRONG = -3, /* said so on standard error: return EXIT_WRONG_USAGE */
};

static inline struct args args_of(const struct cmd *cmd, int argc, char *argv[])
{
	return (struct args){ .cmd = cmd, .argc = argc, .argv = argv, .next = 1 };
}

/*
 * The index in cmd->options of the next option, or one of the above. "--name value",
 * "--name=value",
 * "-n value" and "-nvalue" are the same; --help never gets here.
 */
int args_next(struct args *args);

/* Whether --help stands among the arguments of CMD itself. */
bool args_ask_for_help(const struct cmd *cmd, int argc, char *argv[]);

/* Writing to a reader who left is then an error like any other, until a program is started. */
void cli_ignore_sigpipe(void);
void cli_restore_signals(void);

/* "tcpwright: ..." on standard error, as one line that is safe to print. */
__attribute__((format(printf, 1, 2))) void cli_error(const char *format, ...);
/* The same for running out of memory; returns EXIT_NO_RESULT. */
int cli_out_of_memory(void);
/* The same with a pointer to the subcommand's help; returns EXIT_WRONG_USAGE. */
__attribute__((format(printf, 2, 3))) int cli_wrong_usage(const struct cmd *cmd, const char *format,
							  ...);
/* A word that is none of CMD's; names the nearest of NAMES, if one is near. */
int cli_unknown_word(const struct cmd *cmd, const char *kind, const char *word,
		     const char *const names[], size_t n_names);

/* Prints the usage, options and details of one subcommand. */
void cli_help(FILE *file, const struct cmd *cmd);

/* WHEN: "auto", "always" or "never". TO_FILE: the output is not standard output. */
struct report_style cli_style(const char *when, bool to_file);
