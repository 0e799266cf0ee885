#pragma once

#include "collect.h"

struct err;
struct model;
struct root;
struct sockets;

/*
 * Reads all TCP sockets through one backend and folds them into model->sockets. The sysctls, the
 * kernel's version and sockstat must be there before; routes it reads itself. -ENOTSUP with a
 * sentence when no backend could read sockets; what a backend could not know becomes a gap.
 */
int sockets_collect(const struct root *root, enum backend backend, struct model *model,
		    struct err *err);

/*
 * Marks in NOW what was there already in BEFORE, the first sample of a window. Where memory runs
 * out, the marks that need some stay unknown.
 */
void sockets_compare(struct sockets *now, const struct sockets *before);
