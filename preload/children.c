/* Edits the environment in place, before the program sees it: no memory is asked for. */
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "children.h"

static const char library[] = "libtcpwright-preload.so";

static bool is_ours(const char *path, size_t length)
{
	size_t name = strlen(library);

	return length >= name && strncmp(path + length - name, library, name) == 0 &&
	       (length == name || path[length - name - 1] == '/');
}

/* Takes our library out of a list; the loader takes colons and spaces. False: nothing is left. */
static bool shorten(char *list)
{
	static const char separators[] = ": ";
	char *to = list;

	for (const char *from = list; *from;) {
		size_t length = strcspn(from, separators);

		if (length > 0 && !is_ours(from, length)) {
			if (to > list)
				*to++ = ':';
			memmove(to, from, length);
			to += length;
		}
		from += length + strspn(from + length, separators);
	}
	*to = '\0';
	return to > list;
}

void children_strip(void)
{
	static const char preload[] = "LD_PRELOAD=", own[] = "TCPWRIGHT_";
	char **to = environ;

	if (!environ)
		return;
	for (char **from = environ; *from; from++) {
		bool is_preload = strncmp(*from, preload, strlen(preload)) == 0;

		if (strncmp(*from, own, strlen(own)) == 0 ||
		    (is_preload && !shorten(*from + strlen(preload))))
			continue;
		*to++ = *from;
	}
	*to = NULL;
}
