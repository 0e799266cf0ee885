#pragma once

#include <stddef.h>
#include <stdio.h>

struct err;
struct profile;
struct profile_entry;

/* Profiles as tables for people. WIDTH of the terminal; 0: not a terminal, cells are one line. */
int profile_text_list(FILE *file, const struct profile_entry entries[], size_t n,
		      unsigned int width, struct err *err);
int profile_text_show(FILE *file, const struct profile *profile, unsigned int width,
		      struct err *err);
