/* Errors that a lack of ports or an occupied one shows itself by, and what to look at then. */
#include <strings.h>

#include "error_names.h"

/* clang-format off */
const struct error_name_fact error_name_facts[N_ERROR_NAMES] = {
	{
		.name = "EADDRINUSE",
		.message = "Address already in use",
		.server = "bind(): another socket has the port. After a restart these are often "
			  "connections of the server's former self in TIME-WAIT, which hold it for "
			  "60 seconds against a bind() without SO_REUSEADDR. See so_reuseaddr.",
		.client = "bind() to port 0 before connect(): such sockets have taken every port of "
			  "the range, for all destinations together. See port-bind-before-connect and "
			  "ip_bind_address_no_port.",
		.references = { "bind(2)", "socket(7): SO_REUSEADDR",
				"ip(7): IP_BIND_ADDRESS_NO_PORT" },
	},
	{
		.name = "EADDRNOTAVAIL",
		.message = "Cannot assign requested address",
		.server = "bind(): no interface of this network namespace has the address.",
		.client = "connect(): no local port is left for this destination. No counter moves, "
			  "so it has to be computed. See port-exhaustion.",
		.references = { "bind(2)", "connect(2)", "ip(7): ip_local_port_range" },
	},
};
/* clang-format on */

const struct error_name_fact *error_name_find(const char *name)
{
	for (size_t i = 0; i < N_ERROR_NAMES; i++)
		if (strcasecmp(name, error_name_facts[i].name) == 0)
			return &error_name_facts[i];
	return NULL;
}
