#pragma once

#include <stddef.h>

struct emitter;
struct err;
struct profile;
struct profile_entry;

/* Profiles for programs. The first two are whole documents, the last one an object in a list. */
void profile_json_list(struct emitter *e, const struct profile_entry entries[], size_t n);
void profile_json_show(struct emitter *e, const struct profile *profile);
/* PROFILE NULL: FILE is none, and WHY says what is wrong with it. */
void profile_json_check(struct emitter *e, const char *file, const struct profile *profile,
			const struct err *why);
