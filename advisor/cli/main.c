/* Finds the subcommand's row and runs it; help and suggestions are loops over the same rows. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "cleanup.h"

#include "cli.h"
#include "cmd.h"

static int help_run(int argc, char *argv[]);

static const struct cmd cmd_help = {
	.name = "help",
	.usage = "[SUBCOMMAND]",
	.summary = "Say what there is, or how a subcommand is used",
	.run = help_run,
};

static const struct cmd *const commands[] = { &cmd_audit, &cmd_explain, &cmd_profile, &cmd_run,
					      &cmd_help };

static const struct cmd *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static int unknown_command(const char *name)
{
	static const char *const options[] = { "--help", "--version" };
	const char *names[ARRAY_SIZE(commands)];

	if (name[0] == '-')
		return cli_unknown_word(&cmd_help, "option", name, options, ARRAY_SIZE(options));
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		names[i] = commands[i]->name;
	return cli_unknown_word(&cmd_help, "subcommand", name, names, ARRAY_SIZE(commands));
}

static int overview(FILE *file)
{
	(void)fprintf(file, "Usage: tcpwright SUBCOMMAND [OPTIONS]\n\n"
			    "Finds what is wrong with this host's TCP sockets and settings.\n\n"
			    "Subcommands:\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		(void)fprintf(file, "  %-9s %s\n", commands[i]->name, commands[i]->summary);
	(void)fprintf(file, "\n'tcpwright SUBCOMMAND --help' lists the options of one; "
			    "'tcpwright --version' prints the version.\n");
	return EXIT_FINE;
}

static int help_run(int argc, char *argv[])
{
	struct args args = args_of(&cmd_help, argc, argv);
	const struct cmd *cmd;

	switch (args_next(&args)) {
	case ARG_END:
		return overview(stdout);
	case ARG_WORD:
		cmd = find(args.value);
		if (!cmd)
			return unknown_command(args.value);
		cli_help(stdout, cmd);
		return EXIT_FINE;
	default:
		return EXIT_WRONG_USAGE;
	}
}

/* *RET_CMD: the subcommand that ran; NULL: none did. */
static int dispatch(int argc, char *argv[], const struct cmd **ret_cmd)
{
	const struct cmd *cmd;

	if (argc < 1) {
		(void)overview(stderr);
		return EXIT_WRONG_USAGE;
	}
	if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)
		return overview(stdout);
	if (strcmp(argv[0], "--version") == 0 || strcmp(argv[0], "-V") == 0) {
		(void)puts("tcpwright " TCPWRIGHT_VERSION);
		return EXIT_FINE;
	}
	cmd = find(argv[0]);
	if (!cmd)
		return unknown_command(argv[0]);
	*ret_cmd = cmd;
	if (args_ask_for_help(cmd, argc, argv)) {
		cli_help(stdout, cmd);
		return EXIT_FINE;
	}
	return cmd->run(argc, argv);
}

/* So that no file of ours is opened as descriptor 1 or 2; writing there then fails as it should. */
static void fill_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	closep(&fd);
}

/* A reader who left, as head does, needs no message. EPIPE may have come and gone with a buffer. */
static bool reader_left(void)
{
	struct pollfd fd = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&fd, 1, 0) == 1 && (fd.revents & POLLERR);
}

/* What was printed has to have arrived. */
static int finish_output(const struct cmd *cmd, int exit_code)
{
	int exit_failed = cmd && cmd->exit_failed ? cmd->exit_failed : EXIT_NO_RESULT;
	bool failed = ferror(stdout);

	errno = 0;
	if (fflush(stdout) == 0 && !failed)
		return exit_code;
	if (!reader_left() && exit_code != exit_failed)
		cli_error("standard output could not be written: %s",
			  strerror(errno ? errno : EIO));
	return exit_failed;
}

int main(int argc, char *argv[])
{
	const struct cmd *cmd = NULL;
	int exit_code;

	fill_standard_descriptors();
	cli_ignore_sigpipe();
	/* Only what a byte means: numbers are always written with a point. */
	(void)setlocale(LC_CTYPE, "");
	exit_code = dispatch(argc - 1, argv + 1, &cmd);
	return finish_output(cmd, exit_code);
}
