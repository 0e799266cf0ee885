/* Files of socket units: whatever is read is a port, and a file that lists none has none. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "socket_units.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct socket_unit_text unit;
	char *text = malloc(size + 1);
	bool may_listen;

	if (!text)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	may_listen = strstr(text, "[Socket]") && strstr(text, "ListenStream");
	if (socket_unit_parse(text, &unit)) {
		if (portset_has(&unit.ports, 0) || (unit.ports.count > 0 && !may_listen))
			abort();
		portset_done(&unit.ports);
	}
	free(text);
	return 0;
}
