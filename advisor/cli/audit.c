/* `tcpwright audit`: collect, judge, report. Knows the order of things and the exit code. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "cleanup.h"
#include "collect.h"
#include "engine.h"
#include "err.h"
#include "number.h"
#include "ports.h"
#include "roles.h"
#include "rule.h"
#include "writer.h"

#include "cli.h"
#include "cmd.h"

enum { LONGEST_WINDOW_S = 3600 };

enum {
	OPTION_ROLE,
	OPTION_PROFILE,
	OPTION_PROFILE_DIR,
	OPTION_FOR,
	OPTION_BACKEND,
	OPTION_ROOT,
	OPTION_FORMAT,
	OPTION_OUTPUT,
	OPTION_FAIL_ON,
	OPTION_COLOR,
	N_OPTIONS
};

static const struct cmd_option options[] = {
	[OPTION_ROLE] = { "--role", "NAME|auto",
			  "judge for this role; auto: for the one that the evidence speaks for" },
	[OPTION_PROFILE] = { "--profile", "FILE", "judge by this profile instead of a role's" },
	[OPTION_PROFILE_DIR] = { "--profile-dir", "DIR", "look here first for role profiles" },
	[OPTION_FOR] = { "--for", "SECONDS",
			 "watch for so long and judge what changed; Ctrl-C ends it early" },
	[OPTION_BACKEND] = { "--backend", "auto|sock_diag|proc",
			     "where sockets are read; auto: netlink, else /proc/net/tcp" },
	[OPTION_ROOT] = { "--root", "DIR", "audit a saved host: a folder with its proc below" },
	[OPTION_FORMAT] = { "--format", report_format_names,
			    "for people (the default) or for programs" },
	[OPTION_OUTPUT] = { "-o, --output", "FILE", "write the report here, whole or not at all" },
	[OPTION_FAIL_ON] = { "--fail-on", "advice|warning|critical",
			     "from which severity on findings give exit code 1 (default: advice)" },
	[OPTION_COLOR] = { "--color", "auto|always|never",
			   "auto: on a terminal, unless NO_COLOR is set" },
	{ 0 },
};

struct audit {
	const char *given[N_OPTIONS]; /* as on the command line; NULL: not given */
	enum severity fail_on;
	struct collect_options collect;
};

static const struct {
	const char *name;
	enum backend backend;
} backends[] = {
	{ "auto", BACKEND_AUTO },
	{ "sock_diag", BACKEND_SOCK_DIAG },
	{ "proc", BACKEND_PROC },
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal_number)
{
	(void)signal_number;
	interrupted = 1;
}

static bool was_interrupted(void *context)
{
	(void)context;
	return interrupted;
}

static void show_progress(void *context, unsigned int elapsed_s, unsigned int window_s)
{
	(void)context;
	(void)fprintf(stderr, "\rwatching: %u of %u s ", elapsed_s, window_s);
}

/* What the options mean: 0, or EXIT_WRONG_USAGE. Words from a list were checked before. */
static int interpret(struct audit *audit)
{
	const char *const *given = audit->given;
	uint32_t seconds = 0;

	if (given[OPTION_ROLE] && given[OPTION_PROFILE])
		return cli_wrong_usage(&cmd_audit, "--role and --profile exclude each other");
	if (given[OPTION_FOR] && !parse_u32(given[OPTION_FOR], 1, LONGEST_WINDOW_S, &seconds))
		return cli_wrong_usage(&cmd_audit, "--for '%s': expected seconds from 1 to %d",
				       given[OPTION_FOR], LONGEST_WINDOW_S);
	if (seconds > 0 && given[OPTION_ROOT] && strcmp(given[OPTION_ROOT], "/") != 0)
		return cli_wrong_usage(&cmd_audit, "--for needs a live host: a saved one (--root) "
						   "does not change");
	audit->fail_on = SEV_ADVICE;
	if (given[OPTION_FAIL_ON])
		(void)severity_parse(given[OPTION_FAIL_ON], &audit->fail_on);
	audit->collect.root = given[OPTION_ROOT];
	audit->collect.window_s = seconds;
	for (size_t i = 0; given[OPTION_BACKEND] && i < ARRAY_SIZE(backends); i++)
		if (strcmp(backends[i].name, given[OPTION_BACKEND]) == 0)
			audit->collect.backend = backends[i].backend;
	return 0;
}

