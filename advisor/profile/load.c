/* From a name or a file to a profile. */
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "cleanup.h"
#include "err.h"
#include "text.h"

#include "header.h"
#include "loading.h"
#include "text_file.h"
#include "walk.h"

static const char *keep_file(void *context, const char *path)
{
	struct loading *loading = context;
	struct profile *p = loading->profile;
	char *copy;

	if (!ARRAY_GROW(p->files, loading->files_capacity, p->n_files))
		return NULL;
	copy = strdup(path);
	if (copy)
		p->files[p->n_files++] = copy;
	return copy;
}

static int take_header(void *context, const struct header *header, const char *path,
		       struct err *err)
{
	struct profile *profile = ((struct loading *)context)->profile;
	const char *stem;
	size_t length = profile_stem(path, &stem);

	if (header->name)
		profile->name = strdup(header->name->value);
	else
		profile->name = length > 0 ? strndup(stem, length) : strdup(stem);
	if (header->summary)
		profile->summary = strdup(header->summary->value);
	if (!profile->name || (header->summary && !profile->summary))
		return err_no_memory(err);
	text_neutralise(profile->name); /* a file can be called anything */
	return 0;
}

static int take_entry(void *context, const struct text_entry *entry, const char *file,
		      struct err *err)
{
	(void)err; /* the one of LOADING */
	return profile_set(context, entry, file);
}

static int finish_policy(struct policy *policy, struct err *err)
{
	int r = 0;

	policy_sort(policy);
	for (size_t i = 0; i < policy->n_sections && r == 0; i++)
		r = policy_check_section(&policy->sections[i], err);
	return r < 0 ? r : policy_check_together(policy, err);
}

int profile_load_file(const char *file, const struct profile_path *path,
		      const struct profile_words *words, struct profile **ret_profile,
		      struct err *err)
{
	CLEANUP(profile_freep) struct profile *profile = calloc(1, sizeof(*profile));
	struct loading loading = { .profile = profile, .words = words, .err = err };
	const struct profile_visitor visitor = { &loading, take_header, keep_file, take_entry };
	int r;

	if (!profile)
		return err_no_memory(err);
	profile->policy = calloc(1, sizeof(*profile->policy));
	if (!profile->policy)
		return err_no_memory(err);
	r = profile_walk(file, path, &visitor, err);
	if (r == 0)
		r = finish_policy(profile->policy, err);
	if (r < 0)
		return r;
	*ret_profile = TAKE(profile);
	return 0;
}

int profile_load_role(const char *name, const struct profile_path *path,
		      const struct profile_words *words, struct profile **ret_profile,
		      struct err *err)
{
	CLEANUP(freep) char *file = NULL;
	int r = profile_find(name, NULL, path, &file, err);

	return r < 0 ? r : profile_load_file(file, path, words, ret_profile, err);
}
