/*
 * Values of sysctl keys as the kernel reads them: compared as numbers and sets, never as text, and
 * joined so that nothing that was there is lost.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "err.h"
#include "portset.h"
#include "text.h"

#include "sysctl_value.h"
#include "sysctls.h"

static const char *skip_space(const char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	return text;
}

/*
 * One number at *TEXT, which moves behind it. Like the kernel's own reader: a minus but no plus,
 * and 0x or a leading 0 change the base, so that "010" is eight.
 */
static bool take_number(const char **text, int64_t *ret_value)
{
	const char *digits = *text + (**text == '-');
	unsigned long long magnitude;
	char *end;

	if (!isdigit((unsigned char)*digits))
		return false;
	errno = 0;
	magnitude = strtoull(digits, &end, 0);
	if (errno || magnitude > INT64_MAX)
		return false;
	*ret_value = **text == '-' ? -(int64_t)magnitude : (int64_t)magnitude;
	*text = end;
	return true;
}

bool sysctl_parse_numbers(const char *text, struct sysctl_numbers *ret_numbers)
{
	struct sysctl_numbers numbers = { 0 };

	for (text = skip_space(text); *text; text = skip_space(text)) {
		if (numbers.n == SYSCTL_MAX_VECTOR ||
		    !take_number(&text, &numbers.value[numbers.n++]) ||
		    (*text && !isspace((unsigned char)*text)))
			return false;
	}
	*ret_numbers = numbers;
	return true;
}

static bool take_port(const char **text, uint16_t *ret_port)
{
	int64_t value;

	if (!isdigit((unsigned char)**text) || !take_number(text, &value) || value > HIGHEST_PORT)
		return false;
	*ret_port = (uint16_t)value;
	return true;
}

/* "80" or "8000-8100" */
static bool take_ports(const char **text, struct portset *ports)
{
	uint16_t low, high;

	if (!take_port(text, &low))
		return false;
	high = low;
	if (**text == '-') {
		(*text)++;
		if (!take_port(text, &high))
			return false;
	}
	return low <= high && portset_add_range(ports, low, high);
}

/* White space only around the whole; like the kernel, a comma may end the list. */
bool sysctl_parse_port_set(const char *text, struct portset *ret_ports)
{
	struct portset ports = { 0 };
	bool good = true;

	text = skip_space(text);
	while (good && *text && !isspace((unsigned char)*text)) {
		good = take_ports(&text, &ports);
		if (*text == ',')
			text++;
		else if (!isspace((unsigned char)*text) && *text)
			good = false;
	}
	if (!good || *skip_space(text)) {
		portset_done(&ports);
		return false;
	}
	*ret_ports = ports;
	return true;
}

static bool portset_contains(const struct portset *set, const struct portset *part)
{
	for (uint32_t port = 0; portset_next(part, &port); port++)
		if (!portset_has(set, (uint16_t)port))
			return false;
	return true;
}

