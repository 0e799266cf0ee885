/* Counters and the latest events, for whoever looks from outside. */
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "counters.h"

static struct shim_counters private_counters;
static struct shim_counters *shared = &private_counters;

/* Memfds count as files: one that is larger than the program may write would end it by SIGXFSZ. */
static bool exceeds_file_limit(size_t size)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_FSIZE, &limit) < 0 ||
	       (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < size);
}

/* A memfd, because its name shows in /proc/PID/maps. */
static struct shim_counters *map_shared(void)
{
	void *mapping = MAP_FAILED;
	int fd;

	if (exceeds_file_limit(sizeof(struct shim_counters)))
		return NULL;
	fd = memfd_create(SHIM_COUNTERS_NAME, MFD_CLOEXEC);
	if (fd < 0)
		return NULL;
	if (ftruncate(fd, sizeof(struct shim_counters)) == 0)
		mapping = mmap(NULL, sizeof(struct shim_counters), PROT_READ | PROT_WRITE,
			       MAP_SHARED, fd, 0);
	(void)close(fd);
	return mapping == MAP_FAILED ? NULL : mapping;
}

void counters_open(bool dry_run)
{
	struct shim_counters *mapped = map_shared();

	if (mapped)
		shared = mapped;
	shared->version = SHIM_COUNTERS_VERSION;
	shared->size = sizeof(*shared);
	shared->n_options = N_SOCKET_OPTIONS;
	shared->ring_size = SHIM_RING_SIZE;
	shared->pid = (uint32_t)getpid();
	shared->dry_run = dry_run;
	shared->magic = SHIM_COUNTERS_MAGIC;
}

struct shim_counters *counters(void)
{
	return shared;
}

void counters_event(int fd, enum socket_side side, enum option_id option, int64_t value,
		    enum shim_result result, int error)
{
	struct shim_counters *c = shared;
	uint64_t n = atomic_fetch_add_explicit(&c->n_events, 1, memory_order_relaxed) + 1;
	struct shim_event *event = &c->ring[(n - 1) % SHIM_RING_SIZE];

	atomic_fetch_add_explicit(&c->results[result][option], 1, memory_order_relaxed);
	atomic_store_explicit(&event->sequence, 0, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	/* Of two threads a whole ring apart, both may be here at once. */
	atomic_store_explicit(&event->fd, fd, memory_order_relaxed);
	atomic_store_explicit(&event->option, (uint8_t)option, memory_order_relaxed);
	atomic_store_explicit(&event->side, (uint8_t)side, memory_order_relaxed);
	atomic_store_explicit(&event->result, (uint8_t)result, memory_order_relaxed);
	atomic_store_explicit(&event->value, value, memory_order_relaxed);
	atomic_store_explicit(&event->error, error, memory_order_relaxed);
	atomic_store_explicit(&event->sequence, n, memory_order_release);
}
