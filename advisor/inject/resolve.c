/* From a command to the program that runs in the end. Nothing is started. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "err.h"
#include "text.h"

#include "env_line.h"
#include "resolve.h"
#include "shebang.h"

/* The kernel follows so many scripts before it gives up with ELOOP; see exec_binprm(). */
enum { MAX_SCRIPTS = 5, MAX_ENVS = 4 };

void resolved_done(struct resolved *resolved)
{
	free(resolved->file);
	free(resolved->program);
	free(resolved->started_as);
	free(resolved->argv0);
	free(resolved->by);
	*resolved = (struct resolved){ 0 };
}

/* What execve() would check first; a negative errno. */
static int check_executable(const char *file)
{
	struct stat st;

	if (stat(file, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EACCES;
	return faccessat(AT_FDCWD, file, X_OK, AT_EACCESS) < 0 ? -errno : 0;
}

/* Errors after which execvp() tries the next directory. */
static bool is_worth_another(int error)
{
	return error == -ENOENT || error == -ENOTDIR || error == -EACCES || error == -ESTALE ||
	       error == -ENODEV || error == -ETIMEDOUT;
}

/* NAME in the directories of SEARCH; an empty one is the current one. */
static int look_along(const char *name, const char *search, char **ret_file)
{
	bool denied = false;

	for (const char *at = search;; at++) {
		size_t length = strcspn(at, ":");
		CLEANUP(freep)
		char *file = length ? text_format("%.*s/%s", (int)length, at, name) : strdup(name);
		int r = file ? check_executable(file) : -ENOMEM;

		if (r == 0)
			*ret_file = TAKE(file);
		if (r == 0 || !is_worth_another(r))
			return r;
		denied = denied || r == -EACCES;
		at += length;
		if (!*at)
			return denied ? -EACCES : -ENOENT;
	}
}

static int find(const char *name, const char *search, char **ret_file)
{
	CLEANUP(freep) char *file = NULL;
	int r;

	if (!*name)
		return -ENOENT;
	if (!strchr(name, '/'))
		/* What glibc takes where there is no PATH. */
		return look_along(name, search ? search : "/bin:/usr/bin", ret_file);
	r = check_executable(name);
	if (r == 0) {
		file = strdup(name);
		if (!file)
			return -ENOMEM;
		*ret_file = TAKE(file);
	}
	return r;
}

/* The first bytes of FILE; -EACCES where they cannot be read, which is no reason not to run it. */
static ssize_t read_head(const char *file, char head[static SHEBANG_SIZE])
{
	CLEANUP(closep) int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : pread(fd, head, SHEBANG_SIZE, 0);

	return n < 0 ? -errno : n;
}

static bool replace(char **text, const char *by)
{
	char *copy = strdup(by);

	if (!copy)
		return false;
	free(*text);
	*text = copy;
	return true;
}

/* FILE, a script, is run by INTERPRETER, or by env and what that finds. */
static int take_step(struct resolved *r, const char *file, const char *interpreter, struct err *err)
{
	char *by = r->by ? text_format("%s, which is a script for %s", r->by, interpreter)
			 : text_format("%s is a script for %s", file, interpreter);

	if (!by)
		return err_no_memory(err);
	free(r->by);
	r->by = by;
	return replace(&r->program, interpreter) ? 0 : err_no_memory(err);
}

static int cannot_run(const char *file, const char *interpreter, int error, struct err *err)
{
	return err_set(err, error == -ENOENT ? ENOEXEC : -error,
		       "%s cannot be executed: it is a script for '%s', which %s", file,
		       interpreter,
		       error == -ENOENT ? "is not there" : "cannot be executed itself");
}

/* `#!/usr/bin/env PROGRAM`: env starts that anew, looked for in its own PATH. */
static int follow_env(struct resolved *r, const char *script, const struct env_line *line,
		      const char *search, struct err *err)
{
	CLEANUP(freep) char *found = NULL;
	int error = find(line->program, search, &found);

	if (error == -ENOMEM)
		return err_no_memory(err);
	if (error < 0)
		return cannot_run(script, line->program, error, err);
	r->by_env = true;
	r->empty_environment = r->empty_environment || line->empty_environment;
	if (!replace(&r->argv0, line->program) || !replace(&r->started_as, found))
		return err_no_memory(err);
	return take_step(r, script, found, err);
}

static int follow_shebang(struct resolved *r, const struct shebang *line, const char *search,
			  unsigned int *envs, struct err *err)
{
	CLEANUP(freep) char *script = strdup(r->program);
	struct env_line env;
	int error;

	if (!script)
		return err_no_memory(err);
	error = check_executable(line->interpreter);
	if (error < 0)
		return cannot_run(script, line->interpreter, error, err);
	if (*envs < MAX_ENVS && env_line_parse(line, &env)) {
		(*envs)++;
		return follow_env(r, script, &env, search, err);
	}
	if (!replace(&r->argv0, line->interpreter))
		return err_no_memory(err);
	return take_step(r, script, line->interpreter, err);
}

/* Until something is no script. */
static int follow(struct resolved *r, const char *search, struct err *err)
{
	unsigned int scripts = 0, envs = 0;

	for (;;) {
		char head[SHEBANG_SIZE];
		ssize_t n = read_head(r->program, head);
		unsigned int envs_before = envs;
		struct shebang line;
		int error;

		if (n < 0 || shebang_is_elf(head, (size_t)n))
			return 0;
		if (!shebang_parse(head, (size_t)n, &line)) {
			/* execvp() does this for the command; for an interpreter the kernel
			 * refuses. */
			r->shell = r->by == NULL;
			if (!r->shell)
				return cannot_run(r->file, r->program, -ENOEXEC, err);
			return replace(&r->argv0, "/bin/sh") && replace(&r->started_as, "/bin/sh")
				       ? take_step(r, r->file, "/bin/sh", err)
				       : err_no_memory(err);
		}
		if (scripts++ == MAX_SCRIPTS)
			return err_set(err, ELOOP,
				       "%s cannot be executed: more than %d scripts in a row",
				       r->file, MAX_SCRIPTS);
		error = follow_shebang(r, &line, search, &envs, err);
		if (error < 0)
			return error;
		if (envs > envs_before)
			scripts = 0;
	}
}

int resolve_command(const char *command, const char *search, struct resolved *ret_resolved,
		    struct err *err)
{
	CLEANUP(resolved_done) struct resolved r = { 0 };
	int error = find(command, search, &r.file);

	if (error == -ENOMEM)
		return err_no_memory(err);
	if (error == -ENOENT)
		return err_set(err, ENOENT, "'%s': no such command", command);
	if (error < 0)
		return err_set(err, -error, "'%s' cannot be executed: %s", command,
			       strerror(-error));
	if (!replace(&r.program, r.file) || !replace(&r.started_as, r.file))
		return err_no_memory(err);
	error = follow(&r, search, err);
	if (error < 0)
		return error;
	*ret_resolved = r;
	r = (struct resolved){ 0 };
	return 0;
}
