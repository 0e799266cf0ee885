#pragma once

#include <stddef.h>

struct emitter;
struct page;

/* The functions of struct explain_kind for socket options. */
const char *explain_option_name_at(size_t index);
const void *explain_option_find(const char *word);
void explain_option_print(struct page *page, const void *row);
void explain_option_emit(struct emitter *e, const void *row);
