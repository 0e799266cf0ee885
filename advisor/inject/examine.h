#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "known_programs.h"

struct err;
struct resolved;

enum { MAX_REMARKS = 8, REMARK_SIZE = 640 };

/* What speaks against the preloaded library in a program, before it is started. */
struct remark {
	enum grade grade;
	char text[REMARK_SIZE]; /* what was found, why that matters, what can be done instead */
};

struct examination {
	struct remark remarks[MAX_REMARKS];
	size_t n;
};

struct plan {
	const char *library; /* the preloaded library's file */
	bool strip;          /* programs started later do without it */
};

/* An error only where memory runs out or the library itself cannot be read. */
int examine(const struct resolved *resolved, const struct plan *plan,
	    struct examination *ret_examination, struct err *err);
/* NULL: none. */
const struct remark *examination_refusal(const struct examination *examination);
