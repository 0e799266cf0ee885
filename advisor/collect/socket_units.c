/*
 * Ports that enabled socket units of systemd listen on, whether they run now or not. Only units
 * that sockets.target wants count: one that is merely installed binds nothing at the next boot, and
 * distributions ship many of those. Left out are units that only another unit pulls in, and
 * instances of templates, whose ports come from specifiers.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "addr.h"
#include "array.h"
#include "cleanup.h"
#include "err.h"
#include "model.h"
#include "number.h"
#include "text.h"

#include "root.h"
#include "socket_units.h"
#include "sources.h"

/*
 * In the order of systemd.unit(5): of one name, the first folder's file counts. The generators'
 * folder is among them for sshd's, which takes its ports from sshd_config. /lib is another folder
 * only where it was not merged into /usr.
 */
static const char *const folders[] = {
	"etc/systemd/system",           "run/systemd/system",     "run/systemd/generator",
	"usr/local/lib/systemd/system", "usr/lib/systemd/system", "lib/systemd/system",
};

enum {
	MAX_NAMES = 512, /* units, or drop-ins of one */
	MAX_UNIT_PORTS = 4096,
	MAX_UNIT_BYTES = 256 << 10,
	UNIT_PATH = 640, /* a folder and two names, of 255 bytes each */
};

static bool is_comment(const char *line)
{
	line += strspn(line, " \t");
	return *line == '#' || *line == ';';
}

/*
 * The next line, joined with those that a backslash at its end continues it on. systemd leaves out
 * comments in between. This, and keys that repeat, is why inih does not read these files.
 */
static char *take_line(char **text)
{
	char *line = strsep(text, "\n");
	char *end;

	if (!line || is_comment(line))
		return line;
	end = line + strlen(line);
	while (*text && end > line && end[-1] == '\\') {
		char *next = strsep(text, "\n");
		char *next_end = next + strlen(next);

		end[-1] = ' ';
		if (is_comment(next)) {
			memset(end, ' ', (size_t)(next_end - end));
			next_end[-1] = '\\';
		}
		*end = ' ';
		end = next_end;
	}
	return line;
}

/*
 * "80", "10.0.0.1:80", "[::1]:80", "[fe80::1]:80%eth0", which systemd.socket(5) allows; the others
 * are paths, names that begin with '@', and vsock. VALUE is changed.
 */
static bool parse_port(char *value, uint16_t *ret_port)
{
	struct addr addr;
	uint32_t port;
	bool v6 = value[0] == '[';
	char *colon;

	if (v6)
		value[strcspn(value, "%")] = '\0';
	colon = strrchr(value, ':');
	if (v6 && (!colon || colon[-1] != ']'))
		return false;
	if (colon) {
		*(v6 ? colon - 1 : colon) = '\0';
		if (!addr_parse(value + v6, &addr) || (!v6 && !addr_is_v4(&addr)))
			return false;
	}
	if (!parse_u32(colon ? colon + 1 : value, 1, UINT16_MAX, &port))
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

static bool take_assignment(struct socket_unit_text *unit, const char *key, char *value)
{
	uint16_t port;

	/* Of any kind: they share one list. "BindIPv6Only" and the like do not begin so. */
	if (strncmp(key, "Listen", strlen("Listen")) == 0 && !*value) {
		portset_done(&unit->ports);
		unit->resets = true;
	} else if (strcmp(key, "ListenStream") == 0 && parse_port(value, &port)) {
		return portset_add(&unit->ports, port, NULL);
	} else if (strcmp(key, "SocketProtocol") == 0) {
		unit->says_protocol = true;
		unit->is_tcp = strcmp(value, "sctp") != 0; /* MPTCP takes TCP's ports */
	}
	return true;
}

bool socket_unit_parse(char *text, struct socket_unit_text *ret_text)
{
	struct socket_unit_text unit = { .is_tcp = true };
	bool in_section = false;

	for (char *line; (line = take_line(&text));) {
		char *equals;

		line = text_trim(line);
		if (*line == '[')
			in_section = strcmp(line, "[Socket]") == 0;
		equals = strchr(line, '=');
		if (!in_section || !equals || is_comment(line))
			continue;
		*equals = '\0';
		if (!take_assignment(&unit, text_trim(line), text_trim(equals + 1))) {
			portset_done(&unit.ports);
			return false;
		}
	}
	*ret_text = unit;
	return true;
}

/* A name in one of the folders, or below it. */
struct name {
	char *text; /* owned */
	const char *folder;
	bool masked; /* a link to /dev/null */
};

struct names {
	struct name *name; /* owned */
	size_t n, capacity;
};

static void names_done(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->name[i].text);
	free(names->name);
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

static bool names_have(const struct names *names, const char *text)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->name[i].text, text) == 0)
			return true;
	return false;
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), n = strlen(end);

	return length > n && strcmp(text + length - n, end) == 0;
}

