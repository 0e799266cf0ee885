#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "page.h"
#include "writer.h"

TestSuite(page);

struct paper {
	struct report_style style;
	struct page page;
	char *text;
	size_t length;
};

static void paper_take(struct paper *paper, unsigned int width)
{
	paper->style.width = width;
	paper->page = page_of(open_memstream(&paper->text, &paper->length), &paper->style);
	cr_assert(paper->page.file);
}

static void paper_expect(struct paper *paper, const char *expected)
{
	cr_assert_eq(fclose(paper->page.file), 0);
	cr_expect_str_eq(paper->text, expected);
	free(paper->text);
}

Test(page, words_go_to_the_next_line_where_they_do_not_fit)
{
	struct paper p = { 0 };

	paper_take(&p, 40);
	page_print(&p.page, 2, "%s", "one two three four five six seven eigh nine");
	paper_expect(&p, "  one two three four five six seven eigh\n  nine\n");
}

Test(page, a_word_longer_than_a_line_stays_whole)
{
	struct paper p = { 0 };

	paper_take(&p, 40);
	page_print(&p.page, 2, "see https://example.org/%s/%s for it", "a-very-long-path",
		   "that-does-not-fit");
	paper_expect(&p, "  see\n  https://example.org/a-very-long-path/that-does-not-fit\n"
			 "  for it\n");
}

Test(page, characters_are_counted_and_not_bytes)
{
	struct paper p = { 0 };

	paper_take(&p, 40);
	page_print(&p.page, 0, "öööööööööööööööööööö öööööööööööööööööö x");
	paper_expect(&p, "öööööööööööööööööööö öööööööööööööööööö\nx\n");
}

Test(page, an_item_continues_under_its_text)
{
	struct paper p = { 0 };

	paper_take(&p, 40);
	page_item(&p.page, 2, 6, "risk", "a text that is longer than one line is");
	page_item(&p.page, 2, 6, "a long label", "text");
	paper_expect(&p, "  risk  a text that is longer than one\n        line is\n"
			 "  a long label text\n");
}

Test(page, without_a_terminal_prose_is_wrapped_at_80)
{
	struct paper p = { 0 };

	paper_take(&p, 0);
	cr_expect_eq(p.page.width, 80);
	paper_expect(&p, "");
}

Test(page, the_highest_bar_is_full_and_one_is_not_none)
{
	const uint32_t counts[] = { 0, 1, 400, 800, UINT32_MAX }, none[] = { 0, 0 };
	struct paper p = { 0 };

	paper_take(&p, 80);
	page_bars(&p.page, counts, 4);
	page_bars(&p.page, none, 2);
	page_bars(&p.page, &counts[4], 1);
	paper_expect(&p, " .=@  @");

	p.style.utf8 = true;
	paper_take(&p, 80);
	page_bars(&p.page, counts, 4);
	paper_expect(&p, " ▁▄█");
}

Test(page, colour_is_only_where_it_is_wanted)
{
	struct paper p = { 0 };

	paper_take(&p, 80);
	page_paint(&p.page, INK_RED, "x");
	paper_expect(&p, "x");

	p.style.colour = true;
	paper_take(&p, 80);
	page_paint(&p.page, INK_RED, "x");
	page_paint(&p.page, INK_PLAIN, "y");
	paper_expect(&p, "\033[1;31mx\033[0my");
}
