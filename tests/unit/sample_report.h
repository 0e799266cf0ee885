#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "report.h"

struct report_style;

/* Reports made by hand, for the tests of their writers. All figures are fixed. */
struct sample_report {
	struct model *model;
	struct report report;
};

void sample_report_done(struct sample_report *sample);

/* A busy proxy with a finding of each severity, a rule that is fine and one that is unknown. */
struct sample_report sample_report_sick(void);
/* Nothing fired, and everything could be read. */
struct sample_report sample_report_healthy(void);
/* Nothing could be read at all. */
struct sample_report sample_report_blind(void);
/* Escapes, quotes and invalid UTF-8 in every text that comes from the host. */
struct sample_report sample_report_hostile(void);
/* As healthy, with so many destinations, each with its histogram. */
struct sample_report sample_report_crowded(size_t n_destinations);
/* As healthy, with a window of three counter samples. */
struct sample_report sample_report_window(void);

/* By name: "sick", "healthy"..., with 5,000 destinations for "crowded". False: no such sample. */
bool sample_report_find(const char *name, struct sample_report *ret_sample);

/* What a format makes of a sample, to be freed. */
char *sample_report_write(const struct sample_report *sample, const char *format,
			  const struct report_style *style);
