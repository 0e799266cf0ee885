/*
 * `tcpwright run`: starts a program with the preloaded library, after looking whether the library
 * can work in it. Nothing of tcpwright is left behind: the program takes this process over.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "err.h"
#include "examine.h"
#include "launch.h"
#include "resolve.h"
#include "text.h"

#include "cli.h"
#include "cmd.h"
#include "run_explain.h"
#include "run_policy.h"

enum {
	OPTION_ROLE,
	OPTION_PROFILE,
	OPTION_SET,
	OPTION_PROFILE_DIR,
	OPTION_DRY_RUN,
	OPTION_LOG,
	OPTION_CHILDREN,
	OPTION_FORCE,
	OPTION_EXPLAIN
};

static const struct cmd_option options[] = {
	[OPTION_ROLE] = { "--role", "NAME", "set what this role's profile says of sockets" },
	[OPTION_PROFILE] = { "--profile", "FILE", "set what this profile says of sockets" },
	[OPTION_SET] = { "--set", "OPTION=VALUE",
			 "set this option, on any side, before the profile's; may be repeated" },
	[OPTION_PROFILE_DIR] = { "--profile-dir", "DIR", "look here first for role profiles" },
	[OPTION_DRY_RUN] = { "--dry-run", NULL, "set nothing; the log says what would be set" },
	[OPTION_LOG] = { "--log", "FILE", "append JSON lines here: what was set, kept or refused" },
	[OPTION_CHILDREN] = { "--children", "keep|strip",
			      "whether programs that COMMAND starts get the library too; keep is "
			      "the default" },
	[OPTION_FORCE] = { "--force", NULL, "start even where the library cannot work" },
	[OPTION_EXPLAIN] = { "--explain", "listen|connect",
			     "start nothing: say what would be set on a socket at the\n"
			     "        ADDRESS:PORT that follows, and from which line" },
	{ 0 },
};

struct request {
	struct run_policy policy;
	const char *log, *children;
	bool dry_run, force, explain;
	struct explained explained;
	bool has_address;
	char **command; /* ends with NULL; empty only for --explain */
};

static void request_done(struct request *request)
{
	run_policy_done(&request->policy);
}

static int fail(const struct err *err)
{
	cli_error("%s", err->text);
	return EXIT_OWN_FAILURE;
}

static int wrong_usage(const char *what)
{
	(void)cli_wrong_usage(&cmd_run, "%s", what);
	return EXIT_OWN_FAILURE;
}

static int take_option(struct request *request, int option, const char *value)
{
	switch (option) {
	case OPTION_ROLE:
		request->policy.role = value;
		break;
	case OPTION_PROFILE:
		request->policy.profile = value;
		break;
	case OPTION_SET:
		request->policy.sets[request->policy.n_sets++] = value;
		break;
	case OPTION_PROFILE_DIR:
		request->policy.profile_dir = value;
		break;
	case OPTION_DRY_RUN:
		request->dry_run = true;
		break;
	case OPTION_LOG:
		request->log = value;
		break;
	case OPTION_CHILDREN:
		request->children = value;
		break;
	case OPTION_FORCE:
		request->force = true;
		break;
	case OPTION_EXPLAIN:
		request->explain = true;
		request->explained.connects = strcmp(value, "connect") == 0;
		break;
	default:
		return EXIT_OWN_FAILURE;
	}
	return EXIT_FINE;
}

/* The first word is the command, and all behind it is the command's; --explain wants an address
 * first. */
static int read_arguments(int argc, char *argv[], struct request *request)
{
	struct args args = args_of(&cmd_run, argc, argv);

	for (;;) {
		int option = args_next(&args);

		if (option == ARG_END ||
		    (option == ARG_WORD && (!request->explain || request->has_address))) {
			request->command = argv + args.next - (option == ARG_WORD);
			return EXIT_FINE;
		}
		if (option == ARG_WORD) {
			request->has_address = explained_parse(args.value, &request->explained);
			if (!request->has_address) {
				(void)cli_wrong_usage(&cmd_run,
						      "--explain '%s': expected ADDRESS:PORT, such "
						      "as 0.0.0.0:80 or [::]:80",
						      args.value);
				return EXIT_OWN_FAILURE;
			}
		} else if (take_option(request, option, args.value) != EXIT_FINE) {
			return EXIT_OWN_FAILURE;
		}
	}
}

