/*
 * From the bytes of an INI file to its entries, with lines and comments. libinih splits the lines;
 * what the lines mean is for those who walk through them to say.
 *
 * Three things of libinih are kept from biting here, by the reader that feeds it:
 * - It gives its handler no line number: the reader counts.
 * - It cuts a line at 200 bytes and takes the rest for the next one, and section names at 49: the
 *   reader refuses long lines, and takes section names itself, which also shows empty sections.
 * - It takes an indented line for more of the value above, as Python does, so that one stray space
 *   hides an entry. Its switch for that, ini_allow_multiline, is a global that Debian exports and
 *   upstream does not have: the reader hands over lines without their indentation instead.
 */
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "cleanup.h"
#include "err.h"
#include "text.h"

#include "text_file.h"

struct reading {
	const char *name;
	const char *next, *end;
	unsigned int line; /* the one that libinih has now */
	char *reason;      /* owned; comment lines so far, with nothing between them and here */
	struct text_file *file;
	struct err *err;
	int error; /* negative errno of the first error */
};

static int add_entry(struct reading *r, const char *key, const char *value)
{
	struct text_file *file = r->file;
	struct text_entry entry = {
		.section = file->sections[file->n_sections - 1],
		.key = key ? strdup(key) : NULL,
		.value = value ? strdup(value) : NULL,
		.line = r->line,
	};

	if ((key && (!entry.key || !entry.value)) ||
	    !ARRAY_GROW(file->entries, file->entries_capacity, file->n_entries)) {
		free(entry.key);
		free(entry.value);
		return err_no_memory(r->err);
	}
	entry.reason = TAKE(r->reason);
	file->entries[file->n_entries++] = entry;
	return 0;
}

static int add_section(struct text_file *file, const char *name, struct err *err)
{
	char *copy;

	if (!ARRAY_GROW(file->sections, file->sections_capacity, file->n_sections))
		return err_no_memory(err);
	copy = strdup(name);
	if (!copy)
		return err_no_memory(err);
	file->sections[file->n_sections++] = copy;
	return 0;
}

/* "[name]", with nothing but an inline comment behind it. LINE is cut up. */
static int take_section(struct reading *r, char *line)
{
	char *end = strchr(line, ']'), *rest;
	int error;

	if (!end)
		return err_set(r->err, EINVAL, "%s:%u: this section's name does not end with ']'",
			       r->name, r->line);
	*end = '\0';
	rest = text_trim(end + 1);
	if (*rest && *rest != ';' && *rest != '#')
		return err_set(r->err, EINVAL, "%s:%u: '%s' follows the section's name", r->name,
			       r->line, rest);
	error = add_section(r->file, text_trim(line + 1), r->err);
	return error < 0 ? error : add_entry(r, NULL, NULL);
}

/* A comment line belongs to the entry right below it; several become one text. */
static int take_comment(struct reading *r, char *line)
{
	char *text = text_trim(line + strspn(line, ";# ")), *joined;
	size_t length = r->reason ? strlen(r->reason) : 0;

	if (!*text)
		return 0;
	joined = realloc(r->reason, length + 1 + strlen(text) + 1);
	if (!joined)
		return err_no_memory(r->err);
	r->reason = joined;
	if (length > 0)
		joined[length++] = ' ';
	strcpy(joined + length, text);
	return 0;
}

static void drop_reason(struct reading *r)
{
	free(r->reason);
	r->reason = NULL;
}

/* Tabs become spaces; what else cannot be printed is refused, so that no output needs care. */
static bool is_text(char *line)
{
	char copy[TEXT_FILE_MAX_LINE + 1];

	for (char *c = line; *c; c++)
		if (*c == '\t')
			*c = ' ';
	strcpy(copy, line);
	text_neutralise(copy);
	return strcmp(copy, line) == 0;
}

/* Looks at LINE before libinih does, and empties it where libinih need not see it. */
static int take_line(struct reading *r, char *line)
{
	char *text;
	int error = 0;

	if (!is_text(line))
		return err_set(r->err, EINVAL,
			       "%s:%u: a byte that is no text (control character or broken UTF-8)",
			       r->name, r->line);
	text = text_trim(line);
	memmove(line, text, strlen(text) + 1);
	if (*line && *line != '#' && *line != ';' && *line != '[')
		return 0;
	if (*line == '#' || *line == ';') {
		error = take_comment(r, line);
	} else {
		drop_reason(r);
		if (*line == '[')
			error = take_section(r, line);
	}
	*line = '\0';
	return error;
}

