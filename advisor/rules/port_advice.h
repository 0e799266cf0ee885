#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "addr.h"
#include "model.h"
#include "ports.h"

struct finding;

/*
 * What the rules on ports and on TIME-WAIT say alike: naming destinations, and the advice that
 * gives connect() more ports. Everything takes a finding that is NULL.
 */

/* At most this many destinations or listeners are named by one finding; the rest is counted. */
enum { PORT_ADVICE_MAX_NAMED = 10 };

/* "10.0.0.1 -> 10.0.0.2:443" */
enum { DESTINATION_STRLEN = ADDR_STRLEN + ENDPOINT_STRLEN + 4 };
#define PORT_ADVICE_R_SOURCE "ip_local_port_range less reserved, listening and bound ports"
void destination_format(char buf[static DESTINATION_STRLEN], const struct destination *destination);

/* Says what port arithmetic lacks; false where it lacks nothing. */
bool port_advice_lacks(struct finding *finding, const struct model *model);

/* Evidence: the programs of a destination's sockets, as far as they are known. */
void port_advice_programs(struct finding *finding, const struct model *model, const char *subject,
			  const struct destination *destination);

/*
 * Ports in RANGE that ought to be reserved, of listeners and of socket units that do not run now;
 * to be released. False without memory.
 */
bool port_advice_unreserved(const struct model *model, const struct portset *reserved,
			    struct port_range range, struct portset *ret_ports);
/*
 * Proposes to reserve the listening ports in RANGE, and keeps all that are reserved already. False
 * where they cannot be: then nobody may be given that range either.
 */
bool port_advice_reserve(struct finding *finding, const struct model *model,
			 struct port_range range);

/* IP_BIND_ADDRESS_NO_PORT, where the kernel may have it. */
void port_advice_no_port(struct finding *finding, const struct model *model);

/*
 * Would tcp_tw_reuse = 1 give this destination ports back that it does not get back now? Only where
 * this host connected, closed first, and uses timestamps.
 */
bool port_advice_reuse_helps(const struct model *model, const struct destination *destination);
void port_advice_reuse(struct finding *finding, const struct model *model,
		       const struct destination *destination);

/* Do ports run short, so that a wider range than the kernel's default may be advised? */
bool port_advice_pressure(const struct model *model);
/* WANTED as the range, after the reserved list that it needs. False where that cannot be given. */
bool port_advice_range(struct finding *finding, const struct model *model, struct port_range wanted,
		       const char *formula);
/* A wider range, the same way. False also where it is as wide as is sensible already. */
bool port_advice_widen(struct finding *finding, const struct model *model);
