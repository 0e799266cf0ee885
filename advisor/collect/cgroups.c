/*
 * cgroups: from a path to the unit or container that people know, and from the id that a socket
 * carries to that path. An id is the inode number of the directory in the cgroup v2 tree.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "cleanup.h"
#include "err.h"
#include "model.h"
#include "text.h"

#include "cgroups.h"
#include "root.h"

enum {
	CONTAINER_ID = 64,       /* hexadecimal digits */
	CONTAINER_ID_SHOWN = 12, /* as `docker ps` and `crictl ps` show them */
	MAX_DIRECTORIES = 8192,  /* looked into for one report */
	MAX_DEPTH = 16,
	FILEID_KERNFS = 0xfe, /* a file handle of kernfs is the id and nothing else; 5.5+ */
};

/* The file systems that may be the v2 tree: alone, or beside v1 on a hybrid host. */
static const char *const trees[] = { "sys/fs/cgroup", "sys/fs/cgroup/unified" };

static bool ends_with(const char *text, size_t length, const char *end)
{
	size_t n = strlen(end);

	return length > n && memcmp(text + length - n, end, n) == 0;
}

/* Where a container's id begins in a name, as a whole or after a '-'; LENGTH if nowhere. */
static size_t find_container_id(const char *name, size_t length)
{
	for (size_t at = 0; at + CONTAINER_ID <= length; at++) {
		size_t digits = 0;

		while (digits < CONTAINER_ID && isxdigit((unsigned char)name[at + digits]))
			digits++;
		if (digits == CONTAINER_ID && (at == 0 || name[at - 1] == '-'))
			return at;
	}
	return length;
}

/*
 * One name of the path, LENGTH long. FIRST is the path's first name: cgroupfs drivers put
 * containers below it as bare ids ("/docker/ID", "/kubepods/burstable/podUID/ID").
 */
static size_t unit_of_name(const char *name, size_t length, const char *first,
			   char ret_unit[static UNIT_STRLEN])
{
	size_t id = find_container_id(name, length);
	size_t rest = id + CONTAINER_ID;
	int n;

	if (id == 0 && length == CONTAINER_ID && first != name)
		n = snprintf(ret_unit, UNIT_STRLEN, "%.*s-%.*s", (int)strcspn(first, "/"), first,
			     CONTAINER_ID_SHOWN, name);
	else if (!ends_with(name, length, ".service") && !ends_with(name, length, ".scope"))
		return 0;
	else if (id < length)
		n = snprintf(ret_unit, UNIT_STRLEN, "%.*s%.*s", (int)id + CONTAINER_ID_SHOWN, name,
			     (int)(length - rest), name + rest);
	else
		n = snprintf(ret_unit, UNIT_STRLEN, "%.*s", (int)length, name);
	text_neutralise(ret_unit);
	return n < UNIT_STRLEN ? (size_t)n : UNIT_STRLEN - 1;
}

/* The manager's own processes ("user@1000.service/init.scope") belong to what is around them. */
static bool is_inner_init(const char *path, const char *name, size_t length)
{
	return name > path + 1 && length == strlen("init.scope") &&
	       memcmp(name, "init.scope", length) == 0;
}

size_t unit_of_cgroup(const char *path, char ret_unit[static UNIT_STRLEN])
{
	const char *first = path + strspn(path, "/");
	const char *end = path + strcspn(path, "\n");

	while (end > first) {
		const char *name = end;
		size_t n;

		while (name > first && name[-1] != '/')
			name--;
		n = is_inner_init(path, name, (size_t)(end - name))
			    ? 0
			    : unit_of_name(name, (size_t)(end - name), first, ret_unit);
		if (n > 0)
			return n;
		end = name > first ? name - 1 : first;
	}
	return 0;
}

/* The path in the line "ID:CONTROLLERS:PATH"; NULL if no line has these controllers. */
static const char *find_hierarchy(const char *text, const char *controllers)
{
	size_t length = strlen(controllers);

	while (*text) {
		const char *colon = text + strcspn(text, ":\n");

		if (*colon == ':' && strncmp(colon + 1, controllers, length) == 0 &&
		    colon[1 + length] == ':')
			return colon + length + 2;
		text = colon + strcspn(colon, "\n");
		text += *text == '\n';
	}
	return NULL;
}

size_t unit_of_proc_cgroup(const char *text, char ret_unit[static UNIT_STRLEN])
{
	/* systemd keeps its units in its own v1 tree where there is one, else in v2 ("0::/..."). */
	static const char *const controllers[] = { "name=systemd", "" };

	for (size_t i = 0; i < ARRAY_SIZE(controllers); i++) {
		const char *path = find_hierarchy(text, controllers[i]);
		size_t n = path ? unit_of_cgroup(path, ret_unit) : 0;

		if (n > 0)
			return n;
	}
	return 0;
}

struct ids {
	uint64_t *id; /* owned; sorted and unique once finished */
	size_t n, capacity;
};

static void ids_done(struct ids *ids)
{
	free(ids->id);
}

static bool ids_add(struct ids *ids, uint64_t id)
{
	if (id == 0 || (ids->n > 0 && ids->id[ids->n - 1] == id))
		return true;
	if (!ARRAY_GROW(ids->id, ids->capacity, ids->n))
		return false;
	ids->id[ids->n++] = id;
	return true;
}

