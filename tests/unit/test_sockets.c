#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/filter.h>
#include <linux/inet_diag.h>
#include <linux/seccomp.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "array.h"
#include "cleanup.h"
#include "err.h"
#include "model.h"
#include "root.h"
#include "sockets.h"

TestSuite(sockets);

/* Real sockets, in a network namespace of the test's own process. */

enum { SERVER_PORT = 8080, BACKLOG = 37 };

static void loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	cr_assert_geq(fd, 0);
	cr_assert_eq(ioctl(fd, SIOCSIFFLAGS, &request), 0);
	close(fd);
}

static void enter_namespace(void)
{
	if (unshare(CLONE_NEWNET) < 0)
		cr_skip_test("unshare(CLONE_NEWNET): %s", strerror(errno));
	loopback_up();
}

static struct sockaddr_in6 endpoint(const char *address, uint16_t port)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	cr_assert_eq(inet_pton(AF_INET6, address, &to.sin6_addr), 1);
	return to;
}

static int listen_on(const char *address, uint16_t port)
{
	struct sockaddr_in6 at = endpoint(address, port);
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	cr_assert_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0, "%s", strerror(errno));
	cr_assert_eq(listen(fd, BACKLOG), 0);
	return fd;
}

struct pair {
	int client, server;
};

static struct pair connect_to(int listener, int family, const char *address)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET,
				  .sin_port = htons(SERVER_PORT),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct pair pair = { .client = socket(family, SOCK_STREAM, 0) };

	if (family == AF_INET) {
		cr_assert_eq(connect(pair.client, (struct sockaddr *)&v4, sizeof(v4)), 0);
	} else {
		struct sockaddr_in6 v6 = endpoint(address, SERVER_PORT);

		cr_assert_eq(connect(pair.client, (struct sockaddr *)&v6, sizeof(v6)), 0);
	}
	pair.server = accept(listener, NULL, NULL);
	cr_assert_geq(pair.server, 0);
	return pair;
}

