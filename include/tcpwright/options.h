#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/*
 * The socket options that profiles can set: one row of one table, which the preloaded library, the
 * advisor and the documentation share. To add one, add a name to the enum and a row to
 * preload/policy/option_table.c.
 */

/* In the order in which they are set: tcp_user_timeout = auto reads the keepalive before it. */
enum option_id {
	OPTION_SO_KEEPALIVE,
	OPTION_TCP_KEEPIDLE,
	OPTION_TCP_KEEPINTVL,
	OPTION_TCP_KEEPCNT,
	OPTION_TCP_USER_TIMEOUT,
	OPTION_SO_LINGER,
	OPTION_TCP_LINGER2,
	OPTION_SO_REUSEADDR,
	OPTION_SO_REUSEPORT,
	OPTION_LISTEN_BACKLOG,
	OPTION_IP_BIND_ADDRESS_NO_PORT,
	OPTION_IP_LOCAL_PORT_RANGE,
	OPTION_TCP_NODELAY,
	OPTION_TCP_QUICKACK,
	OPTION_SO_RCVBUF,
	OPTION_SO_SNDBUF,
	OPTION_TCP_NOTSENT_LOWAT,
	OPTION_TCP_CONGESTION,
	OPTION_TCP_DEFER_ACCEPT,
	OPTION_TCP_FASTOPEN,
	OPTION_TCP_MAXSEG,
	OPTION_TCP_SYNCNT,
	OPTION_IP_TOS,
	OPTION_SO_PRIORITY,
	OPTION_SO_MARK,
	OPTION_SO_BUSY_POLL,
	OPTION_SO_INCOMING_CPU,
	N_SOCKET_OPTIONS /* at most 32: sets of options are bit masks */
};

/* A set of options: bit i is option i. */
typedef uint32_t option_set;
#define option_bit(id) ((option_set)(UINT32_C(1) << (id)))

enum option_kind {
	OPTION_FLAG,       /* on or off */
	OPTION_NUMBER,     /* in decimal, or 0x and hexadecimal */
	OPTION_TIME,       /* 500ms, 60s, 2m, 1h; alone: in the unit of the option */
	OPTION_SIZE,       /* 4096, 64k, 1m: powers of 1024 */
	OPTION_LINGER,     /* off, a time, abort, drained */
	OPTION_PORT_RANGE, /* 20000-29999, full-search */
	OPTION_NAME,       /* of a congestion control */
};

/* Which sockets an option has an effect on. */
enum {
	ON_LISTENER = 1 << 0,
	ON_CLIENT = 1 << 1,   /* that connect() is called for */
	ON_ACCEPTED = 1 << 2, /* set there itself; see `inherited` */
};

/* When it is set, always before the call goes on to the kernel; accept(): after it. */
enum {
	AT_BIND = 1 << 0,
	AT_LISTEN = 1 << 1,
	AT_CONNECT = 1 << 2,
	AT_ACCEPT = 1 << 3,
};

struct socket_option {
	const char *name;  /* as in the manual pages, in lower case */
	int level, number; /* for setsockopt(); both -1: the backlog, which listen() takes */
	enum option_kind kind;
	const char *unit;    /* of the kernel's value: "s", "ms", "bytes"; NULL: none */
	int64_t min, max;    /* in that unit; what the kernel takes */
	unsigned int on, at; /* see above */
	bool inherited;      /* by the accepted socket from its listener; measured on 6.18 */
	bool doubled;        /* the kernel answers with twice what it was given: socket(7) */
	const char *since;   /* the Linux version that brought it */
	const char *summary; /* what it does: a sentence */
	const char *price;   /* what it costs; NULL: nothing worth a warning */
};

extern const struct socket_option socket_options[N_SOCKET_OPTIONS];

/* NULL: no such option. */
const struct socket_option *socket_option_find(const char *name);
/* The nearest name to one that is none, NULL if none is near. */
const char *socket_option_nearest(const char *name);

/* What so_linger takes besides seconds. */
enum {
	LINGER_OFF = -1,
	LINGER_ABORT = -2,   /* {1, 0}: RST at close, what is unsent is lost */
	LINGER_DRAINED = -3, /* TCP_LINGER2 = -1: no TIME-WAIT, after all is delivered */
};
/* tcp_user_timeout = auto: from the keepalive that is in force on the socket. */
enum { USER_TIMEOUT_AUTO = -1 };
/* ip_local_port_range = full-search: the sysctl's range, both parities. (facts: Linux 6.3+) */
#define PORT_RANGE_FULL_SEARCH ((int64_t)(UINT32_C(65535) << 16 | 1))

enum { OPTION_NAME_SIZE = 16, OPTION_VALUE_STRLEN = 32 };

struct option_value {
	int64_t number; /* as the kernel takes it, in the option's unit, or one of the above */
	char name[OPTION_NAME_SIZE]; /* of OPTION_NAME; else empty */
};

/* "60s" as the value of OPTION. The sentence of an error says what was expected. */
int option_value_parse(const struct socket_option *option, const char *text,
		       struct option_value *ret_value, struct err *err);
/* For people and logs: "60 s", "on", "drained". Neither stdio nor memory of its own. */
void option_value_format(char buf[static OPTION_VALUE_STRLEN], const struct socket_option *option,
			 const struct option_value *value);
