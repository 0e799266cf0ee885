/* How full the connection tracking table is. Without the module there is no table, and no gap. */
#include "cleanup.h"
#include "number.h"
#include "text.h"

#include "sources.h"

static const char cost[] = "how full the connection tracking table is, is unknown";

static int read_number(const struct root *root, struct model *model, const char *file,
		       struct reading *ret_reading, struct err *err)
{
	CLEANUP(freep) char *text = NULL;
	int r = source_read(root, model, file, cost, true, &text, err);

	if (r < 0 || !text)
		return r;
	ret_reading->known = parse_u64(text_trim(text), &ret_reading->value);
	return ret_reading->known ? 0 : source_gap(model, file, "not a number", cost, err);
}

int conntrack_collect(const struct root *root, struct model *model, struct err *err)
{
	int r = read_number(root, model, "/proc/sys/net/netfilter/nf_conntrack_count",
			    &model->conntrack.count, err);

	return r < 0 ? r
		     : read_number(root, model, "/proc/sys/net/netfilter/nf_conntrack_max",
				   &model->conntrack.max, err);
}
