/*
 * `tcpwright profile`: lists the roles there are, shows one with its includes resolved, checks
 * files. What a profile may hold is known in profile/; here it is only asked and printed.
 */
#include <errno.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "engine.h"
#include "err.h"
#include "profile.h"
#include "text.h"
#include "writer.h"

#include "cli.h"
#include "cmd.h"
#include "profile_text.h"

enum { OPTION_FORMAT, OPTION_PROFILE_DIR };

static const struct cmd_option options[] = {
	[OPTION_FORMAT] = { "--format", "text|json", "for people (the default) or for programs" },
	[OPTION_PROFILE_DIR] = { "--profile-dir", "DIR", "look here first for role profiles" },
	{ 0 },
};

struct request {
	bool json;
	const struct profile_path *path;
	const struct profile_words *known;
	const char *const *words; /* what follows list, show or check */
	size_t n_words;
};

static int fail(const struct err *err, int exit_code)
{
	cli_error("%s", err->text);
	return exit_code;
}

/*
 * Prints VALUE, which it takes over; NULL is what jansson makes of running out of memory. That the
 * text arrives is for main to see.
 */
static int print_json(json_t *value)
{
	if (!value) {
		cli_error("out of memory");
		return EXIT_NO_RESULT;
	}
	(void)json_dumpf(value, stdout, JSON_INDENT(2));
	(void)putchar('\n');
	json_decref(value);
	return EXIT_FINE;
}

static json_t *entries_json(const struct profile_entry entries[], size_t n)
{
	json_t *roles = json_array();

	for (size_t i = 0; roles && i < n; i++)
		if (json_array_append_new(
			    roles, json_pack("{s:s, s:s?, s:s, s:s?}", "name", entries[i].name,
					     "summary", entries[i].summary, "file", entries[i].file,
					     "problem", entries[i].problem)) < 0) {
			json_decref(roles);
			return NULL;
		}
	return roles ? json_pack("{s:o}", "roles", roles) : NULL;
}

static int run_list(const struct request *request)
{
	struct profile_entry *entries = NULL;
	struct err err;
	size_t n = 0;
	int r = profile_list(request->path, &entries, &n, &err);

	if (r < 0)
		return fail(&err, EXIT_NO_RESULT);
	for (size_t i = 0; i < n; i++)
		text_neutralise(entries[i].file);
	if (request->json)
		r = print_json(entries_json(entries, n));
	else if (profile_text_list(stdout, entries, n, cli_style("auto", false).width, &err) < 0)
		r = fail(&err, EXIT_NO_RESULT);
	profile_entries_free(entries, n);
	return r;
}

/* Appends one entry to a list of PROFILE's JSON; false without memory. */
static bool append(json_t *list, json_t *entry, const struct origin *origin)
{
	if (!entry || json_object_set_new(entry, "file", json_string(origin->file)) < 0 ||
	    json_object_set_new(entry, "line", json_integer(origin->line)) < 0) {
		json_decref(entry);
		return false;
	}
	return json_array_append_new(list, entry) == 0;
}

static bool fill_sysctls(json_t *list, const struct profile *p)
{
	for (size_t i = 0; i < p->n_sysctls; i++) {
		const struct profile_sysctl *s = &p->sysctls[i];

		if (!append(list,
			    json_pack("{s:s, s:s, s:s, s:s?}", "key", s->fact->key, "op",
				      value_op_text(s->op), "value", s->value, "reason", s->reason),
			    &s->origin))
			return false;
	}
	return true;
}

static bool fill_thresholds(json_t *list, const struct profile *p)
{
	for (size_t i = 0; i < p->n_thresholds; i++) {
		const struct profile_threshold *t = &p->thresholds[i];

		if (!append(list,
			    json_pack("{s:s, s:s, s:f, s:s?}", "rule", t->rule, "name", t->name,
				      "value", t->value, "reason", t->reason),
			    &t->origin))
			return false;
	}
	return true;
}

static bool fill_rules(json_t *list, const struct profile *p)
{
	for (size_t i = 0; i < p->n_rules; i++) {
		const struct profile_rule *rule = &p->rules[i];

		if (!append(list,
			    json_pack("{s:s, s:b, s:s?, s:s?}", "rule", rule->rule, "on",
				      rule->state == RULE_ON, "at_most", rule->at_most, "reason",
				      rule->reason),
			    &rule->origin))
			return false;
	}
	return true;
}

