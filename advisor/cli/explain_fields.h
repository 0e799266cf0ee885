#pragma once

#include <stddef.h>

struct emitter;
struct page;

/* TEXT beside its label; nothing where there is no text. */
void explain_field(struct page *page, const char *label, const char *text);
void explain_heading(struct page *page, const char *name, const char *what);
/* Up to the first that is NULL, MAX at most. */
void explain_references(struct page *page, const char *const references[], size_t max);
void explain_emit_references(struct emitter *e, const char *const references[], size_t max);
/* The members that every kind has. */
void explain_emit_name(struct emitter *e, const char *kind, const char *name);
