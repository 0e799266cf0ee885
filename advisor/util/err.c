/* One way to say what went wrong: a negative errno for the program, a sentence for the user. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "err.h"

int err_set(struct err *err, int code, const char *format, ...)
{
	va_list args;

	if (!err)
		return -code;
	va_start(args, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return -code;
}

int err_no_memory(struct err *err)
{
	return err_set(err, ENOMEM, "out of memory");
}
