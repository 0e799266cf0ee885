#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"
#include "routes.h"

struct idle_entry;
struct sock_row;

enum { RECENT_IDLE_GROUPS = 16 };

/* ESTAB sockets without keepalive, by cgroup and scope. All zero is empty. */
struct fold_idle {
	struct idle_group *groups; /* owned; MAX_IDLE_GROUPS once there is one */
	size_t n;
	struct idle_entry *by_key; /* owned; a uthash table */
	/* Few cgroups hold most sockets: these spare nearly every row the table. */
	struct idle_group *recent[RECENT_IDLE_GROUPS];
};

void fold_idle_done(struct fold_idle *idle);
/* An ESTAB row. False when memory runs out. */
bool fold_idle_add(struct fold_idle *idle, const struct sock_row *row, enum peer_scope scope);
