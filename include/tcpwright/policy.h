#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tcpwright/options.h>

struct err;

/*
 * What the `[socket NAME]` sections of a profile ask for, and what that means for one socket. Plain
 * data of a fixed size without I/O: the preloaded library keeps one in static memory and only reads
 * it once it is made.
 */

/* Where a line stands. The name is borrowed from whoever keeps the list of files. */
struct origin {
	const char *file;
	unsigned int line;
};

enum {
	POLICY_MAX_SECTIONS = 64,
	POLICY_MAX_PORTS = 32, /* ranges, in one section */
	POLICY_MAX_NETS = 16,
	POLICY_NAME_SIZE = 64,
	POLICY_GLOBS_SIZE = 192, /* a profile's line has at most 190 bytes */
};

enum setting_op {
	SETTING_SET,   /* = */
	SETTING_RAISE, /* >=: where the socket has less */
	SETTING_LOWER, /* <=: where the socket has more */
};

struct policy_setting {
	enum option_id option;
	enum setting_op op;
	bool force; /* also where the program chose itself */
	bool meant; /* it is not held against others: whoever gave it knows */
	unsigned int section;
	struct option_value value;
	struct origin origin;
};

struct policy_ports {
	uint16_t low, high;
};

/* IPv4 as v4-mapped: an address is 16 bytes, network order. */
struct policy_net {
	uint8_t address[16];
	uint8_t prefix; /* bits, of 128 */
};

struct policy_section {
	char name[POLICY_NAME_SIZE];
	unsigned int sides; /* ON_LISTENER, ON_CLIENT, ON_ACCEPTED */
	struct policy_ports ports[POLICY_MAX_PORTS];
	struct policy_net local[POLICY_MAX_NETS], peer[POLICY_MAX_NETS];
	size_t n_ports, n_local, n_peer; /* 0: any */
	char program[POLICY_GLOBS_SIZE]; /* globs between commas and spaces; "": any */
	struct origin peer_origin;
	struct policy_setting settings[N_SOCKET_OPTIONS];
	size_t n_settings;
	struct origin origin; /* of its first line in the last file that names it */
	unsigned int rank;    /* sections of a higher rank come first */
	bool left_out;        /* it contradicts itself, or is for another program */
};

struct policy {
	struct policy_section sections[POLICY_MAX_SECTIONS]; /* in the order in which they match */
	size_t n_sections;
	const char *last_file;
	unsigned int rank;
};

/* The section that `--set` and TCPWRIGHT_SET make: before all others, for any side. */
#define POLICY_SET_SECTION "--set"

/*
 * Takes over one line of `[socket SECTION]`. Lines come file by file; the sections of a later file
 * match before those of an earlier one, and a line replaces the same line of an earlier file.
 * Errors name ORIGIN. The file's name is kept, not copied.
 */
int policy_entry(struct policy *policy, const char *section, const char *key, const char *value,
		 const struct origin *origin, struct err *err);
/* "tcp_keepidle=60s" or "so_rcvbuf>=64k force"; ORIGIN says where it was given. */
int policy_set(struct policy *policy, const char *text, const struct origin *origin,
	       struct err *err);
/* The same for a setting that is known already; its section and sides are as for policy_set(). */
int policy_add(struct policy *policy, const char *section, const struct policy_setting *setting,
	       struct err *err);
/* Puts the sections into the order in which they match. To be called after the last line. */
void policy_sort(struct policy *policy);

/* -EINVAL, with file and line, for a section whose lines cannot all be meant. */
int policy_check_section(const struct policy_section *section, struct err *err);

/*
 * The same for what several sections together make of any socket: -EINVAL for the first fight.
 * Sections with a port or an address are passed over, because nobody knows what they will meet.
 */
int policy_check_together(const struct policy *policy, struct err *err);

/*
 * The options that must not be set on a socket where the program has set OWN: keepalive and the
 * user timeout, which overrides it, are never mixed between the two.
 */
option_set policy_fights(option_set own);

/* Leaves out the sections whose globs match none of the N names: a path, or what follows its last
 * slash. */
void policy_for_program(struct policy *policy, const char *const names[], size_t n);

enum socket_side { SIDE_LISTEN, SIDE_CONNECT, SIDE_ACCEPTED, SIDE_BIND };
const char *socket_side_name(enum socket_side side); /* "listen"... */

/* What is known of a socket when it is decided what to set on it. */
struct socket_facts {
	enum socket_side side;
	bool local_known, peer_known;
	uint8_t local[16], peer[16]; /* as in struct policy_net */
	uint16_t local_port, peer_port;
};

struct resolution {
	const struct policy_setting *settings[N_SOCKET_OPTIONS]; /* NULL: not asked for */
	option_set wanted;                                       /* those that are not NULL */
	option_set left_out; /* asked for, and against another that is wanted */
};

/* The first section that matches and names an option decides it. */
void policy_resolve(const struct policy *policy, const struct socket_facts *facts,
		    struct resolution *ret_resolution);

/* Whether an answer for SIDE depends on addresses or ports, and which options it may hold. */
struct policy_needs {
	option_set options;
	bool local, peer;
};
struct policy_needs policy_needs(const struct policy *policy, enum socket_side side);
