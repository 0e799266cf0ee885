#pragma once

/* Models that stand on a test's stack and borrow their texts: nothing of them is ever released. */
#include <string.h>

#include "model.h"

/* A host that has been up for an hour and on which nothing was ever counted. */
static inline struct model quiet_host(void)
{
	struct model model = { .host = { .uptime_s = reading_of(3600) } };

	for (size_t i = 0; i < N_COUNTERS; i++)
		model.counters[i] = reading_of(0);
	model.sockets.backend = "sock_diag";
	return model;
}

static inline void set_sysctl(struct model *model, enum sysctl_id id, const char *text)
{
	model->sysctls[id] = (struct sysctl_reading){ .text = (char *)text, .writable = true };
}

/* A window of SECONDS in which no counter moved. */
static inline void set_window(struct model *model, struct sample samples[2], double seconds)
{
	memcpy(samples[1].counters, model->counters, sizeof(model->counters));
	memcpy(samples[0].counters, model->counters, sizeof(model->counters));
	samples[1].at_s = seconds;
	model->window_s = seconds;
	model->samples = samples;
	model->n_samples = 2;
}

static inline void set_moved(struct model *model, enum counter_id id, uint64_t before,
			     uint64_t after)
{
	model->samples[0].counters[id] = reading_of(before);
	model->samples[1].counters[id] = reading_of(after);
	model->counters[id] = reading_of(after);
}
