#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "collect.h"
#include "err.h"
#include "model.h"

static struct model *collect_fixture(const char *root)
{
	const struct collect_options options = { .root = root, .backend = BACKEND_PROC };
	struct model *model = NULL;
	struct err err = { 0 };

	cr_assert_eq(collect(&options, &model, &err), 0, "%s", err.text);
	return model;
}

TestSuite(collect);

Test(collect, a_saved_host_is_read_as_a_whole)
{
	CLEANUP(model_freep) struct model *model = collect_fixture(FIXTURES "/kernel-6.18");
	const struct sockets *sockets = &model->sockets;

	/* What /proc/net/tcp cannot know is the only gap. */
	cr_assert_eq(model->n_gaps, 1);
	cr_expect_str_eq(model->gaps[0].source, "sock_diag");
	cr_expect_str_eq(model->host.hostname, "web-1");
	cr_expect_str_eq(model->host.source, FIXTURES "/kernel-6.18");
	cr_expect_eq(model->host.captured_at.tv_sec, 0, "nothing there says when it was saved");
	cr_expect_str_eq(sockets->backend, "proc");
	cr_expect_eq(sockets->total, 35);
	cr_expect_eq(sockets->states[TCP_STATE_LISTEN], 2);
	cr_expect_eq(sockets->states[TCP_STATE_ESTAB], 20);
	cr_expect_eq(sockets->states[TCP_STATE_TIME_WAIT], 11);
	cr_expect_eq(sockets->states[TCP_STATE_CLOSE_WAIT], 1);
	cr_expect_eq(sockets->states[TCP_STATE_FIN_WAIT_2], 1);
	cr_expect_eq(model->sockstat.tw.value, 12, "counts the orphaned FIN-WAIT-2 too");
	cr_expect(model->counters[COUNTER_LISTEN_OVERFLOWS].known);
	cr_expect_eq(model->window_s, 0);
	cr_expect_eq(model->n_samples, 0);
	cr_expect_gt(model->duration_s, 0);
}

