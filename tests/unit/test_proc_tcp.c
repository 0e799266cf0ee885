#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "array.h"
#include "lines.h"
#include "proc_tcp.h"
#include "root.h"

TestSuite(proc_tcp);

#define REST "  1000        0 4242 1 000000000d75ea81 100 0 0 10 0"
#define V4(state, timer)                                                                           \
	"   7: 0100007F:1F90 0200000A:C350 " state " 00000005:00000007 " timer " 00000000" REST

struct whole_line {
	const char *line, *local, *remote;
	enum tcp_state state;
	uint8_t timer;
	uint32_t expires_ms;
};

static const struct whole_line whole_lines[] = {
	{ V4("01", "00:00000000"), "127.0.0.1:8080", "10.0.0.2:50000", TCP_STATE_ESTAB, 0, 0 },
	{ V4("01", "02:00000ABC"), "127.0.0.1:8080", "10.0.0.2:50000", TCP_STATE_ESTAB, 2, 27480 },
	{ V4("02", "01:00000064"), "127.0.0.1:8080", "10.0.0.2:50000", TCP_STATE_SYN_SENT, 1,
	  1000 },
	{ V4("03", "01:00000064"), "127.0.0.1:8080", "10.0.0.2:50000", TCP_STATE_SYN_RECV, 1,
	  1000 },
	{ V4("04", "01:00000014"), "127.0.0.1:8080", "10.0.0.2:50000", TCP_STATE_FIN_WAIT_1, 1,
	  200 },
	{ V4("05", "00:00000000"), "127.0.0.1:8080", "10.0.0.2:50000", TCP_STATE_FIN_WAIT_2, 0, 0 },
	{ V4("06", "03:00001770"), "127.0.0.1:8080", "10.0.0.2:50000", TCP_STATE_TIME_WAIT, 3,
	  60000 },
	{ V4("07", "00:00000000"), "127.0.0.1:8080", "10.0.0.2:50000", TCP_STATE_UNCONN, 0, 0 },
	{ V4("08", "00:00000000"), "127.0.0.1:8080", "10.0.0.2:50000", TCP_STATE_CLOSE_WAIT, 0, 0 },
	{ V4("09", "01:00000001"), "127.0.0.1:8080", "10.0.0.2:50000", TCP_STATE_LAST_ACK, 1, 10 },
	{ V4("0A", "00:00000000"), "127.0.0.1:8080", "10.0.0.2:50000", TCP_STATE_LISTEN, 0, 0 },
	{ V4("0B", "04:FFFFFFFF"), "127.0.0.1:8080", "10.0.0.2:50000", TCP_STATE_CLOSING, 4,
	  UINT32_MAX },
	{ V4("0C", "01:00000001"), "127.0.0.1:8080", "10.0.0.2:50000", TCP_STATE_SYN_RECV, 1, 10 },
	/* The same bytes the other way round are another address, not a mistake. */
	{ "0: 7F000001:0050 0A000002:0051 01 00000000:00000000 00:00000000 00000000" REST,
	  "1.0.0.127:80", "2.0.0.10:81", TCP_STATE_ESTAB, 0, 0 },
	{ "12345678: B80D0120000000000000000001000000:01BB "
	  "00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000" REST,
	  "[2001:db8::1]:443", "[::]:0", TCP_STATE_LISTEN, 0, 0 },
	{ "1: 0000000000000000FFFF00000100007F:0016 0000000000000000FFFF00000200007F:0017 01 "
	  "00000000:00000000 00:00000000 00000000" REST,
	  "127.0.0.1:22", "127.0.0.2:23", TCP_STATE_ESTAB, 0, 0 },
};

Test(proc_tcp, every_field_of_a_whole_line_is_read)
{
	for (size_t i = 0; i < ARRAY_SIZE(whole_lines); i++) {
		const struct whole_line *c = &whole_lines[i];
		char local[ENDPOINT_STRLEN], remote[ENDPOINT_STRLEN];
		struct sock_row row;

		cr_assert(proc_tcp_parse_line(c->line, &row), "%s", c->line);
		endpoint_format(local, &row.local_addr, row.local_port);
		endpoint_format(remote, &row.remote_addr, row.remote_port);
		cr_expect_str_eq(local, c->local);
		cr_expect_str_eq(remote, c->remote);
		cr_expect_eq(row.state, c->state, "%s", c->line);
		cr_expect_eq(row.timer, c->timer, "%s", c->line);
		cr_expect_eq(row.expires_ms, c->expires_ms, "%s", c->line);
		cr_expect_eq(row.uid, 1000);
		cr_expect_eq(row.inode, 4242);
	}
}