/* The peer delays its ACK of our FIN: up to a second is waited for it. */
static void half_close(int fd)
{
	struct tcp_info info = { .tcpi_state = 0 };

	cr_assert_eq(shutdown(fd, SHUT_WR), 0);
	for (int i = 0; i < 1000 && info.tcpi_state != TCP_STATE_FIN_WAIT_2; i++) {
		socklen_t size = sizeof(info);

		cr_assert_eq(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
		usleep(1000);
	}
}

/* Closed by CLIENT first: TIME-WAIT stays on that side. */
static void close_pair(struct pair pair, bool client_first)
{
	char end;
	int first = client_first ? pair.client : pair.server;
	int second = client_first ? pair.server : pair.client;

	shutdown(first, SHUT_WR);
	cr_assert_eq(read(second, &end, 1), 0);
	close(second);
	cr_assert_eq(read(first, &end, 1), 0);
	close(first);
}

static void sockets_make(void)
{
	const int keepalive = 1;
	int listener = listen_on("::", SERVER_PORT);
	struct pair pair;

	(void)listen_on("::ffff:127.0.0.1", 9090);
	(void)connect_to(listener, AF_INET, NULL);
	(void)connect_to(listener, AF_INET6, "::1");
	pair = connect_to(listener, AF_INET6, "::ffff:127.0.0.2");
	setsockopt(pair.client, SOL_SOCKET, SO_KEEPALIVE, &keepalive, sizeof(keepalive));
	close_pair(connect_to(listener, AF_INET, NULL), true);
	close_pair(connect_to(listener, AF_INET6, "::1"), true);
	close_pair(connect_to(listener, AF_INET, NULL), false);
	for (int i = 0; i < 3; i++) {
		pair = connect_to(listener, AF_INET, NULL);
		half_close(pair.client); /* CLOSE-WAIT there, FIN-WAIT-2 here */
	}
}

static struct model *model_of(const struct root *root, enum backend backend)
{
	struct model *model = model_new();
	char *range = NULL;
	struct err err;

	cr_assert_eq(root_read(root, "proc/sys/net/ipv4/ip_local_port_range", 64, &range, NULL), 0);
	range[strcspn(range, "\n")] = '\0';
	model->sysctls[SYSCTL_IP_LOCAL_PORT_RANGE].text = range;
	model->sysctls[SYSCTL_IP_LOCAL_RESERVED_PORTS].text = strdup("");
	cr_assert_eq(sockets_collect(root, backend, model, &err), 0, "%s", err.text);
	return model;
}

static int by_destination(const void *left, const void *right)
{
	const struct destination *a = left, *b = right;
	int order = memcmp(&a->remote_addr, &b->remote_addr, sizeof(a->remote_addr));

	if (order == 0)
		order = memcmp(&a->local_addr, &b->local_addr, sizeof(a->local_addr));
	return order ? order : a->remote_port - b->remote_port;
}

static void expect_same_destinations(struct sockets *a, struct sockets *b)
{
	cr_assert_eq(a->n_destinations, b->n_destinations);
	qsort(a->destinations, a->n_destinations, sizeof(*a->destinations), by_destination);
	qsort(b->destinations, b->n_destinations, sizeof(*b->destinations), by_destination);
	for (size_t i = 0; i < a->n_destinations; i++) {
		const struct destination *x = &a->destinations[i], *y = &b->destinations[i];

		cr_expect_eq(by_destination(x, y), 0);
		cr_expect_eq(x->ports.count, y->ports.count);
		for (uint32_t port = 0; portset_next(&x->ports, &port); port++)
			cr_expect(portset_has(&y->ports, (uint16_t)port));
		cr_expect_eq(x->established, y->established);
		cr_expect_eq(x->time_wait, y->time_wait);
		cr_expect_eq(x->judged, y->judged);
		cr_expect_eq(x->wrong_parity, y->wrong_parity);
		cr_expect_eq(x->shared_ports, y->shared_ports);
	}
}

static const struct listener *listener_at(const struct sockets *sockets, uint16_t port)
{
	for (size_t i = 0; i < sockets->n_listeners; i++)
		if (sockets->listeners[i].port == port)
			return &sockets->listeners[i];
	cr_assert_fail("no listener on port %u", port);
	abort(); /* never reached, which the compiler cannot know */
}

static void expect_same_listeners(const struct sockets *diag, const struct sockets *proc)
{
	cr_assert_eq(diag->n_listeners, 2);
	cr_assert_eq(proc->n_listeners, 2);
	for (size_t i = 0; i < diag->n_listeners; i++) {
		const struct listener *x = &diag->listeners[i];
		const struct listener *y = listener_at(proc, x->port);

		cr_expect(addr_equal(&x->addr, &y->addr));
		cr_expect_eq(x->queue.value, y->queue.value);
		cr_expect_eq(x->established, y->established);
		cr_expect_eq(x->close_wait, y->close_wait);
		cr_expect_eq(x->time_wait, y->time_wait);
		cr_expect_eq(x->socket.inode, y->socket.inode);
		cr_expect(x->backlog.known);
		cr_expect_eq(x->backlog.value, BACKLOG);
		cr_expect_not(y->backlog.known);
	}
}

static uint64_t histogram_sum(const struct sockets *sockets)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < TIME_WAIT_SECONDS; i++)
		sum += sockets->time_wait_histogram[i];
	return sum;
}

