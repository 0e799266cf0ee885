/*
 * An unmodified program for what goes wrong between calls: in a child of vfork(), in a signal
 * handler, in threads, below a seccomp filter. The exit status is 0 if all calls gave what libc
 * gives; what it prints is how many sockets had which keepalive. It knows nothing of the library
 * that may be preloaded into it.
 *
 *   trap_calls plain | vfork | signal | threads | seccomp | cancel | names
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { N_ROUNDS = 300, N_THREADS = 8, N_SIGNALS = 1000, DEADLINE_S = 20, ERRNO = 4711 };

#define CHECK(what)                                                                                \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			dprintf(2, "line %d: %s: errno %d\n", __LINE__, #what, errno);             \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

static atomic_int n_sockets, n_kept_alive;

/* getsockopt() is the kernel's word: nobody stands in front of it. */
static void count(int fd)
{
	int on = 0;
	socklen_t length = sizeof(on);

	CHECK(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &length) == 0);
	atomic_fetch_add(&n_sockets, 1);
	atomic_fetch_add(&n_kept_alive, on);
}

/* One of each hooked call on sockets of its own, and the answers that libc gives. */
static void one_of_each(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(at);
	int idle = 77, value = 0, listener, client, accepted;
	const struct linger reset = { 1, 0 };
	const int saved = errno;

	CHECK((listener = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
	CHECK((client = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
	/* Or TIME-WAIT would use up the ports. */
	CHECK(setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) == 0);
	errno = ERRNO;
	CHECK(bind(listener, (struct sockaddr *)&at, length) == 0);
	CHECK(listen(listener, 5) == 0);
	CHECK(getsockname(listener, (struct sockaddr *)&at, &length) == 0 && at.sin_port);
	CHECK(setsockopt(client, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle)) == 0);
	CHECK(connect(client, (struct sockaddr *)&at, length) == 0);
	CHECK((accepted = accept(listener, NULL, NULL)) >= 0);
	count(listener);
	count(client);
	count(accepted);
	CHECK(setsockopt(accepted, SOL_SOCKET, SO_KEEPALIVE, &idle, sizeof(idle)) == 0);
	CHECK(errno == ERRNO);
	CHECK(setsockopt(-1, SOL_SOCKET, SO_KEEPALIVE, &idle, sizeof(idle)) == -1 &&
	      errno == EBADF);
	CHECK(bind(listener, (struct sockaddr *)&at, length) == -1 && errno == EINVAL);
	CHECK(connect(client, (struct sockaddr *)&at, sizeof(at)) == -1 && errno == EISCONN);
	length = sizeof(value);
	CHECK(getsockopt(client, IPPROTO_TCP, TCP_KEEPIDLE, &value, &length) == 0 && value == 77);
	CHECK(close(client) == 0 && close(accepted) == 0 && close(listener) == 0);
	errno = saved;
}

/* The child borrows our memory and our stack until it is gone. */
static void in_vfork(void)
{
	int status = 0;

	for (int i = 0; i < N_ROUNDS; i++) {
		pid_t pid = vfork();

		if (pid == 0) {
			one_of_each();
			_exit(0);
		}
		CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
		one_of_each();
	}
}

static volatile sig_atomic_t n_signals;

static void on_signal(int number)
{
	(void)number;
	n_signals++;
	one_of_each();
}

static time_t now(void)
{
	struct timespec at;

	CHECK(clock_gettime(CLOCK_MONOTONIC, &at) == 0);
	return at.tv_sec;
}

/* The handler does what the main program is just doing. How often it gets to, within a bound, is up
 * to the machine. */
static void in_handler(void)
{
	const struct itimerval often = { { 0, 200 }, { 0, 200 } }, never = { 0 };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	const time_t end = now() + DEADLINE_S;

	CHECK(sigaction(SIGALRM, &action, NULL) == 0);
	CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
	while (n_signals < N_SIGNALS && now() < end)
		one_of_each();
	CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);
	CHECK(n_signals > 0);
}

static void *thread(void *argument)
{
	for (int i = 0; i < N_ROUNDS; i++)
		one_of_each();
	return argument;
}

static void in_threads(void)
{
	pthread_t threads[N_THREADS];

	for (size_t i = 0; i < N_THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, thread, NULL) == 0);
	for (size_t i = 0; i < N_THREADS; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
}

/* Two threads ask one socket for its name at one time. */
static struct {
	pthread_barrier_t begin, end;
	atomic_int fd; /* -1: no more */
} asked;

static in_port_t name_of(int fd)
{
	struct sockaddr_in at;
	socklen_t length = sizeof(at);

	CHECK(getsockname(fd, (struct sockaddr *)&at, &length) == 0);
	return at.sin_port;
}

static void *ask_along(void *argument)
{
	for (;;) {
		pthread_barrier_wait(&asked.begin);
		if (asked.fd < 0)
			return argument;
		CHECK(name_of(asked.fd) != 0);
		pthread_barrier_wait(&asked.end);
	}
}

static void names_in_threads(void)
{
	enum { N_NAMES = 5000 };
	const struct sockaddr_in at = { .sin_family = AF_INET,
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	pthread_t thread;

	CHECK(pthread_barrier_init(&asked.begin, NULL, 2) == 0);
	CHECK(pthread_barrier_init(&asked.end, NULL, 2) == 0);
	CHECK(pthread_create(&thread, NULL, ask_along, NULL) == 0);
	for (int i = 0; i < N_NAMES; i++) {
		in_port_t port;
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		CHECK(bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0);
		asked.fd = fd;
		pthread_barrier_wait(&asked.begin);
		port = name_of(fd);
		pthread_barrier_wait(&asked.end);
		CHECK(port && port == name_of(fd));
		CHECK(close(fd) == 0);
	}
	asked.fd = -1;
	pthread_barrier_wait(&asked.begin);
	CHECK(pthread_join(thread, NULL) == 0);
}

/* None of these is a cancellation point: pthreads(7). */
static void *cancelled(void *ret_done)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(at);
	int idle = 77, fd = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(fd >= 0 && pthread_cancel(pthread_self()) == 0);
	CHECK(bind(fd, (struct sockaddr *)&at, length) == 0);
	CHECK(listen(fd, 5) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&at, &length) == 0);
	CHECK(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &idle, sizeof(idle)) == 0);
	count(fd);
	*(int *)ret_done = 1;
	pthread_testcancel();
	return NULL;
}

