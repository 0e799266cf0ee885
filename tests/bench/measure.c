/*
 * measure SHELL-COMMAND: runs it with its output thrown away, and prints wall seconds, processor
 * seconds and peak resident KiB of it and its children. A program of its own, because a child's
 * peak starts with that of the process that forked it: from a script this would be the
 * interpreter's.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int main(int argc, char *argv[])
{
	struct timespec begin, end;
	struct rusage usage;
	int status;
	pid_t pid;

	if (argc != 2)
		return 64;
	(void)clock_gettime(CLOCK_MONOTONIC, &begin);
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		if (null < 0 || dup2(null, STDOUT_FILENO) < 0)
			_exit(126);
		(void)execl("/bin/sh", "sh", "-c", argv[1], (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 1;
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	(void)getrusage(RUSAGE_CHILDREN, &usage);
	printf("%.6f %.6f %ld %d\n",
	       (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9,
	       seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss,
	       WIFEXITED(status) ? WEXITSTATUS(status) : 128);
	return 0;
}
