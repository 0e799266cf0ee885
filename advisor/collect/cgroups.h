#pragma once

#include <stddef.h>

struct err;
struct model;
struct root;

enum { UNIT_STRLEN = 256 };

/*
 * The unit or container that a cgroup's path names, as people know it: "nginx.service",
 * "docker-0123456789ab.scope". The innermost wins. 0: none; what is written is safe to print.
 */
size_t unit_of_cgroup(const char *path, char ret_unit[static UNIT_STRLEN]);
/* The same from the text of /proc/PID/cgroup, of cgroup v1, v2, or both. */
size_t unit_of_proc_cgroup(const char *text, char ret_unit[static UNIT_STRLEN]);

/*
 * Names the cgroups that the model's sockets carry, into model->cgroups. What cannot be named stays
 * unknown without a gap. -ENOMEM only.
 */
int cgroups_collect(const struct root *root, struct model *model, struct err *err);
