/* Becomes another program. */
#include <unistd.h>

int main(int argc, char *argv[])
{
	(void)argc;
	(void)execv(argv[1], argv + 1);
	return 1;
}