static int check_request(const struct request *request)
{
	if (request->policy.profile && request->policy.role)
		return wrong_usage("--role and --profile exclude each other");
	if (request->explain && !request->has_address)
		return wrong_usage("--explain needs an address: --explain listen 0.0.0.0:80");
	if (!request->explain && !request->command[0])
		return wrong_usage("run: which command?");
	return EXIT_FINE;
}

/* A name that still means the same when the program has changed its folder. */
static int make_absolute(const char *path, char **ret_path, struct err *err)
{
	char folder[PATH_MAX];

	if (path[0] == '/')
		*ret_path = strdup(path);
	else if (!getcwd(folder, sizeof(folder)))
		return err_set(err, errno, "the current folder: %s", strerror(errno));
	else
		*ret_path = text_format("%s/%s", folder, path);
	return *ret_path ? 0 : err_no_memory(err);
}

/* The exit code for a command that cannot be started. */
static int exit_code_of(int error)
{
	return error == -ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXECUTE;
}

static bool strips_children(const struct request *request)
{
	const char *value = request->children ? request->children : getenv("TCPWRIGHT_CHILDREN");

	return value && strcmp(value, "strip") == 0;
}

static void print_remarks(const struct examination *examination, enum grade least)
{
	for (size_t i = 0; i < examination->n; i++)
		if (examination->remarks[i].grade >= least)
			cli_error("%s", examination->remarks[i].text);
}

/* EXIT_FINE: it may be started. Notes are for those who ask: --explain. */
static int examine_program(const struct request *request, const struct resolved *resolved,
			   const char *library, enum grade least)
{
	const struct plan plan = { .library = library, .strip = strips_children(request) };
	struct examination examination;
	struct err err;

	if (examine(resolved, &plan, &examination, &err) < 0)
		return fail(&err);
	print_remarks(&examination, least);
	if (!examination_refusal(&examination) || request->force)
		return EXIT_FINE;
	cli_error("not started; --force tries anyway");
	return EXIT_OWN_FAILURE;
}

static int find_library(char **ret_library)
{
	struct err err;

	if (launch_find_library(ret_library, &err) < 0)
		return fail(&err);
	if (launch_can_preload(*ret_library))
		return EXIT_FINE;
	cli_error("%s: LD_PRELOAD cannot name a file with a space, a colon or a dollar sign in its "
		  "path: install tcpwright elsewhere",
		  *ret_library);
	return EXIT_OWN_FAILURE;
}

static int start(const struct request *request, const struct resolved *resolved,
		 const char *library)
{
	CLEANUP(freep) char *log = NULL;
	struct launch launch = {
		.library = library,
		.own_policy = request->policy.own,
		.profile = request->policy.file,
		.set = request->policy.items,
		.children = request->children,
		.dry_run = request->dry_run,
	};
	struct err err;
	int r = request->log ? make_absolute(request->log, &log, &err) : 0;

	launch.log = log;
	if (r == 0)
		r = launch_environment(&launch, &err);
	if (r == 0)
		r = launch_check(&err);
	if (r < 0)
		return fail(&err);
	cli_restore_signals();
	r = launch_exec(resolved->file, request->command);
	cli_error("'%s' cannot be executed: %s", request->command[0],
		  r == -ENOENT ? "the loader that it asks for is not there" : strerror(-r));
	return EXIT_CANNOT_EXECUTE;
}

/* The names by which the library in it will know the program. */
static void choose_for_program(struct policy *policy, const struct resolved *resolved,
			       const char *command)
{
	CLEANUP(freep) char *real = realpath(resolved->program, NULL);
	const char *names[] = { real ? real : resolved->program, resolved->started_as,
				resolved->argv0 ? resolved->argv0 : command, resolved->file };

	policy_for_program(policy, names, sizeof(names) / sizeof(names[0]));
}