/* The ids that rules may want to name. Destinations are named by their processes only. */
static bool ids_gather(const struct sockets *sockets, struct ids *ids)
{
	bool good = true;

	for (size_t i = 0; i < sockets->n_listeners; i++)
		good &= ids_add(ids, sockets->listeners[i].socket.cgroup_id);
	for (size_t i = 0; i < sockets->n_close_wait; i++)
		good &= ids_add(ids, sockets->close_wait[i].socket.cgroup_id);
	for (size_t i = 0; i < sockets->n_idle_groups; i++)
		good &= ids_add(ids, sockets->idle_groups[i].cgroup_id);
	ids->n = u64_sort_unique(ids->id, ids->n);
	return good;
}

/* -ENOMEM only; a path without a unit is no name, and no error. */
static int name_take(struct model *model, uint64_t id, const char *path)
{
	char unit[UNIT_STRLEN];
	char *copy;

	if (unit_of_cgroup(path, unit) == 0)
		return 0;
	copy = strdup(unit);
	if (!copy)
		return -ENOMEM;
	/* Room for every id was made before. */
	model->cgroups[model->n_cgroups++] = (struct cgroup_name){ .id = id, .unit = copy };
	return 0;
}

/* Straight from the id to its path, which needs CAP_DAC_READ_SEARCH. -errno. */
static int name_by_handle(int tree, uint64_t id, struct model *model)
{
	union {
		struct file_handle handle;
		char bytes[sizeof(struct file_handle) + sizeof(id)];
	} file = { .handle = { .handle_bytes = sizeof(id), .handle_type = FILEID_KERNFS } };
	CLEANUP(closep) int fd = -1;
	char link[64], path[4096];
	ssize_t n;

	memcpy(file.handle.f_handle, &id, sizeof(id));
	fd = open_by_handle_at(tree, &file.handle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return -errno;
	path[n] = '\0';
	return name_take(model, id, path);
}

struct walk {
	const struct ids *ids;
	struct model *model;
	size_t found, directories;
	char path[4096];
};

static bool walk_is_over(const struct walk *walk)
{
	return walk->found == walk->ids->n || walk->directories == MAX_DIRECTORIES;
}

/* FD is taken. The directory's own path stands in walk->path, LENGTH long. */
static int walk_into(struct walk *walk, int fd, size_t length, unsigned int depth)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (!dir) {
		(void)close(fd);
		return 0;
	}
	walk->directories++;
	while (r == 0 && !walk_is_over(walk) && (entry = readdir(dir))) {
		uint64_t id = entry->d_ino;
		int n, child;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		n = snprintf(walk->path + length, sizeof(walk->path) - length, "/%s",
			     entry->d_name);
		if (n < 0 || (size_t)n >= sizeof(walk->path) - length)
			continue;
		if (bsearch(&id, walk->ids->id, walk->ids->n, sizeof(id), u64_compare)) {
			walk->found++;
			r = name_take(walk->model, id, walk->path);
		}
		child = depth < MAX_DEPTH ? openat(dirfd(dir), entry->d_name,
						   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
					  : -1;
		if (r == 0 && child >= 0)
			r = walk_into(walk, child, length + (size_t)n, depth + 1);
		else if (child >= 0)
			(void)close(child);
	}
	(void)closedir(dir);
	return r;
}

static int names_by_walk(int tree, const struct ids *ids, struct model *model)
{
	CLEANUP(freep) struct walk *walk = calloc(1, sizeof(*walk));
	int copy = fcntl(tree, F_DUPFD_CLOEXEC, 0);

	if (!walk || copy < 0) {
		if (copy >= 0)
			(void)close(copy);
		return walk ? 0 : -ENOMEM;
	}
	walk->ids = ids;
	walk->model = model;
	return walk_into(walk, copy, 0, 0);
}

static int names_below(int tree, const struct ids *ids, struct model *model)
{
	for (size_t i = 0; i < ids->n; i++) {
		int r = name_by_handle(tree, ids->id[i], model);

		if (r == -ENOMEM)
			return r;
		/* ESTALE: no such cgroup, or beyond our namespace. Else: no right, or too old. */
		if (r < 0 && r != -ESTALE)
			return i == 0 ? names_by_walk(tree, ids, model) : 0;
	}
	return 0;
}

static int name_compare(const void *a, const void *b)
{
	const struct cgroup_name *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/* Every directory of a v2 tree has this file, and of v1 none. */
static int open_tree(const struct root *root, const char *path)
{
	CLEANUP(closep) int dir = root_open_file(root, path);

	if (dir < 0 || faccessat(dir, "cgroup.controllers", F_OK, 0) < 0)
		return -ENOENT;
	return TAKE_FD(dir);
}

/* A saved tree has other inode numbers than its host had. */
int cgroups_collect(const struct root *root, struct model *model, struct err *err)
{
	CLEANUP(ids_done) struct ids ids = { 0 };

	if (!root->live)
		return 0;
	if (!ids_gather(&model->sockets, &ids))
		return err_no_memory(err);
	if (ids.n == 0)
		return 0;
	model->cgroups = calloc(ids.n, sizeof(model->cgroups[0]));
	if (!model->cgroups)
		return err_no_memory(err);
	for (size_t i = 0; i < ARRAY_SIZE(trees); i++) {
		CLEANUP(closep) int tree = open_tree(root, trees[i]);

		if (tree < 0)
			continue;
		if (names_below(tree, &ids, model) < 0)
			return err_no_memory(err);
		break;
	}
	qsort(model->cgroups, model->n_cgroups, sizeof(model->cgroups[0]), name_compare);
	return 0;
}
