#pragma once

struct action;
struct page;
struct rule_result;

/* One finding in full. */
void finding_print(struct page *page, const struct rule_result *result);

/* "CRITICAL" in the colour that it deserves. */
void finding_print_severity(struct page *page, const struct rule_result *result);

/* The title and of whom it speaks, in one line, to be freed. NULL: no memory. */
char *finding_headline(const struct rule_result *result);

/* What to do, in one line, to be freed: "sysctl net.ipv4.tcp_tw_reuse: 2 -> 1". NULL: no memory. */
char *action_headline(const struct action *action);