static bool fill_sockets(json_t *list, const struct profile *p)
{
	for (size_t i = 0; i < p->n_sockets; i++) {
		const struct profile_socket *s = &p->sockets[i];

		if (!append(list,
			    json_pack("{s:s, s:s, s:s}", "section", s->section, "key", s->key,
				      "value", s->value),
			    &s->origin))
			return false;
	}
	return true;
}

static bool fill_files(json_t *list, const struct profile *p)
{
	for (size_t i = 0; i < p->n_files; i++)
		if (json_array_append_new(list, json_string(p->files[i])) < 0)
			return false;
	return true;
}

static json_t *profile_json(const struct profile *p)
{
	static const struct {
		const char *name;
		bool (*fill)(json_t *list, const struct profile *p);
	} lists[] = {
		{ "files", fill_files },           { "sysctls", fill_sysctls },
		{ "thresholds", fill_thresholds }, { "rules", fill_rules },
		{ "sockets", fill_sockets },
	};
	json_t *object = json_pack("{s:s, s:s?}", "name", p->name, "summary", p->summary);

	for (size_t i = 0; object && i < ARRAY_SIZE(lists); i++) {
		json_t *list = json_array();

		if (!list || json_object_set_new(object, lists[i].name, list) < 0 ||
		    !lists[i].fill(list, p)) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static int run_show(const struct request *request)
{
	CLEANUP(profile_freep) struct profile *profile = NULL;
	struct err err;

	if (profile_load_role(request->words[0], request->path, request->known, &profile, &err) < 0)
		return fail(&err, EXIT_WRONG_USAGE);
	/* Origins point to these, and a folder can have any name. */
	for (size_t i = 0; i < profile->n_files; i++)
		text_neutralise(profile->files[i]);
	if (request->json)
		return print_json(profile_json(profile));
	if (profile_text_show(stdout, profile, cli_style("auto", false).width, &err) < 0)
		return fail(&err, EXIT_NO_RESULT);
	return EXIT_FINE;
}

/* One line per file: "FILE: ok (role NAME)", or what is wrong with it, which begins with FILE. */
static void print_check(const char *file, const struct profile *profile, struct err *why)
{
	text_neutralise(why->text);
	if (profile)
		(void)printf("%s: ok (role %s)\n", file, profile->name);
	else
		(void)printf("%s\n", why->text);
}

static int check_one(const struct request *request, const char *file, json_t *checks)
{
	CLEANUP(profile_freep) struct profile *profile = NULL;
	CLEANUP(freep) char *shown = strdup(file);
	struct err why = { { 0 } };
	int r = profile_load_file(file, request->path, request->known, &profile, &why);

	if (!shown || r == -ENOMEM)
		return -ENOMEM;
	text_neutralise(shown);
	if (!request->json)
		print_check(shown, profile, &why);
	text_neutralise(why.text);
	if (request->json &&
	    json_array_append_new(checks, json_pack("{s:s, s:b, s:s?, s:s?}", "file", shown, "ok",
						    r == 0, "name", profile ? profile->name : NULL,
						    "error", r < 0 ? why.text : NULL)) < 0)
		return -ENOMEM;
	return r < 0 ? EXIT_FINDINGS : EXIT_FINE;
}

static int run_check(const struct request *request)
{
	CLEANUP(json_decrefp) json_t *checks = json_array();
	int exit_code = EXIT_FINE;

	for (size_t i = 0; i < request->n_words; i++) {
		int r = checks ? check_one(request, request->words[i], checks) : -ENOMEM;

		if (r < 0) {
			cli_error("out of memory");
			return EXIT_NO_RESULT;
		}
		if (r > exit_code)
			exit_code = r;
	}
	if (request->json && print_json(json_pack("{s:O}", "checks", checks)) != EXIT_FINE)
		return EXIT_NO_RESULT;
	return exit_code;
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
	const char *directories[PROFILE_PATH_LENGTH];
	const struct subcommand *sub;
	struct profile_path path;
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
	if (profile_search_path(profile_dir, directories, &path, &err) < 0)
		return fail(&err, EXIT_WRONG_USAGE);
	request->path = &path;
	request->known = rules_words();
	if (!request->known) {
		cli_error("out of memory");
		return EXIT_NO_RESULT;
	}
	return sub->run(request);
}

static int profile_run(int argc, char *argv[])
{
	CLEANUP(freep) const char **words = calloc((size_t)argc, sizeof(*words));
	struct request request = { .words = words };
	const char *profile_dir = NULL;

	if (!words) {
		cli_error("out of memory");
		return EXIT_NO_RESULT;
	}
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
