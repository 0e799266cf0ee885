#pragma once

#include <stddef.h>

enum { ERROR_NAME_MAX_REFERENCES = 4 };

/* An error of bind() or connect() that people look up by its name. */
struct error_name_fact {
	const char *name;    /* as in errno(3): "EADDRINUSE" */
	const char *message; /* as strerror(3) has it */
	const char *server;  /* what it means at a server's bind() */
	const char *client;  /* and to a program that connects */
	const char *references[ERROR_NAME_MAX_REFERENCES];
};

enum { N_ERROR_NAMES = 2 };
extern const struct error_name_fact error_name_facts[N_ERROR_NAMES];

/* In any case; NULL if unknown. */
const struct error_name_fact *error_name_find(const char *name);