char *sysctl_format_port_set(const struct portset *ports)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	const char *separator = "";

	if (!out)
		return NULL;
	for (uint32_t low = 0; portset_next(ports, &low);) {
		uint32_t high = low;

		while (high < HIGHEST_PORT && portset_has(ports, (uint16_t)(high + 1)))
			high++;
		if (high == low)
			(void)fprintf(out, "%s%" PRIu32, separator, low);
		else
			(void)fprintf(out, "%s%" PRIu32 "-%" PRIu32, separator, low, high);
		separator = ",";
		low = high + 1;
	}
	if (ferror(out) | fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

const char *value_op_text(enum value_op op)
{
	static const char *const texts[] = {
		[VALUE_EQUAL] = "=",
		[VALUE_AT_LEAST] = ">=",
		[VALUE_AT_MOST] = "<=",
	};

	return texts[op];
}

int sysctl_op_check(const struct sysctl_fact *fact, enum value_op op, struct err *err)
{
	switch (fact->type) {
	case SYSCTL_NUMBER:
	case SYSCTL_VECTOR:
		return 0;
	case SYSCTL_PORT_RANGE:
	case SYSCTL_PORT_SET:
		if (op != VALUE_AT_MOST)
			return 0;
		return err_set(err, EINVAL,
			       "%s: <= has no meaning for ports, use = or >=", fact->key);
	case SYSCTL_STRING:
	case SYSCTL_BIT_MASK:
		break;
	}
	if (op == VALUE_EQUAL)
		return 0;
	return err_set(err, EINVAL, "%s: %s is no order among its values, use =", fact->key,
		       value_op_text(op));
}

/* A live value or a wanted one, read by its key's type. */
struct value {
	struct sysctl_numbers numbers;
	struct portset ports;
	const char *text; /* of a string: borrowed, without space around it */
	size_t length;
};

static void value_done(struct value *value)
{
	portset_done(&value->ports);
}

static size_t expected_numbers(const struct sysctl_fact *fact)
{
	return fact->type == SYSCTL_PORT_RANGE ? 2 : fact->n_values;
}

static bool value_parse_string(const char *text, struct value *value)
{
	value->text = skip_space(text);
	value->length = strcspn(value->text, " \t\n\v\f\r");
	return value->length > 0 && !*skip_space(value->text + value->length);
}

static bool value_parse(const struct sysctl_fact *fact, const char *text, struct value *ret_value)
{
	struct value value = { 0 };
	bool good;

	if (fact->type == SYSCTL_PORT_SET)
		good = sysctl_parse_port_set(text, &value.ports);
	else if (fact->type == SYSCTL_STRING)
		good = value_parse_string(text, &value);
	else
		good = sysctl_parse_numbers(text, &value.numbers) && value.numbers.n > 0 &&
		       value.numbers.n <= expected_numbers(fact);
	if (good)
		*ret_value = value;
	return good;
}

int sysctl_value_check(const struct sysctl_fact *fact, const char *text, struct err *err)
{
	static const char *const expected[] = {
		[SYSCTL_NUMBER] = "a number",
		[SYSCTL_VECTOR] = "numbers separated by spaces",
		[SYSCTL_PORT_RANGE] = "the lowest and the highest port",
		[SYSCTL_PORT_SET] = "ports and ranges such as 80,443,8000-8100",
		[SYSCTL_STRING] = "one word",
		[SYSCTL_BIT_MASK] = "a number",
	};
	CLEANUP(value_done) struct value value = { 0 };

	if (fact->read_only)
		return err_set(err, EPERM, "%s cannot be set: the kernel only shows it", fact->key);
	if (!value_parse(fact, text, &value))
		return err_set(err, EINVAL, "%s = %s: expected %s", fact->key, text,
			       expected[fact->type]);
	for (size_t i = 0; i < value.numbers.n; i++)
		if (value.numbers.value[i] < fact->range.low ||
		    value.numbers.value[i] > fact->range.high)
			return err_set(err, ERANGE,
				       "%s = %s: the kernel takes %" PRId64 " to %" PRId64,
				       fact->key, text, fact->range.low, fact->range.high);
	if (fact->type != SYSCTL_PORT_RANGE)
		return 0;
	if (value.numbers.n != 2)
		return err_set(err, EINVAL, "%s = %s: expected %s", fact->key, text,
			       expected[fact->type]);
	if (value.numbers.value[0] > value.numbers.value[1])
		return err_set(err, EINVAL, "%s = %s: the lowest port is above the highest",
			       fact->key, text);
	return 0;
}

static bool number_satisfies(int64_t live, enum value_op op, int64_t wanted)
{
	switch (op) {
	case VALUE_AT_LEAST:
		return live >= wanted;
	case VALUE_AT_MOST:
		return live <= wanted;
	case VALUE_EQUAL:
		break;
	}
	return live == wanted;
}

static bool numbers_satisfy(const struct sysctl_numbers *live, enum value_op op,
			    const struct sysctl_numbers *wanted)
{
	for (size_t i = 0; i < wanted->n; i++)
		if (!number_satisfies(live->value[i], op, wanted->value[i]))
			return false;
	return true;
}

static bool value_satisfies(const struct sysctl_fact *fact, const struct value *live,
			    enum value_op op, const struct value *wanted)
{
	switch (fact->type) {
	case SYSCTL_PORT_SET:
		return portset_contains(&live->ports, &wanted->ports) &&
		       (op == VALUE_AT_LEAST || live->ports.count == wanted->ports.count);
	case SYSCTL_STRING:
		return live->length == wanted->length &&
		       memcmp(live->text, wanted->text, live->length) == 0;
	case SYSCTL_PORT_RANGE:
		if (op == VALUE_AT_LEAST)
			return live->numbers.value[0] <= wanted->numbers.value[0] &&
			       live->numbers.value[1] >= wanted->numbers.value[1];
		break;
	case SYSCTL_NUMBER:
	case SYSCTL_VECTOR:
	case SYSCTL_BIT_MASK:
		break;
	}
	return numbers_satisfy(&live->numbers, op, &wanted->numbers);
}

/* Reads both sides of a comparison; the kernel always shows a vector whole, so LIVE has to be. */
static bool parse_both(const struct sysctl_fact *fact, const char *live, enum value_op op,
		       const char *wanted, struct value *ret_live, struct value *ret_wanted)
{
	bool is_numbers = fact->type != SYSCTL_PORT_SET && fact->type != SYSCTL_STRING;

	if (sysctl_op_check(fact, op, NULL) < 0 || sysctl_value_check(fact, wanted, NULL) < 0)
		return false;
	return value_parse(fact, wanted, ret_wanted) && value_parse(fact, live, ret_live) &&
	       (!is_numbers || ret_live->numbers.n == expected_numbers(fact));
}

bool sysctl_value_satisfies(const struct sysctl_fact *fact, const char *live, enum value_op op,
			    const char *wanted, bool *ret_satisfied)
{
	CLEANUP(value_done) struct value is = { 0 };
	CLEANUP(value_done) struct value should = { 0 };

	if (!parse_both(fact, live, op, wanted, &is, &should))
		return false;
	*ret_satisfied = value_satisfies(fact, &is, op, &should);
	return true;
}

static char *join_ports(struct value *live, enum value_op op, const struct value *wanted)
{
	if (op == VALUE_EQUAL)
		return sysctl_format_port_set(&wanted->ports);
	for (uint32_t port = 0; portset_next(&wanted->ports, &port); port++)
		if (!portset_add(&live->ports, (uint16_t)port, NULL))
			return NULL;
	return sysctl_format_port_set(&live->ports);
}

static void join_range(struct sysctl_numbers *live, const struct sysctl_numbers *wanted)
{
	if (wanted->value[0] < live->value[0])
		live->value[0] = wanted->value[0];
	if (wanted->value[1] > live->value[1])
		live->value[1] = wanted->value[1];
}

static void join_numbers(struct sysctl_numbers *live, enum value_op op,
			 const struct sysctl_numbers *wanted)
{
	for (size_t i = 0; i < wanted->n; i++)
		if (!number_satisfies(live->value[i], op, wanted->value[i]))
			live->value[i] = wanted->value[i];
}

static char *format_numbers(const struct sysctl_numbers *numbers)
{
	char text[SYSCTL_MAX_VECTOR * 24] = "";
	size_t length = 0;

	for (size_t i = 0; i < numbers->n; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%" PRId64,
					   i ? " " : "", numbers->value[i]);
	return strdup(text);
}

char *sysctl_value_join(const struct sysctl_fact *fact, const char *live, enum value_op op,
			const char *wanted)
{
	CLEANUP(value_done) struct value is = { 0 };
	CLEANUP(value_done) struct value should = { 0 };

	if (!parse_both(fact, live, op, wanted, &is, &should))
		return NULL;
	if (fact->type == SYSCTL_PORT_SET)
		return join_ports(&is, op, &should);
	if (fact->type == SYSCTL_STRING)
		return strndup(should.text, should.length);
	if (fact->type == SYSCTL_PORT_RANGE && op == VALUE_AT_LEAST)
		join_range(&is.numbers, &should.numbers);
	else
		join_numbers(&is.numbers, op, &should.numbers);
	return format_numbers(&is.numbers);
}
