#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The first line of a script, as the kernel reads it: fs/binfmt_script.c. */

enum { SHEBANG_SIZE = 256 };

struct shebang {
	char interpreter[SHEBANG_SIZE];
	char argument[SHEBANG_SIZE]; /* all that follows, as one; "": none */
};

/* HEAD holds the first N bytes of a file, at most SHEBANG_SIZE. False: execve() says ENOEXEC. */
bool shebang_parse(const char head[], size_t n, struct shebang *ret_line);
bool shebang_is_elf(const char head[], size_t n);
