/* Loads a library that nobody knows before it runs. */
#include <dlfcn.h>

int main(int argc, char *argv[])
{
	return argc < 2 || !dlopen(argv[1], RTLD_NOW);
}
