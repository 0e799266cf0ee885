/* Values of socket options, from text and back. */
#include <errno.h>
#include <string.h>

#include <tcpwright/options.h>

#include "array.h"
#include "err.h"
#include "nearest.h"
#include "number.h"

const struct socket_option *socket_option_find(const char *name)
{
	for (size_t i = 0; i < N_SOCKET_OPTIONS; i++)
		if (strcmp(socket_options[i].name, name) == 0)
			return &socket_options[i];
	return NULL;
}

const char *socket_option_nearest(const char *name)
{
	const char *names[N_SOCKET_OPTIONS];

	for (size_t i = 0; i < N_SOCKET_OPTIONS; i++)
		names[i] = socket_options[i].name;
	return nearest_name(name, names, N_SOCKET_OPTIONS);
}

/* What a suffix stands for, as a fraction, in the unit of an option. */
struct suffix {
	const char *text;
	uint64_t times, divided_by;
};

/* "64k" with the suffixes of its kind; nothing behind the number: the option's own unit. */
static bool parse_with_suffix(const char *text, const struct suffix suffixes[], size_t n,
			      int64_t *ret_number)
{
	size_t digits = strspn(text, "0123456789");
	struct suffix suffix = { "", 1, 1 };
	uint64_t number;

	if (!parse_u64_span(text, digits, &number))
		return false;
	for (size_t i = 0; i < n && text[digits]; i++)
		if (strcmp(suffixes[i].text, text + digits) == 0)
			suffix = suffixes[i];
	if (strcmp(suffix.text, text + digits) != 0 || number > INT64_MAX / suffix.times ||
	    number * suffix.times % suffix.divided_by != 0)
		return false;
	*ret_number = (int64_t)(number * suffix.times / suffix.divided_by);
	return true;
}

static bool parse_time(const char *text, const char *unit, int64_t *ret_number)
{
	static const uint64_t us_of_s = 1000000;
	/* Microseconds of the unit that the kernel wants. */
	uint64_t own = strcmp(unit, "s") == 0 ? us_of_s : strcmp(unit, "ms") == 0 ? 1000 : 1;
	const struct suffix suffixes[] = {
		{ "us", 1, own },
		{ "ms", 1000, own },
		{ "s", us_of_s, own },
		{ "m", 60 * us_of_s, own },
		{ "min", 60 * us_of_s, own },
		{ "h", 3600 * us_of_s, own },
	};

	return parse_with_suffix(text, suffixes, ARRAY_SIZE(suffixes), ret_number);
}

static bool parse_size(const char *text, int64_t *ret_number)
{
	static const struct suffix suffixes[] = {
		{ "k", 1 << 10, 1 }, { "K", 1 << 10, 1 }, { "m", 1 << 20, 1 },
		{ "M", 1 << 20, 1 }, { "g", 1 << 30, 1 }, { "G", 1 << 30, 1 },
	};

	return parse_with_suffix(text, suffixes, ARRAY_SIZE(suffixes), ret_number);
}

static bool parse_flag(const char *text, int64_t *ret_number)
{
	static const char *const words[] = { "off", "on", "no", "yes", "0", "1", "false", "true" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i], text) == 0) {
			*ret_number = i % 2;
			return true;
		}
	}
	return false;
}

static bool parse_hexadecimal(const char *text, int64_t *ret_number)
{
	static const char digits[] = "0123456789abcdef";
	int64_t number = 0;

	if (!*text || strlen(text) > 8)
		return false;
	for (; *text; text++) {
		const char *digit = strchr(digits, *text | 0x20); /* lower case; digits stay */

		if (!digit)
			return false;
		number = number << 4 | (digit - digits);
	}
	*ret_number = number;
	return true;
}

static bool parse_number(const char *text, int64_t *ret_number)
{
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return parse_hexadecimal(text + 2, ret_number);
	return parse_with_suffix(text, NULL, 0, ret_number);
}

static bool parse_linger(const char *text, int64_t *ret_number)
{
	static const struct {
		const char *word;
		int64_t number;
	} words[] = { { "off", LINGER_OFF },
		      { "abort", LINGER_ABORT },
		      { "drained", LINGER_DRAINED } };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i].word, text) == 0) {
			*ret_number = words[i].number;
			return true;
		}
	}
	return parse_time(text, "s", ret_number);
}

/* Both ends in one number, as the kernel takes them: ip(7). */
static bool parse_port_range(const char *text, int64_t *ret_number)
{
	const char *dash = strchr(text, '-');
	uint64_t low, high;

	if (strcmp(text, "full-search") == 0) {
		*ret_number = PORT_RANGE_FULL_SEARCH;
		return true;
	}
	if (!dash || !parse_u64_span(text, (size_t)(dash - text), &low) ||
	    !parse_u64(dash + 1, &high) || low < 1 || low > high || high > UINT16_MAX)
		return false;
	*ret_number = (int64_t)(high << 16 | low);
	return true;
}

