/*
 * `tcpwright profile`: lists the roles there are, shows one with its includes resolved, checks
 * files. What a profile may hold is known in profile/; here it is only asked and printed.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "cleanup.h"
#include "emitter.h"
#include "engine.h"
#include "err.h"
#include "profile.h"
#include "text.h"
#include "writer.h"

#include "cli.h"
#include "cmd.h"
#include "profile_json.h"
#include "profile_text.h"

enum { OPTION_FORMAT, OPTION_PROFILE_DIR };

static const struct cmd_option options[] = {
	[OPTION_FORMAT] = { "--format", "text|json", "for people (the default) or for programs" },
	[OPTION_PROFILE_DIR] = { "--profile-dir", "DIR", "look here first for role profiles" },
	{ 0 },
};

struct request {
	bool json;
	const char *directories[PROFILE_PATH_LENGTH];
	struct profile_path path; /* of these directories */
	const struct profile_words *known;
	const char *const *words; /* what follows list, show or check */
	size_t n_words;
};

static int fail(const struct err *err, int exit_code)
{
	cli_error("%s", err->text);
	return exit_code;
}

static int end_json(const struct emitter *e)
{
	return e->out_of_memory ? cli_out_of_memory() : EXIT_FINE;
}

static int run_list(const struct request *request)
{
	struct profile_entry *entries = NULL;
	struct emitter e = { .file = stdout };
	struct err err;
	size_t n = 0;
	int r = profile_list(&request->path, &entries, &n, &err);

	if (r < 0)
		return fail(&err, EXIT_NO_RESULT);
	for (size_t i = 0; i < n; i++)
		text_neutralise(entries[i].file);
	if (request->json) {
		profile_json_list(&e, entries, n);
		r = end_json(&e);
	} else if (profile_text_list(stdout, entries, n, cli_style("auto", false).width, &err) <
		   0) {
		r = fail(&err, EXIT_NO_RESULT);
	}
	profile_entries_free(entries, n);
	return r;
}

static int run_show(const struct request *request)
{
	CLEANUP(profile_freep) struct profile *profile = NULL;
	struct emitter e = { .file = stdout };
	struct err err;

	if (profile_load_role(request->words[0], &request->path, request->known, &profile, &err) <
	    0)
		return fail(&err, EXIT_WRONG_USAGE);
	/* Origins point to these, and a folder can have any name. */
	for (size_t i = 0; i < profile->n_files; i++)
		text_neutralise(profile->files[i]);
	if (request->json) {
		profile_json_show(&e, profile);
		return end_json(&e);
	}
	if (profile_text_show(stdout, profile, cli_style("auto", false).width, &err) < 0)
		return fail(&err, EXIT_NO_RESULT);
	return EXIT_FINE;
}

/* One line per file: "FILE: ok (role NAME)", or what is wrong with it, which begins with FILE. */
static int print_check(const char *file, const struct profile *profile, const struct err *why)
{
	CLEANUP(freep)
	char *line =
		profile ? text_format("%s: ok (role %s)", file, profile->name) : strdup(why->text);

	if (!line)
		return -ENOMEM;
	text_neutralise(line);
	(void)puts(line);
	return 0;
}

/* EXIT_FINE or EXIT_FINDINGS; -ENOMEM. */
static int check_one(const struct request *request, const char *file, struct emitter *e)
{
	CLEANUP(profile_freep) struct profile *profile = NULL;
	struct err why = { { 0 } };
	int r = profile_load_file(file, &request->path, request->known, &profile, &why);

	if (r == -ENOMEM)
		return r;
	if (request->json)
		profile_json_check(e, file, profile, &why);
	else if (print_check(file, profile, &why) < 0)
		return -ENOMEM;
	return profile ? EXIT_FINE : EXIT_FINDINGS;
}

