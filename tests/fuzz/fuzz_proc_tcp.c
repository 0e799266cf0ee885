/* Lines of /proc/net/tcp and tcp6 as a saved host may hold them: what is read is a valid row. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proc_tcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void line_check(const char *line)
{
	struct sock_row row;

	if (!proc_tcp_parse_line(line, &row))
		return;
	if (row.state < TCP_STATE_ESTAB || row.state > TCP_STATE_CLOSING || row.limit_known ||
	    row.has_info || row.cgroup_id)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = size ? malloc(size + 1) : NULL;
	char *rest = text;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	while (rest)
		line_check(strsep(&rest, "\n"));
	free(text);
	return 0;
}
