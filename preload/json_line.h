#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An object in the making. What does not fit is left out, field by field; it always ends well. */
enum { JSON_LINE_SIZE = 2048 };
struct json_line {
	char bytes[JSON_LINE_SIZE];
	size_t length;
	size_t field; /* where the field in the making begins */
	bool full;
};

void json_begin(struct json_line *line);
void json_text(struct json_line *line, const char *name, const char *value); /* NULL: null */
void json_number(struct json_line *line, const char *name, int64_t number);
void json_milliseconds(struct json_line *line, const char *name, int64_t seconds, long nanoseconds);
/* "10.0.0.1:80" or "[2001:db8::1]:80" of 16 bytes, IPv4 as v4-mapped; null if not KNOWN. */
void json_endpoint(struct json_line *line, const char *name, bool known,
		   const uint8_t address[static 16], uint16_t port);
void json_end(struct json_line *line);
