#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "model.h"

struct err;
struct root;

/*
 * The sources that need nothing but the root, one file each: they fetch, parse, and record a gap
 * where they cannot. Only running out of memory is an error.
 */
int host_collect(const struct root *root, struct model *model, struct err *err);
int sysctls_collect(const struct root *root, struct model *model, struct err *err);
int counters_collect(const struct root *root, struct model *model, struct err *err);
int sockstat_collect(const struct root *root, struct model *model, struct err *err);
int softnet_collect(const struct root *root, struct model *model, struct err *err);
int conntrack_collect(const struct root *root, struct model *model, struct err *err);
int socket_units_collect(const struct root *root, struct model *model, struct err *err);

/* More than any file of /proc here has on the largest hosts; a saved tree may hold anything. */
enum { SOURCE_MAX_BYTES = 4 << 20 };

/*
 * Reads FILE, a path with its leading slash. Where that fails, *RET_TEXT stays NULL and the gap
 * says that COST; a file that is not there is none if ABSENT_IS_FINE.
 */
int source_read(const struct root *root, struct model *model, const char *file, const char *cost,
		bool absent_is_fine, char **ret_text, struct err *err);
/* Records a gap. 0 or -ENOMEM. */
int source_gap(struct model *model, const char *source, const char *reason, const char *cost,
	       struct err *err);

/*
 * The parsers: text to numbers, nothing else. False where the text is cut or garbage; what could
 * not be read is then unknown. A row or column that the kernel of the text does not have is unknown
 * too, and no failure.
 */
bool counters_parse(const char *text, const char *table,
		    struct reading counters[static N_COUNTERS]);
bool sockstat_parse(const char *text, struct sockstat *sockstat);
bool sockstat6_parse(const char *text, struct sockstat *sockstat);
bool softnet_parse(const char *text, struct softnet *ret_softnet);
bool uptime_parse(const char *text, struct reading *ret_seconds);
bool meminfo_parse(const char *text, struct reading *ret_bytes);
bool file_nr_parse(const char *text, struct reading *ret_open, struct reading *ret_max);
/* Could the kernel have printed this as FACT's value? It takes nonsense, but not letters. */
bool sysctl_text_plausible(const struct sysctl_fact *fact, const char *text);

/* All counters now, without gaps: for the samples of a window. -ENOMEM only. */
int counters_sample(const struct root *root, struct reading counters[static N_COUNTERS]);
