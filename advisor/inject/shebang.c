/* Reads "#!" lines as the kernel does. */
#include <string.h>

#include "shebang.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool shebang_is_elf(const char head[], size_t n)
{
	return n >= 4 && memcmp(head, "\177ELF", 4) == 0;
}

bool shebang_parse(const char head[], size_t n, struct shebang *ret_line)
{
	const char *end = head + n, *at = head + 2, *line_end, *start;

	if (n < 2 || memcmp(head, "#!", 2) != 0)
		return false;
	line_end = memchr(head, '\n', n);
	if (line_end)
		end = line_end;
	while (at < end && is_blank(*at))
		at++;
	for (start = at; at < end && *at && !is_blank(*at);)
		at++;
	/* A name that the buffer may have cut off is no name; an argument may be cut. */
	if (at == start || (at == end && !line_end && n == SHEBANG_SIZE))
		return false;
	*ret_line = (struct shebang){ 0 };
	memcpy(ret_line->interpreter, start, (size_t)(at - start));
	while (at < end && is_blank(*at))
		at++;
	while (end > at && (is_blank(end[-1]) || !end[-1]))
		end--;
	if (end > at)
		memcpy(ret_line->argument, at, strnlen(at, (size_t)(end - at)));
	/* The last byte of a full buffer: nothing is longer than it with its end. */
	ret_line->interpreter[SHEBANG_SIZE - 1] = ret_line->argument[SHEBANG_SIZE - 1] = '\0';
	return true;
}
