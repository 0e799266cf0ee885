/* Options, complaints and surroundings: what every subcommand does alike. */
#include <langinfo.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cleanup.h"
#include "nearest.h"
#include "text.h"
#include "writer.h"

#include "cli.h"
#include "cmd.h"

enum { LONGEST_OPTION = 64, MAX_OPTIONS = 64 };

/* The "--output" of "-o, --output". */
static const char *long_name(const struct cmd_option *option)
{
	return strstr(option->name, "--");
}

__attribute__((format(printf, 1, 0))) static void complain(const char *format, va_list args)
{
	CLEANUP(freep) char *text = text_vformat(format, args);

	if (!text)
		return;
	text_neutralise(text);
	(void)fprintf(stderr, "tcpwright: %s\n", text);
}

void cli_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(format, args);
	va_end(args);
}

int cli_out_of_memory(void)
{
	cli_error("out of memory");
	return EXIT_NO_RESULT;
}

int cli_wrong_usage(const struct cmd *cmd, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(format, args);
	va_end(args);
	(void)fprintf(stderr, "'tcpwright %s --help' says what there is.\n", cmd->name);
	return EXIT_WRONG_USAGE;
}

int cli_unknown_word(const struct cmd *cmd, const char *kind, const char *word,
		     const char *const names[], size_t n_names)
{
	const char *nearest = nearest_name(word, names, n_names);

	if (nearest)
		return cli_wrong_usage(cmd, "no %s '%s'; did you mean '%s'?", kind, word, nearest);
	return cli_wrong_usage(cmd, "no %s '%s'", kind, word);
}

static int unknown_option(const struct args *args, const char *name)
{
	const char *names[MAX_OPTIONS] = { "--help" };
	size_t n = 1;

	for (const struct cmd_option *o = args->cmd->options; o && o->name && n < MAX_OPTIONS; o++)
		names[n++] = long_name(o);
	(void)cli_unknown_word(args->cmd, "option", name, names, n);
	return ARG_WRONG;
}

/* Is VALUE one of the words in "auto|always|never"? */
static bool is_among(const char *words, const char *value)
{
	size_t length = strlen(value);

	for (const char *word = words; word; word = strchr(word, '|')) {
		word += *word == '|';
		if (strcspn(word, "|") == length && strncmp(word, value, length) == 0)
			return true;
	}
	return false;
}

static bool is_list_of_words(const char *argument)
{
	return strchr(argument, '|') && !strpbrk(argument, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

/* Gives OPTION its value: ATTACHED to it, or the next argument. */
static int take_value(struct args *args, const struct cmd_option *option, const char *attached)
{
	const char *name = long_name(option);

	args->value = NULL;
	if (!option->argument) {
		if (!attached)
			return (int)(option - args->cmd->options);
		(void)cli_wrong_usage(args->cmd, "%s takes no value", name);
		return ARG_WRONG;
	}
	if (!attached && args->next < args->argc)
		attached = args->argv[args->next++];
	/* No option has a use for an empty value, which a script gives for "$UNSET". */
	if (!attached || !*attached) {
		(void)cli_wrong_usage(args->cmd, "%s needs a value: %s", name, option->argument);
		return ARG_WRONG;
	}
	if (is_list_of_words(option->argument) && !is_among(option->argument, attached)) {
		(void)cli_wrong_usage(args->cmd, "%s '%s': expected %s", name, attached,
				      option->argument);
		return ARG_WRONG;
	}
	args->value = attached;
	return (int)(option - args->cmd->options);
}

static int long_option(struct args *args, const char *text)
{
	size_t length = strcspn(text, "=");
	const char *attached = text[length] ? text + length + 1 : NULL;
	char name[LONGEST_OPTION];

	(void)snprintf(name, sizeof(name), "%.*s", (int)length, text);
	for (const struct cmd_option *o = args->cmd->options; o && o->name; o++)
		if (strcmp(long_name(o), name) == 0)
			return take_value(args, o, attached);
	return unknown_option(args, name);
}

static int short_option(struct args *args, const char *text)
{
	for (const struct cmd_option *o = args->cmd->options; o && o->name; o++)
		if (o->name[1] != '-' && o->name[1] == text[1])
			return take_value(args, o, text[2] ? text + 2 : NULL);
	return unknown_option(args, text);
}

int args_next(struct args *args)
{
	while (args->next < args->argc) {
		const char *text = args->argv[args->next++];

		if (args->words_only || text[0] != '-' || !text[1]) {
			args->value = text;
			return ARG_WORD;
		}
		if (text[1] != '-')
			return short_option(args, text);
		if (text[2])
			return long_option(args, text);
		args->words_only = true;
	}
	return ARG_END;
}

/* Whether TEXT, an option of CMD, takes its value from the next argument. */
static bool takes_next(const struct cmd *cmd, const char *text)
{
	for (const struct cmd_option *o = cmd->options; o && o->name; o++)
		if (strcmp(long_name(o), text) == 0)
			return o->argument != NULL;
	return false;
}

bool args_ask_for_help(const struct cmd *cmd, int argc, char *argv[])
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
		if (!cmd->starts_command)
			continue;
		if (argv[i][0] != '-')
			return false;
		i += takes_next(cmd, argv[i]);
	}
	return false;
}

static void (*sigpipe_before)(int) = SIG_DFL;

void cli_ignore_sigpipe(void)
{
	sigpipe_before = signal(SIGPIPE, SIG_IGN);
}

void cli_restore_signals(void)
{
	if (sigpipe_before != SIG_ERR)
		(void)signal(SIGPIPE, sigpipe_before);
}

void cli_help(FILE *file, const struct cmd *cmd)
{
	(void)fprintf(file, "Usage: tcpwright %s %s\n\n%s\n", cmd->name, cmd->usage, cmd->summary);
	if (cmd->options && cmd->options->name)
		(void)fprintf(file, "\nOptions:\n");
	for (const struct cmd_option *o = cmd->options; o && o->name; o++)
		(void)fprintf(file, "  %s%s%s\n        %s\n", o->name, o->argument ? " " : "",
			      o->argument ? o->argument : "", o->help);
	if (cmd->details)
		(void)fprintf(file, "\n%s\n", cmd->details);
}

static bool wants_colour(const char *when, bool terminal)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (strcmp(when, "auto") != 0)
		return strcmp(when, "always") == 0;
	return terminal && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
}

struct report_style cli_style(const char *when, bool to_file)
{
	bool terminal = !to_file && isatty(STDOUT_FILENO);
	struct winsize size = { 0 };

	if (terminal)
		(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	return (struct report_style){
		.colour = wants_colour(when, terminal),
		/* A terminal that does not say how wide it is is taken for the classic one. */
		.width = terminal ? (size.ws_col ? size.ws_col : 80) : 0,
		.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
	};
}