static bool is_masked(int dir, const char *name)
{
	char target[sizeof("/dev/null")];
	ssize_t n = readlinkat(dir, name, target, sizeof(target));

	return n == (ssize_t)strlen("/dev/null") && memcmp(target, "/dev/null", (size_t)n) == 0;
}

/* What could not be read; the first such file speaks for all. */
struct unit_reader {
	const struct root *root;
	struct model *model;
	size_t ports_capacity;
	char trouble_with[UNIT_PATH + 1]; /* with its leading slash; "" for none */
	const char *reason;
};

/* 0, or -ENOMEM. */
static int note(struct unit_reader *reader, const char *path, int r)
{
	if (r == -ENOMEM)
		return r;
	if (r == -ENOENT || r == -ENOTDIR || reader->trouble_with[0])
		return 0;
	(void)snprintf(reader->trouble_with, sizeof(reader->trouble_with), "/%s", path);
	reader->reason = r == -E2BIG ? "more than is read" : strerror(-r);
	return 0;
}

static int names_add(struct names *names, const char *folder, DIR *dir, const char *suffix)
{
	struct dirent *entry;

	while ((entry = readdir(dir))) {
		struct name name = { .folder = folder };

		if (!ends_with(entry->d_name, suffix) || names_have(names, entry->d_name))
			continue;
		if (names->n == MAX_NAMES)
			return -E2BIG;
		name.masked = is_masked(dirfd(dir), entry->d_name);
		name.text = strdup(entry->d_name);
		if (!name.text || !ARRAY_GROW(names->name, names->capacity, names->n)) {
			free(name.text);
			return -ENOMEM;
		}
		names->name[names->n++] = name;
	}
	return 0;
}

/* What ends in SUFFIX in the folders' SUB, sorted; of a name, the first folder's. 0 or -ENOMEM. */
static int names_read(struct unit_reader *reader, const char *sub, const char *suffix,
		      struct names *names)
{
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		char path[UNIT_PATH];
		DIR *dir;
		int r;

		(void)snprintf(path, sizeof(path), "%s/%s", folders[i], sub);
		r = root_open_file(reader->root, path);
		dir = r < 0 ? NULL : fdopendir(r);
		if (dir) {
			r = names_add(names, folders[i], dir, suffix);
			(void)closedir(dir);
		} else if (r >= 0) {
			(void)close(r);
			r = -errno;
		}
		if (r < 0 && note(reader, path, r) < 0)
			return -ENOMEM;
	}
	if (names->n > 0)
		qsort(names->name, names->n, sizeof(names->name[0]), name_compare);
	return 0;
}

/* The unit that is being read; its ports are the last of the model's. */
struct unit {
	const char *name;
	size_t first; /* of its ports in the model */
	bool is_tcp;
};

static void forget_from(struct model *model, size_t first)
{
	while (model->n_unit_ports > first) {
		struct unit_port *port = &model->unit_ports[--model->n_unit_ports];

		free(port->unit);
		free(port->file);
	}
}

