#pragma once

#include <stdbool.h>

#include "shebang.h"

/* What `env` is told in a "#!" line. */
struct env_line {
	char program[SHEBANG_SIZE];
	bool empty_environment; /* -i: what env starts gets no variable of ours */
};

/* False where the interpreter is not env, or where env is asked for more than is understood here.
 */
bool env_line_parse(const struct shebang *line, struct env_line *ret_line);
