/*
 * The order of things. The sockets come last and take longest; settings come first, because they
 * tell which sockets are outbound.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "array.h"
#include "cleanup.h"
#include "err.h"
#include "model.h"
#include "text.h"

#include "cgroups.h"
#include "collect.h"
#include "root.h"
#include "sockets.h"
#include "sources.h"

static int (*const sources[])(const struct root *root, struct model *model, struct err *err) = {
	host_collect,    sysctls_collect,   counters_collect,     sockstat_collect,
	softnet_collect, conntrack_collect, socket_units_collect,
};

static struct timespec now(void)
{
	struct timespec at;

	(void)clock_gettime(CLOCK_MONOTONIC, &at);
	return at;
}

static double seconds_since(const struct timespec *start)
{
	struct timespec at = now();

	return (double)(at.tv_sec - start->tv_sec) + (double)(at.tv_nsec - start->tv_nsec) / 1e9;
}

static void say_where(const struct root *root, const char *path, struct host *host)
{
	(void)snprintf(host->source, sizeof(host->source), "%s", root->live ? "live" : path);
	text_neutralise(host->source);
}

/* Everything once. -ENOTSUP with a model when no backend could read sockets. */
static int observe(const struct root *root, const struct collect_options *options,
		   struct model **ret_model, struct err *err)
{
	CLEANUP(model_freep) struct model *model = model_new();
	int r = 0;

	if (!model)
		return err_no_memory(err);
	say_where(root, options->root, &model->host);
	for (size_t i = 0; i < ARRAY_SIZE(sources) && r == 0; i++)
		r = sources[i](root, model, err);
	if (r < 0)
		return r;
	if (root->live)
		(void)clock_gettime(CLOCK_REALTIME, &model->host.captured_at);
	r = sockets_collect(root, options->backend, model, err);
	if (r < 0 && r != -ENOTSUP)
		return r;
	if (cgroups_collect(root, model, err) < 0)
		return -ENOMEM;
	*ret_model = TAKE(model);
	return r;
}

/* The samples of a window, while it lasts. */
struct window {
	struct timespec start;
	struct sample *samples; /* owned */
	size_t n, capacity;
};

static void window_done(struct window *window)
{
	free(window->samples);
}

static bool window_add(struct window *window, double at_s,
		       const struct reading counters[static N_COUNTERS])
{
	struct sample *sample;

	if (!ARRAY_GROW(window->samples, window->capacity, window->n))
		return false;
	sample = &window->samples[window->n++];
	sample->at_s = at_s;
	memcpy(sample->counters, counters, sizeof(sample->counters));
	return true;
}

/*
 * Sleeps until so many seconds after the start. By the clock and not for a second each, so that
 * what is done in between adds up to no drift. False: interrupted.
 */
static bool sleep_until(const struct window *window, unsigned int elapsed_s,
			const struct collect_options *options)
{
	struct timespec deadline = window->start;
	int r;

	deadline.tv_sec += elapsed_s;
	do {
		if (options->interrupted && options->interrupted(options->progress_context))
			return false;
		r = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL);
	} while (r == EINTR);
	return true;
}

/* The seconds between the two full samples. Those frame the window; here are the ones between. */
static int watch(const struct root *root, const struct collect_options *options,
		 struct window *window)
{
	for (unsigned int elapsed_s = 1; elapsed_s <= options->window_s; elapsed_s++) {
		struct reading counters[N_COUNTERS] = { 0 };

		if (!sleep_until(window, elapsed_s, options))
			return 0;
		if (options->progress)
			options->progress(options->progress_context, elapsed_s, options->window_s);
		if (elapsed_s == options->window_s)
			return 0;
		if (counters_sample(root, counters) < 0 ||
		    !window_add(window, seconds_since(&window->start), counters))
			return -ENOMEM;
	}
	return 0;
}

/* Watches from BEFORE, a full sample begun at window->start, to another one. */
static int observe_again(const struct root *root, const struct collect_options *options,
			 const struct model *before, struct window *window,
			 struct model **ret_model, struct err *err)
{
	CLEANUP(model_freep) struct model *model = NULL;
	double length_s;
	int r;

	if (!window_add(window, 0, before->counters) || watch(root, options, window) < 0)
		return err_no_memory(err);
	length_s = seconds_since(&window->start);
	r = observe(root, options, &model, err);
	if (!model)
		return r;
	if (!window_add(window, length_s, model->counters))
		return err_no_memory(err);
	sockets_compare(&model->sockets, &before->sockets);
	model->host.captured_at = before->host.captured_at;
	model->window_s = length_s;
	model->n_samples = window->n;
	model->samples = TAKE(window->samples);
	*ret_model = TAKE(model);
	return r;
}

int collect(const struct collect_options *options, struct model **ret_model, struct err *err)
{
	CLEANUP(root_close) struct root root = { .fd = -1 };
	CLEANUP(model_freep) struct model *before = NULL;
	CLEANUP(model_freep) struct model *model = NULL;
	CLEANUP(window_done) struct window window = { .start = now() };
	struct timespec start = window.start;
	int r = root_open(options->root, &root, err);

	if (r < 0)
		return r;
	if (options->window_s > 0 && !root.live)
		return err_set(err, EINVAL,
			       "%s is a saved host, where nothing changes: it cannot be watched",
			       options->root);
	r = observe(&root, options, &model, err);
	if (r == 0 && options->window_s > 0) {
		before = TAKE(model);
		r = observe_again(&root, options, before, &window, &model, err);
	}
	if (!model)
		return r;
	model->duration_s = seconds_since(&start);
	*ret_model = TAKE(model);
	return r;
}
