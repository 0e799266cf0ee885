#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroups.h"
#include "array.h"
#include "cleanup.h"
#include "model.h"
#include "root.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

TestSuite(cgroups);

Test(cgroups, a_path_names_its_innermost_unit_or_container)
{
	static const struct {
		const char *path, *unit; /* "": none */
	} cases[] = {
		{ "/system.slice/nginx.service", "nginx.service" },
		{ "/system.slice/system-postgresql.slice/postgresql@15-main.service",
		  "postgresql@15-main.service" },
		{ "/system.slice/foo.service/worker", "foo.service" },
		{ "/init.scope", "init.scope" },
		{ "/user.slice/user-1000.slice/session-3.scope", "session-3.scope" },
		{ "/user.slice/user-1000.slice/user@1000.service/init.scope", "user@1000.service" },
		{ "/user.slice/user-1000.slice/user@1000.service/app.slice/app.service",
		  "app.service" },
		{ "/system.slice/docker-" ID ".scope", "docker-0123456789ab.scope" },
		{ "/docker/" ID, "docker-0123456789ab" },
		{ "/kubepods.slice/kubepods-burstable.slice/"
		  "kubepods-burstable-pod1f2e.slice/cri-containerd-" ID ".scope",
		  "cri-containerd-0123456789ab.scope" },
		{ "/kubepods/burstable/pod1f2e3d4c/" ID, "kubepods-0123456789ab" },
		{ "/machine.slice/libpod-" ID ".scope/container", "libpod-0123456789ab.scope" },
		{ "/machine.slice/libpod-conmon-" ID ".scope", "libpod-conmon-0123456789ab.scope" },
		{ "/system.slice/evil\033[1m.service", "evil?[1m.service" },
		{ "/system.slice/x" ID ".scope", "x" ID ".scope" }, /* no id by itself */
		{ "/system.slice", "" },
		{ "/", "" },
		{ "", "" },
		{ "/.service", "" },
		{ "/" ID, "" },
		{ "/../../system.slice/nginx.service", "nginx.service" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char unit[UNIT_STRLEN] = "";

		cr_expect_eq(unit_of_cgroup(cases[i].path, unit), strlen(cases[i].unit), "%s",
			     cases[i].path);
		cr_expect_str_eq(unit, cases[i].unit);
	}
}

Test(cgroups, a_name_longer_than_any_unit_is_cut)
{
	char path[2 * UNIT_STRLEN], unit[UNIT_STRLEN];

	memset(path, 'x', sizeof(path));
	path[0] = '/';
	strcpy(path + sizeof(path) - sizeof(".service"), ".service");
	cr_expect_eq(unit_of_cgroup(path, unit), UNIT_STRLEN - 1);
	cr_expect_eq(strlen(unit), UNIT_STRLEN - 1);
}

Test(cgroups, a_process_is_found_in_v1_in_v2_and_in_both)
{
	static const struct {
		const char *text, *unit;
	} cases[] = {
		{ "0::/system.slice/a.service\n", "a.service" },
		{ "4:memory:/x.service\n1:name=systemd:/system.slice/b.service\n", "b.service" },
		{ "1:name=systemd:/\n0::/system.slice/c.service\n", "c.service" },
		{ "1:name=systemd:/system.slice/d.service\n0::/\n", "d.service" },
		{ "1:name=systemd:/system.slice\n4:memory:/e.service\n", "" },
		{ "", "" },
		{ "0::", "" },
		{ "0:", "" },
		{ "4:memory:/x:name=systemd:/f.service\n0::/g.service\n", "g.service" },
		{ "4:memory:/10::/f.service\n", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char unit[UNIT_STRLEN] = "";

		(void)unit_of_proc_cgroup(cases[i].text, unit);
		cr_expect_str_eq(unit, cases[i].unit, "case %zu", i);
	}
}

static char directory[128];

/* A cgroup without processes, and its id: the inode number. 0: not possible here. */
static uint64_t make_cgroup(void)
{
	static const char *const trees[] = { "/sys/fs/cgroup/unified", "/sys/fs/cgroup" };
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(trees); i++) {
		char file[64];

		(void)snprintf(file, sizeof(file), "%s/cgroup.controllers", trees[i]);
		if (access(file, F_OK) < 0)
			continue;
		(void)snprintf(directory, sizeof(directory), "%s/tcpwright-test-%d.service",
			       trees[i], (int)getpid());
		if (mkdir(directory, 0755) == 0 && stat(directory, &st) == 0)
			return st.st_ino;
	}
	directory[0] = '\0';
	return 0;
}

static void remove_cgroup(void)
{
	if (directory[0])
		(void)rmdir(directory);
}

/* A model with a listener and an idle group in that cgroup, and a listener in one that is gone. */
static struct model *model_with(uint64_t id)
{
	struct model *model = model_new();
	struct sockets *sockets = &model->sockets;

	sockets->listeners = calloc(2, sizeof(sockets->listeners[0]));
	sockets->n_listeners = 2;
	sockets->listeners[0].socket.cgroup_id = id;
	sockets->listeners[1].socket.cgroup_id = UINT64_MAX - 1;
	sockets->idle_groups = calloc(1, sizeof(sockets->idle_groups[0]));
	sockets->n_idle_groups = 1;
	sockets->idle_groups[0].cgroup_id = id;
	return model;
}

static void expect_named(struct model *model, uint64_t id)
{
	struct root root;

	cr_assert_eq(root_open("/", &root, NULL), 0);
	cr_expect_eq(cgroups_collect(&root, model, NULL), 0);
	root_close(&root);
	cr_expect_eq(model->n_cgroups, 1);
	cr_expect(model_unit_of(model, id));
	cr_expect_null(model_unit_of(model, UINT64_MAX - 1));
	cr_expect_eq(model->n_gaps, 0, "what cannot be named is no gap");
}

Test(cgroups, an_id_is_named_at_once_by_root, .fini = remove_cgroup)
{
	CLEANUP(model_freep) struct model *model = NULL;
	uint64_t id = make_cgroup();

	if (id == 0)
		cr_skip_test("no cgroup v2 tree to make a cgroup in");
	model = model_with(id);
	expect_named(model, id);
}

Test(cgroups, an_id_is_found_by_walking_without_rights, .fini = remove_cgroup)
{
	CLEANUP(model_freep) struct model *model = NULL;
	uint64_t id = make_cgroup();

	if (id == 0)
		cr_skip_test("no cgroup v2 tree to make a cgroup in");
	model = model_with(id);
	cr_assert_eq(seteuid(65534), 0);
	expect_named(model, id);
	cr_assert_eq(seteuid(0), 0);
}

Test(cgroups, nothing_is_done_for_sockets_without_ids)
{
	CLEANUP(model_freep) struct model *model = model_new();
	struct root root = { .fd = -1, .live = true };

	cr_expect_eq(cgroups_collect(&root, model, NULL), 0);
	cr_expect_eq(model->n_cgroups, 0);
}
