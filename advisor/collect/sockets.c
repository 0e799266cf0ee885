/*
 * Which backend reads the sockets, in which order, and what is lost where it cannot be the best
 * one.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "array.h"
#include "cleanup.h"
#include "err.h"
#include "fold.h"
#include "model.h"
#include "proc_tcp.h"
#include "root.h"
#include "routes.h"
#include "sock_diag.h"

#include "sockets.h"

enum {
	/* tcp_info costs a third more for each socket: asked for all up to here. */
	FEW_SOCKETS = 50000,
	/* Beyond, only for CLOSE-WAIT, and only where there are enough to be a leak. */
	MIN_CLOSE_WAIT_WITH_INFO = 10,
};

#define STATES_CONNECTED                                                                           \
	(STATE_BIT(TCP_STATE_ESTAB) | STATE_BIT(TCP_STATE_SYN_SENT) |                              \
	 STATE_BIT(TCP_STATE_SYN_RECV) | STATE_BIT(TCP_STATE_FIN_WAIT_1) |                         \
	 STATE_BIT(TCP_STATE_FIN_WAIT_2) | STATE_BIT(TCP_STATE_TIME_WAIT) |                        \
	 STATE_BIT(TCP_STATE_CLOSE_WAIT) | STATE_BIT(TCP_STATE_LAST_ACK) |                         \
	 STATE_BIT(TCP_STATE_CLOSING) | STATE_BIT(TCP_STATE_NEW_SYN_RECV))

#define COST_OF_PROC                                                                               \
	"limits of accept queues, bound idle sockets, idle times, ages and cgroups are unknown; "  \
	"totals are approximate while connections come and go"

static int sink_fold(void *context, const struct sock_row *row)
{
	return fold_row(context, row);
}

static int sink_age(void *context, const struct sock_row *row)
{
	fold_age(context, row);
	return 0;
}

/* A request for each family: for kernels that do not take one for both. */
static int diag_dump_families(struct sock_diag *diag, struct sock_diag_request request,
			      const struct row_sink *sink, struct sock_diag_quality *quality,
			      struct err *err)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		int r;

		request.family = families[i];
		r = sock_diag_dump(diag, &request, sink, quality, err);
		/* A kernel without IPv6 has no such sockets either. */
		if (r < 0 && !(r == -ENOENT && families[i] == AF_INET6))
			return r;
	}
	return 0;
}

static bool is_unsupported(int r)
{
	return r == -EOPNOTSUPP || r == -EINVAL;
}

/* Sockets of both families, in any order. */
static int diag_dump(struct sock_diag *diag, struct sock_diag_request request,
		     const struct row_sink *sink, struct sock_diag_quality *quality,
		     struct err *err)
{
	int r;

	request.family = AF_UNSPEC;
	r = sock_diag_dump(diag, &request, sink, quality, err);
	return is_unsupported(r) ? diag_dump_families(diag, request, sink, quality, err) : r;
}

static bool sockets_are_few(const struct model *model)
{
	const struct sockstat *stat = &model->sockstat;

	return !stat->inuse.known ||
	       stat->inuse.value + stat->inuse6.value + stat->tw.value <= FEW_SOCKETS;
}

/* What the main dump made worth asking: exact destinations, ages of sockets in CLOSE-WAIT. */
static int diag_ask_again(struct sock_diag *diag, struct fold *fold, bool with_info,
			  struct sock_diag_quality *quality, struct err *err)
{
	const struct row_sink to_fold = { sink_fold, fold }, to_age = { sink_age, fold };
	int r = 0;

	if (!with_info && fold_close_waits(fold) >= MIN_CLOSE_WAIT_WITH_INFO)
		r = diag_dump(diag,
			      (struct sock_diag_request){ .states = STATE_BIT(TCP_STATE_CLOSE_WAIT),
							  .with_info = true },
			      &to_age, quality, err);
	if (r < 0 || !fold_needs_second_pass(fold))
		return r;
	fold_begin_second_pass(fold);
	return diag_dump(diag, (struct sock_diag_request){ .states = STATES_CONNECTED }, &to_fold,
			 quality, err);
}

