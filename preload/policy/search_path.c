/* Where role profiles lie. */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err.h"

#include "find.h"

/* The program's file, without links. False where nobody can tell. */
static bool program_path(char path[static PATH_MAX])
{
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);
	const char *started_as;

	if (length > 0 && length < PATH_MAX) {
		path[length] = '\0';
		return true;
	}
	/* A bare container may have no /proc: then what execve() was given has to do. */
	started_as = (const char *)getauxval(AT_EXECFN);
	return started_as && realpath(started_as, path);
}

/* True for the preloaded library: then PATH is its file, without links; "" where nobody can tell.
 */
static bool library_path(char path[static PATH_MAX])
{
	static const char here = 0;
	Dl_info own, program;

	path[0] = '\0';
	/* The program's headers lie in the program: what has another base is a library. */
	if (!dladdr(&here, &own) || !dladdr((void *)getauxval(AT_PHDR), &program) ||
	    own.dli_fbase == program.dli_fbase)
		return false;
	if (!realpath(own.dli_fname, path))
		path[0] = '\0';
	return true;
}

/*
 * Where the program, or the preloaded library, lies decides. What runs out of the tree it was built
 * in uses that tree's profiles, so that neither a first try nor a test depends on an installation,
 * and an older installation does not speak for the code at hand. What is installed finds its
 * profiles beside it, whatever the prefix: a package is made from the same binaries as `cmake
 * --install` copies elsewhere.
 */
static const char *shipped_profiles(void)
{
	static const char build[] = BUILD_TREE "/";
	static char path[PATH_MAX + sizeof(PROFILES_FROM_PROGRAM) + sizeof(PROFILES_FROM_LIBRARY)];
	const char *relative = PROFILES_FROM_LIBRARY;

	if (!library_path(path)) {
		relative = PROFILES_FROM_PROGRAM;
		if (!program_path(path))
			path[0] = '\0';
	}
	if (!path[0])
		return INSTALLED_PROFILES;
	if (strncmp(path, build, strlen(build)) == 0)
		return SOURCE_PROFILES;
	*strrchr(path, '/') = '\0';
	/* That path has no links in it, so ".." can be taken off: people read this. */
	for (; strncmp(relative, "../", 3) == 0 && strrchr(path, '/'); relative += 3)
		*strrchr(path, '/') = '\0';
	(void)strcat(strcat(path, "/"), relative);
	return path;
}

int profile_search_path(const char *profile_dir,
			const char *directories[static PROFILE_PATH_LENGTH],
			struct profile_path *ret_path, struct err *err)
{
	struct stat st;
	size_t n = 0;

	if (profile_dir) {
		if (stat(profile_dir, &st) < 0)
			return err_set(err, errno, "%s: %s", profile_dir, strerror(errno));
		if (!S_ISDIR(st.st_mode))
			return err_set(err, ENOTDIR, "%s is no directory", profile_dir);
		directories[n++] = profile_dir;
	}
	directories[n++] = "/etc/tcpwright/profiles";
	directories[n++] = shipped_profiles();
	directories[n] = NULL;
	*ret_path = (struct profile_path){ .directories = directories };
	return 0;
}