Test(sockets, both_backends_see_the_same_sockets)
{
	struct root root;

	enter_namespace();
	sockets_make();
	cr_assert_eq(root_open("/", &root, NULL), 0);
	CLEANUP(model_freep) struct model *a = model_of(&root, BACKEND_SOCK_DIAG);
	CLEANUP(model_freep) struct model *b = model_of(&root, BACKEND_PROC);
	struct sockets *diag = &a->sockets, *proc = &b->sockets;

	cr_expect_str_eq(diag->backend, "sock_diag");
	cr_expect_str_eq(proc->backend, "proc");
	for (size_t i = 0; i < N_TCP_STATES; i++)
		cr_expect_eq(diag->states[i], proc->states[i], "%s", tcp_state_facts[i].name);
	cr_expect_eq(diag->total, proc->total);
	cr_expect_eq(diag->states[TCP_STATE_ESTAB], 6);
	cr_expect_eq(diag->states[TCP_STATE_TIME_WAIT], 3);
	cr_expect_eq(diag->states[TCP_STATE_CLOSE_WAIT], 3);
	cr_expect_eq(diag->states[TCP_STATE_FIN_WAIT_2], 3);
	cr_expect_eq(diag->time_wait_outbound, 2);
	cr_expect_eq(proc->time_wait_outbound, 2);
	cr_expect_eq(diag->time_wait_inbound, 1);
	cr_expect_eq(proc->time_wait_inbound, 1);
	cr_expect_eq(diag->n_close_wait, proc->n_close_wait);
	cr_expect_eq(diag->fin_wait_2_orphans, proc->fin_wait_2_orphans);
	cr_expect_eq(histogram_sum(diag), 3);
	cr_expect_eq(histogram_sum(proc), 3);
	cr_expect_eq(diag->n_idle_groups, proc->n_idle_groups, "all peers are this host");
	cr_expect_eq(diag->established_inbound, 0);
	expect_same_destinations(diag, proc);
	expect_same_listeners(diag, proc);
	root_close(&root);
}

Test(sockets, sock_diag_knows_ages_and_bound_idle_sockets_and_proc_says_what_it_lacks)
{
	struct sockaddr_in6 any = endpoint("::1", 0);
	struct root root;
	socklen_t size = sizeof(any);
	int bound;

	enter_namespace();
	sockets_make();
	bound = socket(AF_INET6, SOCK_STREAM, 0);
	cr_assert_eq(bind(bound, (struct sockaddr *)&any, sizeof(any)), 0);
	cr_assert_eq(getsockname(bound, (struct sockaddr *)&any, &size), 0);
	cr_assert_eq(root_open("/", &root, NULL), 0);
	CLEANUP(model_freep) struct model *a = model_of(&root, BACKEND_AUTO);
	CLEANUP(model_freep) struct model *b = model_of(&root, BACKEND_PROC);

	cr_expect(a->sockets.with_tcp_info);
	cr_expect_eq(a->n_gaps, 0);
	cr_assert_gt(a->sockets.n_close_wait, 0);
	for (size_t i = 0; i < a->sockets.n_close_wait; i++)
		cr_expect(a->sockets.close_wait[i].age_ms.known);
	if (a->sockets.states[TCP_STATE_BOUND_INACTIVE] > 0) { /* 6.8+ */
		cr_expect(a->sockets.bound_inactive_known);
		cr_expect(portset_has(&a->sockets.bound_inactive, ntohs(any.sin6_port)));
	}
	cr_expect_not(b->sockets.with_tcp_info);
	cr_expect_not(b->sockets.bound_inactive_known);
	cr_expect(b->sockets.may_repeat);
	cr_assert_eq(b->n_gaps, 1);
	cr_expect_str_eq(b->gaps[0].source, "sock_diag");
	cr_expect(strstr(b->gaps[0].cost, "accept queues"));
	root_close(&root);
}

/* A type of request that no kernel knows: sock_diag answers EINVAL. */
enum { UNKNOWN_REQUEST = 99 };
static bool kernel_without_compat;
static int v6_error; /* errno of a request for IPv6 alone; 0: none */

/* In front of libmnl's own, so that a kernel can be played that dropped the request for both. */
ssize_t mnl_socket_sendto(const struct mnl_socket *socket, const void *message, size_t size)
{
	struct nlmsghdr *header = (struct nlmsghdr *)message;

	if (kernel_without_compat && header->nlmsg_type == TCPDIAG_GETSOCK)
		header->nlmsg_type = UNKNOWN_REQUEST;
	if (v6_error && header->nlmsg_type == SOCK_DIAG_BY_FAMILY &&
	    ((struct inet_diag_req_v2 *)NLMSG_DATA(header))->sdiag_family == AF_INET6) {
		errno = v6_error;
		return -1;
	}
	return send(mnl_socket_get_fd(socket), message, size, 0);
}

/* What is wrong with the next answer. */
static enum { ANSWER_FINE, ANSWER_INTERRUPTED, ANSWER_GARBLED } next_answer;

