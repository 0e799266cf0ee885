/* The live value of every known key, from /proc/sys, and whether it can be written. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "err.h"
#include "model.h"
#include "ports.h"
#include "portset.h"
#include "sysctl_value.h"
#include "sysctls.h"

#include "root.h"
#include "sources.h"

static const char cost[] = "rules that need these settings cannot judge them";

bool sysctl_text_plausible(const struct sysctl_fact *fact, const char *text)
{
	struct sysctl_numbers numbers;
	struct portset ports = { 0 };
	struct port_range range;

	switch (fact->type) {
	case SYSCTL_STRING:
		for (const char *at = text; *at; at++)
			if (*at <= ' ' || *at > '~')
				return false;
		return *text != '\0';
	case SYSCTL_PORT_SET:
		if (!sysctl_parse_port_set(text, &ports))
			return false;
		portset_done(&ports);
		return true;
	case SYSCTL_PORT_RANGE:
		return ports_range_parse(text, &range);
	case SYSCTL_NUMBER:
	case SYSCTL_BIT_MASK:
	case SYSCTL_VECTOR:
		return sysctl_parse_numbers(text, &numbers) && numbers.n == fact->n_values;
	}
	return false;
}

/* What went wrong, for one gap instead of one per key. */
struct trouble {
	FILE *text; /* of LIST */
	char *list; /* "net.core.somaxconn (Permission denied), ..." */
	size_t length;
	bool any;
	bool any_there; /* at least one key is */
};

static void note(struct trouble *trouble, const char *key, const char *reason)
{
	(void)fprintf(trouble->text, "%s%s (%s)", trouble->any ? ", " : "", key, reason);
	trouble->any = true;
}

/* 0 or -ENOMEM. */
static int read_key(const struct root *root, const struct sysctl_fact *fact,
		    struct sysctl_reading *reading, struct trouble *trouble)
{
	CLEANUP(freep) char *text = NULL;
	char path[128];
	size_t length;
	int r;

	sysctl_path(path, sizeof(path), fact);
	r = root_read(root, path, SOURCE_MAX_BYTES, &text, &length);
	if (r == -ENOMEM)
		return r;
	reading->absent = r == -ENOENT;
	if (r == -ENOENT)
		return 0;
	trouble->any_there = true;
	if (r < 0) {
		note(trouble, fact->key, strerror(-r));
		return 0;
	}
	if (length > 0 && text[length - 1] == '\n')
		text[--length] = '\0';
	if (strlen(text) != length || !sysctl_text_plausible(fact, text)) {
		note(trouble, fact->key, "not a value of this key");
		return 0;
	}
	reading->text = TAKE(text);
	reading->writable = root_writable(root, path);
	return 0;
}

static int read_keys(const struct root *root, struct model *model, struct trouble *trouble)
{
	for (size_t i = 0; i < N_SYSCTLS; i++) {
		int r = read_key(root, &sysctl_facts[i], &model->sysctls[i], trouble);

		if (r < 0)
			return r;
	}
	return 0;
}

int sysctls_collect(const struct root *root, struct model *model, struct err *err)
{
	struct trouble trouble = { 0 };
	CLEANUP(freep) char *list = NULL;
	int r;

	trouble.text = open_memstream(&trouble.list, &trouble.length);
	if (!trouble.text)
		return err_no_memory(err);
	r = read_keys(root, model, &trouble);
	if (fclose(trouble.text) != 0)
		r = -ENOMEM;
	list = trouble.list;
	if (r < 0)
		return err_no_memory(err);
	if (trouble.any)
		return source_gap(model, "/proc/sys", list, cost, err);
	if (trouble.any_there)
		return 0;
	/* No key at all is no kernel's doing: /proc/sys is not there. */
	for (size_t i = 0; i < N_SYSCTLS; i++)
		model->sysctls[i].absent = false;
	return source_gap(model, "/proc/sys", "none of its keys is there",
			  "no setting can be judged, and no socket told apart as outbound", err);
}
