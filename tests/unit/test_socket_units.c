#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "cleanup.h"
#include "model.h"

#include "fixture.h"
#include "socket_units.h"
#include "sources.h"
#include "tree.h"

#define ETC "etc/systemd/system/"
#define RUN "run/systemd/system/"
#define USR "usr/lib/systemd/system/"
#define WANTED "sockets.target.wants/"

TestSuite(socket_units);

struct listen_case {
	const char *text;
	uint16_t port; /* 0: none */
};

Test(socket_units, a_stream_is_a_port_alone_or_after_an_address)
{
	static const struct listen_case cases[] = {
		{ "80", 80 },
		{ "65535", 65535 },
		{ "0.0.0.0:80", 80 },
		{ "127.0.0.1:8080", 8080 },
		{ "[::]:80", 80 },
		{ "[2001:db8::1]:443", 443 },
		{ "[::ffff:10.0.0.1]:443", 443 },
		{ "[fe80::1]:80%eth0", 80 },
		{ "/run/a.sock", 0 },
		{ "/run/a:80", 0 },
		{ "@abstract", 0 },
		{ "@abstract:80", 0 },
		{ "vsock:2:1234", 0 },
		{ "vsock::22", 0 },
		{ "0", 0 },
		{ "65536", 0 },
		{ "10.0.0.1:", 0 },
		{ "10.0.0.1:http", 0 },
		{ "10.0.0.256:80", 0 },
		{ "2001:db8::1:80", 0 }, /* an IPv6 address needs its brackets */
		{ "[10.0.0.1:80", 0 },
		{ "[]:80", 0 },
		{ "[::1]80", 0 },
		{ "[::1]", 0 },
		{ "[::1:80", 0 },
		{ "[", 0 },
		{ ":80", 0 },
		{ "%i", 0 },
		{ "[::1]:%i", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct socket_unit_text unit;
		char text[128];

		(void)snprintf(text, sizeof(text), "[Socket]\nListenStream=%s\n", cases[i].text);
		cr_assert(socket_unit_parse(text, &unit));
		cr_expect_eq(unit.ports.count, cases[i].port ? 1 : 0, "%s", cases[i].text);
		cr_expect(!cases[i].port || portset_has(&unit.ports, cases[i].port), "%s",
			  cases[i].text);
		portset_done(&unit.ports);
	}
}

struct text_case {
	const char *text;
	uint16_t ports[3]; /* up to the first 0 */
	bool resets;
};

Test(socket_units, a_file_is_read_as_systemd_reads_it)
{
	static const struct text_case cases[] = {
		{ "", { 0 }, false },
		{ "ListenStream=80\n", { 0 }, false }, /* in no section */
		{ "[Unit]\nListenStream=80\n[Socket]\nListenStream=81\n", { 81 }, false },
		{ "[Socket]\nListenStream=80\n[Install]\nListenStream=81\n", { 80 }, false },
		{ "[Socket]\n  ListenStream =\t80  \r\nListenStream=81", { 80, 81 }, false },
		{ "[Socket]\n#ListenStream=80\n ; ListenStream=81\n", { 0 }, false },
		{ "[Socket]\nlistenstream=80\nListenStream\n", { 0 }, false },
		{ "[Socket]\nListenDatagram=80\nListenSequentialPacket=81\n", { 0 }, false },
		{ "[Socket]\nListenStream=80\nListenStream=\nListenStream=81\n", { 81 }, true },
		{ "[Socket]\nListenStream=80\nListenDatagram=\n", { 0 }, true },
		{ "[Socket]\nListenStream=80\nBindIPv6Only=\n", { 80 }, false },
		/* A backslash continues a line, also over comments; a comment itself ends. */
		{ "[Socket]\nExecStartPre=a \\\nListenStream=80\n", { 0 }, false },
		{ "[Socket]\nExecStartPre=a \\\n# b\nListenStream=80\n", { 0 }, false },
		{ "[Socket]\nExecStartPre=a \\\n\nListenStream=80\n", { 80 }, false },
		{ "[Socket]\n# a \\\nListenStream=80\n", { 80 }, false },
		{ "[Socket]\nListenStream= \\\n  80\n", { 80 }, false },
		{ "[Socket]\nListenStream= \\\n# not 81\n  80\n", { 80 }, false },
		{ "[Socket]\nListenStream=80\\", { 0 }, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct socket_unit_text unit;
		char *text = strdup(cases[i].text);
		uint32_t n = 0;

		cr_assert(text && socket_unit_parse(text, &unit));
		for (; n < ARRAY_SIZE(cases[i].ports) && cases[i].ports[n]; n++)
			cr_expect(portset_has(&unit.ports, cases[i].ports[n]), "%s", cases[i].text);
		cr_expect_eq(unit.ports.count, n, "%s", cases[i].text);
		cr_expect_eq(unit.resets, cases[i].resets, "%s", cases[i].text);
		portset_done(&unit.ports);
		free(text);
	}
}

static struct model *read_units(const struct root *root)
{
	struct model *model = model_new();

	cr_assert_not_null(model);
	cr_assert_eq(socket_units_collect(root, model, NULL), 0);
	return model;
}

static void expect_port(const struct model *model, size_t i, const char *unit, uint16_t port,
			const char *file)
{
	cr_assert_lt(i, model->n_unit_ports, "%s", unit);
	cr_expect_str_eq(model->unit_ports[i].unit, unit);
	cr_expect_eq(model->unit_ports[i].port, port, "%s", unit);
	cr_expect_str_eq(model->unit_ports[i].file, file);
}

Test(socket_units, a_host_has_those_that_sockets_target_wants)
{
	struct root root = fixture_open("socket-units");
	CLEANUP(model_freep) struct model *model = read_units(&root);

	cr_expect_eq(model->n_gaps, 0);
	cr_expect_eq(model->n_unit_ports, 4, "git-daemon is not enabled, telnet is masked");
	expect_port(model, 0, "app.socket", 40080, "/" ETC "app.socket");
	expect_port(model, 1, "cockpit.socket", 9090, "/" USR "cockpit.socket");
	expect_port(model, 2, "rpcbind.socket", 111, "/" USR "rpcbind.socket");
	expect_port(model, 3, "ssh.socket", 33022,
		    "/run/systemd/generator/ssh.socket.d/addresses.conf");
	root_close(&root);
}

Test(socket_units, without_systemd_there_is_nothing_and_no_gap)
{
	struct tree tree = tree_new();
	CLEANUP(model_freep) struct model *model = read_units(&tree.root);

	cr_expect_eq(model->n_unit_ports, 0);
	cr_expect_eq(model->n_gaps, 0);
	tree_done(&tree);
}

Test(socket_units, an_installed_unit_that_nothing_wants_does_not_listen)
{
	struct tree tree = tree_new();

	tree_write(&tree, USR "a.socket", "[Socket]\nListenStream=80\n");
	CLEANUP(model_freep) struct model *model = read_units(&tree.root);
	cr_expect_eq(model->n_unit_ports, 0);
	tree_done(&tree);
}

Test(socket_units, the_first_folder_that_has_the_name_decides)
{
	static const char *const files[] = { USR "a.socket",
					     "usr/local/lib/systemd/system/a.socket",
					     RUN "a.socket", ETC "a.socket" };
	struct tree tree = tree_new();

	tree_link(&tree, "../a.socket", USR WANTED "a.socket");
	for (uint16_t i = 0; i < ARRAY_SIZE(files); i++) {
		CLEANUP(freep) char *file = NULL;
		char text[64];

		(void)snprintf(text, sizeof(text), "[Socket]\nListenStream=%d\n", 80 + i);
		tree_write(&tree, files[i], text);
		CLEANUP(model_freep) struct model *model = read_units(&tree.root);
		cr_assert_geq(asprintf(&file, "/%s", files[i]), 0);
		cr_expect_eq(model->n_unit_ports, 1);
		expect_port(model, 0, "a.socket", (uint16_t)(80 + i), file);
	}
	tree_done(&tree);
}

struct mask_case {
	const char *target; /* NULL: an empty file */
	const char *name;
};

Test(socket_units, a_masked_unit_does_not_listen)
{
	static const struct mask_case cases[] = {
		{ "/dev/null", ETC "a.socket" },
		{ NULL, ETC "a.socket" },
		{ "/dev/null", RUN "a.socket" },
		{ "/dev/null", ETC WANTED "a.socket" }, /* takes back what the vendor wants */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct tree tree = tree_new();

		tree_write(&tree, USR "a.socket", "[Socket]\nListenStream=80\n");
		tree_write(&tree, USR "a.socket.d/more.conf", "[Socket]\nListenStream=81\n");
		tree_link(&tree, "../a.socket", USR WANTED "a.socket");
		if (cases[i].target)
			tree_link(&tree, cases[i].target, cases[i].name);
		else
			tree_write(&tree, cases[i].name, "");
		CLEANUP(model_freep) struct model *model = read_units(&tree.root);
		cr_expect_eq(model->n_unit_ports, 0, "case %zu", i);
		cr_expect_eq(model->n_gaps, 0, "case %zu", i);
		tree_done(&tree);
	}
}

Test(socket_units, drop_ins_of_all_folders_are_read_by_name)
{
	struct tree tree = tree_new();

	tree_link(&tree, "../a.socket", ETC WANTED "a.socket");
	tree_write(&tree, USR "a.socket", "[Socket]\nListenStream=80\n");
	tree_write(&tree, ETC "a.socket.d/20-port.conf", "[Socket]\nListenStream=82\n");
	tree_write(&tree, USR "a.socket.d/10-reset.conf",
		   "[Socket]\nListenStream=\nListenStream=81\n");
	tree_write(&tree, USR "a.socket.d/20-port.conf", "[Socket]\nListenStream=83\n");
	tree_write(&tree, USR "a.socket.d/30-masked.conf", "[Socket]\nListenStream=84\n");
	tree_link(&tree, "/dev/null", RUN "a.socket.d/30-masked.conf");
	tree_write(&tree, ETC "a.socket.d/README", "[Socket]\nListenStream=85\n");
	CLEANUP(model_freep) struct model *model = read_units(&tree.root);
	cr_expect_eq(model->n_unit_ports, 2);
	expect_port(model, 0, "a.socket", 81, "/" USR "a.socket.d/10-reset.conf");
	expect_port(model, 1, "a.socket", 82, "/" ETC "a.socket.d/20-port.conf");
	tree_done(&tree);
}

Test(socket_units, one_units_reset_leaves_the_others_their_ports)
{
	struct tree tree = tree_new();

	tree_write(&tree, ETC "a.socket", "[Socket]\nListenStream=80\n");
	tree_write(&tree, ETC "b.socket", "[Socket]\nListenStream=81\n");
	tree_write(&tree, ETC "b.socket.d/reset.conf", "[Socket]\nListenStream=\n");
	tree_write(&tree, ETC WANTED "a.socket", "");
	tree_write(&tree, ETC WANTED "b.socket", "");
	CLEANUP(model_freep) struct model *model = read_units(&tree.root);
	cr_expect_eq(model->n_unit_ports, 1);
	expect_port(model, 0, "a.socket", 80, "/" ETC "a.socket");
	tree_done(&tree);
}

Test(socket_units, only_the_ports_of_tcp_count)
{
	static const struct {
		const char *fragment, *drop_in;
		size_t n;
	} cases[] = {
		{ "[Socket]\nListenStream=80\nSocketProtocol=sctp\n", "", 0 },
		{ "[Socket]\nListenStream=80\n", "[Socket]\nSocketProtocol=sctp\n", 0 },
		{ "[Socket]\nListenStream=80\nSocketProtocol=sctp\n", "[Socket]\nSocketProtocol=\n",
		  1 },
		{ "[Socket]\nListenStream=80\nSocketProtocol=mptcp\n", "", 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct tree tree = tree_new();

		tree_write(&tree, ETC "a.socket", cases[i].fragment);
		tree_write(&tree, ETC "a.socket.d/b.conf", cases[i].drop_in);
		tree_write(&tree, ETC WANTED "a.socket", "");
		CLEANUP(model_freep) struct model *model = read_units(&tree.root);
		cr_expect_eq(model->n_unit_ports, cases[i].n, "case %zu", i);
		tree_done(&tree);
	}
}

Test(socket_units, what_cannot_be_read_is_one_gap_and_the_rest_is_read)
{
	struct tree tree = tree_new();

	tree_make_unreadable(&tree, ETC "a.socket");
	tree_make_unreadable(&tree, ETC "b.socket");
	tree_write(&tree, ETC "c.socket", "[Socket]\nListenStream=80\n");
	tree_write(&tree, ETC WANTED "a.socket", "");
	tree_write(&tree, ETC WANTED "b.socket", "");
	tree_write(&tree, ETC WANTED "c.socket", "");
	CLEANUP(model_freep) struct model *model = read_units(&tree.root);
	cr_expect_eq(model->n_unit_ports, 1);
	cr_assert_eq(model->n_gaps, 1);
	cr_expect_str_eq(model->gaps[0].source, "/" ETC "a.socket");
	cr_expect(strstr(model->gaps[0].cost, "socket units"));
	tree_done(&tree);
}

Test(socket_units, a_tree_that_goes_on_for_ever_is_cut_and_a_gap)
{
	struct tree tree = tree_new();

	for (int i = 0; i < 600; i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), ETC "a.socket.d/%d.conf", i);
		tree_write(&tree, name, "[Socket]\nListenStream=\nListenStream=80\n");
	}
	tree_write(&tree, ETC "a.socket", "[Socket]\n");
	tree_write(&tree, ETC WANTED "a.socket", "");
	CLEANUP(model_freep) struct model *model = read_units(&tree.root);
	cr_expect_eq(model->n_unit_ports, 1);
	cr_assert_eq(model->n_gaps, 1);
	cr_expect_str_eq(model->gaps[0].reason, "more than is read");
	tree_done(&tree);
}

Test(socket_units, a_link_does_not_lead_out_of_a_saved_tree)
{
	struct tree tree = tree_new(), other = tree_new();
	char *outside = tree_path(&other, "a.socket");

	tree_write(&other, "a.socket", "[Socket]\nListenStream=80\n");
	tree_link(&tree, outside, ETC "a.socket");
	tree_write(&tree, ETC WANTED "a.socket", "");
	CLEANUP(model_freep) struct model *model = read_units(&tree.root);
	cr_expect_eq(model->n_unit_ports, 0);
	free(outside);
	tree_done(&tree);
	tree_done(&other);
}