static int explain(const struct request *request, const struct resolved *resolved,
		   const char *library)
{
	const char *compat = getenv("TCPWRIGHT_COMPAT");
	int exit_code = EXIT_FINE;
	struct err err;

	if (compat && strcmp(compat, "1") == 0)
		cli_error("TCPWRIGHT_COMPAT=1: what variables of other libraries ask for is not "
			  "shown");
	if (resolved) {
		exit_code = examine_program(request, resolved, library, GRADE_NOTE);
		choose_for_program(request->policy.policy, resolved, request->command[0]);
	}
	if (run_explain(stdout, request->policy.policy, &request->explained, &err) < 0)
		return fail(&err);
	return exit_code;
}

/* Said and not refused: what COMMAND starts may be what the sections are for. */
static void warn_of_other_programs(const struct request *request, const struct resolved *resolved)
{
	struct policy *policy = request->policy.policy;

	choose_for_program(policy, resolved, request->command[0]);
	for (size_t i = 0; i < policy->n_sections; i++)
		if (!policy->sections[i].left_out && policy->sections[i].n_settings > 0)
			return;
	if (policy->n_sections > 0)
		cli_error("no section is for %s: its 'program =' names others; only a program that "
			  "it starts can be meant",
			  resolved->program);
}

static int run_request(struct request *request)
{
	CLEANUP(resolved_done) struct resolved resolved = { 0 };
	CLEANUP(freep) char *library = NULL;
	struct err err;
	int r;

	r = run_policy_load(&request->policy, &err);
	if (r == -ENODATA)
		return wrong_usage(err.text);
	if (r < 0)
		return fail(&err);
	if (!request->command[0]) {
		request->explained.any_program = true;
		return explain(request, NULL, NULL);
	}
	r = resolve_command(request->command[0], getenv("PATH"), &resolved, &err);
	if (r == -ENOMEM)
		return fail(&err);
	if (r < 0) {
		cli_error("%s", err.text);
		return exit_code_of(r);
	}
	r = find_library(&library);
	if (r == EXIT_FINE && request->explain)
		return explain(request, &resolved, library);
	if (r == EXIT_FINE)
		r = examine_program(request, &resolved, library, GRADE_WARNING);
	if (r != EXIT_FINE)
		return r;
	warn_of_other_programs(request, &resolved);
	return start(request, &resolved, library);
}

static int run_run(int argc, char *argv[])
{
	CLEANUP(request_done) struct request request = { 0 };
	int r;

	request.policy.sets = calloc((size_t)argc, sizeof(*request.policy.sets));
	if (!request.policy.sets) {
		(void)cli_out_of_memory();
		return EXIT_OWN_FAILURE;
	}
	r = read_arguments(argc, argv, &request);
	if (r == EXIT_FINE)
		r = check_request(&request);
	return r == EXIT_FINE ? run_request(&request) : r;
}

const struct cmd cmd_run = {
	.name = "run",
	.usage = "[OPTIONS] [--] COMMAND [ARGUMENTS]\n"
		 "       tcpwright run [OPTIONS] --explain listen|connect ADDRESS:PORT [COMMAND]",
	.summary = "Start a program with socket options that it does not set itself",
	.details =
		"COMMAND is started with a library preloaded that sets what the [socket] sections\n"
		"of a profile ask for, when the program listens or connects. What the program\n"
		"sets itself stays, unless the profile says force. Before it starts, COMMAND is\n"
		"looked at: a static, setuid or Go program, for example, cannot be helped this "
		"way.\n"
		"\n"
		"Programs that COMMAND starts get the library too. Where they run below another\n"
		"root (chroot, container) the loader misses it there and complains on standard\n"
		"error: use --children strip if COMMAND starts such programs.\n"
		"\n"
		"Exit code: that of COMMAND. 125: tcpwright failed or refused, 126: COMMAND "
		"cannot\n"
		"be executed, 127: it is not found.",
	.options = options,
	.exit_failed = EXIT_OWN_FAILURE,
	.starts_command = true,
	.run = run_run,
};
