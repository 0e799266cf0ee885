#pragma once

struct model;
struct page;

/* Figures to look at: each prints its own heading, and nothing where there is nothing. */
void tables_print_destinations(struct page *page, const struct model *model);
void tables_print_listeners(struct page *page, const struct model *model);
void tables_print_states(struct page *page, const struct model *model);
void tables_print_closes(struct page *page, const struct model *model);
