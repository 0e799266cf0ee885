/*
 * Once, when the library is loaded: the environment, the profile, the log. Whatever is wrong there,
 * the program runs as if there were no library, and the log, if there is one, says why.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "children.h"
#include "counters.h"
#include "err.h"
#include "find.h"
#include "load.h"
#include "log.h"
#include "next.h"
#include "policy_load.h"
#include "shim.h"

/* "1" or "0"; unset is 0. */
static int read_switch(const char *name, bool *ret_on, struct err *err)
{
	const char *value = secure_getenv(name);

	*ret_on = value && strcmp(value, "1") == 0;
	if (!value || !*value || *ret_on || strcmp(value, "0") == 0)
		return 0;
	return err_set(err, EINVAL, "%s=%s: expected 1 or 0", name, value);
}

static int read_children(bool *ret_strip, struct err *err)
{
	const char *value = secure_getenv("TCPWRIGHT_CHILDREN");

	*ret_strip = value && strcmp(value, "strip") == 0;
	if (!value || !*value || *ret_strip || strcmp(value, "keep") == 0)
		return 0;
	return err_set(err, EINVAL, "TCPWRIGHT_CHILDREN=%s: expected keep or strip", value);
}

/* TCPWRIGHT_SET: items between semicolons or line ends. */
static int read_set(struct policy *policy, const char *text, struct err *err)
{
	enum { LONGEST = 190 };
	struct origin origin = { "TCPWRIGHT_SET", 0 };
	int r = 0;

	while (r == 0 && *text) {
		size_t length = strcspn(text, ";\n");
		char item[LONGEST + 1];

		origin.line++;
		if (length > LONGEST)
			return err_set(err, EINVAL, "TCPWRIGHT_SET: item %u is too long",
				       origin.line);
		memcpy(item, text, length);
		item[length] = '\0';
		if (item[strspn(item, " ")])
			r = policy_set(policy, item, &origin, err);
		text += length + (text[length] != '\0');
	}
	return r;
}

static int read_profile(struct policy *policy, const char *name, struct err *err)
{
	const char *directories[PROFILE_PATH_LENGTH];
	struct profile_path path;
	int r = profile_search_path(NULL, directories, &path, err);

	return r < 0 ? r : policy_load(name, &path, policy, err);
}

/* 1: something is to be done; 0: nothing is asked for. */
static int read_policy(struct policy *policy, struct err *err)
{
	const char *profile = secure_getenv("TCPWRIGHT_PROFILE");
	const char *set = secure_getenv("TCPWRIGHT_SET");
	bool compat;
	int r = read_switch("TCPWRIGHT_COMPAT", &compat, err);

	/* What is read later matches before it. */
	if (r == 0 && compat)
		r = compat_read(policy, err);
	if (r == 0 && profile && *profile)
		r = read_profile(policy, profile, err);
	if (r == 0 && set && *set)
		r = read_set(policy, set, err);
	if (r < 0)
		return r;
	policy_sort(policy);
	return policy->n_sections > 0;
}

static void leave_out_contradictions(struct policy *policy)
{
	for (size_t i = 0; i < policy->n_sections; i++) {
		struct err err;

		if (policy->sections[i].left_out ||
		    policy_check_section(&policy->sections[i], &err) == 0)
			continue;
		policy->sections[i].left_out = true;
		log_message("error", err.text);
	}
}

static bool asks_for_program(const struct policy *policy)
{
	for (size_t i = 0; i < policy->n_sections; i++)
		if (policy->sections[i].program[0])
			return true;
	return false;
}

/* Nothing but a regular file is opened: with some devices even that does something. */
static bool is_script(const char *file)
{
	struct stat st;
	int fd = stat(file, &st) == 0 && S_ISREG(st.st_mode)
			 ? open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
			 : -1;
	char begin[2];
	bool is = fd >= 0 && read(fd, begin, sizeof(begin)) == (ssize_t)sizeof(begin) &&
		  begin[0] == '#' && begin[1] == '!';

	if (fd >= 0)
		(void)close(fd);
	return is;
}

/*
 * The script that an interpreter was started with: the kernel tells it of those that it starts
 * itself, but not of `#!/usr/bin/env python3` nor of `python3 app.py`. Only a first argument,
 * options aside, that is a file with a "#!" line counts. NULL: none.
 */
static const char *script_argument(char buf[static PATH_MAX])
{
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd >= 0 ? read(fd, buf, PATH_MAX - 1) : -1;
	const char *argument = buf;

	if (fd >= 0)
		(void)close(fd);
	if (length <= 0)
		return NULL;
	buf[length] = '\0';
	do
		argument += strlen(argument) + 1;
	while (argument < buf + length && argument[0] == '-');
	return argument < buf + length && is_script(argument) ? argument : NULL;
}

/* The program's file, what it was started as (a script, perhaps), its script, and argv[0]. */
static void choose_for_program(struct policy *policy)
{
	static char path[PATH_MAX], command[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	const char *started_as = (const char *)getauxval(AT_EXECFN);
	const char *script, *names[4];
	size_t n = 0;

	if (!asks_for_program(policy))
		return;
	script = script_argument(command);
	if (script)
		names[n++] = script;

	if (length > 0) {
		path[length] = '\0';
		names[n++] = path;
	}
	if (started_as)
		names[n++] = started_as;
	if (program_invocation_name)
		names[n++] = program_invocation_name;
	policy_for_program(policy, names, n);
}

static int open_log(struct err *err)
{
	const char *path = secure_getenv("TCPWRIGHT_LOG");

	log_program(program_invocation_short_name ? program_invocation_short_name : "");
	return path && *path ? log_open(path, err) : 0;
}

/* 1: there is work for the hooks. */
static int load(bool *ret_strip, struct err *err)
{
	struct policy *policy = shim_policy();
	bool dry_run;
	int r = open_log(err);

	if (r == 0)
		r = read_children(ret_strip, err);
	if (r == 0)
		r = read_switch("TCPWRIGHT_DRY_RUN", &dry_run, err);
	if (r == 0)
		r = read_policy(policy, err);
	if (r <= 0)
		return r;
	choose_for_program(policy);
	leave_out_contradictions(policy);
	if (!shim_prepare(dry_run)) {
		log_message("start", "nothing is asked for in this program");
		return 0;
	}
	counters_open(dry_run);
	log_message("start", dry_run ? "at work, as a dry run" : "at work");
	return 1;
}

__attribute__((constructor)) static void start(void)
{
	int saved = errno, r;
	bool strip = false;
	struct err err;

	(void)next_calls();
	r = load(&strip, &err);
	if (r < 0)
		log_message("error", err.text);
	if (r > 0)
		shim_start();
	if (strip)
		children_strip();
	errno = saved;
}
