/*
 * The tree that is read. A saved tree comes from another host and is not trusted: its links may
 * point anywhere, and its files may be pipes or devices. A live "/" is this host's own.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "err.h"

#include "root.h"

/* Without O_NONBLOCK a named pipe in a saved tree would block for ever. */
enum { OPEN_FLAGS = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK };

/* Most files of /proc fit; sysctls and limits always do. */
enum { FIRST_READ = 4096, BUFFER_GROWTH = 16 };

int root_open(const char *path, struct root *ret_root, struct err *err)
{
	struct stat own, opened;
	const char *name = path ? path : "/";
	CLEANUP(closep) int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_set(err, errno, "%s: %s", name, strerror(errno));
	if (stat("/", &own) < 0 || fstat(fd, &opened) < 0)
		return err_set(err, errno, "%s: %s", name, strerror(errno));
	*ret_root = (struct root){
		.fd = TAKE_FD(fd),
		.live = own.st_dev == opened.st_dev && own.st_ino == opened.st_ino,
	};
	return 0;
}

void root_close(struct root *root)
{
	closep(&root->fd);
	root->fd = -1;
}

/*
 * Where the kernel has no openat2() (before 5.6, or a seccomp filter hides it): one name after the
 * other, and no links at all rather than links that could leave the tree.
 */
static int open_without_links(const struct root *root, const char *path)
{
	CLEANUP(closep) int dir = -1;
	int at = root->fd;
	char name[256];

	for (;;) {
		size_t length = strcspn(path, "/");
		int fd;

		if (length == 0 || length >= sizeof(name))
			return length ? -ENAMETOOLONG : -EINVAL;
		memcpy(name, path, length);
		name[length] = '\0';
		if (strcmp(name, "..") == 0)
			return -EXDEV;
		path += length;
		fd = openat(at, name,
			    *path ? O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
				  : (int)OPEN_FLAGS | O_NOFOLLOW);
		/* O_PATH | O_DIRECTORY calls a link ENOTDIR: the same to whoever reads the gap. */
		if (fd < 0)
			return -errno;
		closep(&dir);
		dir = -1;
		if (!*path++)
			return fd;
		at = dir = fd;
	}
}

static int open_in_saved_tree(const struct root *root, const char *path)
{
	const struct open_how how = { .flags = OPEN_FLAGS, .resolve = RESOLVE_IN_ROOT };
	CLEANUP(closep) int fd = (int)syscall(SYS_openat2, root->fd, path, &how, sizeof(how));
	struct stat st;

	if (fd < 0)
		fd = errno == ENOSYS || errno == EPERM ? open_without_links(root, path) : -errno;
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return -EINVAL;
	return TAKE_FD(fd);
}

int root_open_file(const struct root *root, const char *path)
{
	int fd;

	if (!root->live)
		return open_in_saved_tree(root, path);
	fd = openat(root->fd, path, OPEN_FLAGS);
	return fd < 0 ? -errno : fd;
}

/*
 * A sysctl answers only the first read, cut to the buffer and without a word: a long list of
 * reserved ports then ends in the middle of a number. So whenever a buffer was filled, the file is
 * read again from its beginning into a larger one.
 */
static int read_to_end(int fd, size_t max, char **ret_text, size_t *ret_length)
{
	size_t capacity = FIRST_READ, length = 0;
	CLEANUP(freep) char *text = malloc(capacity);

	while (text) {
		ssize_t n = read(fd, text + length, capacity - length - 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		length += (size_t)n;
		if (length > max)
			return -EFBIG;
		if (n == 0) {
			text[length] = '\0';
			*ret_text = TAKE(text);
			if (ret_length)
				*ret_length = length;
			return 0;
		}
		if (length + 1 < capacity)
			continue;
		if (lseek(fd, 0, SEEK_SET) < 0)
			return -errno;
		capacity =
			capacity < (max + 2) / BUFFER_GROWTH ? capacity * BUFFER_GROWTH : max + 2;
		length = 0;
		free(text);
		text = malloc(capacity);
	}
	return -ENOMEM;
}

int root_read(const struct root *root, const char *path, size_t max, char **ret_text,
	      size_t *ret_length)
{
	CLEANUP(closep) int fd = root_open_file(root, path);

	return fd < 0 ? fd : read_to_end(fd, max, ret_text, ret_length);
}

bool root_writable(const struct root *root, const char *path)
{
	CLEANUP(closep) int fd = -1;
	struct stat st;

	/* Fails on a read-only mount as well, which is how containers protect /proc/sys. */
	if (root->live)
		return faccessat(root->fd, path, W_OK, 0) == 0;
	fd = root_open_file(root, path);
	return fd >= 0 && fstat(fd, &st) == 0 && (st.st_mode & S_IWUSR);
}

/*
 * ns/net of process 1 is for its ptracers only, but anybody may compare the files below net, which
 * are made, with inode numbers of their own, for each namespace (fs/proc/generic.c: proc_register).
 */
bool root_in_first_netns(const struct root *root)
{
	struct stat its, ours;

	return !root->live || fstatat(root->fd, "proc/1/net/snmp", &its, 0) < 0 ||
	       fstatat(root->fd, "proc/self/net/snmp", &ours, 0) < 0 || its.st_ino == ours.st_ino;
}