static void in_cancelled_thread(void)
{
	int done = 0;
	void *result;
	pthread_t thread;

	CHECK(pthread_create(&thread, NULL, cancelled, &done) == 0);
	CHECK(pthread_join(thread, &result) == 0);
	CHECK(done && result == PTHREAD_CANCELED);
}

/* Of a program that knows what it calls: the hooked family, and what it needs to end. */
static const unsigned int allowed[] = {
	SYS_socket,     SYS_bind,       SYS_listen,      SYS_connect, SYS_accept,     SYS_accept4,
	SYS_setsockopt, SYS_getsockopt, SYS_getsockname, SYS_close,   SYS_exit_group, SYS_write,
};

static void lock_up(void)
{
	enum { N = sizeof(allowed) / sizeof(allowed[0]) };
	struct sock_filter code[N + 3];
	const struct sock_fprog filter = { .len = N + 3, .filter = code };

	code[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					       offsetof(struct seccomp_data, nr));
	for (unsigned char i = 0; i < N; i++)
		code[i + 1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[i],
							   (unsigned char)(N - i), 0);
	code[N + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	code[N + 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
}

static void below_filter(void)
{
	lock_up();
	one_of_each();
	one_of_each();
}

/* For strace: after a line that can be found. */
static void plain(void)
{
	CHECK(write(1, "begin\n", 6) == 6);
	one_of_each();
}

static void say_counts(void)
{
	char text[64];
	int length = snprintf(text, sizeof(text), "%d of %d\n", n_kept_alive, n_sockets);

	CHECK(write(1, text, (size_t)length) == length);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} modes[] = {
		{ "plain", plain },
		{ "vfork", in_vfork },
		{ "signal", in_handler },
		{ "threads", in_threads },
		{ "seccomp", below_filter },
		{ "cancel", in_cancelled_thread },
		{ "names", names_in_threads },
	};

	for (size_t i = 0; argc == 2 && i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(argv[1], modes[i].name) == 0) {
			modes[i].run();
			say_counts();
			_exit(0); /* below the filter, exit() could do too much */
		}
	}
	return 2;
}