Test(proc_tcp, what_proc_cannot_know_is_not_zero_but_unknown)
{
	struct sock_row row;

	cr_assert(proc_tcp_parse_line(V4("0A", "00:00000000"), &row));
	cr_expect_eq(row.rqueue, 7, "the accept queue is in rx_queue");
	cr_expect_not(row.limit_known);
	cr_expect_not(row.no_port_flag_known);
	cr_expect_not(row.has_info);
	cr_expect_eq(row.cookie, 0);
	cr_expect_eq(row.cgroup_id, 0);
}

Test(proc_tcp, a_line_cut_anywhere_before_its_inode_ends_is_refused)
{
	static const char line[] = V4("06", "03:00001770");
	size_t whole = (size_t)(strstr(line, "4242 ") - line) + strlen("4242 ");
	char cut[sizeof(line)];
	struct sock_row row;

	for (size_t length = 0; length < sizeof(line); length++) {
		memcpy(cut, line, length);
		cut[length] = '\0';
		cr_expect_eq(proc_tcp_parse_line(cut, &row), length >= whole, "'%s'", cut);
	}
}

Test(proc_tcp, garbage_is_refused)
{
	static const char *const lines[] = {
		"",
		"sl  local_address rem_address   st",
		"   0: 0100007F1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000" REST,
		"   0: 0100007:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000" REST,
		"   0: 0100007F0100007F:1F90 00000000:0000 0A 0:0 00:00000000 00000000" REST,
		"   0: 0100007F:1F900 00000000:0000 0A 00000000:00000000 00:00000000 00000000" REST,
		"   0: 0100007F:1F90 00000000:0000 00 00000000:00000000 00:00000000 00000000" REST,
		"   0: 0100007F:1F90 00000000:0000 0D 00000000:00000000 00:00000000 00000000" REST,
		"   0: 0100007F:1F90 00000000:0000 FF 00000000:00000000 00:00000000 00000000" REST,
		"   0: 0100007G:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000" REST,
		"  -1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000" REST,
		"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000"
		"  99999999999999999999 0 1 1",
		"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000"
		"  4294967296 0 1 1",
		"\xff\xfe\x01",
	};
	struct sock_row row;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		cr_expect_not(proc_tcp_parse_line(lines[i], &row), "%s", lines[i]);
}

/* A saved tree with one file, removed by tree_remove(). */
struct tree {
	char path[64];
	struct root root;
};

static void tree_make(struct tree *tree, const char *text, size_t length)
{
	char name[128];
	FILE *file;

	strcpy(tree->path, "/tmp/tcpwright-test-XXXXXX");
	cr_assert_not_null(mkdtemp(tree->path));
	snprintf(name, sizeof(name), "%s/tcp", tree->path);
	file = fopen(name, "w");
	cr_assert_not_null(file);
	cr_assert_eq(fwrite(text, 1, length, file), length);
	fclose(file);
	cr_assert_eq(root_open(tree->path, &tree->root, NULL), 0);
}

static void tree_remove(struct tree *tree)
{
	char name[128];

	snprintf(name, sizeof(name), "%s/tcp", tree->path);
	root_close(&tree->root);
	cr_expect_eq(unlink(name), 0);
	cr_expect_eq(rmdir(tree->path), 0);
}

static int count_row(void *context, const struct sock_row *row)
{
	unsigned int *seen = context;

	seen[row->state]++;
	return 0;
}

static const char heading[] = "  sl  local_address rem_address   st tx_queue rx_queue\n";

Test(proc_tcp, a_saved_file_is_read_whole_for_each_part_and_bad_lines_count_once)
{
	char text[2048];
	unsigned int seen[N_TCP_STATES] = { 0 };
	struct row_sink sink = { count_row, seen };
	uint64_t bad = 0;
	struct tree tree;

	snprintf(text, sizeof(text), "%s%s\n%s\nrubbish\n%s\n%s", heading, V4("01", "00:00000000"),
		 V4("0A", "00:00000000"), V4("06", "03:00000001"), "   9: 0100007F:1F");
	tree_make(&tree, text, strlen(text));
	cr_expect_eq(proc_tcp_read(&tree.root, "tcp", PROC_TCP_LISTENERS, &sink, &bad), 0);
	cr_expect_eq(seen[TCP_STATE_LISTEN], 1);
	cr_expect_eq(seen[TCP_STATE_ESTAB], 0);
	cr_expect_eq(proc_tcp_read(&tree.root, "tcp", PROC_TCP_OTHERS, &sink, &bad), 0);
	cr_expect_eq(seen[TCP_STATE_LISTEN], 1);
	cr_expect_eq(seen[TCP_STATE_ESTAB], 1);
	cr_expect_eq(seen[TCP_STATE_TIME_WAIT], 1);
	cr_expect_eq(bad, 2, "the rubbish and the cut last line");
	tree_remove(&tree);
}

