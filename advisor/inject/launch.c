/* The environment that the preloaded library reads, and the step from this program to the other. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "cleanup.h"
#include "err.h"
#include "text.h"

#include "launch.h"

static const char name[] = "libtcpwright-preload.so";

/* The folder of this program's file, without links. */
static bool own_folder(char path[static PATH_MAX])
{
	const char *started_as = (const char *)getauxval(AT_EXECFN);
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);

	if (length > 0 && length < PATH_MAX)
		path[length] = '\0';
	else if (!started_as || !realpath(started_as, path))
		return false;
	*strrchr(path, '/') = '\0';
	return true;
}

/* The build tree is laid out as bin and lib; elsewhere a distribution decides. */
int launch_find_library(char **ret_library, struct err *err)
{
	static const char build[] = BUILD_TREE "/bin";
	CLEANUP(freep) char *path = NULL;
	char folder[PATH_MAX], real[PATH_MAX];

	if (!own_folder(folder))
		return err_set(err, ENOENT,
			       "%s is looked for beside this program, and nobody can "
			       "tell where that is",
			       name);
	path = text_format("%s/%s/%s", folder,
			   strcmp(folder, build) == 0 ? "../lib" : LIBRARY_FROM_PROGRAM, name);
	if (!path)
		return err_no_memory(err);
	if (!realpath(path, real) || access(real, R_OK) < 0)
		return err_set(err, errno, "the preload library is missing: %s: %s", path,
			       strerror(errno));
	*ret_library = strdup(real);
	return *ret_library ? 0 : err_no_memory(err);
}

/* The loader takes both. */
static const char separators[] = ": ";

/* Wherever it lies: two copies would both set options. */
static bool is_library(const char *path, size_t length)
{
	size_t n = strlen(name);

	return length >= n && strncmp(path + length - n, name, n) == 0 &&
	       (length == n || path[length - n - 1] == '/');
}

char *launch_preload(const char *list, const char *library)
{
	if (!list || !list[strspn(list, separators)])
		return strdup(library);
	for (const char *at = list; *at; at += strspn(at, separators)) {
		size_t length = strcspn(at, separators);

		if (is_library(at, length))
			return strdup(list);
		at += length;
	}
	return text_format("%s:%s", list, library);
}

bool launch_can_preload(const char *library)
{
	return !strpbrk(library, ": $");
}

/* VALUE NULL: not set. */
static int set(const char *variable, const char *value, struct err *err)
{
	int r = value ? setenv(variable, value, 1) : unsetenv(variable);

	return r < 0 ? err_no_memory(err) : 0;
}

int launch_environment(const struct launch *launch, struct err *err)
{
	CLEANUP(freep) char *preload = launch_preload(getenv("LD_PRELOAD"), launch->library);
	int r = preload ? set("LD_PRELOAD", preload, err) : err_no_memory(err);

	if (r == 0 && launch->own_policy)
		r = set("TCPWRIGHT_PROFILE", launch->profile, err);
	if (r == 0 && launch->own_policy)
		r = set("TCPWRIGHT_SET", launch->set, err);
	if (r == 0 && launch->log)
		r = set("TCPWRIGHT_LOG", launch->log, err);
	if (r == 0 && launch->children)
		r = set("TCPWRIGHT_CHILDREN", launch->children, err);
	if (r == 0 && launch->dry_run)
		r = set("TCPWRIGHT_DRY_RUN", "1", err);
	return r;
}

static int check_value(const char *variable, const char *const allowed[static 2], struct err *err)
{
	const char *value = getenv(variable);

	if (!value || !*value || strcmp(value, allowed[0]) == 0 || strcmp(value, allowed[1]) == 0)
		return 0;
	return err_set(err, EINVAL, "%s=%s: expected %s or %s", variable, value, allowed[0],
		       allowed[1]);
}

/* As the library opens it: it is created, and a named pipe without a reader is no log. */
static int check_log(const char *path, struct err *err)
{
	CLEANUP(closep)
	int fd =
		open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(err, errno, "the log %s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode))
		return err_set(err, EINVAL,
			       "the log %s is a pipe or the like, which could block the program or "
			       "end it: give a file",
			       path);
	return 0;
}

int launch_check(struct err *err)
{
	static const char *const switches[] = { "0", "1" }, *const children[] = { "keep", "strip" };
	const char *log = getenv("TCPWRIGHT_LOG");
	int r = check_value("TCPWRIGHT_DRY_RUN", switches, err);

	if (r == 0)
		r = check_value("TCPWRIGHT_COMPAT", switches, err);
	if (r == 0)
		r = check_value("TCPWRIGHT_CHILDREN", children, err);
	return r == 0 && log && *log ? check_log(log, err) : r;
}

static size_t count(char *const argv[])
{
	size_t n = 0;

	while (argv[n])
		n++;
	return n;
}

int launch_exec(const char *file, char *const argv[])
{
	static char shell[] = "/bin/sh";
	CLEANUP(freep) char **words = NULL;
	size_t n = count(argv);

	(void)execv(file, argv);
	if (errno != ENOEXEC)
		return -errno;
	words = calloc(n + 2, sizeof(*words));
	if (!words)
		return -ENOMEM;
	words[0] = shell;
	words[1] = (char *)file;
	for (size_t i = 1; i < n; i++)
		words[i + 1] = argv[i];
	(void)execv(shell, words);
	return -errno;
}
