#pragma once

/* One sentence for the user, filled by the layer that knows the detail and printed only by cli/. */
struct err {
	char text[512];
};

/*
 * Writes the sentence and returns -code, so that "return err_set(err, EINVAL, ...)" reads well.
 * ERR may be NULL when the caller does not care. CODE is a positive errno value.
 */
__attribute__((format(printf, 3, 4))) int err_set(struct err *err, int code, const char *format,
						  ...);

/* The same for running out of memory: returns -ENOMEM. */
int err_no_memory(struct err *err);
