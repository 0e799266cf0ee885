/* The report model's upkeep, and what every writer and the exit code count alike. */
#include <stdlib.h>

#include "report.h"

void report_done(struct report *report)
{
	for (size_t i = 0; i < report->n_results; i++)
		finding_done(&report->results[i].finding);
	free(report->results);
	report->results = NULL;
	report->n_results = 0;
}

struct report_summary report_summarise(const struct report *report)
{
	struct report_summary s = { 0 };
	unsigned int *const by_severity[] = {
		[SEV_INFO] = &s.info,
		[SEV_ADVICE] = &s.advice,
		[SEV_WARNING] = &s.warning,
		[SEV_CRITICAL] = &s.critical,
	};

	for (size_t i = 0; i < report->n_results; i++) {
		const struct rule_result *result = &report->results[i];

		s.evaluated++;
		if (result->verdict == VERDICT_OK)
			s.ok++;
		else if (result->verdict == VERDICT_UNKNOWN)
			s.unknown++;
		else
			(*by_severity[result->finding.severity])++;
	}
	return s;
}

size_t report_findings_by_severity(const struct report *report, size_t indices[])
{
	size_t n = 0;

	for (int severity = SEV_CRITICAL; severity >= SEV_INFO; severity--)
		for (size_t i = 0; i < report->n_results; i++)
			if (report->results[i].verdict == VERDICT_FINDING &&
			    (int)report->results[i].finding.severity == severity)
				indices[n++] = i;
	return n;
}
