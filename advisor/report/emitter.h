#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "model.h"

/*
 * Writes JSON as it goes. A tree of 4,096 destinations with 60 seconds each would be 300,000 nodes
 * in memory, more than the whole audit may use; so nesting is written here, and jansson encodes the
 * values. KEY is NULL inside arrays. What is unknown becomes null.
 */
enum { EMITTER_MAX_DEPTH = 16 };

struct emitter {
	FILE *file; /* write errors are its owner's to check */
	char closers[EMITTER_MAX_DEPTH];
	unsigned int depth;
	unsigned int line_depth; /* of the container that stays on one line; 0: none */
	bool filled;             /* the innermost container has a member */
	bool out_of_memory;
};

void emit_object(struct emitter *e, const char *key);
void emit_array(struct emitter *e, const char *key);
/* The same with everything inside on one line: for rows of numbers. */
void emit_object_line(struct emitter *e, const char *key);
/* Ends the innermost container; the outermost one with a newline. */
void emit_close(struct emitter *e);

void emit_null(struct emitter *e, const char *key);
void emit_bool(struct emitter *e, const char *key, bool value);
void emit_count(struct emitter *e, const char *key, uint64_t value);
/* JSON has no infinity and no NaN: both become null. */
void emit_real(struct emitter *e, const char *key, double value);
/* For figures that cannot be negative, of which the model says by -1 that they are unknown. */
void emit_unsigned_real(struct emitter *e, const char *key, double value);
void emit_reading(struct emitter *e, const char *key, struct reading reading);
/* Made safe to print and valid UTF-8. NULL becomes null. */
void emit_text(struct emitter *e, const char *key, const char *text);
/* The same, and newlines stay. */
void emit_lines(struct emitter *e, const char *key, const char *text);
/* As emit_text(), and "" becomes null: texts in fixed buffers have no other way to be unknown. */
void emit_filled_text(struct emitter *e, const char *key, const char *text);
void emit_addr(struct emitter *e, const char *key, const struct addr *addr);
/* An array of numbers, on one line. */
void emit_counts(struct emitter *e, const char *key, const uint32_t counts[], size_t n);
