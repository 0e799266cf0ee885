/*
 * `#!/usr/bin/env PROGRAM` and `#!/usr/bin/env -S OPTIONS NAME=VALUE PROGRAM ARGUMENTS`. Whatever
 * is not understood stays with env: it is then a program that starts others.
 */
#include <string.h>

#include "env_line.h"

static bool is_env(const char *interpreter)
{
	const char *slash = strrchr(interpreter, '/');

	return strcmp(slash ? slash + 1 : interpreter, "env") == 0;
}

/* Quotes, escapes and ${VARIABLES} of `env -S` change what a word is. */
static bool is_plain(const char *word)
{
	return !strpbrk(word, "'\"\\$#");
}

/* One word of OPTIONS; 1: it is one, 0: it is none, -1: not understood. */
static int take_option(const char *word, char **rest, struct env_line *line)
{
	if (strchr(word, '=') && word[0] != '-')
		return strncmp(word, "PATH=", 5) == 0 ? -1 : 1;
	if (word[0] != '-')
		return 0;
	if (strcmp(word, "-") == 0 || strcmp(word, "-i") == 0 ||
	    strcmp(word, "--ignore-environment") == 0) {
		line->empty_environment = true;
		return 1;
	}
	if (strcmp(word, "-v") == 0 || strcmp(word, "--debug") == 0)
		return 1;
	if (strcmp(word, "-u") == 0) {
		const char *name = strsep(rest, " \t");

		return name && strcmp(name, "PATH") != 0 ? 1 : -1;
	}
	return -1;
}

static bool parse_split(char *words, struct env_line *line)
{
	if (!is_plain(words))
		return false;
	for (char *word; (word = strsep(&words, " \t"));) {
		int r = *word ? take_option(word, &words, line) : 1;

		if (r < 0)
			return false;
		if (r == 0) {
			strcpy(line->program, word);
			return true;
		}
	}
	return false;
}

bool env_line_parse(const struct shebang *line, struct env_line *ret_line)
{
	static const char split[] = "--split-string=";
	char words[SHEBANG_SIZE];
	const char *rest = line->argument;

	if (!is_env(line->interpreter) || !*rest)
		return false;
	*ret_line = (struct env_line){ 0 };
	if (rest[0] != '-' && !strchr(rest, '=')) {
		/* One word to the kernel, blanks and all. */
		strcpy(ret_line->program, rest);
		return true;
	}
	if (strncmp(rest, "-S", 2) == 0)
		rest += 2;
	else if (strncmp(rest, split, strlen(split)) == 0)
		rest += strlen(split);
	else
		return false;
	strcpy(words, rest);
	return parse_split(words, ret_line);
}