ssize_t mnl_socket_recvfrom(const struct mnl_socket *socket, void *buffer, size_t size)
{
	ssize_t n = recv(mnl_socket_get_fd(socket), buffer, size, 0);
	struct nlmsghdr *header = buffer;

	if (n < (ssize_t)sizeof(*header))
		return n;
	if (next_answer == ANSWER_INTERRUPTED)
		header->nlmsg_flags |= NLM_F_DUMP_INTR;
	else if (next_answer == ANSWER_GARBLED)
		((struct inet_diag_msg *)NLMSG_DATA(header))->idiag_family = AF_UNIX;
	next_answer = ANSWER_FINE;
	return n;
}

Test(sockets, what_is_wrong_with_an_answer_is_a_gap)
{
	struct root root;

	enter_namespace();
	(void)listen_on("::", SERVER_PORT);
	cr_assert_eq(root_open("/", &root, NULL), 0);
	CLEANUP(model_freep) struct model *fine = model_of(&root, BACKEND_SOCK_DIAG);
	next_answer = ANSWER_INTERRUPTED;
	CLEANUP(model_freep) struct model *interrupted = model_of(&root, BACKEND_SOCK_DIAG);
	next_answer = ANSWER_GARBLED;
	CLEANUP(model_freep) struct model *garbled = model_of(&root, BACKEND_SOCK_DIAG);

	cr_expect_eq(fine->n_gaps, 0);
	cr_expect_not(fine->sockets.may_repeat);
	cr_assert_eq(interrupted->n_gaps, 1);
	cr_expect_str_eq(interrupted->gaps[0].cost, "totals are approximate");
	cr_expect(interrupted->sockets.may_repeat);
	cr_assert_eq(garbled->n_gaps, 1);
	cr_expect_str_eq(garbled->gaps[0].reason, "1 messages could not be read");
	cr_expect_not(garbled->sockets.may_repeat);
	root_close(&root);
}

