/* The profile and the single settings that a program is to be started with. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <tcpwright/policy.h>

#include "cleanup.h"
#include "engine.h"
#include "err.h"
#include "profile.h"
#include "text.h"

#include "run_policy.h"

void run_policy_done(struct run_policy *run)
{
	profile_free(run->checked);
	free(run->sets);
	free(run->file);
	free(run->items);
}

static const char *from_environment(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* The file of --profile or --role, absolute; *RET_FILE stays NULL where neither is given. */
static int find_file(const struct run_policy *run, char **ret_file, struct err *err)
{
	const char *directories[PROFILE_PATH_LENGTH];
	CLEANUP(freep) char *found = NULL;
	struct profile_path path;
	int r = profile_search_path(run->profile_dir, directories, &path, err);

	if (r < 0 || (!run->profile && !run->role))
		return r;
	if (run->role) {
		r = profile_find(run->role, NULL, &path, &found, err);
		if (r < 0)
			return r;
	}
	*ret_file = realpath(found ? found : run->profile, NULL);
	if (!*ret_file)
		return err_set(err, errno, "%s: %s", found ? found : run->profile, strerror(errno));
	return 0;
}

/* The library reads nothing else: opening a named pipe could block the program for ever. */
static int check_regular(const char *file, struct err *err)
{
	struct stat st;

	if (stat(file, &st) < 0)
		return err_set(err, errno, "%s: %s", file, strerror(errno));
	return S_ISREG(st.st_mode) ? 0 : err_set(err, EINVAL, "%s: no regular file", file);
}

/*
 * NAME as the library will be given it. The library does not know --profile-dir: what a profile
 * includes has to be beside it, or where every profile is looked for. All of it is checked: a wrong
 * line about something else makes a wrong profile, too.
 */
static int load_profile(const char *name, struct profile **ret_profile, struct err *err)
{
	const struct profile_words *words = rules_words();
	const char *directories[PROFILE_PATH_LENGTH];
	struct profile_path path;
	int r = profile_search_path(NULL, directories, &path, err);

	if (!words)
		return err_no_memory(err);
	if (r == 0 && !strchr(name, '/'))
		return profile_load_role(name, &path, words, ret_profile, err);
	if (r == 0)
		r = check_regular(name, err);
	return r < 0 ? r : profile_load_file(name, &path, words, ret_profile, err);
}

static int join_sets(struct run_policy *run, struct err *err)
{
	for (size_t i = 0; i < run->n_sets; i++) {
		char *longer = text_format("%s%s%s", run->items ? run->items : "",
					   run->items ? "\n" : "", run->sets[i]);

		if (!longer)
			return err_no_memory(err);
		free(run->items);
		run->items = longer;
	}
	return 0;
}

/* ORIGIN: where they were given. Items are split as the library splits TCPWRIGHT_SET. */
static int read_items(struct policy *policy, const char *items, const char *origin_name,
		      struct err *err)
{
	CLEANUP(freep) char *copy = strdup(items);
	struct origin origin = { origin_name, 0 };
	char *rest = copy;
	int r = 0;

	if (!copy)
		return err_no_memory(err);
	for (char *item; r == 0 && (item = strsep(&rest, ";\n"));) {
		origin.line++;
		item = text_trim(item);
		if (*item)
			r = policy_set(policy, item, &origin, err);
	}
	return r;
}

/* Those of the profile are checked already. */
static int check_items(struct policy *policy, struct err *err)
{
	int r = 0;

	/* Again, for the profile's own: what stands in order stays so. */
	policy_sort(policy);
	for (size_t i = 0; i < policy->n_sections && r == 0; i++)
		r = policy_check_section(&policy->sections[i], err);
	return r < 0 ? r : policy_check_together(policy, err);
}

static bool asks_for_anything(const struct policy *policy)
{
	for (size_t i = 0; i < policy->n_sections; i++)
		if (policy->sections[i].n_settings > 0)
			return true;
	return false;
}

/* Conditions alone, or a profile without [socket] sections, would start COMMAND for nothing. */
static int check_asks(const struct policy *policy, const char *profile, struct err *err)
{
	if (asks_for_anything(policy) || from_environment("TCPWRIGHT_COMPAT"))
		return 0;
	return err_set(err, ENODATA, "nothing is to be set: %s names no socket option",
		       profile ? profile : "--set");
}

int run_policy_load(struct run_policy *run, struct err *err)
{
	static struct policy items_only;
	const char *profile, *items;
	int r = join_sets(run, err);

	run->own = run->profile || run->role || run->n_sets > 0;
	if (r == 0)
		r = find_file(run, &run->file, err);
	if (r < 0)
		return r;
	profile = run->own ? run->file : from_environment("TCPWRIGHT_PROFILE");
	items = run->own ? run->items : from_environment("TCPWRIGHT_SET");
	if (!profile && !items && !from_environment("TCPWRIGHT_COMPAT"))
		return err_set(err, ENODATA,
			       "nothing is to be set: give --role, --profile or --set before the "
			       "command");
	if (profile)
		r = load_profile(profile, &run->checked, err);
	run->policy = r == 0 && profile ? run->checked->policy : &items_only;
	if (r == 0 && items)
		r = read_items(run->policy, items, run->own ? "--set" : "TCPWRIGHT_SET", err);
	if (r == 0 && items)
		r = check_items(run->policy, err);
	return r < 0 ? r : check_asks(run->policy, profile, err);
}
