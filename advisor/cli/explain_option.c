/* Socket options, explained from their table. */
#include <ctype.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <tcpwright/options.h>

#include "array.h"
#include "emitter.h"
#include "page.h"

#include "explain_fields.h"
#include "explain_option.h"

enum { LONGEST_OPTION = 32 };

const char *explain_option_name_at(size_t index)
{
	return index < N_SOCKET_OPTIONS ? socket_options[index].name : NULL;
}

/* "so_keepalive", or as the C constant: "SO_KEEPALIVE". */
const void *explain_option_find(const char *word)
{
	char name[LONGEST_OPTION];
	size_t length = strlen(word);

	if (length >= sizeof(name))
		return NULL;
	for (size_t i = 0; i <= length; i++)
		name[i] = (char)tolower((unsigned char)word[i]);
	return socket_option_find(name);
}

static bool is_backlog(const struct socket_option *option)
{
	return option->level < 0;
}

static void print_option_heading(struct page *page, const struct socket_option *option)
{
	char constant[LONGEST_OPTION], text[64];

	(void)snprintf(constant, sizeof(constant), "%s", option->name);
	for (char *c = constant; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	(void)snprintf(text, sizeof(text), "socket option %s", constant);
	explain_heading(page, option->name, is_backlog(option) ? "what listen() is given" : text);
}

static void print_option_values(struct page *page, const struct socket_option *option)
{
	static const char *const kinds[] = {
		[OPTION_FLAG] = "on or off",
		[OPTION_NUMBER] = "a number",
		[OPTION_TIME] = "a time such as 500ms, 60s or 2m",
		[OPTION_SIZE] = "a size such as 4096, 64k or 1m",
		[OPTION_LINGER] = "off, abort, drained, or seconds",
		[OPTION_PORT_RANGE] = "ports as in 20000-29999, or full-search",
		[OPTION_NAME] = "a name such as cubic",
	};
	bool counts = option->kind != OPTION_FLAG && option->kind != OPTION_NAME;
	const char *unit = option->unit ? option->unit : "";
	const char *space = option->unit ? " " : "";
	char text[160];
	int length =
		snprintf(text, sizeof(text), "%s%s", kinds[option->kind],
			 option == &socket_options[OPTION_TCP_USER_TIMEOUT] ? ", or auto" : "");
	size_t room = sizeof(text) - (size_t)length;

	/* Where it is all that the kernel's number holds, the upper end is no news. */
	if (counts && option->max >= INT32_MAX / 2)
		(void)snprintf(text + length, room, ": %" PRId64 "%s%s or more", option->min, space,
			       unit);
	else if (counts)
		(void)snprintf(text + length, room, ": %" PRId64 " to %" PRId64 "%s%s", option->min,
			       option->max, space, unit);
	explain_field(page, "Values", text);
}

static const struct {
	unsigned int at;
	const char *call;
} option_calls[] = {
	{ AT_BIND, "bind" },
	{ AT_LISTEN, "listen" },
	{ AT_CONNECT, "connect" },
	{ AT_ACCEPT, "accept" },
};

/* An option that is inherited is set at accept() only where a section is for accepted sockets. */
static bool is_set_at(const struct socket_option *option, unsigned int at)
{
	return (option->at & at) && !(at == AT_ACCEPT && option->inherited);
}

static void print_option_calls(struct page *page, const struct socket_option *option)
{
	char text[96];
	int length = 0;

	for (size_t i = 0; i < ARRAY_SIZE(option_calls); i++)
		if (is_set_at(option, option_calls[i].at))
			length += snprintf(text + length, sizeof(text) - (size_t)length, "%s%s()",
					   length > 0 ? ", " : "", option_calls[i].call);
	explain_field(page, "Set at", text);
	if (option->inherited && (option->on & ON_LISTENER))
		explain_field(page, "", "accepted sockets have it from their listener, at no cost");
}

/* Where the C constant is documented, for all options of a level alike. */
static const char *option_manual(const struct socket_option *option)
{
	switch (option->level) {
	case SOL_SOCKET:
		return "socket(7)";
	case IPPROTO_TCP:
		return "tcp(7)";
	case IPPROTO_IP:
		return "ip(7)";
	default:
		return "listen(2)";
	}
}

/* How it is set; NULL where it has to be a section, as --set names no port. */
static const char *option_command(const struct socket_option *option, char text[static 96])
{
	if (option == &socket_options[OPTION_SO_REUSEPORT])
		return NULL;
	(void)snprintf(text, 96, "tcpwright run --set %s=%s -- PROGRAM", option->name,
		       option->kind == OPTION_FLAG ? "on" : "VALUE");
	return text;
}

static void print_option_ways(struct page *page, const struct socket_option *option)
{
	char text[96];
	const char *command = option_command(option, text);

	explain_field(page, "To set it", command);
	explain_field(page, command ? "" : "To set it",
		      command ? "or in a profile's section [socket NAME]: tcpwright-profile(5)"
			      : "in a profile's section [socket NAME], with its port = N: "
				"tcpwright-profile(5)");
}

void explain_option_print(struct page *page, const void *row)
{
	const struct socket_option *option = row;

	print_option_heading(page, option);
	explain_field(page, "Meaning", option->summary);
	explain_field(page, "Price", option->price);
	print_option_values(page, option);
	print_option_calls(page, option);
	print_option_ways(page, option);
	explain_field(page, "Since Linux", option->since);
	explain_field(page, "See", option_manual(option));
	explain_field(page, "", "tcpwright-profile(5): [socket NAME]");
}

static void emit_option_range(struct emitter *e, const struct socket_option *option)
{
	if (option->kind == OPTION_NAME) {
		emit_null(e, "range");
		return;
	}
	emit_object(e, "range");
	emit_count(e, "low", (uint64_t)option->min);
	emit_count(e, "high", (uint64_t)option->max);
	emit_close(e);
}

void explain_option_emit(struct emitter *e, const void *row)
{
	static const char *const types[] = {
		[OPTION_FLAG] = "flag",     [OPTION_NUMBER] = "number",
		[OPTION_TIME] = "time",     [OPTION_SIZE] = "size",
		[OPTION_LINGER] = "linger", [OPTION_PORT_RANGE] = "port_range",
		[OPTION_NAME] = "name",
	};
	const struct socket_option *option = row;
	char text[96];

	explain_emit_name(e, "option", option->name);
	emit_text(e, "type", types[option->kind]);
	emit_text(e, "unit", option->unit);
	emit_option_range(e, option);
	emit_array(e, "set_at");
	for (size_t i = 0; i < ARRAY_SIZE(option_calls); i++)
		if (is_set_at(option, option_calls[i].at))
			emit_text(e, NULL, option_calls[i].call);
	emit_close(e);
	emit_bool(e, "inherited", option->inherited);
	emit_text(e, "command", option_command(option, text));
	emit_text(e, "since", option->since);
	emit_text(e, "meaning", option->summary);
	emit_text(e, "price", option->price);
	emit_array(e, "references");
	emit_text(e, NULL, option_manual(option));
	emit_text(e, NULL, "tcpwright-profile(5): [socket NAME]");
	emit_close(e);
}