static int diag_gaps(const struct sock_diag_quality *quality, struct model *model, struct err *err)
{
	char reason[80];

	(void)snprintf(reason, sizeof(reason), "%" PRIu64 " messages could not be read",
		       quality->malformed);
	if (quality->malformed > 0 &&
	    !model_add_gap(model, "sock_diag", reason, "so many sockets are missing"))
		return err_no_memory(err);
	if (quality->interrupted &&
	    !model_add_gap(model, "sock_diag", "the table changed while it was read",
			   "totals are approximate"))
		return err_no_memory(err);
	return 0;
}

/* A kernel that shows one knows them, whatever its version says. */
static bool bound_is_shown(const struct model *model)
{
	return model->host.kernel >= KERNEL(6, 8) ||
	       model->sockets.states[TCP_STATE_BOUND_INACTIVE] > 0;
}

/*
 * All sockets, listeners of both families first, as the fold needs them. One request for all gives
 * that order by itself: the kernel walks its table of listeners, then that of bound ports, then
 * that of connections (inet_diag_dump_icsk()).
 */
static int diag_dump_in_order(struct sock_diag *diag, bool with_info, const struct row_sink *sink,
			      struct sock_diag_quality *quality, struct err *err)
{
	struct sock_diag_request listeners = { .states = STATE_BIT(TCP_STATE_LISTEN) };
	struct sock_diag_request others = {
		.states = STATES_CONNECTED | STATE_BIT(TCP_STATE_BOUND_INACTIVE),
		.with_info = with_info,
	};
	struct sock_diag_request all = {
		.family = AF_UNSPEC,
		.states = listeners.states | others.states,
		.with_info = with_info,
	};
	int r = sock_diag_dump(diag, &all, sink, quality, err);

	if (!is_unsupported(r))
		return r;
	r = diag_dump_families(diag, listeners, sink, quality, err);
	return r < 0 ? r : diag_dump_families(diag, others, sink, quality, err);
}

static int diag_fold(struct sock_diag *diag, struct fold *fold, bool with_info,
		     struct sock_diag_quality *quality, struct err *err)
{
	const struct row_sink sink = { sink_fold, fold };
	int r = diag_dump_in_order(diag, with_info, &sink, quality, err);

	return r < 0 ? r : diag_ask_again(diag, fold, with_info, quality, err);
}

static int collect_by_diag(const struct routes *routes, struct model *model, struct err *err)
{
	const bool with_info = sockets_are_few(model);
	struct sock_diag_quality quality = { 0 };
	CLEANUP(sock_diag_closep) struct sock_diag *diag = NULL;
	CLEANUP(fold_freep) struct fold *fold = NULL;
	int r = sock_diag_open(&diag, err);

	if (r == 0)
		r = fold_new(model, routes, &fold, err);
	if (r == 0)
		r = diag_fold(diag, fold, with_info, &quality, err);
	if (r == 0)
		r = fold_finish(TAKE(fold), model, err);
	if (r < 0)
		return r;
	model->sockets.backend = "sock_diag";
	model->sockets.with_tcp_info = with_info;
	model->sockets.may_repeat = quality.interrupted;
	model->sockets.bound_inactive_known = bound_is_shown(model);
	return diag_gaps(&quality, model, err);
}

static const char *const proc_files[] = { "proc/net/tcp", "proc/net/tcp6" };

/* One part of both files. MISSING says of each why it could not be read; 0: it could. */
static int proc_read_part(const struct root *root, enum proc_tcp_part part, struct fold *fold,
			  int missing[static ARRAY_SIZE(proc_files)], uint64_t *bad_lines)
{
	const struct row_sink sink = { sink_fold, fold };

	for (size_t i = 0; i < ARRAY_SIZE(proc_files); i++) {
		int r = proc_tcp_read(root, proc_files[i], part, &sink, bad_lines);

		if (r == -ENOMEM)
			return r;
		if (r < 0)
			missing[i] = r;
	}
	return 0;
}

static int proc_read(const struct root *root, struct fold *fold,
		     int missing[static ARRAY_SIZE(proc_files)], uint64_t *bad_lines)
{
	uint64_t seen_before = 0;
	int r = proc_read_part(root, PROC_TCP_LISTENERS, fold, missing, bad_lines);

	if (r == 0)
		r = proc_read_part(root, PROC_TCP_OTHERS, fold, missing, bad_lines);
	if (r < 0 || !fold_needs_second_pass(fold))
		return r;
	fold_begin_second_pass(fold);
	return proc_read_part(root, PROC_TCP_OTHERS, fold, missing, &seen_before);
}

