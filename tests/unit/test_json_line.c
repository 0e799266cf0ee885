#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "json_line.h"

/* What another library makes of a line; to be released. */
static json_t *parse(const struct json_line *line)
{
	json_error_t error;
	json_t *object = json_loadb(line->bytes, line->length, 0, &error);

	cr_assert(object, "%s: %.*s", error.text, (int)line->length, line->bytes);
	cr_assert_eq(line->bytes[line->length - 1], '\n');
	return object;
}

Test(json_line, fields_come_back_as_they_went_in)
{
	struct json_line line;
	json_t *object;

	json_begin(&line);
	json_milliseconds(&line, "time", 1795886940, 45678901);
	json_text(&line, "program", "a \"quoted\" \\ \n\x1b[31m name \xc3\xbc");
	json_text(&line, "peer", NULL);
	json_number(&line, "least", INT64_MIN);
	json_number(&line, "zero", 0);
	json_end(&line);
	object = parse(&line);
	cr_expect_eq(json_real_value(json_object_get(object, "time")), 1795886940.045);
	/* Bytes beyond ASCII are shown as the characters of their numbers: the line stays ASCII. */
	cr_expect_str_eq(json_string_value(json_object_get(object, "program")),
			 "a \"quoted\" \\ \n\x1b[31m name \xc3\x83\xc2\xbc");
	cr_expect(json_is_null(json_object_get(object, "peer")));
	cr_expect_eq(json_integer_value(json_object_get(object, "least")), INT64_MIN);
	cr_expect_eq(json_integer_value(json_object_get(object, "zero")), 0);
	json_decref(object);
}

Test(json_line, addresses_look_as_everybody_writes_them)
{
	static const char *const cases[] = {
		"::",
		"::1",
		"1::",
		"2001:db8::1",
		"2001:db8:0:1:1:1:1:1",
		"1:0:0:2:0:0:0:3",
		"fe80::abcd:0:0:1",
		"2001:0:1::2:0:0",
		"1:2:3:4:5:6:7:8",
		"ffff::",
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t address[16];
		char shown[INET6_ADDRSTRLEN], expected[80];
		struct json_line line;
		json_t *object;

		cr_assert_eq(inet_pton(AF_INET6, cases[i], address), 1);
		(void)inet_ntop(AF_INET6, address, shown, sizeof(shown));
		(void)snprintf(expected, sizeof(expected), "[%s]:443", shown);
		json_begin(&line);
		json_endpoint(&line, "peer", true, address, 443);
		json_end(&line);
		object = parse(&line);
		cr_expect_str_eq(json_string_value(json_object_get(object, "peer")), expected);
		json_decref(object);
	}
}

Test(json_line, an_ipv4_address_is_not_shown_as_ipv6)
{
	uint8_t address[16];
	struct json_line line;

	cr_assert_eq(inet_pton(AF_INET6, "::ffff:10.0.200.7", address), 1);
	json_begin(&line);
	json_endpoint(&line, "local", true, address, 8080);
	json_endpoint(&line, "peer", false, address, 8080);
	json_end(&line);
	cr_expect_eq(strncmp(line.bytes, "{\"local\": \"10.0.200.7:8080\", \"peer\": null}\n",
			     line.length),
		     0, "%.*s", (int)line.length, line.bytes);
}

Test(json_line, what_does_not_fit_is_left_out_and_the_line_still_ends_well)
{
	char long_text[1000];
	struct json_line line;
	json_t *object;

	memset(long_text, '\n', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	json_begin(&line);
	json_text(&line, "first", "kept");
	json_text(&line, "second", long_text);
	json_text(&line, "third", "not kept, although there is room");
	json_end(&line);
	object = parse(&line);
	cr_expect_eq(json_object_size(object), 1);
	cr_expect_str_eq(json_string_value(json_object_get(object, "first")), "kept");
	json_decref(object);
	for (size_t length = 1900; length < 2100; length++) {
		json_begin(&line);
		for (size_t i = 0; i < length / 20; i++)
			json_number(&line, "0123456789", 1000 + (int64_t)(length % 7 * i));
		json_end(&line);
		cr_assert_leq(line.length, sizeof(line.bytes));
		json_decref(parse(&line));
	}
}
