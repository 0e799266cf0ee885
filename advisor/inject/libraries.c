/* Walks the libraries that a program is linked with, in the order of the loader's search. */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "cleanup.h"
#include "err.h"
#include "text.h"

#include "elf_file.h"
#include "ld_cache.h"
#include "libraries.h"

/* Programs have tens of libraries, the largest a few hundreds. */
enum { MAX_OBJECTS = 2000 };

struct object {
	char *path; /* owned; without links: $ORIGIN is its folder */
	struct elf_file elf;
	size_t loader; /* which object needs it first; the program: itself */
};

struct walk {
	struct object *objects;
	size_t n, capacity;
	struct names seen; /* of libraries that are loaded, or were looked for */
	struct ld_cache cache;
	char *musl_path; /* owned; NULL: the loader is not musl's */
	bool complete, out_of_memory;
	char *libc; /* owned */
};

static void walk_done(struct walk *walk)
{
	for (size_t i = 0; i < walk->n; i++) {
		free(walk->objects[i].path);
		elf_file_done(&walk->objects[i].elf);
	}
	free(walk->objects);
	names_done(&walk->seen);
	ld_cache_done(&walk->cache);
	free(walk->musl_path);
	free(walk->libc);
}

void imports_done(struct imports *imports)
{
	free(imports->libc);
	*imports = (struct imports){ 0 };
}

static bool begins_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* Parts of the C library, which take every call from one another. */
static bool is_libc(const char *name)
{
	static const char *const parts[] = { "libc.",       "ld-linux",   "ld-musl", "libc.musl-",
					     "libpthread.", "libdl.",     "librt.",  "libm.",
					     "libutil.",    "libresolv.", "libanl.", "ld64.so" };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (begins_with(name, parts[i]))
			return true;
	return false;
}

/* DIRECTORY with $ORIGIN put in; NULL: memory ran out. Other tokens stay, and are then not found.
 */
static char *expand(const char *directory, size_t length, const char *object)
{
	static const char *const tokens[] = { "$ORIGIN", "${ORIGIN}" };
	CLEANUP(freep) char *text = strndup(directory, length);
	int folder = (int)(strrchr(object, '/') - object);

	for (size_t i = 0; text && i < ARRAY_SIZE(tokens); i++) {
		char *at = strstr(text, tokens[i]);
		char *with = at ? text_format("%.*s%.*s%s", (int)(at - text), text, folder, object,
					      at + strlen(tokens[i]))
				: NULL;

		if (at) {
			free(text);
			text = with;
		}
	}
	return TAKE(text);
}

static bool is_same_kind(const struct elf_file *a, const struct elf_file *b)
{
	return a->class == b->class && a->machine == b->machine;
}

/* Takes over PATH, which is a candidate for a library that object NEEDER asks for. True: it is. */
static bool try_file(struct walk *walk, const char *path, size_t needer)
{
	CLEANUP(elf_file_done) struct elf_file elf = { 0 };
	struct object *object;
	char real[PATH_MAX];

	/* As the loader does, one for another machine is passed over. */
	if (!realpath(path, real) || elf_file_read(real, &elf, NULL) < 0 ||
	    !is_same_kind(&elf, &walk->objects[0].elf))
		return false;
	if (walk->n >= MAX_OBJECTS || !ARRAY_GROW(walk->objects, walk->capacity, walk->n)) {
		walk->out_of_memory = true;
		return false;
	}
	object = &walk->objects[walk->n];
	*object = (struct object){ .path = strdup(real), .elf = elf, .loader = needer };
	elf = (struct elf_file){ 0 };
	walk->n++;
	if (!object->path)
		walk->out_of_memory = true;
	return true;
}

/* NAME in a list of directories; tokens are of OBJECT. */
static bool try_list(struct walk *walk, const char *list, const char *separators, const char *name,
		     const char *object, size_t needer)
{
	while (list && *list && !walk->out_of_memory) {
		size_t length = strcspn(list, separators);
		CLEANUP(freep) char *directory = expand(list, length, object);
		CLEANUP(freep)
		char *path = directory ? text_format("%s%s%s", directory, length ? "/" : "", name)
				       : NULL;

		walk->out_of_memory = walk->out_of_memory || !path;
		if (path && try_file(walk, path, needer))
			return true;
		list += length + (list[length] != '\0');
	}
	return false;
}

/* The RPATH of who asks, and of those who asked for that one; one with a RUNPATH has none. */
static bool try_rpaths(struct walk *walk, const char *name, size_t needer)
{
	if (walk->objects[needer].elf.runpath)
		return false;
	for (size_t i = needer;; i = walk->objects[i].loader) {
		const struct object *object = &walk->objects[i];

		if (!object->elf.runpath &&
		    try_list(walk, object->elf.rpath, ":", name, object->path, needer))
			return true;
		if (i == 0)
			return false;
	}
}