static int parse(struct audit *audit, int argc, char *argv[])
{
	struct args args = args_of(&cmd_audit, argc, argv);
	int option;

	while ((option = args_next(&args)) != ARG_END) {
		if (option == ARG_WRONG)
			return EXIT_WRONG_USAGE;
		if (option == ARG_WORD)
			return cli_wrong_usage(&cmd_audit, "audit takes options only, not '%s'",
					       args.value);
		audit->given[option] = args.value;
	}
	return interpret(audit);
}

static bool judges_by_evidence(const struct audit *audit)
{
	const char *role = audit->given[OPTION_ROLE];

	return role && strcmp(role, "auto") == 0;
}

/* GUESS is NULL before anything was collected: --role auto then has no profile yet. */
static int load_profile(const struct audit *audit, const struct role_guess *guess,
			struct profile **ret_profile, struct err *err)
{
	const struct profile_words *words = rules_words();
	const char *const *given = audit->given;
	const char *role = guess                ? guess->name
			   : given[OPTION_ROLE] ? given[OPTION_ROLE]
						: "general";
	const char *directories[PROFILE_PATH_LENGTH];
	struct profile_path path;
	int r;

	if (!words)
		return err_no_memory(err);
	r = profile_search_path(given[OPTION_PROFILE_DIR], directories, &path, err);
	if (r < 0)
		return r;
	if (given[OPTION_PROFILE])
		return profile_load_file(given[OPTION_PROFILE], &path, words, ret_profile, err);
	return profile_load_role(role, &path, words, ret_profile, err);
}

static void describe_role(const struct audit *audit, const struct profile *profile,
			  const struct role_guess *guess, struct report_role *ret_role)
{
	bool is_default = !audit->given[OPTION_ROLE] && !audit->given[OPTION_PROFILE];
	const char *chosen_by = judges_by_evidence(audit)      ? "--role auto"
				: audit->given[OPTION_ROLE]    ? "--role"
				: audit->given[OPTION_PROFILE] ? "--profile"
							       : "default";

	*ret_role = (struct report_role){ 0 };
	(void)snprintf(ret_role->name, sizeof(ret_role->name), "%s", profile->name);
	(void)snprintf(ret_role->chosen_by, sizeof(ret_role->chosen_by), "%s", chosen_by);
	if (judges_by_evidence(audit))
		(void)snprintf(ret_role->why, sizeof(ret_role->why), "%s", guess->why);
	else if (is_default && strcmp(guess->name, profile->name) != 0)
		(void)snprintf(ret_role->hint, sizeof(ret_role->hint),
			       "the evidence speaks for --role %s: %s", guess->name, guess->why);
}

static int collect_sockets(const struct audit *audit, struct model **ret_model, struct err *err)
{
	struct collect_options collect_options = audit->collect;
	const struct sigaction ends_window = { .sa_handler = on_interrupt,
					       .sa_flags = (int)SA_RESETHAND };
	const char *term = getenv("TERM");
	bool shows_progress = collect_options.window_s > 0 && isatty(STDERR_FILENO) && term &&
			      strcmp(term, "dumb") != 0;
	int r;

	if (collect_options.window_s > 0)
		(void)sigaction(SIGINT, &ends_window, NULL);
	collect_options.interrupted = was_interrupted;
	if (shows_progress)
		collect_options.progress = show_progress;
	r = collect(&collect_options, ret_model, err);
	if (shows_progress)
		(void)fputs("\r\033[K", stderr);
	return r;
}

/* Only those that rules ask for: most audits ask for none, and this walks all of /proc. */
static int name_processes(const struct audit *audit, struct model *model,
			  const struct profile *profile, struct err *err)
{
	struct inode_set inodes = { 0 };
	int r = 0;

	rules_want(model, profile, &inodes);
	if (inodes.out_of_memory)
		r = err_no_memory(err);
	else if (inodes.n > 0)
		r = collect_processes(audit->collect.root, inodes.inodes, inodes.n, model, err);
	inode_set_done(&inodes);
	return r;
}

