/* As the kernel decides it: begin_new_exec() and cap_bprm_creds_from_file(). */
#include <endian.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "privileges.h"

/* The mount, or the caller, has switched such privileges off. */
static bool are_ignored(const char *file)
{
	struct statvfs fs;

	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		return true;
	return statvfs(file, &fs) == 0 && (fs.f_flag & ST_NOSUID);
}

static bool has_capabilities(const char *file)
{
	struct vfs_ns_cap_data data = { 0 };

	if (getxattr(file, "security.capability", &data, sizeof(data)) < (ssize_t)XATTR_CAPS_SZ_1)
		return false;
	return (le32toh(data.magic_etc) & VFS_CAP_FLAGS_EFFECTIVE) || data.data[0].permitted ||
	       data.data[1].permitted;
}

bool privileges_grow(const char *file, const char **ret_what)
{
	bool ignored = are_ignored(file);
	uid_t uid = geteuid();
	gid_t gid = getegid();
	struct stat st;

	if (stat(file, &st) < 0)
		return false;
	if ((st.st_mode & S_ISUID) && !ignored)
		uid = st.st_uid;
	/* Without the group's x bit, setgid once meant mandatory locking. */
	if ((st.st_mode & S_ISGID) && (st.st_mode & S_IXGRP) && !ignored)
		gid = st.st_gid;
	*ret_what = uid != getuid() ? "a setuid program" : "a setgid program";
	if (uid != getuid() || gid != getgid())
		return true;
	/* Root has them all already, and gains nothing. */
	*ret_what = "a program with file capabilities";
	return getuid() != 0 && !ignored && has_capabilities(file);
}