static int run_check(const struct request *request)
{
	struct emitter e = { .file = stdout };
	int exit_code = EXIT_FINE;

	if (request->json) {
		emit_object(&e, NULL);
		emit_array(&e, "checks");
	}
	for (size_t i = 0; i < request->n_words; i++) {
		int r = check_one(request, request->words[i], &e);

		if (r < 0)
			return cli_out_of_memory();
		if (r > exit_code)
			exit_code = r;
	}
	if (request->json) {
		emit_close(&e);
		emit_close(&e);
	}
	return e.out_of_memory ? cli_out_of_memory() : exit_code;
}

static const struct subcommand {
	const char *name, *takes;
	size_t least, most; /* words that follow */
	int (*run)(const struct request *request);
} subcommands[] = {
	{ "list", "nothing", 0, 0, run_list },
	{ "show", "one ROLE", 1, 1, run_show },
	{ "check", "one or more FILEs", 1, SIZE_MAX, run_check },
};

static const struct subcommand *find_subcommand(const char *name)
{
	const char *names[ARRAY_SIZE(subcommands)];

	for (size_t i = 0; i < ARRAY_SIZE(subcommands); i++) {
		names[i] = subcommands[i].name;
		if (strcmp(names[i], name) == 0)
			return &subcommands[i];
	}
	(void)cli_unknown_word(&cmd_profile, "subcommand", name, names, ARRAY_SIZE(names));
	return NULL;
}

/* Sorts the command line into options and words; WORDS has room for all of it. */
static int read_arguments(int argc, char *argv[], struct request *request, const char *words[],
			  const char **ret_profile_dir)
{
	struct args args = args_of(&cmd_profile, argc, argv);

	for (;;)
		switch (args_next(&args)) {
		case OPTION_FORMAT:
			request->json = strcmp(args.value, "json") == 0;
			break;
		case OPTION_PROFILE_DIR:
			*ret_profile_dir = args.value;
			break;
		case ARG_WORD:
			words[request->n_words++] = args.value;
			break;
		case ARG_END:
			return EXIT_FINE;
		default:
			return EXIT_WRONG_USAGE;
		}
}

static int run_subcommand(struct request *request, const char *profile_dir)
{
	const struct subcommand *sub;
	struct err err;

	if (request->n_words == 0)
		return cli_wrong_usage(&cmd_profile, "profile: list, show or check?");
	sub = find_subcommand(request->words[0]);
	if (!sub)
		return EXIT_WRONG_USAGE;
	request->words++;
	request->n_words--;
	if (request->n_words < sub->least || request->n_words > sub->most)
		return cli_wrong_usage(&cmd_profile, "profile %s takes %s", sub->name, sub->takes);
	if (profile_search_path(profile_dir, request->directories, &request->path, &err) < 0)
		return fail(&err, EXIT_WRONG_USAGE);
	request->known = rules_words();
	if (!request->known)
		return cli_out_of_memory();
	return sub->run(request);
}

static int profile_run(int argc, char *argv[])
{
	CLEANUP(freep) const char **words = calloc((size_t)argc, sizeof(*words));
	struct request request = { .words = words };
	const char *profile_dir = NULL;

	if (!words)
		return cli_out_of_memory();
	if (read_arguments(argc, argv, &request, words, &profile_dir) != EXIT_FINE)
		return EXIT_WRONG_USAGE;
	return run_subcommand(&request, profile_dir);
}

const struct cmd cmd_profile = {
	.name = "profile",
	.usage = "list | show ROLE | check FILE... [OPTIONS]",
	.summary = "List, show and check role profiles",
	.details = "  list   every role, its summary and its file\n"
		   "  show   a role with its includes resolved: each value, the file and line it\n"
		   "         comes from, and why it is there\n"
		   "  check  say whether files are profiles that audit would take\n"
		   "\n"
		   "Profiles are looked for in the folder given by --profile-dir, then in\n"
		   "/etc/tcpwright/profiles, then among those that come with tcpwright; the first\n"
		   "of a name wins. tcpwright-profile(5) describes the files.\n"
		   "\n"
		   "Exit code: 0 fine, 1 check found an error, 3 no output, 64 wrong usage or no\n"
		   "such role.",
	.options = options,
	.run = profile_run,
};
