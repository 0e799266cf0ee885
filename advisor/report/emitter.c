/* JSON, written as it goes: nesting and layout here, the encoding of values by jansson. */
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "text.h"

#include "emitter.h"

/* Six digits are more than any rate here is worth, and keep 0.95 from becoming 0.9499999. */
#define ENCODE_FLAGS (JSON_ENCODE_ANY | JSON_REAL_PRECISION(6))

static void new_line(struct emitter *e)
{
	(void)fprintf(e->file, "\n%*s", (int)e->depth * 2, "");
}

/* Everything that comes before a value: comma, new line, key. */
static void begin(struct emitter *e, const char *key)
{
	if (e->filled)
		(void)fputc(',', e->file);
	if (e->line_depth == 0 && e->depth > 0)
		new_line(e);
	else if (e->filled)
		(void)fputc(' ', e->file);
	e->filled = true;
	if (key)
		(void)fprintf(e->file, "\"%s\": ", key);
}

static void open_container(struct emitter *e, const char *key, bool object, bool line)
{
	begin(e, key);
	(void)fputc(object ? '{' : '[', e->file);
	e->closers[e->depth++] = object ? '}' : ']';
	if (line && e->line_depth == 0)
		e->line_depth = e->depth;
	e->filled = false;
}

void emit_object(struct emitter *e, const char *key)
{
	open_container(e, key, true, false);
}

void emit_array(struct emitter *e, const char *key)
{
	open_container(e, key, false, false);
}

void emit_object_line(struct emitter *e, const char *key)
{
	open_container(e, key, true, true);
}

void emit_close(struct emitter *e)
{
	bool on_line = e->line_depth != 0;

	if (e->line_depth == e->depth)
		e->line_depth = 0;
	e->depth--;
	if (e->filled && !on_line)
		new_line(e);
	(void)fputc(e->closers[e->depth], e->file);
	e->filled = true;
	if (e->depth == 0)
		(void)fputc('\n', e->file);
}

static void encode(struct emitter *e, json_t *value)
{
	if (!value || json_dumpf(value, e->file, ENCODE_FLAGS) != 0)
		e->out_of_memory |= !ferror(e->file);
	json_decref(value);
}

void emit_null(struct emitter *e, const char *key)
{
	begin(e, key);
	(void)fputs("null", e->file);
}

void emit_bool(struct emitter *e, const char *key, bool value)
{
	begin(e, key);
	(void)fputs(value ? "true" : "false", e->file);
}

/* Not through jansson, whose integers are signed. */
void emit_count(struct emitter *e, const char *key, uint64_t value)
{
	begin(e, key);
	(void)fprintf(e->file, "%" PRIu64, value);
}

void emit_real(struct emitter *e, const char *key, double value)
{
	if (!isfinite(value)) {
		emit_null(e, key);
		return;
	}
	begin(e, key);
	encode(e, json_real(value));
}

void emit_unsigned_real(struct emitter *e, const char *key, double value)
{
	emit_real(e, key, value >= 0 ? value : NAN);
}

void emit_reading(struct emitter *e, const char *key, struct reading reading)
{
	if (reading.known)
		emit_count(e, key, reading.value);
	else
		emit_null(e, key);
}

static void emit_made_safe(struct emitter *e, const char *key, const char *text,
			   void (*make_safe)(char *text))
{
	CLEANUP(freep) char *safe = NULL;

	if (!text) {
		emit_null(e, key);
		return;
	}
	begin(e, key);
	safe = strdup(text);
	if (safe)
		make_safe(safe);
	encode(e, safe ? json_string(safe) : NULL);
}

void emit_text(struct emitter *e, const char *key, const char *text)
{
	emit_made_safe(e, key, text, text_neutralise);
}

void emit_lines(struct emitter *e, const char *key, const char *text)
{
	emit_made_safe(e, key, text, text_neutralise_lines);
}

void emit_filled_text(struct emitter *e, const char *key, const char *text)
{
	emit_text(e, key, *text ? text : NULL);
}

void emit_addr(struct emitter *e, const char *key, const struct addr *addr)
{
	char text[ADDR_STRLEN];

	(void)addr_format(text, addr);
	emit_text(e, key, text);
}

void emit_counts(struct emitter *e, const char *key, const uint32_t counts[], size_t n)
{
	open_container(e, key, false, true);
	for (size_t i = 0; i < n; i++)
		emit_count(e, NULL, counts[i]);
	emit_close(e);
}
