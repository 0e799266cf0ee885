#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* CLEANUP(freep) char *text = NULL; frees at the end of the scope, on every path out of it. */
#define CLEANUP(function) __attribute__((cleanup(function)))

/* Hands an owned pointer over: its cleanup then finds NULL. */
#define TAKE(pointer)                                                                              \
	__extension__({                                                                            \
		__typeof__(pointer) taken_ = (pointer);                                            \
		(pointer) = NULL;                                                                  \
		taken_;                                                                            \
	})

/* The same for a descriptor, of which closep() then finds -1. */
#define TAKE_FD(fd)                                                                                \
	__extension__({                                                                            \
		int taken_ = (fd);                                                                 \
		(fd) = -1;                                                                         \
		taken_;                                                                            \
	})

static inline void freep(void *pointer)
{
	free(*(void **)pointer);
}

static inline void closep(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static inline void fclosep(FILE **file)
{
	if (*file)
		(void)fclose(*file);
}
