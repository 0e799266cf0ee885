/* Where role profiles lie. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err.h"

#include "profile.h"

/*
 * A program that runs out of the tree it was built in is judged by that tree's profiles, so that
 * neither a first try nor a test depends on an installation, and an older installation does not
 * speak for the code at hand. Where the program lies decides: an installed copy of the same binary
 * never looks at the source tree.
 */
static bool runs_from_build_tree(void)
{
	static const char build[] = BUILD_TREE "/";
	char program[4096];
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program));

	return length > (ssize_t)strlen(build) && strncmp(program, build, strlen(build)) == 0;
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
	directories[n++] = runs_from_build_tree() ? SOURCE_PROFILES : INSTALLED_PROFILES;
	directories[n] = NULL;
	*ret_path = (struct profile_path){ .directories = directories };
	return 0;
}
