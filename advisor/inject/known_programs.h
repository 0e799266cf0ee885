#pragma once

#include <stddef.h>

/* How much it matters; the worst that a program gets decides whether it is started. */
enum grade { GRADE_NOTE, GRADE_WARNING, GRADE_REFUSAL };

/* A program of which more is known than its file shows. */
struct known_program {
	const char *name; /* a glob for what follows the last slash */
	enum grade grade;
	const char *reason;  /* what it does; a sentence without its subject and its end */
	const char *instead; /* what can be done; a sentence; NULL: nothing in particular */
};

/* NULL: none of these. */
const struct known_program *known_program_find(const char *file);