Test(proc_tcp, a_missing_file_is_an_error_and_a_heading_alone_is_no_bad_line)
{
	struct row_sink sink = { count_row, NULL };
	uint64_t bad = 0;
	struct tree tree;

	tree_make(&tree, heading, strlen(heading));
	cr_expect_lt(proc_tcp_read(&tree.root, "tcp6", PROC_TCP_OTHERS, &sink, &bad), 0);
	cr_expect_eq(proc_tcp_read(&tree.root, "tcp", PROC_TCP_OTHERS, &sink, &bad), 0);
	cr_expect_eq(bad, 0);
	tree_remove(&tree);
}

Test(proc_tcp, an_empty_file_and_garbage_are_no_table_of_sockets)
{
	static const char *const texts[] = { "", "rubbish\n", "\n\n", "   9: 0100007F:1F" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct row_sink sink = { count_row, NULL };
		uint64_t bad = 0;
		struct tree tree;

		tree_make(&tree, texts[i], strlen(texts[i]));
		cr_expect_eq(proc_tcp_read(&tree.root, "tcp", PROC_TCP_LISTENERS, &sink, &bad),
			     -EBADMSG, "%zu", i);
		cr_expect_eq(proc_tcp_read(&tree.root, "tcp", PROC_TCP_OTHERS, &sink, &bad),
			     -EBADMSG, "%zu", i);
		tree_remove(&tree);
	}
}

/* In front of libc's own: what the next read() fails with; 0: nothing. */
static int next_read_error;

ssize_t read(int fd, void *buf, size_t size)
{
	if (next_read_error) {
		errno = next_read_error;
		next_read_error = 0;
		return -1;
	}
	return syscall(SYS_read, fd, buf, size);
}

/* Rows come in the order of their inodes, each once. */
static int expect_next_inode(void *context, const struct sock_row *row)
{
	uint64_t *last = context;

	cr_expect_eq(row->inode, *last + 1);
	*last = row->inode;
	return 0;
}

Test(proc_tcp, lines_survive_buffer_ends_and_lines_that_exceed_the_buffer)
{
	enum { LONG = 200000, LINES = 3000 };
	static char text[LONG + LINES * 200];
	uint64_t last = 0, bad = 0;
	struct row_sink sink = { expect_next_inode, &last };
	size_t length = 0;
	struct tree tree;

	for (int i = 0; i < LINES; i++) {
		/* Of differing length and content: else a shifted buffer would look the same. */
		length += (size_t)sprintf(text + length,
					  "%4d: 0100007F:1F90 0100007F:C350 01 "
					  "00000000:00000000 00:00000000 00000000  1000        0 "
					  "%d 1 0000000000000000\n",
					  i, i + 1);
		if (i == LINES / 2) {
			memset(text + length, 'x', LONG);
			length += LONG;
			text[length++] = '\n';
		}
	}
	tree_make(&tree, text, length);
	cr_expect_eq(proc_tcp_read(&tree.root, "tcp", PROC_TCP_OTHERS, &sink, &bad), 0);
	cr_expect_eq(last, LINES);
	cr_expect_eq(bad, 1);
	tree_remove(&tree);
}

Test(proc_tcp, a_signal_does_not_end_a_file_and_an_error_does)
{
	static const struct {
		int error, expected;
	} cases[] = { { EINTR, 0 }, { EIO, -EIO } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned int seen[N_TCP_STATES] = { 0 };
		struct row_sink sink = { count_row, seen };
		uint64_t bad = 0;
		struct tree tree;

		tree_make(&tree, heading, strlen(heading));
		next_read_error = cases[i].error;
		cr_expect_eq(proc_tcp_read(&tree.root, "tcp", PROC_TCP_OTHERS, &sink, &bad),
			     cases[i].expected, "case %zu", i);
		tree_remove(&tree);
	}
}