Test(sockets, bound_idle_sockets_are_known_from_6_8_on)
{
	static const struct {
		unsigned int kernel;
		bool known;
	} cases[] = { { KERNEL(6, 7), false }, { KERNEL(6, 8), true }, { KERNEL(6, 9), true } };
	struct root root;

	enter_namespace();
	cr_assert_eq(root_open("/", &root, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(model_freep) struct model *model = model_new();
		struct err err;

		model->host.kernel = cases[i].kernel;
		cr_assert_eq(sockets_collect(&root, BACKEND_SOCK_DIAG, model, &err), 0, "%s",
			     err.text);
		cr_expect_eq(model->sockets.bound_inactive_known, cases[i].known, "case %zu", i);
	}
	root_close(&root);
}

Test(sockets, a_kernel_that_dropped_the_request_for_both_families_is_asked_for_each)
{
	struct root root;

	enter_namespace();
	sockets_make();
	cr_assert_eq(root_open("/", &root, NULL), 0);
	CLEANUP(model_freep) struct model *a = model_of(&root, BACKEND_SOCK_DIAG);
	kernel_without_compat = true;
	CLEANUP(model_freep) struct model *b = model_of(&root, BACKEND_SOCK_DIAG);
	struct sockets *at_once = &a->sockets, *by_family = &b->sockets;

	cr_expect_str_eq(by_family->backend, "sock_diag");
	cr_expect_eq(b->n_gaps, 0);
	for (size_t i = 0; i < N_TCP_STATES; i++)
		cr_expect_eq(at_once->states[i], by_family->states[i]);
	cr_expect_eq(at_once->time_wait_inbound, by_family->time_wait_inbound);
	cr_expect_eq(at_once->n_close_wait, by_family->n_close_wait);
	expect_same_destinations(at_once, by_family);
	cr_assert_eq(at_once->n_listeners, 2);
	for (size_t i = 0; i < at_once->n_listeners; i++)
		cr_expect_eq(at_once->listeners[i].backlog.value,
			     listener_at(by_family, at_once->listeners[i].port)->backlog.value);
	root_close(&root);
}

Test(sockets, only_a_kernel_without_ipv6_may_have_no_answer_for_it)
{
	static const struct {
		int error, expected;
	} cases[] = { { ENOENT, 0 }, { EPERM, -ENOTSUP } };
	struct root root;

	enter_namespace();
	kernel_without_compat = true;
	cr_assert_eq(root_open("/", &root, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(model_freep) struct model *model = model_new();
		struct err err;

		v6_error = cases[i].error;
		cr_expect_eq(sockets_collect(&root, BACKEND_SOCK_DIAG, model, &err),
			     cases[i].expected, "case %zu", i);
	}
	root_close(&root);
}

Test(sockets, many_sockets_ask_for_ages_in_close_wait_only)
{
	struct root root;
	int listener;
	const size_t n = 10; /* the fewest that may be a leak */

	enter_namespace();
	listener = listen_on("::", SERVER_PORT);
	for (size_t i = 0; i < n; i++)
		half_close(connect_to(listener, AF_INET, NULL).client);
	cr_assert_eq(root_open("/", &root, NULL), 0);
	CLEANUP(model_freep) struct model *model = model_new();
	struct err err;

	model->sockstat.inuse = reading_of(50001);
	cr_assert_eq(sockets_collect(&root, BACKEND_SOCK_DIAG, model, &err), 0, "%s", err.text);
	cr_expect_not(model->sockets.with_tcp_info);
	cr_assert_eq(model->sockets.n_close_wait, n);
	for (size_t i = 0; i < n; i++)
		cr_expect(model->sockets.close_wait[i].age_ms.known);
	cr_expect_eq(model->sockets.states[TCP_STATE_CLOSE_WAIT], n);
	root_close(&root);
}

/* As a container's seccomp profile may do it. */
static void refuse_netlink(void)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog filter = { ARRAY_SIZE(program), program };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
		cr_skip_test("seccomp: %s", strerror(errno));
}

Test(sockets, where_netlink_is_refused_proc_is_read_and_the_gap_says_why)
{
	struct root root;
	struct err err;

	refuse_netlink();
	cr_assert_eq(root_open("/", &root, NULL), 0);
	CLEANUP(model_freep) struct model *automatic = model_of(&root, BACKEND_AUTO);
	CLEANUP(model_freep) struct model *demanded = model_new();

	cr_expect_str_eq(automatic->sockets.backend, "proc");
	cr_assert_eq(automatic->n_gaps, 1);
	cr_expect_str_eq(automatic->gaps[0].reason, "sock_diag: Operation not permitted");
	cr_expect_eq(sockets_collect(&root, BACKEND_SOCK_DIAG, demanded, &err), -ENOTSUP);
	cr_expect_null(demanded->sockets.backend);
	root_close(&root);
}

/* Saved hosts */

struct tree {
	char path[64];
	struct root root;
};

static void tree_make(struct tree *tree)
{
	char name[96];

	strcpy(tree->path, "/tmp/tcpwright-test-XXXXXX");
	cr_assert_not_null(mkdtemp(tree->path));
	snprintf(name, sizeof(name), "%s/proc", tree->path);
	cr_assert_eq(mkdir(name, 0700), 0);
	snprintf(name, sizeof(name), "%s/proc/net", tree->path);
	cr_assert_eq(mkdir(name, 0700), 0);
	cr_assert_eq(root_open(tree->path, &tree->root, NULL), 0);
}

static void tree_write(const struct tree *tree, const char *file, const char *text)
{
	char name[96];
	FILE *out;

	snprintf(name, sizeof(name), "%s/proc/net/%s", tree->path, file);
	out = fopen(name, "w");
	cr_assert_not_null(out);
	fputs(text, out);
	fclose(out);
}

static void tree_remove(struct tree *tree)
{
	static const char *const names[] = { "/proc/net/tcp", "/proc/net/tcp6", "/proc/net/route",
					     "/proc/net",     "/proc",          "" };
	char name[96];

	root_close(&tree->root);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(name, sizeof(name), "%s%s", tree->path, names[i]);
		(void)remove(name);
	}
}

static bool has_gap(const struct model *model, const char *source, const char *reason)
{
	for (size_t i = 0; i < model->n_gaps; i++)
		if (strcmp(model->gaps[i].source, source) == 0 &&
		    strstr(model->gaps[i].reason, reason))
			return true;
	return false;
}

