#pragma once

#include <stdarg.h>
#include <stddef.h>

/*
 * Makes text from the host safe to print, in place: control characters, escapes and bytes that are
 * not valid UTF-8 become '?', tabs and newlines a space. Names of processes and units can hold
 * anything.
 */
void text_neutralise(char *text);
/* The same line by line: newlines stay. */
void text_neutralise_lines(char *text);

/* Removes white space at both ends, in place; returns the new beginning. */
char *text_trim(char *text);

/* Columns on a terminal: characters of the first LENGTH bytes; wide ones count as one. */
size_t text_columns(const char *text, size_t length);

/*
 * WORD as a POSIX shell reads it, to be freed; NULL when memory runs out. In quotes only where it
 * needs them.
 */
char *text_shell_word(const char *word);

/* A formatted copy, to be freed; NULL when memory runs out. */
__attribute__((format(printf, 1, 2))) char *text_format(const char *format, ...);
__attribute__((format(printf, 1, 0))) char *text_vformat(const char *format, va_list args);