static bool try_cache(struct walk *walk, const char *name, size_t needer)
{
	size_t at = 0;

	for (const char *path; (path = ld_cache_next(&walk->cache, name, &at));)
		if (try_file(walk, path, needer))
			return true;
	return false;
}

/* Where the loader looks last, of all distributions at once. */
static const char default_path[] =
#ifdef MULTIARCH
	"/lib/" MULTIARCH ":/usr/lib/" MULTIARCH ":"
#endif
	"/lib64:/usr/lib64:/lib:/usr/lib";

static bool find_library(struct walk *walk, const char *name, size_t needer)
{
	/* Those in walk->objects move when it grows. */
	CLEANUP(freep) char *object = strdup(walk->objects[needer].path);
	CLEANUP(freep) char *runpath = NULL;

	if (walk->objects[needer].elf.runpath)
		runpath = strdup(walk->objects[needer].elf.runpath);
	if (!object || (walk->objects[needer].elf.runpath && !runpath)) {
		walk->out_of_memory = true;
		return false;
	}
	if (strchr(name, '/'))
		return try_file(walk, name, needer);
	if (try_rpaths(walk, name, needer) ||
	    try_list(walk, getenv("LD_LIBRARY_PATH"), ":;", name, object, needer) ||
	    try_list(walk, runpath, ":", name, object, needer))
		return true;
	if (walk->musl_path)
		return try_list(walk, walk->musl_path, ":\n", name, object, needer);
	return try_cache(walk, name, needer) ||
	       try_list(walk, default_path, ":", name, object, needer);
}

/* musl's loader has a file of directories, named after it: /etc/ld-musl-x86_64.path. */
static char *read_musl_path(const char *interpreter)
{
	const char *base = strrchr(interpreter, '/');
	CLEANUP(freep) char *file = NULL;
	CLEANUP(fclosep) FILE *stream = NULL;
	CLEANUP(freep) char *text = NULL;
	size_t size = 0;

	base = base ? base + 1 : interpreter;
	file = text_format("/etc/%.*s.path", (int)strcspn(base, "."), base);
	if (!file)
		return NULL;
	stream = fopen(file, "re");
	/* Lines are directories too. */
	if (stream && getdelim(&text, &size, '\0', stream) > 0)
		return TAKE(text);
	return strdup("/lib:/usr/local/lib:/usr/lib");
}

/* The libraries that object NEEDER names. The libc is found, for its version, and not walked. */
static void load_needed(struct walk *walk, size_t needer)
{
	for (size_t i = 0; i < walk->objects[needer].elf.needed.n && !walk->out_of_memory; i++) {
		CLEANUP(freep) char *name = strdup(walk->objects[needer].elf.needed.names[i]);
		struct object *found;

		if (!name || names_have(&walk->seen, name)) {
			walk->out_of_memory = !name;
			continue;
		}
		walk->out_of_memory = !names_add(&walk->seen, name);
		if (is_libc(name) && strcmp(name, "libc.so.6") != 0)
			continue;
		if (!find_library(walk, name, needer)) {
			walk->complete = walk->complete && is_libc(name);
			continue;
		}
		if (!is_libc(name))
			continue;
		found = &walk->objects[--walk->n];
		walk->libc = TAKE(found->path);
		elf_file_done(&found->elf);
	}
}

static int start(struct walk *walk, const char *file, struct err *err)
{
	char real[PATH_MAX];
	const char *interpreter;

	if (!realpath(file, real))
		return err_set(err, errno, "%s: %s", file, strerror(errno));
	if (!ARRAY_GROW(walk->objects, walk->capacity, walk->n))
		return err_no_memory(err);
	walk->objects[0] = (struct object){ .path = strdup(real) };
	walk->n = 1;
	if (!walk->objects[0].path)
		return err_no_memory(err);
	if (elf_file_read(real, &walk->objects[0].elf, err) < 0)
		return -ENOEXEC;
	interpreter = walk->objects[0].elf.interpreter;
	if (interpreter && strstr(interpreter, "ld-musl"))
		walk->musl_path = read_musl_path(interpreter);
	else
		ld_cache_read("/etc/ld.so.cache", &walk->cache);
	return 0;
}

int libraries_imports(const char *file, struct imports *ret_imports, struct err *err)
{
	CLEANUP(walk_done) struct walk walk = { .complete = true };
	unsigned int kinds = 0;
	int r = start(&walk, file, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < walk.n && !walk.out_of_memory; i++) {
		kinds |= walk.objects[i].elf.imports;
		load_needed(&walk, i);
	}
	if (walk.out_of_memory)
		return err_no_memory(err);
	*ret_imports = (struct imports){ kinds, walk.complete, TAKE(walk.libc) };
	return 0;
}
