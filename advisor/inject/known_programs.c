/*
 * Programs that would not do what was asked for although the preloaded library works on their
 * files: some put themselves under a filter of system calls (seccomp), which ends them for a
 * setsockopt() that is not on their list; others only ask a daemon to start something.
 */
#include <fnmatch.h>
#include <string.h>

#include "array.h"

#include "known_programs.h"

#define FROM_ELSEWHERE "has programs started by a daemon, which does not pass this environment on"
#define CLEAN_ENVIRONMENT "starts programs in an environment of its own, without LD_PRELOAD"
#define IN_A_CONTAINER                                                                             \
	"starts programs in a container, where neither this environment nor the library is"
#define OTHER_ROOT                                                                                 \
	"starts programs below another root, where the loader looks for the library again and "    \
	"complains on standard error if it is not there"
#define BROWSER                                                                                    \
	"puts its processes under system call filters of its own, which may end one that sets a "  \
	"socket option"

static const struct known_program known[] = {
	{ "vsftpd", GRADE_REFUSAL,
	  "puts each session under a system call filter (seccomp_sandbox) that allows setsockopt() "
	  "for a few options only, and ends the session for any other",
	  "Set seccomp_sandbox=NO in vsftpd.conf and use --force" },
	{ "chronyd", GRADE_REFUSAL,
	  "puts itself under a system call filter (-F) that allows setsockopt() for a few options "
	  "only, and ends it for any other",
	  "Start it with -F 0 and use --force" },
	{ "tor", GRADE_WARNING,
	  "allows setsockopt() for a few options only if torrc says Sandbox 1, and ends for any "
	  "other",
	  "Leave Sandbox at 0" },
	{ "chromium*", GRADE_WARNING, BROWSER, NULL },
	{ "chrome", GRADE_WARNING, BROWSER, NULL },
	{ "google-chrome*", GRADE_WARNING, BROWSER, NULL },
	{ "firefox*", GRADE_WARNING, BROWSER, NULL },
	{ "sshd", GRADE_NOTE,
	  "serves each connection before login in a process under a system call filter; what is "
	  "set on its listeners is inherited, and works",
	  NULL },
	{ "sudo", GRADE_REFUSAL, CLEAN_ENVIRONMENT,
	  "Put it the other way round: sudo tcpwright run ... COMMAND" },
	{ "doas", GRADE_REFUSAL, CLEAN_ENVIRONMENT,
	  "Put it the other way round: doas tcpwright run ... COMMAND" },
	{ "pkexec", GRADE_REFUSAL, CLEAN_ENVIRONMENT,
	  "Put it the other way round: pkexec tcpwright run ... COMMAND" },
	{ "systemctl", GRADE_REFUSAL, FROM_ELSEWHERE,
	  "Put `tcpwright run` into the unit's ExecStart=, in a drop-in (`systemctl edit UNIT`)" },
	{ "service", GRADE_REFUSAL, FROM_ELSEWHERE,
	  "Put `tcpwright run` into the unit's ExecStart=, or before the program in its init "
	  "script" },
	{ "systemd-run", GRADE_REFUSAL, FROM_ELSEWHERE,
	  "Put it the other way round: systemd-run tcpwright run ... COMMAND" },
	{ "docker", GRADE_REFUSAL, IN_A_CONTAINER,
	  "Use `tcpwright run` inside, in the entry point" },
	{ "podman", GRADE_REFUSAL, IN_A_CONTAINER,
	  "Use `tcpwright run` inside, in the entry point" },
	{ "flatpak", GRADE_REFUSAL, IN_A_CONTAINER, NULL },
	{ "chroot", GRADE_WARNING, OTHER_ROOT,
	  "Use `tcpwright run` inside: chroot DIR tcpwright run ... COMMAND" },
	{ "bwrap", GRADE_WARNING, OTHER_ROOT, NULL },
	{ "unshare", GRADE_NOTE, OTHER_ROOT, NULL },
	{ "nsenter", GRADE_WARNING, OTHER_ROOT,
	  "Put it the other way round: nsenter ... tcpwright run ... COMMAND" },
};

const struct known_program *known_program_find(const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *name = slash ? slash + 1 : file;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (fnmatch(known[i].name, name, 0) == 0)
			return &known[i];
	return NULL;
}
