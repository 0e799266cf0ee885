/* Text from the host, made safe; small helpers for text of our own. */
#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* The length of the valid UTF-8 character at TEXT that may be printed, 0 if there is none. */
static size_t printable_length(const unsigned char *text)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = text[0] < 0x80             ? 1
			: (text[0] & 0xe0) == 0xc0 ? 2
			: (text[0] & 0xf0) == 0xe0 ? 3
			: (text[0] & 0xf8) == 0xf0 ? 4
						   : 0;
	uint32_t code;

	if (length == 0)
		return 0;
	if (length == 1)
		return text[0] >= 0x20 && text[0] != 0x7f;
	code = text[0] & (0xffu >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3f);
	}
	if (code < smallest[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	/* C1 controls, and the marks that reorder what is shown (bidirectional overrides). */
	if (code < 0xa0 || (code >= 0x202a && code <= 0x202e) ||
	    (code >= 0x2066 && code <= 0x2069) || code == 0x200e || code == 0x200f)
		return 0;
	return length;
}

void text_neutralise(char *text)
{
	while (*text) {
		size_t length = printable_length((const unsigned char *)text);

		if (length == 0) {
			/* Vectors of /proc/sys are separated by tabs, and must stay vectors. */
			*text = *text == '\t' || *text == '\n' ? ' ' : '?';
			length = 1;
		}
		text += length;
	}
}

void text_neutralise_lines(char *text)
{
	for (char *end; (end = strchr(text, '\n')); text = end + 1) {
		*end = '\0';
		text_neutralise(text);
		*end = '\n';
	}
	text_neutralise(text);
}

char *text_shell_word(const char *word)
{
	static const char bare[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "@%_+=:,./-";
	size_t quotes = 0;
	char *quoted, *to;

	if (*word && word[strspn(word, bare)] == '\0')
		return strdup(word);
	for (const char *c = word; *c; c++)
		quotes += *c == '\'';
	/* A quote ends the quoted part, stands there escaped, and begins the next one: 4 bytes. */
	quoted = malloc(strlen(word) + 3 * quotes + sizeof("''"));
	if (!quoted)
		return NULL;
	to = quoted;
	*to++ = '\'';
	for (const char *c = word; *c; c++) {
		if (*c == '\'')
			to = stpcpy(to, "'\\'");
		*to++ = *c;
	}
	(void)stpcpy(to, "'");
	return quoted;
}

char *text_trim(char *text)
{
	size_t length;

	while (isspace((unsigned char)*text))
		text++;
	length = strlen(text);
	while (length > 0 && isspace((unsigned char)text[length - 1]))
		length--;
	text[length] = '\0';
	return text;
}

size_t text_columns(const char *text, size_t length)
{
	size_t columns = 0;

	for (size_t i = 0; i < length; i++)
		columns += ((unsigned char)text[i] & 0xc0) != 0x80;
	return columns;
}

char *text_vformat(const char *format, va_list args)
{
	char *text = NULL;

	return vasprintf(&text, format, args) < 0 ? NULL : text;
}

char *text_format(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = text_vformat(format, args);
	va_end(args);
	return text;
}