/* The next line into BUF, checked for what only its bytes show. */
static int next_line(struct reading *r, char *buf, size_t size)
{
	const char *start = r->next, *newline = memchr(start, '\n', (size_t)(r->end - start));
	size_t length = (size_t)((newline ? newline : r->end) - start);

	r->next = newline ? newline + 1 : r->end;
	if (++r->line > TEXT_FILE_MAX_LINES)
		return err_set(r->err, EFBIG, "%s: more than %d lines: this is no profile", r->name,
			       TEXT_FILE_MAX_LINES);
	if (length > 0 && start[length - 1] == '\r') /* written on Windows: no harm in it */
		length--;
	if (length > TEXT_FILE_MAX_LINE || length + 2 > size)
		return err_set(r->err, EINVAL, "%s:%u: the line is longer than %d bytes", r->name,
			       r->line, TEXT_FILE_MAX_LINE);
	if (memchr(start, '\0', length))
		return err_set(r->err, EINVAL, "%s:%u: a NUL byte: this is no text file", r->name,
			       r->line);
	memcpy(buf, start, length);
	buf[length] = '\0';
	return take_line(r, buf);
}

static char *read_line(char *buf, int size, void *stream)
{
	struct reading *r = stream;

	if (r->error < 0 || r->next == r->end)
		return NULL;
	r->error = next_line(r, buf, (size_t)size);
	return r->error < 0 ? NULL : buf;
}

/* The section is known from take_section(): libinih never saw its line. */
static int take_entry(void *user, const char *section, const char *key, const char *value)
{
	struct reading *r = user;

	(void)section;
	r->error = add_entry(r, key, value);
	return r->error == 0;
}

int text_file_parse(const char *name, const char *text, size_t length, struct text_file *ret_file,
		    struct err *err)
{
	static const char mark[] = "\xef\xbb\xbf"; /* some editors begin UTF-8 with it */
	bool marked = length >= 3 && memcmp(text, mark, 3) == 0;
	struct text_file file = { 0 };
	struct reading r = {
		.name = name,
		.next = text + (marked ? 3 : 0),
		.end = text + length,
		.file = &file,
		.err = err,
	};
	int bad_line;

	r.error = add_section(&file, "", err);
	bad_line = ini_parse_stream(read_line, &r, take_entry, &r);
	free(r.reason);
	/* libinih goes on after its own error, so one of ours may stand further down. */
	if (bad_line > 0 && (r.error == 0 || (unsigned int)bad_line < r.line))
		r.error = err_set(err, EINVAL, "%s:%d: neither a [section] nor 'key = value'", name,
				  bad_line);
	else if (bad_line < 0)
		r.error = err_no_memory(err);
	if (r.error < 0) {
		text_file_done(&file);
		return r.error;
	}
	*ret_file = file;
	return 0;
}

/*
 * Reads FD to its end, or to one byte more than a file may have. *RET_TEXT is to be freed. In small
 * steps, because the preloaded library reads in somebody else's heap.
 */
static ssize_t read_whole(int fd, char **ret_text)
{
	enum { FIRST_STEP = 8192, MOST = TEXT_FILE_MAX_BYTES + 1 };
	CLEANUP(freep) char *text = NULL;
	size_t length = 0, size = 0;

	for (;;) {
		ssize_t n;

		if (length == size) {
			char *larger;

			size = size == 0 ? FIRST_STEP : size * 2 > MOST ? MOST : size * 2;
			larger = realloc(text, size);
			if (!larger)
				return -ENOMEM;
			text = larger;
		}
		n = read(fd, text + length, size - length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		length += (size_t)n;
		if (n == 0 || length == MOST)
			break;
	}
	*ret_text = TAKE(text);
	return (ssize_t)length;
}

int text_file_read(const char *path, struct text_file *ret_file, struct err *err)
{
	CLEANUP(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	CLEANUP(freep) char *text = NULL;
	ssize_t length;

	if (fd < 0)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	length = read_whole(fd, &text);
	if (length == -ENOMEM)
		return err_no_memory(err);
	if (length < 0)
		return err_set(err, (int)-length, "%s: %s", path, strerror((int)-length));
	if (length > TEXT_FILE_MAX_BYTES)
		return err_set(err, EFBIG, "%s: larger than %d bytes: this is no profile", path,
			       TEXT_FILE_MAX_BYTES);
	return text_file_parse(path, text, (size_t)length, ret_file, err);
}

void text_file_done(struct text_file *file)
{
	for (size_t i = 0; i < file->n_entries; i++) {
		free(file->entries[i].key);
		free(file->entries[i].value);
		free(file->entries[i].reason);
	}
	for (size_t i = 0; i < file->n_sections; i++)
		free(file->sections[i]);
	free(file->entries);
	free(file->sections);
	*file = (struct text_file){ 0 };
}

int text_entry_unknown(const struct text_entry *entry, const char *file, const char *what,
		       const char *nearest, struct err *err)
{
	const char *word = entry->key ? entry->key : entry->section;

	if (nearest)
		return err_set(err, EINVAL, "%s:%u: unknown %s '%s'; did you mean '%s'?", file,
			       entry->line, what, word, nearest);
	return err_set(err, EINVAL, "%s:%u: unknown %s '%s'", file, entry->line, what, word);
}

int text_entry_twice(const struct text_entry *entry, const char *file, unsigned int before,
		     struct err *err)
{
	return err_set(err, EEXIST, "%s:%u: %s is already set in line %u of this file", file,
		       entry->line, entry->key, before);
}