#define TAIL " 00000000  1000        0 4242 1 000000000d75ea81 100 0 0 10 0\n"

Test(sockets, a_saved_host_is_read_from_proc_with_its_gaps)
{
	CLEANUP(model_freep) struct model *model = model_new();
	struct tree tree;
	struct err err;

	tree_make(&tree);
	tree_write(&tree, "tcp",
		   "  sl  local_address\n"
		   "   0: 00000000:0050 00000000:0000 0A 00000000:00000002 00:00000000" TAIL
		   "   1: 0100007F:0050 0200000A:C350 01 00000000:00000000 00:00000000" TAIL
		   "   2: 0100007F:0050 0200");
	cr_assert_eq(sockets_collect(&tree.root, BACKEND_AUTO, model, &err), 0, "%s", err.text);
	cr_expect_str_eq(model->sockets.backend, "proc");
	cr_expect_eq(model->sockets.total, 2);
	cr_assert_eq(model->sockets.n_listeners, 1);
	cr_expect_eq(model->sockets.listeners[0].established, 1);
	cr_expect(has_gap(model, "sock_diag", "saved"));
	cr_expect(has_gap(model, "/proc/net/tcp", "1 lines"));
	cr_expect(has_gap(model, "/proc/net/tcp6", "No such file"));
	cr_expect(has_gap(model, "/proc/net/route", "No such file"));
	tree_remove(&tree);
}

Test(sockets, no_backend_is_an_error_with_a_sentence_and_a_gap)
{
	static const struct {
		enum backend backend;
		const char *source;
	} cases[] = { { BACKEND_AUTO, "/proc/net/tcp" },
		      { BACKEND_PROC, "/proc/net/tcp" },
		      { BACKEND_SOCK_DIAG, "sock_diag" } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(model_freep) struct model *model = model_new();
		struct err err = { "" };
		struct tree tree;

		tree_make(&tree);
		cr_expect_eq(sockets_collect(&tree.root, cases[i].backend, model, &err), -ENOTSUP);
		cr_expect(strstr(err.text, "no TCP sockets could be read"), "%s", err.text);
		cr_expect_null(model->sockets.backend);
		cr_expect(has_gap(model, cases[i].source, ""), "case %zu", i);
		cr_expect_eq(has_gap(model, "sock_diag", "saved"),
			     cases[i].backend != BACKEND_PROC);
		tree_remove(&tree);
	}
}

Test(sockets, without_the_ipv4_table_nothing_is_judged)
{
	static const char table6[] = "  sl  local_address\n";
	/* What a tool that trusts the sizes of /proc's files saves, and no file at all. */
	static const char *const tables[] = { "", NULL };

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		CLEANUP(model_freep) struct model *model = model_new();
		struct err err = { "" };
		struct tree tree;

		tree_make(&tree);
		if (tables[i])
			tree_write(&tree, "tcp", tables[i]);
		tree_write(&tree, "tcp6", table6);
		cr_expect_eq(sockets_collect(&tree.root, BACKEND_AUTO, model, &err), -ENOTSUP);
		cr_expect(strstr(err.text, "/proc/net/tcp: "), "%s", err.text);
		cr_expect_null(model->sockets.backend);
		tree_remove(&tree);
	}
}

Test(sockets, an_empty_ipv6_table_is_a_gap)
{
	CLEANUP(model_freep) struct model *model = model_new();
	struct err err = { "" };
	struct tree tree;

	tree_make(&tree);
	tree_write(&tree, "tcp", "  sl  local_address\n");
	tree_write(&tree, "tcp6", "");
	cr_expect_eq(sockets_collect(&tree.root, BACKEND_AUTO, model, &err), 0, "%s", err.text);
	cr_expect(has_gap(model, "/proc/net/tcp6", "empty"));
	tree_remove(&tree);
}

/* Two samples */

static struct destination destination_with(uint16_t remote_port, uint16_t ports)
{
	struct destination d = { .remote_port = remote_port, .time_wait = ports / 2u };

