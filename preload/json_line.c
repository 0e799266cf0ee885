/* One line of JSON, without stdio or memory: hooks may run in a signal handler. */
#include <string.h>

#include "addr.h"

#include "json_line.h"

static void put(struct json_line *line, const char *bytes, size_t n)
{
	enum { ROOM_FOR_THE_END = 2 };

	line->full = line->full || n > sizeof(line->bytes) - ROOM_FOR_THE_END - line->length;
	if (line->full)
		return;
	memcpy(line->bytes + line->length, bytes, n);
	line->length += n;
}

static void put_text(struct json_line *line, const char *string)
{
	put(line, string, strlen(string));
}

static void put_number(struct json_line *line, int64_t number)
{
	char digits[24];
	size_t at = sizeof(digits);
	uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;

	do
		digits[--at] = (char)('0' + left % 10);
	while (left /= 10);
	if (number < 0)
		digits[--at] = '-';
	put(line, digits + at, sizeof(digits) - at);
}

/* A field that does not fit is left out whole, and so is all that follows. */
static void end_field(struct json_line *line)
{
	if (line->full)
		line->length = line->field;
}

/* In quotes. Bytes that are no plain text are escaped one by one, so that the line is ASCII. */
static void put_quoted(struct json_line *line, const char *string)
{
	static const char hexadecimal[] = "0123456789abcdef";
	enum { LONGEST = 400 };
	size_t n = 0;

	put_text(line, "\"");
	for (const unsigned char *c = (const unsigned char *)string; *c && n < LONGEST; c++, n++) {
		char escape[] = "\\u00xx";

		if (*c >= 0x20 && *c < 0x7f && *c != '"' && *c != '\\') {
			put(line, (const char *)c, 1);
			continue;
		}
		escape[4] = hexadecimal[*c >> 4];
		escape[5] = hexadecimal[*c & 0xf];
		put_text(line, escape);
	}
	put_text(line, "\"");
}

static void begin_field(struct json_line *line, const char *name)
{
	line->field = line->length;
	put_text(line, line->length > 1 ? ", " : "");
	put_text(line, "\"");
	put_text(line, name);
	put_text(line, "\": ");
}

void json_text(struct json_line *line, const char *name, const char *value)
{
	begin_field(line, name);
	if (value)
		put_quoted(line, value);
	else
		put_text(line, "null");
	end_field(line);
}

void json_number(struct json_line *line, const char *name, int64_t number)
{
	begin_field(line, name);
	put_number(line, number);
	end_field(line);
}

/* By hand: inet_ntop() is not among what a signal handler may call, and uses sprintf() in libcs. */
static void put_hexadecimal(struct json_line *line, unsigned int group)
{
	static const char digits[] = "0123456789abcdef";
	bool begun = false;

	for (int shift = 12; shift >= 0; shift -= 4) {
		unsigned int digit = group >> shift & 0xf;

		begun = begun || digit || shift == 0;
		if (begun)
			put(line, &digits[digit], 1);
	}
}

/* The longest run of zero groups, as RFC 5952 wants it shortened; -1: none of two or more. */
static int zero_run(const uint8_t address[static 16], int *ret_length)
{
	int best = -1, longest = 1;

	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && !address[2 * (i + n)] && !address[2 * (i + n) + 1])
			n++;
		if (n > longest) {
			best = i;
			longest = n;
		}
	}
	*ret_length = longest;
	return best;
}

static void put_v6(struct json_line *line, const uint8_t address[static 16])
{
	int length, run = zero_run(address, &length);

	for (int i = 0; i < 8; i++) {
		if (i == run) {
			put_text(line, "::");
			i += length - 1;
			continue;
		}
		if (i > 0 && i != run + length)
			put_text(line, ":");
		put_hexadecimal(line, (unsigned int)(address[2 * i] << 8 | address[2 * i + 1]));
	}
}

static void put_v4(struct json_line *line, const uint8_t bytes[static 4])
{
	for (int i = 0; i < 4; i++) {
		if (i > 0)
			put_text(line, ".");
		put_number(line, bytes[i]);
	}
}

void json_endpoint(struct json_line *line, const char *name, bool known,
		   const uint8_t address[static 16], uint16_t port)
{
	enum { V4_AT = 12 };

	if (!known) {
		json_text(line, name, NULL);
		return;
	}
	begin_field(line, name);
	put_text(line, "\"");
	if (addr_bytes_are_v4(address)) {
		put_v4(line, address + V4_AT);
	} else {
		put_text(line, "[");
		put_v6(line, address);
		put_text(line, "]");
	}
	put_text(line, ":");
	put_number(line, port);
	put_text(line, "\"");
	end_field(line);
}

void json_milliseconds(struct json_line *line, const char *name, int64_t seconds, long nanoseconds)
{
	char fraction[] = ".000";

	for (long left = nanoseconds / 1000000, i = 3; i > 0; left /= 10)
		fraction[i--] = (char)('0' + left % 10);
	begin_field(line, name);
	put_number(line, seconds);
	put_text(line, fraction);
	end_field(line);
}

void json_begin(struct json_line *line)
{
	line->length = 0;
	line->full = false;
	put_text(line, "{");
}

void json_end(struct json_line *line)
{
	line->bytes[line->length++] = '}';
	line->bytes[line->length++] = '\n';
}
