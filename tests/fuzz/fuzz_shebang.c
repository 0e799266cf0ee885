/* Any beginning of a file: what is taken for a script names an interpreter, and env a program. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "env_line.h"
#include "shebang.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct shebang line;
	struct env_line env;
	size_t n = size < SHEBANG_SIZE ? size : SHEBANG_SIZE;

	if (!shebang_parse((const char *)data, n, &line))
		return 0;
	if (!line.interpreter[0] || strpbrk(line.interpreter, " \t\n") || line.argument[0] == ' ')
		abort();
	if (env_line_parse(&line, &env) && !env.program[0])
		abort();
	return 0;
}
