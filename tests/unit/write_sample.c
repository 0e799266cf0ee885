/*
 * write_sample NAME FORMAT: a sample report on standard output, as a program would write it. For
 * the check against the schema, and to make tests/golden anew.
 */
#include <stdio.h>

#include "err.h"
#include "writer.h"

#include "sample_report.h"

int main(int argc, char *argv[])
{
	const struct report_style style = { .width = 80, .utf8 = true };
	struct sample_report sample;
	struct err err = { 0 };
	int r;

	if (argc != 3 || !report_format_find(argv[2]) || !sample_report_find(argv[1], &sample))
		return 64;
	r = report_write(&sample.report, report_format_find(argv[2]), NULL, &style, &err);
	if (r < 0)
		(void)fprintf(stderr, "%s\n", err.text);
	sample_report_done(&sample);
	return r < 0;
}
