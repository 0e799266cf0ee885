/* Text on a page: wrapped prose, a few colours, bars of block characters. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "text.h"

#include "page.h"
#include "writer.h"

/*
 * Prose is wrapped at 80 columns where nobody says how wide the page is; longer lines than WIDEST
 * are hard to read, shorter ones than NARROWEST leave no room beside an indent.
 */
enum { USUAL_WIDTH = 80, WIDEST = 100, NARROWEST = 40 };

struct page page_of(FILE *file, const struct report_style *style)
{
	unsigned int width = style->width == 0 ? USUAL_WIDTH : style->width;

	if (width > WIDEST)
		width = WIDEST;
	if (width < NARROWEST)
		width = NARROWEST;
	return (struct page){ .file = file, .style = style, .width = width };
}

void page_paint(struct page *page, enum ink ink, const char *text)
{
	static const char *const codes[] = {
		[INK_BOLD] = "1",      [INK_DIM] = "2",   [INK_RED] = "1;31",
		[INK_YELLOW] = "1;33", [INK_CYAN] = "36", [INK_GREEN] = "32",
	};

	if (page->style->colour && ink != INK_PLAIN)
		(void)fprintf(page->file, "\033[%sm%s\033[0m", codes[ink], text);
	else
		(void)fputs(text, page->file);
}

unsigned int page_columns(const char *text)
{
	return (unsigned int)text_columns(text, strlen(text));
}

void page_spaces(struct page *page, unsigned int n)
{
	(void)fprintf(page->file, "%*s", (int)n, "");
}

void page_wrap(struct page *page, unsigned int column, unsigned int indent, const char *text)
{
	bool at_start = true; /* of a line: no space before the word */

	while (*(text += strspn(text, " "))) {
		size_t length = strcspn(text, " ");
		unsigned int columns = (unsigned int)text_columns(text, length);

		if (!at_start && column + 1 + columns > page->width) {
			(void)fputc('\n', page->file);
			page_spaces(page, indent);
			column = indent;
			at_start = true;
		}
		if (!at_start)
			(void)fputc(' ', page->file);
		(void)fwrite(text, 1, length, page->file);
		column += columns + !at_start;
		at_start = false;
		text += length;
	}
	(void)fputc('\n', page->file);
}

void page_print(struct page *page, unsigned int indent, const char *format, ...)
{
	CLEANUP(freep) char *text = NULL;
	va_list args;

	va_start(args, format);
	text = text_vformat(format, args);
	va_end(args);
	if (!text) {
		page->out_of_memory = true;
		return;
	}
	page_spaces(page, indent);
	page_wrap(page, indent, indent, text);
}

void page_item(struct page *page, unsigned int indent, unsigned int label_width, const char *label,
	       const char *text)
{
	unsigned int columns = page_columns(label);

	page_spaces(page, indent);
	page_paint(page, INK_DIM, label);
	page_spaces(page, columns < label_width ? label_width - columns : 1);
	page_wrap(page, indent + (columns < label_width ? label_width : columns + 1),
		  indent + label_width, text);
}

void page_bars(struct page *page, const uint32_t counts[], size_t n)
{
	static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char *const letters[] = { " ", ".", ":", "-", "=", "+", "*", "#", "@" };
	const char *const *heights = page->style->utf8 ? blocks : letters;
	uint64_t highest = 1;

	for (size_t i = 0; i < n; i++)
		if (counts[i] > highest)
			highest = counts[i];
	for (size_t i = 0; i < n; i++) /* rounded up: one close is not none */
		(void)fputs(heights[((uint64_t)counts[i] * 8 + highest - 1) / highest], page->file);
}
