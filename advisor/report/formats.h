#pragma once

#include <stdio.h>

struct err;
struct report;
struct report_style;

/* The formats' entry points, one per row of the table in writer.c: see struct report_format. */
int report_text_write(FILE *file, const struct report *report, const struct report_style *style,
		      struct err *err);
int report_json_write(FILE *file, const struct report *report, const struct report_style *style,
		      struct err *err);
