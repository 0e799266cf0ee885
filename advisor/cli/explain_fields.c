/* The fields that explanations of all kinds are made of. */
#include <stdio.h>

#include "emitter.h"
#include "page.h"

#include "explain_fields.h"

/* TEXT beside its label; nothing where there is no text. */
void explain_field(struct page *page, const char *label, const char *text)
{
	enum { INDENT = 2, LABEL_WIDTH = 16 };

	if (text)
		page_item(page, INDENT, LABEL_WIDTH, label, text);
}

void explain_heading(struct page *page, const char *name, const char *what)
{
	page_paint(page, INK_BOLD, name);
	(void)fprintf(page->file, ": %s\n", what);
}

void explain_references(struct page *page, const char *const references[], size_t max)
{
	for (size_t i = 0; i < max && references[i]; i++)
		explain_field(page, i == 0 ? "See" : "", references[i]);
}

void explain_emit_references(struct emitter *e, const char *const references[], size_t max)
{
	emit_array(e, "references");
	for (size_t i = 0; i < max && references[i]; i++)
		emit_text(e, NULL, references[i]);
	emit_close(e);
}

/* The members that every kind has. */
void explain_emit_name(struct emitter *e, const char *kind, const char *name)
{
	emit_text(e, "kind", kind);
	emit_text(e, "name", name);
}
