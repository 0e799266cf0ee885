/* What the sources share: reading a file, and saying what its absence costs. */
#include <errno.h>
#include <string.h>

#include "err.h"
#include "model.h"

#include "root.h"
#include "sources.h"

int source_gap(struct model *model, const char *source, const char *reason, const char *cost,
	       struct err *err)
{
	return model_add_gap(model, source, reason, cost) ? 0 : err_no_memory(err);
}

int source_read(const struct root *root, struct model *model, const char *file, const char *cost,
		bool absent_is_fine, char **ret_text, struct err *err)
{
	int r = root_read(root, file + 1, SOURCE_MAX_BYTES, ret_text, NULL);

	if (r == 0 || (r == -ENOENT && absent_is_fine))
		return 0;
	if (r == -ENOMEM)
		return err_no_memory(err);
	return source_gap(model, file, strerror(-r), cost, err);
}
