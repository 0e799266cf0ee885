#pragma once

struct shim;

/* Adopts a listener that was made elsewhere; nothing for one that is known. */
void accept_before(const struct shim *shim, int listener);
/* Sets on what accept() returned (which may be -1) the options that no listener hands down. */
void accept_done(const struct shim *shim, int listener, int fd);
