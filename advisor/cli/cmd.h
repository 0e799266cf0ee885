#pragma once

#include <stdbool.h>
#include <stddef.h>

/* One subcommand is one file and one row; main finds the row, and help is a loop over the table. */
struct cmd_option {
	const char *name; /* "--for", or with a letter "-o, --output" */
	/* "SECONDS"; in lower case with bars all that is allowed: "text|json"; NULL: takes none */
	const char *argument;
	const char *help;
};

struct cmd {
	const char *name;
	const char *usage;                /* what follows the name: "[OPTIONS]" */
	const char *summary;              /* one line for the list of subcommands */
	const char *details;              /* paragraphs for `NAME --help`; NULL: none */
	const struct cmd_option *options; /* up to the first without a name */
	/* Its first word, and all behind it, is another program's command line: --help too. */
	bool starts_command;
	int exit_failed; /* when the output cannot be written; 0: EXIT_NO_RESULT */
	/* ARGV[0] is the subcommand's name. Returns the exit code. */
	int (*run)(int argc, char *argv[]);
};

extern const struct cmd cmd_audit, cmd_explain, cmd_profile, cmd_run;

/* Exit codes of every subcommand. */
enum {
	EXIT_FINE = 0,
	EXIT_FINDINGS = 1, /* of the grade that --fail-on asks for */
	EXIT_FINDINGS_CRITICAL = 2,
	EXIT_NO_RESULT = 3, /* no backend could read sockets, or the output failed */
	EXIT_WRONG_USAGE = 64,
	/* Of `run`, as env(1) and timeout(1) have them: other codes are the command's own. */
	EXIT_OWN_FAILURE = 125,
	EXIT_CANNOT_EXECUTE = 126,
	EXIT_NOT_FOUND = 127,
};