static double seconds_now(void)
{
	struct timespec now;

	cr_assert_eq(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

Test(collect, the_duration_is_within_that_of_the_call)
{
	double began = seconds_now();
	CLEANUP(model_freep) struct model *model = collect_fixture(FIXTURES "/kernel-6.18");

	cr_expect_leq(model->duration_s, seconds_now() - began);
}

Test(collect, a_roots_name_is_made_safe_to_print)
{
	char directory[] = "/tmp/tcpwright-collect-XXXXXX", root[64];
	struct model *model;

	cr_assert(mkdtemp(directory));
	(void)snprintf(root, sizeof(root), "%s/\x1b[2J", directory);
	cr_assert_eq(symlink(FIXTURES "/kernel-6.18", root), 0);
	model = collect_fixture(root);
	cr_expect_null(strchr(model->host.source, '\x1b'));
	cr_expect(strstr(model->host.source, "[2J"));
	model_free(model);
	cr_assert_eq(unlink(root), 0);
	cr_assert_eq(rmdir(directory), 0);
}

Test(collect, what_an_old_kernels_tree_lacks_is_a_gap_and_the_rest_is_read)
{
	const struct collect_options options = { .root = FIXTURES "/kernel-3.10" };
	CLEANUP(model_freep) struct model *model = NULL;
	struct err err = { 0 };

	/* It has no socket tables at all. */
	cr_expect_eq(collect(&options, &model, &err), -ENOTSUP);
	cr_expect(err.text[0]);
	cr_assert(model, "handed out all the same");
	cr_expect_null(model->sockets.backend);
	cr_expect_eq(model->counters[COUNTER_LISTEN_OVERFLOWS].value, 98);
	cr_expect_eq(model_sysctl(model, SYSCTL_TCP_TW_RECYCLE).value, 1);
	cr_expect_gt(model->n_gaps, 0);
}

Test(collect, a_root_that_is_not_there_is_an_error_without_a_model)
{
	const struct collect_options options = { .root = "/nonexistent-root" };
	struct model *model = NULL;
	struct err err;

	cr_expect_eq(collect(&options, &model, &err), -ENOENT);
	cr_expect_null(model);
	cr_expect(strstr(err.text, "/nonexistent-root"));
}

Test(collect, a_saved_host_cannot_be_watched)
{
	const struct collect_options options = { .root = FIXTURES "/kernel-6.18", .window_s = 5 };
	struct model *model = NULL;
	struct err err;

	cr_expect_eq(collect(&options, &model, &err), -EINVAL);
	cr_expect_null(model);
	cr_expect(strstr(err.text, "saved host"));
}

/* A network namespace of our own with loopback up, and this many connections through it. */
static void enter_namespace(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	if (unshare(CLONE_NEWNET) < 0)
		cr_skip_test("no rights to make a network namespace");
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	cr_assert_eq(ioctl(fd, SIOCSIFFLAGS, &ifr), 0);
	close(fd);
}

static void connect_once(void)
{
	static int listener = -1;
	static struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t length = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (listener < 0) {
		listener = socket(AF_INET, SOCK_STREAM, 0);
		addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		cr_assert_eq(bind(listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
		cr_assert_eq(listen(listener, 16), 0);
		cr_assert_eq(getsockname(listener, (struct sockaddr *)&addr, &length), 0);
	}
	cr_assert_eq(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
}

struct seen {
	unsigned int calls, last, window_s;
	unsigned int interrupt_after; /* calls of progress; 0: never */
};

static void on_progress(void *context, unsigned int elapsed_s, unsigned int window_s)
{
	struct seen *seen = context;

	seen->calls++;
	seen->last = elapsed_s;
	seen->window_s = window_s;
	connect_once();
}

static bool ask_interrupted(void *context)
{
	const struct seen *seen = context;

	return seen->interrupt_after > 0 && seen->calls >= seen->interrupt_after;
}

Test(collect, a_window_has_a_sample_a_second_between_two_full_ones)
{
	struct seen seen = { 0 };
	const struct collect_options options = { .window_s = 2,
						 .progress = on_progress,
						 .progress_context = &seen };
	CLEANUP(model_freep) struct model *model = NULL;

	enter_namespace();
	connect_once();
	cr_assert_eq(collect(&options, &model, NULL), 0);
	cr_expect_eq(seen.calls, 2);
	cr_expect_eq(seen.last, 2);
	cr_expect_eq(seen.window_s, 2);
	cr_assert_eq(model->n_samples, 3);
	cr_expect_eq(model->samples[0].at_s, 0);
	cr_expect_geq(model->samples[1].at_s, 1);
	cr_expect_eq(model->samples[2].at_s, model->window_s);
	cr_expect_geq(model->window_s, 2);
	cr_expect_geq(model->duration_s, model->window_s);
	/* One connection before the window, one after each second. */
	cr_expect_eq(model->samples[0].counters[COUNTER_ACTIVE_OPENS].value, 1);
	cr_expect_eq(model->samples[1].counters[COUNTER_ACTIVE_OPENS].value, 2);
	cr_expect_eq(model->samples[2].counters[COUNTER_ACTIVE_OPENS].value, 3);
	cr_expect_eq(model_counter_change(model, COUNTER_ACTIVE_OPENS).events.value, 2);
	/* And the sockets of both ends. */
	cr_expect_eq(model->sockets.states[TCP_STATE_ESTAB], 6);
	cr_expect_eq(model->sockets.states_before[TCP_STATE_ESTAB].value, 2);
	cr_expect_str_eq(model->host.source, "live");
	cr_expect_gt(model->host.captured_at.tv_sec, 0);
	cr_expect(model->host.younger_netns);
}

Test(collect, an_interrupted_window_ends_early_and_says_how_long_it_was)
{
	struct seen seen = { .interrupt_after = 1 };
	const struct collect_options options = { .window_s = 60,
						 .progress = on_progress,
						 .progress_context = &seen,
						 .interrupted = ask_interrupted };
	CLEANUP(model_freep) struct model *model = NULL;

	enter_namespace();
	cr_assert_eq(collect(&options, &model, NULL), 0);
	cr_expect_eq(seen.calls, 1);
	cr_expect(model->window_s >= 1 && model->window_s < 60, "%f", model->window_s);
	cr_expect_eq(model->samples[model->n_samples - 1].at_s, model->window_s);
}

static volatile sig_atomic_t signalled;

static void on_signal(int number)
{
	(void)number;
	signalled = 1;
}

static bool was_signalled(void *context)
{
	(void)context;
	return signalled;
}

Test(collect, a_signal_ends_the_sleep_and_the_window)
{
	const struct collect_options options = { .window_s = 60, .interrupted = was_signalled };
	const struct itimerval soon = { .it_value = { .tv_usec = 200000 } };
	CLEANUP(model_freep) struct model *model = NULL;

	enter_namespace();
	(void)signal(SIGALRM, on_signal);
	cr_assert_eq(setitimer(ITIMER_REAL, &soon, NULL), 0);
	cr_assert_eq(collect(&options, &model, NULL), 0);
	cr_expect(model->window_s >= 0.1 && model->window_s < 60, "%f", model->window_s);
}

Test(collect, a_signal_that_interrupts_nothing_does_not_shorten_the_window)
{
	const struct collect_options options = { .window_s = 1 };
	const struct itimerval often = { .it_value = { .tv_usec = 100000 },
					 .it_interval = { .tv_usec = 100000 } };
	const struct itimerval never = { 0 };
	CLEANUP(model_freep) struct model *model = NULL;

	enter_namespace();
	(void)signal(SIGALRM, on_signal);
	cr_assert_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
	cr_assert_eq(collect(&options, &model, NULL), 0);
	cr_assert_eq(setitimer(ITIMER_REAL, &never, NULL), 0);
	cr_expect_geq(model->window_s, 1);
}

Test(collect, what_every_audit_reads_holds_no_process)
{
	const struct collect_options options = { 0 };
	CLEANUP(model_freep) struct model *model = NULL;

	enter_namespace();
	connect_once();
	cr_assert_eq(collect(&options, &model, NULL), 0);
	cr_expect_eq(model->sockets.total, 3);
	/* One pass over /proc/PID/fd would take longer than all the rest. */
	cr_expect_eq(model->n_processes, 0);
}