/* 0, -E2BIG or -ENOMEM. */
static int take_port(struct unit_reader *reader, const struct unit *unit, const char *path,
		     uint16_t port)
{
	struct model *model = reader->model;
	struct unit_port taken = { .port = port };

	if (model->n_unit_ports == MAX_UNIT_PORTS)
		return -E2BIG;
	taken.unit = strdup(unit->name);
	taken.file = text_format("/%s", path);
	if (!taken.unit || !taken.file ||
	    !ARRAY_GROW(model->unit_ports, reader->ports_capacity, model->n_unit_ports)) {
		free(taken.unit);
		free(taken.file);
		return -ENOMEM;
	}
	text_neutralise(taken.unit);
	text_neutralise(taken.file);
	model->unit_ports[model->n_unit_ports++] = taken;
	return 0;
}

static int read_file(struct unit_reader *reader, struct unit *unit, const char *path)
{
	CLEANUP(freep) char *text = NULL;
	struct socket_unit_text said;
	int r = root_read(reader->root, path, MAX_UNIT_BYTES, &text, NULL);

	if (r < 0)
		return note(reader, path, r);
	if (!socket_unit_parse(text, &said))
		return -ENOMEM;
	if (said.resets)
		forget_from(reader->model, unit->first);
	if (said.says_protocol)
		unit->is_tcp = said.is_tcp;
	for (uint32_t port = 0; r == 0 && portset_next(&said.ports, &port); port++)
		r = take_port(reader, unit, path, (uint16_t)port);
	portset_done(&said.ports);
	return r < 0 ? note(reader, path, r) : 0;
}

/* False: nowhere, or masked. */
static bool find_unit(const struct root *root, const char *name, char path[static UNIT_PATH])
{
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		CLEANUP(closep) int folder = root_open_file(root, folders[i]);
		struct stat st;

		if (folder < 0 || fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		(void)snprintf(path, UNIT_PATH, "%s/%s", folders[i], name);
		return !is_masked(folder, name) && !(S_ISREG(st.st_mode) && st.st_size == 0);
	}
	return false;
}

/* 0 or -ENOMEM. */
static int read_unit(struct unit_reader *reader, const char *name)
{
	struct unit unit = { .name = name, .first = reader->model->n_unit_ports, .is_tcp = true };
	CLEANUP(names_done) struct names drop_ins = { 0 };
	char path[UNIT_PATH], sub[NAME_MAX + sizeof(".d")];
	int r;

	if (!find_unit(reader->root, name, path))
		return 0;
	(void)snprintf(sub, sizeof(sub), "%s.d", name);
	r = read_file(reader, &unit, path);
	if (r == 0)
		r = names_read(reader, sub, ".conf", &drop_ins);
	for (size_t i = 0; i < drop_ins.n && r == 0; i++) {
		if (drop_ins.name[i].masked)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s/%s", drop_ins.name[i].folder, sub,
			       drop_ins.name[i].text);
		r = read_file(reader, &unit, path);
	}
	if (!unit.is_tcp)
		forget_from(reader->model, unit.first);
	return r;
}

int socket_units_collect(const struct root *root, struct model *model, struct err *err)
{
	static const char cost[] = "ports of socket units that do not run now are unknown";
	struct unit_reader reader = { .root = root, .model = model };
	CLEANUP(names_done) struct names wanted = { 0 };
	int r;

	/* There systemd opens its sockets; in another one these files say nothing. */
	if (!root_in_first_netns(root))
		return 0;
	r = names_read(&reader, "sockets.target.wants", ".socket", &wanted);
	for (size_t i = 0; i < wanted.n && r == 0; i++)
		if (!wanted.name[i].masked && !strchr(wanted.name[i].text, '@'))
			r = read_unit(&reader, wanted.name[i].text);
	if (r < 0)
		return err_no_memory(err);
	if (!reader.trouble_with[0])
		return 0;
	return source_gap(model, reader.trouble_with, reader.reason, cost, err);
}