static const char *why_missing(int r)
{
	return r == -EBADMSG ? "empty, or no table of sockets" : strerror(-r);
}

static bool proc_gaps(const struct root *root, int missing6, uint64_t bad_lines,
		      struct model *model)
{
	char reason[80];
	bool ok = true;

	/* A live kernel without IPv6 has no tcp6, and no such sockets. */
	if (missing6 < 0 && !(root->live && missing6 == -ENOENT))
		ok = model_add_gap(model, "/proc/net/tcp6", why_missing(missing6),
				   "IPv6 sockets are missing or incomplete");
	(void)snprintf(reason, sizeof(reason), "%" PRIu64 " lines could not be read", bad_lines);
	if (ok && bad_lines > 0)
		ok = model_add_gap(model, "/proc/net/tcp", reason, "so many sockets are missing");
	return ok;
}

/* WHY names what forced /proc; it becomes the gap that says what that costs. */
static int collect_by_proc(const struct root *root, const struct routes *routes, const char *why,
			   struct model *model, struct err *err)
{
	int missing[ARRAY_SIZE(proc_files)] = { 0 };
	uint64_t bad_lines = 0;
	CLEANUP(fold_freep) struct fold *fold = NULL;
	int r = fold_new(model, routes, &fold, err);

	if (r < 0)
		return r;
	if (proc_read(root, fold, missing, &bad_lines) < 0)
		return err_no_memory(err);
	/* No kernel is without IPv4: judging what is left would call unseen sockets fine. */
	if (missing[0] < 0)
		return err_set(err, ENOTSUP, "/proc/net/tcp: %s", why_missing(missing[0]));
	if (!proc_gaps(root, missing[1], bad_lines, model))
		return err_no_memory(err);
	r = fold_finish(TAKE(fold), model, err);
	if (r < 0)
		return r;
	model->sockets.backend = "proc";
	/* /proc/net/tcp misses and repeats rows while the table changes, and does not say so. */
	model->sockets.may_repeat = true;
	return model_add_gap(model, "sock_diag", why, COST_OF_PROC) ? 0 : err_no_memory(err);
}

/* The reason of a failed backend, kept in the model. */
static int refused(struct model *model, const char *source, const char *reason, struct err *err)
{
	if (!model_add_gap(model, source, reason, "no sockets could be read"))
		return err_no_memory(err);
	return err_set(err, ENOTSUP, "no TCP sockets could be read: %s", reason);
}

/* Zero, -ENOMEM, or -ENOTSUP with WHY it could not be used. */
static int try_diag(const struct root *root, enum backend backend, const struct routes *routes,
		    struct model *model, struct err *why)
{
	int r;

	if (backend == BACKEND_PROC)
		return err_set(why, ENOTSUP, "not used: --backend proc");
	if (!root->live)
		return err_set(why, ENOTSUP, "sock_diag reads this host only, not a saved one");
	r = collect_by_diag(routes, model, why);
	return r == 0 || r == -ENOMEM ? r : -ENOTSUP;
}

static int collect_with(const struct root *root, enum backend backend, const struct routes *routes,
			struct model *model, struct err *err)
{
	struct err why, why_not_proc;
	int r = try_diag(root, backend, routes, model, &why);

	if (r == -ENOMEM)
		return err_no_memory(err);
	if (r == 0)
		return 0;
	if (backend == BACKEND_SOCK_DIAG)
		return refused(model, "sock_diag", why.text, err);
	r = collect_by_proc(root, routes, why.text, model, &why_not_proc);
	if (r == -ENOMEM)
		return err_no_memory(err);
	if (r == 0)
		return 0;
	/* Both reasons: netlink's is the one that an administrator can do something about. */
	if (backend == BACKEND_AUTO && !model_add_gap(model, "sock_diag", why.text, COST_OF_PROC))
		return err_no_memory(err);
	return refused(model, "/proc/net/tcp", why_not_proc.text, err);
}

int sockets_collect(const struct root *root, enum backend backend, struct model *model,
		    struct err *err)
{
	CLEANUP(routes_done) struct routes routes = { 0 };
	int r = routes_collect(root, model, &routes, err);

	return r < 0 ? r : collect_with(root, backend, &routes, model, err);
}
