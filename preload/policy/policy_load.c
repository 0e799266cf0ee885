/* From a profile to the policy of its [socket] sections, for who wants nothing else of it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <tcpwright/policy.h>

#include "cleanup.h"
#include "err.h"

#include "find.h"
#include "policy_load.h"
#include "text_file.h"
#include "walk.h"

static const char *keep_file(void *context, const char *path)
{
	(void)context;
	return strdup(path);
}

static int take_entry(void *context, const struct text_entry *entry, const char *file,
		      struct err *err)
{
	const struct origin origin = { file, entry->line };
	static const char kind[] = "socket ";
	const char *name = entry->section + strlen(kind);

	if (strncmp(entry->section, kind, strlen(kind)) != 0 || !entry->key)
		return 0;
	return policy_entry(context, name + strspn(name, " "), entry->key, entry->value, &origin,
			    err);
}

int policy_load(const char *name, const struct profile_path *path, struct policy *policy,
		struct err *err)
{
	const struct profile_visitor visitor = { policy, NULL, keep_file, take_entry };
	CLEANUP(freep) char *found = NULL;
	struct stat st;
	int r;

	if (!strchr(name, '/')) {
		r = profile_find(name, NULL, path, &found, err);
		if (r < 0)
			return r;
		name = found;
	}
	/* Reading a named pipe could never end. */
	if (stat(name, &st) < 0)
		return err_set(err, errno, "%s: %s", name, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "%s: no regular file", name);
	return profile_walk(name, path, &visitor, err);
}
