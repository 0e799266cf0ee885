/*
 * `tcpwright explain`: what a rule, a sysctl key, a counter, a socket option, an error or a TCP
 * state means, and what it does not. It reads tables only, never the host.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "cleanup.h"
#include "emitter.h"
#include "page.h"
#include "writer.h"

#include "cli.h"
#include "cmd.h"
#include "explain_kinds.h"

/* One word of the command line, found. */
struct topic {
	const struct explain_kind *kind;
	const void *row;
};

/* The last part of a key is a word of its own: most people leave the rest away. */
static int unknown_word(const char *word)
{
	CLEANUP(freep) const char **names = NULL;
	size_t n = 0, capacity = 0;

	for (size_t k = 0; k < N_EXPLAIN_KINDS; k++)
		for (size_t i = 0; explain_kinds[k].name_at(i); i++) {
			const char *name = explain_kinds[k].name_at(i), *last = strrchr(name, '.');

			if (!ARRAY_GROW(names, capacity, n))
				break;
			names[n++] = last && !strpbrk(word, "./") ? last + 1 : name;
		}
	return cli_unknown_word(&cmd_explain,
				"rule, sysctl key, socket option, counter, error or TCP state",
				word, names, n);
}

static int emit_topics(const struct topic *topics, size_t n)
{
	struct emitter e = { .file = stdout };

	emit_object(&e, NULL);
	emit_array(&e, "explained");
	for (size_t i = 0; i < n; i++) {
		emit_object(&e, NULL);
		topics[i].kind->emit(&e, topics[i].row);
		emit_close(&e);
	}
	emit_close(&e);
	emit_close(&e);
	return e.out_of_memory ? cli_out_of_memory() : EXIT_FINE;
}

static int print_topics(const struct topic *topics, size_t n)
{
	struct report_style style = cli_style("auto", false);
	struct page page = page_of(stdout, &style);

	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			(void)fputc('\n', stdout);
		topics[i].kind->print(&page, topics[i].row);
	}
	return page.out_of_memory ? cli_out_of_memory() : EXIT_FINE;
}

static int emit_words(void)
{
	struct emitter e = { .file = stdout };
	const char *name;

	emit_object(&e, NULL);
	for (size_t k = 0; k < N_EXPLAIN_KINDS; k++) {
		emit_array(&e, explain_kinds[k].json);
		for (size_t i = 0; (name = explain_kinds[k].name_at(i)); i++)
			emit_text(&e, NULL, name);
		emit_close(&e);
	}
	emit_close(&e);
	return e.out_of_memory ? cli_out_of_memory() : EXIT_FINE;
}

static int print_words(void)
{
	const char *name;

	for (size_t k = 0; k < N_EXPLAIN_KINDS; k++) {
		(void)printf("%s%s:\n", k > 0 ? "\n" : "", explain_kinds[k].heading);
		for (size_t i = 0; (name = explain_kinds[k].name_at(i)); i++)
			(void)printf("  %s\n", name);
	}
	return EXIT_FINE;
}

enum { OPTION_LIST, OPTION_FORMAT };

static const struct cmd_option options[] = {
	[OPTION_LIST] = { "--list", NULL, "list every word that can be explained" },
	[OPTION_FORMAT] = { "--format", "text|json", "for people (the default) or for programs" },
	{ 0 },
};

struct request {
	struct topic *topics; /* owned */
	size_t n, capacity;
	bool list, as_json;
};

static void request_done(struct request *request)
{
	free(request->topics);
}

/*
 * A word may be of more than one kind: ip_local_port_range is a socket option and the end of a
 * sysctl key.
 */
static int add_topics(struct request *request, const char *word)
{
	size_t before = request->n;

	for (size_t k = 0; k < N_EXPLAIN_KINDS; k++) {
		const void *row = explain_kinds[k].find(word);

		if (!row)
			continue;
		if (!ARRAY_GROW(request->topics, request->capacity, request->n))
			return cli_out_of_memory();
		request->topics[request->n++] =
			(struct topic){ .kind = &explain_kinds[k], .row = row };
	}
	return request->n > before ? EXIT_FINE : unknown_word(word);
}

/* EXIT_FINE, or the exit code to leave with; what is wrong has then been said. */
static int parse(struct args *args, struct request *request)
{
	int exit_code;

	for (int arg; (arg = args_next(args)) != ARG_END;) {
		switch (arg) {
		case OPTION_LIST:
			request->list = true;
			break;
		case OPTION_FORMAT:
			request->as_json = strcmp(args->value, "json") == 0;
			break;
		case ARG_WORD:
			exit_code = add_topics(request, args->value);
			if (exit_code != EXIT_FINE)
				return exit_code;
			break;
		default:
			return EXIT_WRONG_USAGE;
		}
	}
	if (request->list && request->n > 0)
		return cli_wrong_usage(&cmd_explain, "--list takes no words");
	if (!request->list && request->n == 0)
		return cli_wrong_usage(&cmd_explain, "explain what? --list names every word");
	return EXIT_FINE;
}

static int explain_run(int argc, char *argv[])
{
	struct args args = args_of(&cmd_explain, argc, argv);
	CLEANUP(request_done) struct request request = { 0 };
	int exit_code = parse(&args, &request);

	if (exit_code != EXIT_FINE)
		return exit_code;
	if (request.list)
		return request.as_json ? emit_words() : print_words();
	return request.as_json ? emit_topics(request.topics, request.n)
			       : print_topics(request.topics, request.n);
}

const struct cmd cmd_explain = {
	.name = "explain",
	.usage = "[OPTIONS] WORD...",
	.summary = "Say what a rule, key, counter, option, error or state means, and what not",
	.details = "A sysctl key may be given with dots or slashes, and without its beginning:\n"
		   "tcp_tw_reuse. Counters, states and socket options are known in every common\n"
		   "spelling. Reads nothing from this host.",
	.options = options,
	.run = explain_run,
};
