#pragma once

#include <stdbool.h>
#include <stdint.h>

struct err;
struct portset;
struct sysctl_fact;

/* How a profile or a rule relates a live value to a wanted one. */
enum value_op {
	VALUE_EQUAL,    /* "= v" */
	VALUE_AT_LEAST, /* ">= v": raise only; covers for port ranges, contains for port sets */
	VALUE_AT_MOST,  /* "<= v": lower only */
};

enum { SYSCTL_MAX_VECTOR = 4 };

/* The numbers of a NUMBER, VECTOR, BIT_MASK or PORT_RANGE, separated by any white space. */
struct sysctl_numbers {
	int64_t value[SYSCTL_MAX_VECTOR];
	unsigned int n;
};

bool sysctl_parse_numbers(const char *text, struct sysctl_numbers *ret_numbers);
/* "80,443,8000-8100"; the empty text is the empty set. RET_PORTS is then the caller's. */
bool sysctl_parse_port_set(const char *text, struct portset *ret_ports);

/* Checks that TEXT can be a value of FACT's key at all: -EINVAL or -ERANGE with a sentence. */
int sysctl_value_check(const struct sysctl_fact *fact, const char *text, struct err *err);
/* Vectors of strings and masks have no order: -EINVAL where OP makes no sense for FACT's type. */
int sysctl_op_check(const struct sysctl_fact *fact, enum value_op op, struct err *err);

/*
 * Does LIVE satisfy OP WANTED? Compared as values, not as text: white space, vectors element by
 * element, port sets as sets. False in *RET_SATISFIED needs a change. Returns false when either
 * text cannot be read, which is neither.
 */
bool sysctl_value_satisfies(const struct sysctl_fact *fact, const char *live, enum value_op op,
			    const char *wanted, bool *ret_satisfied);

/*
 * The value to write so that LIVE becomes satisfied and nothing is lost: raises only what is too
 * low, unites sets, widens ranges. A copy to be freed; NULL when memory runs out or a text cannot
 * be read. Port sets come as the kernel writes them: sorted, with ranges.
 */
char *sysctl_value_join(const struct sysctl_fact *fact, const char *live, enum value_op op,
			const char *wanted);

/* A port set as the kernel prints it, "80,443,8000-8100". To be freed; NULL without memory. */
char *sysctl_format_port_set(const struct portset *ports);

const char *value_op_text(enum value_op op); /* "=", ">=", "<=" */