static bool parse_name(const char *text, struct option_value *value)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";

	if (!*text || strlen(text) >= sizeof(value->name) || text[strspn(text, allowed)])
		return false;
	strcpy(value->name, text);
	return true;
}

/* Words that stand for no number are not held to the range of numbers. */
static bool in_range(const struct socket_option *option, int64_t number)
{
	if (option->kind == OPTION_NAME || option->kind == OPTION_PORT_RANGE)
		return true;
	if (option->kind == OPTION_LINGER && number < 0)
		return true;
	return number >= option->min && number <= option->max;
}

static const char *expectation(const struct socket_option *option)
{
	if (option == &socket_options[OPTION_TCP_USER_TIMEOUT])
		return "auto, or a time such as 60s or 500ms";
	switch (option->kind) {
	case OPTION_FLAG:
		return "on or off";
	case OPTION_TIME:
		return "a time such as 60s or 2m";
	case OPTION_SIZE:
		return "a size such as 64k";
	case OPTION_LINGER:
		return "off, a time such as 5s, abort or drained";
	case OPTION_PORT_RANGE:
		return "ports such as 20000-29999, or full-search";
	case OPTION_NAME:
		return "the name of a congestion control, such as bbr";
	default:
		return "a number";
	}
}

static bool parse_kind(const struct socket_option *option, const char *text,
		       struct option_value *value)
{
	switch (option->kind) {
	case OPTION_FLAG:
		return parse_flag(text, &value->number);
	case OPTION_TIME:
		return parse_time(text, option->unit, &value->number);
	case OPTION_SIZE:
		return parse_size(text, &value->number);
	case OPTION_LINGER:
		return parse_linger(text, &value->number);
	case OPTION_PORT_RANGE:
		return parse_port_range(text, &value->number);
	case OPTION_NAME:
		return parse_name(text, value);
	default:
		return parse_number(text, &value->number);
	}
}

int option_value_parse(const struct socket_option *option, const char *text,
		       struct option_value *ret_value, struct err *err)
{
	struct option_value value = { 0 };

	if (option == &socket_options[OPTION_TCP_USER_TIMEOUT] && strcmp(text, "auto") == 0) {
		*ret_value = (struct option_value){ .number = USER_TIMEOUT_AUTO };
		return 0;
	}
	if (!parse_kind(option, text, &value))
		return err_set(err, EINVAL, "%s = %s: expected %s", option->name, text,
			       expectation(option));
	if (!in_range(option, value.number))
		return err_set(err, ERANGE, "%s = %s: expected %lld to %lld%s%s", option->name,
			       text, (long long)option->min, (long long)option->max,
			       option->unit ? " " : "", option->unit ? option->unit : "");
	*ret_value = value;
	return 0;
}

/* Appends; the buffer is large enough for what is appended here. */
static char *put_text(char *to, const char *text)
{
	return strcpy(to, text) + strlen(text);
}

static char *put_number(char *to, int64_t number)
{
	char digits[21];
	char *at = digits + sizeof(digits);
	uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;

	*--at = '\0';
	do
		*--at = (char)('0' + left % 10);
	while (left /= 10);
	if (number < 0)
		*to++ = '-';
	return put_text(to, at);
}

void option_value_format(char buf[static OPTION_VALUE_STRLEN], const struct socket_option *option,
			 const struct option_value *value)
{
	static const char *const linger[] = { "off", "abort", "drained" };
	int64_t number = value->number;

	if (option->kind == OPTION_NAME) {
		(void)put_text(buf, value->name);
	} else if (option->kind == OPTION_FLAG) {
		(void)put_text(buf, number ? "on" : "off");
	} else if (option->kind == OPTION_LINGER && number < 0 && number >= LINGER_DRAINED) {
		(void)put_text(buf, linger[-number - 1]);
	} else if (option == &socket_options[OPTION_TCP_USER_TIMEOUT] && number < 0) {
		(void)put_text(buf, "auto");
	} else if (option->kind == OPTION_PORT_RANGE && number == PORT_RANGE_FULL_SEARCH) {
		(void)put_text(buf, "full-search");
	} else if (option->kind == OPTION_PORT_RANGE) {
		buf = put_number(buf, number & UINT16_MAX);
		(void)put_number(put_text(buf, "-"), number >> 16);
	} else {
		buf = put_number(buf, number);
		if (option->unit)
			(void)put_text(put_text(buf, " "), option->unit);
	}
}
