#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct report_style;

/* Where text for people goes and how it looks: wrapping, colour, bars. Nothing here knows TCP. */
struct page {
	FILE *file; /* write errors are its owner's to check */
	const struct report_style *style;
	unsigned int width; /* at which prose is wrapped */
	bool out_of_memory;
};

enum ink { INK_PLAIN, INK_BOLD, INK_DIM, INK_RED, INK_YELLOW, INK_CYAN, INK_GREEN };

struct page page_of(FILE *file, const struct report_style *style);

/* The text in a colour where colours are wanted. */
void page_paint(struct page *page, enum ink ink, const char *text);

/* Columns that a text takes: characters, not bytes. */
unsigned int page_columns(const char *text);
void page_spaces(struct page *page, unsigned int n);

/*
 * Prints TEXT from COLUMN on, where the cursor already is, and continues it at INDENT on lines of
 * their own; ends the line. A word longer than a line is left whole, so that it can be copied.
 */
void page_wrap(struct page *page, unsigned int column, unsigned int indent, const char *text);
/* A formatted text, wrapped, with the first line indented as well. */
__attribute__((format(printf, 3, 4))) void page_print(struct page *page, unsigned int indent,
						      const char *format, ...);
/* "LABEL  text", where the text starts and continues LABEL_WIDTH columns after INDENT. */
void page_item(struct page *page, unsigned int indent, unsigned int label_width, const char *label,
	       const char *text);

/* One character for each of the N counts, the highest one full; blank where there is nothing. */
void page_bars(struct page *page, const uint32_t counts[], size_t n);
