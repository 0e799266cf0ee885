#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heavy.h"
#include "model.h"
#include "ports.h"
#include "routes.h"

struct sock_row;

enum {
	/* Counted exactly in one pass; beyond, a second pass counts the largest exactly. */
	DESTINATION_LIMIT = 16384,
	/* Local addresses whose ports are told apart; each costs a byte for a port of the range. */
	MAX_LOCAL_ADDRESSES = 64,
};

/* A destination while rows arrive. What every row touches stands together at its beginning. */
struct destination_entry {
	uint32_t rows;
	uint32_t estimate;     /* of rows by the sketch; second pass only */
	uint32_t local;        /* index into `locals`, or NO_LOCAL */
	enum peer_scope scope; /* of the remote address, looked up once */
	struct destination destination;
};

/* A local address while rows arrive. */
struct local_entry {
	struct local_address address;
	struct portset used;   /* by any destination */
	struct portset shared; /* by more than one */
};

/* Outbound sockets by destination and by local address. Ready after fold_destinations_init(). */
struct fold_destinations {
	struct port_range range;
	struct destination_entry *entries; /* owned */
	size_t n, capacity;
	struct destination_slot *slots; /* owned; where entries are, by hash */
	struct local_entry *locals;     /* owned */
	uint32_t n_locals, last_local;
	size_t locals_capacity;
	uint64_t rows;     /* of the first pass */
	bool overflowed;   /* more destinations came than DESTINATION_LIMIT */
	struct heavy rest; /* those beyond, once overflowed */
	bool second_pass;
	uint64_t first_pass_keys; /* destinations in all, once the second pass has begun */
	uint32_t floor;           /* second pass: only destinations of more rows are let in */
};

/* False when memory runs out, here and below. */
bool fold_destinations_init(struct fold_destinations *table, struct port_range range);
void fold_destinations_done(struct fold_destinations *table);

/* An outbound row of the first pass; says where its peer is. */
bool fold_destinations_add(struct fold_destinations *table, const struct sock_row *row,
			   const struct routes *routes, enum peer_scope *ret_scope);
/* A row that looks outbound but for a port outside today's range. */
bool fold_destinations_out_of_range(struct fold_destinations *table, const struct sock_row *row);

void fold_destinations_begin_second_pass(struct fold_destinations *table);
bool fold_destinations_recount(struct fold_destinations *table, const struct sock_row *row);

/*
 * Moves the largest MAX_DESTINATIONS, and every one that uses more than half of AVAILABLE ports, to
 * SOCKETS, with the local addresses; counts the others together.
 */
bool fold_destinations_finish(struct fold_destinations *table, uint32_t available,
			      struct sockets *sockets);