	for (uint16_t port = 0; port < ports; port++)
		cr_assert(portset_add(&d.ports, (uint16_t)(40000 + port), NULL));
	return d;
}

Test(sockets, a_destination_knows_its_ports_in_the_first_sample)
{
	struct destination earlier[] = { destination_with(80, 4), destination_with(443, 6) };
	struct destination later[] = { destination_with(443, 9), destination_with(5432, 1) };
	struct sockets before = { .backend = "proc",
				  .destinations_known = true,
				  .destinations = earlier,
				  .n_destinations = 2 };
	struct sockets now = { .backend = "proc", .destinations = later, .n_destinations = 2 };

	before.states[TCP_STATE_ESTAB] = 17;
	sockets_compare(&now, &before);
	cr_expect(now.states_before[TCP_STATE_ESTAB].known);
	cr_expect_eq(now.states_before[TCP_STATE_ESTAB].value, 17);
	cr_expect_eq(later[0].ports_before.value, 6);
	cr_expect_eq(later[0].time_wait_before.value, 3);
	cr_expect(later[1].ports_before.known, "it was not there: none");
	cr_expect_eq(later[1].ports_before.value, 0);
	before.folded_destinations = 1;
	sockets_compare(&now, &before);
	cr_expect_not(later[1].ports_before.known, "it may have been folded");
	for (size_t i = 0; i < 2; i++) {
		portset_done(&earlier[i].ports);
		portset_done(&later[i].ports);
	}
}

Test(sockets, a_close_wait_socket_is_recognised_by_its_inode)
{
	struct close_wait earlier[] = { { .socket.inode = 9 },
					{ .socket.inode = 3 },
					{ .socket.inode = 0 } };
	struct close_wait later[] = { { .socket.inode = 3 },
				      { .socket.inode = 4 },
				      { .socket.inode = 0 } };
	struct sockets before = { .backend = "proc", .close_wait = earlier, .n_close_wait = 3 };
	struct sockets now = { .backend = "proc", .close_wait = later, .n_close_wait = 3 };

	sockets_compare(&now, &before);
	cr_expect(later[0].in_first_sample);
	cr_expect_not(later[1].in_first_sample);
	cr_expect_not(later[2].in_first_sample, "not accepted yet: nothing to know it by");
}

Test(sockets, a_program_that_moved_to_another_port_let_the_kernel_choose)
{
	static const struct {
		uint16_t port_before, port_now;
		uint64_t cgroup_before, cgroup_now;
		uint32_t uid_before, uid_now;
		bool kernel_chosen;
	} cases[] = {
		{ 40001, 40002, 5, 5, 33, 33, true },
		{ 40001, 40001, 5, 5, 33, 33, false },
		{ 40001, 40002, 5, 6, 33, 33, false },
		{ 40001, 40002, 5, 5, 33, 34, false },
		{ 40001, 40002, 0, 0, 0, 0, false } /* no cgroup: could be anybody */,
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct listener earlier = { .port = cases[i].port_before,
					    .uid = cases[i].uid_before,
					    .socket.cgroup_id = cases[i].cgroup_before };
		struct listener later = { .port = cases[i].port_now,
					  .uid = cases[i].uid_now,
					  .socket.cgroup_id = cases[i].cgroup_now };
		struct sockets before = { .backend = "sock_diag",
					  .listeners = &earlier,
					  .n_listeners = 1 };
		struct sockets now = { .backend = "sock_diag",
				       .listeners = &later,
				       .n_listeners = 1 };

		cr_assert(portset_add(&before.listening, earlier.port, NULL));
		cr_assert(portset_add(&now.listening, later.port, NULL));
		sockets_compare(&now, &before);
		cr_expect_eq(later.kernel_chosen, cases[i].kernel_chosen, "case %zu", i);
		portset_done(&before.listening);
		portset_done(&now.listening);
	}
}

Test(sockets, nothing_is_compared_with_a_sample_that_could_not_be_read)
{
	struct sockets before = { 0 }, now = { .backend = "proc" };

	sockets_compare(&now, &before);
	cr_expect_not(now.states_before[TCP_STATE_ESTAB].known);
}
