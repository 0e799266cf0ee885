#pragma once

struct shim;

/* After a setsockopt() of the program that succeeded: it is noted, and what it means for ours done.
 */
void setsockopt_done(const struct shim *shim, int fd, int level, int name);
