/*
 * exec_time ROUNDS PROGRAM [VARIABLE=VALUE... --]...
 *
 * Starts PROGRAM and waits for it, in turns with each of the environments, and prints a line per
 * round: the microseconds of each.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

enum { MOST = 16 };

static double run(char *program, char **environment)
{
	char *const argv[] = { program, NULL };
	struct timespec begin, end;
	int status;
	pid_t pid;

	(void)clock_gettime(CLOCK_MONOTONIC, &begin);
	if (posix_spawn(&pid, program, NULL, NULL, argv, environment) != 0 ||
	    waitpid(pid, &status, 0) != pid || status != 0)
		exit(1);
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	return (double)(end.tv_sec - begin.tv_sec) * 1e6 +
	       (double)(end.tv_nsec - begin.tv_nsec) / 1e3;
}

int main(int argc, char *argv[])
{
	char **environments[MOST];
	int n = 0;

	if (argc < 4 || strcmp(argv[argc - 1], "--") != 0)
		return 64;
	environments[0] = &argv[3];
	for (int i = 3; i < argc; i++) {
		if (strcmp(argv[i], "--") != 0)
			continue;
		argv[i] = NULL;
		if (++n == MOST)
			return 64;
		environments[n] = &argv[i + 1];
	}
	for (int round = 0; round < atoi(argv[1]); round++)
		for (int i = 0; i < n; i++)
			printf("%.1f%c", run(argv[2], environments[i]), i == n - 1 ? '\n' : ' ');
	return 0;
}