static int grade(const struct report *report, enum severity fail_on)
{
	struct report_summary summary = report_summarise(report);

	if (summary.critical > 0)
		return EXIT_FINDINGS_CRITICAL;
	if (summary.warning > 0 && fail_on <= SEV_WARNING)
		return EXIT_FINDINGS;
	if (summary.advice > 0 && fail_on <= SEV_ADVICE)
		return EXIT_FINDINGS;
	return EXIT_FINE;
}

static int judge_and_report(const struct audit *audit, struct model *model,
			    const struct profile *profile, const struct role_guess *guess)
{
	const char *const *given = audit->given;
	const char *output = given[OPTION_OUTPUT];
	const struct report_format *format =
		report_format_find(given[OPTION_FORMAT] ? given[OPTION_FORMAT] : "text");
	const struct report_style style =
		cli_style(given[OPTION_COLOR] ? given[OPTION_COLOR] : "auto",
			  output && strcmp(output, "-") != 0);
	struct report report = { 0 };
	struct err err = { 0 };
	int r, exit_code;

	r = name_processes(audit, model, profile, &err);
	if (r == 0)
		r = rules_evaluate(model, profile, &report, &err);
	if (r < 0) {
		cli_error("%s", err.text);
		return EXIT_NO_RESULT;
	}
	describe_role(audit, profile, guess, &report.role);
	exit_code = grade(&report, audit->fail_on);
	r = report_write(&report, format, output, &style, &err);
	report_done(&report);
	if (r == 0)
		return exit_code;
	if (r != -EPIPE) /* a reader who left, as head does, needs no message */
		cli_error("%s", err.text);
	return EXIT_NO_RESULT;
}

static int refuse_profile(int r, const struct err *err)
{
	cli_error("%s", err->text);
	return r == -ENOMEM ? EXIT_NO_RESULT : EXIT_WRONG_USAGE;
}

static int run(int argc, char *argv[])
{
	struct audit audit = { 0 };
	CLEANUP(profile_freep) struct profile *profile = NULL;
	CLEANUP(model_freep) struct model *model = NULL;
	struct role_guess guess = { 0 };
	struct err err = { 0 };
	int no_sockets, exit_code, r = 0;

	exit_code = parse(&audit, argc, argv);
	if (exit_code != 0)
		return exit_code;
	/* Before anything is read: a misspelt role need not wait for --for to end. */
	if (!judges_by_evidence(&audit))
		r = load_profile(&audit, NULL, &profile, &err);
	if (r < 0)
		return refuse_profile(r, &err);
	no_sockets = collect_sockets(&audit, &model, &err);
	if (no_sockets < 0)
		cli_error("%s", err.text);
	if (!model)
		return EXIT_NO_RESULT;
	if (!ports_judge(model))
		return cli_out_of_memory();
	roles_guess(model, &guess);
	if (!profile)
		r = load_profile(&audit, &guess, &profile, &err);
	if (r < 0)
		return refuse_profile(r, &err);
	/* Without sockets there is still something to say of the settings, but no verdict. */
	exit_code = judge_and_report(&audit, model, profile, &guess);
	return no_sockets < 0 ? EXIT_NO_RESULT : exit_code;
}

const struct cmd cmd_audit = {
	.name = "audit",
	.usage = "[OPTIONS]",
	.summary = "Examine this host's TCP: findings, their evidence, and what to change",
	/* clang-format off */
	.details =
		"Changes nothing and needs no root; what could not be seen without it is listed.\n"
		"\n"
		"Sockets come from the kernel by netlink (sock_diag), all states, IPv4 and IPv6. Times of\n"
		"last traffic (INET_DIAG_INFO) are asked for all states on hosts with up to 50,000\n"
		"sockets, and beyond that for CLOSE-WAIT only, because they cost more than the rest.\n"
		"\n"
		"Exit codes: 0 nothing to do, 1 advice or warning, 2 critical, 3 sockets could not be read\n"
		"or the report not be written, 64 wrong usage. Info and unknown rules count for 0; with\n"
		"--fail-on critical 1 is never given.",
	/* clang-format on */
	.options = options,
	.run = run,
};
