#pragma once

struct err;
struct policy;
struct profile_path;

/*
 * The `[socket]` sections of a profile, includes and all; what else it holds is passed over. NAME
 * is a role to be looked for along PATH, or a file if there is a slash in it. Not sorted yet. Names
 * of files that the policy then points to are never freed: who uses this keeps its policy to the
 * end.
 */
int policy_load(const char *name, const struct profile_path *path, struct policy *policy,
		struct err *err);
