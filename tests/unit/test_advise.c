#include <criterion/criterion.h>

#include "advise.h"
#include "array.h"
#include "judge.h"
#include "stack_model.h"

TestSuite(advise);

Test(advise, an_owner_is_named_as_far_as_it_is_known)
{
	struct process processes[] = {
		{ .pid = 12, .command = (char *)"nginx", .unit = (char *)"nginx.service" },
		{ .pid = 13, .command = (char *)"nc" },
	};
	struct socket_owner owners[] = { { .inode = 5, .process = 0 },
					 { .inode = 6, .process = 1 } };
	struct cgroup_name cgroup = { .id = 9, .unit = (char *)"web.scope" };
	struct model model = { .processes = processes,
			       .n_processes = 2,
			       .owners = owners,
			       .n_owners = 2,
			       .cgroups = &cgroup,
			       .n_cgroups = 1 };
	static const struct {
		struct socket_ref socket;
		const char *owner;
	} cases[] = {
		{ { .inode = 5 }, "nginx (pid 12, nginx.service)" },
		{ { .inode = 6 }, "nc (pid 13)" },
		{ { .inode = 6, .cgroup_id = 9 }, "nc (pid 13, web.scope)" },
		{ { .inode = 7, .cgroup_id = 9 }, "web.scope" },
		{ { .inode = 7 }, "" },
		{ { .inode = 0 }, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct finding f = { 0 };
		char *owner = advise_owner(&f, &model, &cases[i].socket);

		cr_expect_str_eq(owner, cases[i].owner, "case %zu", i);
		free(owner);
	}
	cr_expect_null(advise_owner(NULL, &model, &cases[0].socket));
}

Test(advise, a_number_of_sockets_names_the_field_of_the_backend_that_it_came_from)
{
	struct model model = { .sockets = { .backend = "sock_diag" } };

	cr_expect_str_eq(advise_field(&model, FIELD_TIMER), "sock_diag idiag_timer");
	model.sockets.backend = "proc";
	cr_expect_str_eq(advise_field(&model, FIELD_TIMER), "/proc/net/tcp tr");
}

Test(advise, a_program_is_its_command_line_without_the_folder_and_cut)
{
	static const struct {
		const char *command, *program;
	} cases[] = {
		{ "nginx: worker process", "nginx: worker process" },
		{ "/usr/sbin/nginx -g /x/y", "nginx -g /x/y" },
		{ "./serve", "serve" },
		{ "/", "/" },
		{ "/opt/ x", "opt/ x" },
		{ "", "" },
	};
	struct process process = { .pid = 1,
				   .command = (char *)"/bin/python3 /srv/a/very/long/path/to/the/"
						      "script/that/serves.py --port 80" };
	struct socket_owner owner = { .inode = 5 };
	struct model model = {
		.processes = &process, .n_processes = 1, .owners = &owner, .n_owners = 1
	};
	struct finding f = { 0 };
	char *text;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		cr_expect_str_eq(advise_program(cases[i].command), cases[i].program);
	text = advise_owner(&f, &model, &(struct socket_ref){ .inode = 5 });
	cr_expect_str_eq(text, "python3 /srv/a/very/long/path/to/the/script/that (pid 1)");
	free(text);
}

Test(advise, a_program_is_named_as_the_shim_knows_it)
{
	static const struct {
		const char *executable, *command;
		const char *name; /* NULL: none */
	} cases[] = {
		{ "/usr/sbin/nginx", "nginx: worker process", "nginx" },
		{ "/usr/bin/python3.11", "python3 gateway.py 80", "python3.11" },
		{ NULL, "nginx: worker process", "nginx" },
		{ NULL, "/usr/bin/java -jar x.jar", "java" },
		{ NULL, "serve", "serve" },
		{ "/opt/a, b", "/opt/a, b", NULL },
		{ "/opt/x*", "x*", NULL },
		{ "/opt/h\xc3\xa9", "h\xc3\xa9", NULL },
		{ "/usr/lib/systemd/systemd", "/sbin/init", NULL },
		{ "/usr/lib/systemd/systemd-resolved", "systemd-resolved", "systemd-resolved" },
		{ "/", "", NULL },
		{ NULL, "", NULL },
		{ NULL, NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct process process = { .executable = (char *)cases[i].executable,
						 .command = (char *)cases[i].command };
		char name[ADVISE_PROGRAM_SIZE] = "";

		cr_expect_eq(advise_program_name(&process, name), cases[i].name != NULL,
			     "case %zu: %s", i, name);
		cr_expect_str_eq(name, cases[i].name ? cases[i].name : "", "case %zu", i);
	}
}

static struct process process_of(const char *executable, const char *arguments, size_t length)
{
	return (struct process){ .executable = (char *)executable,
				 .command = (char *)executable,
				 .arguments = (char *)arguments,
				 .arguments_length = length };
}

Test(advise, a_section_names_each_program_once_and_what_it_is_for)
{
	const struct process nginx = process_of("/usr/sbin/nginx", NULL, 0),
			     other = process_of("/usr/bin/app", NULL, 0);
	struct socket_advice advice = { .name = "listen-80",
					.side = "listen",
					.port = 80,
					.options = { { "listen_backlog", "1024" } } };
	struct finding f = { 0 };
	char *text;

	advice.port = 0;
	cr_expect_null(advise_section(&f, &advice), "for whom?");
	advice.port = 80;
	text = advise_section(&f, &advice);
	cr_expect_str_eq(text,
			 "[socket listen-80]\nside = listen\nport = 80\nlisten_backlog = 1024\n");
	free(text);
	cr_expect_null(advise_run(&f, &advice), "no program, no command");
	advise_add_process(&advice, &nginx);
	advise_add_process(&advice, &nginx);
	advise_add_process(&advice, NULL);
	text = advise_section(&f, &advice);
	cr_expect_str_eq(text, "[socket nginx-listen-80]\nside = listen\nport = 80\nprogram = "
			       "nginx\nlisten_backlog = 1024\n");
	free(text);
	advise_add_process(&advice, &other);
	text = advise_section(&f, &advice);
	cr_expect(strstr(text, "[socket listen-80]\n"));
	cr_expect(strstr(text, "\nprogram = nginx, app\n"));
	free(text);
	cr_expect_not(f.out_of_memory);
	cr_expect_null(advise_section(NULL, &advice));
	cr_expect_null(advise_run(NULL, &advice));
}

Test(advise, a_command_repeats_the_arguments_and_quotes_them_for_a_shell)
{
	static const char start[] =
		"tcpwright run --set so_keepalive=on --set tcp_keepidle=280s -- ";
	static const struct {
		const char *arguments;
		size_t length;
		const char *tail;
	} cases[] = {
		{ "app\0-p\0x", 9, "app -p x" },
		{ "./app\0a b\0it's\0$(reboot)\0;", 27, "./app 'a b' 'it'\\''s' '$(reboot)' ';'" },
		{ "app\0\0x", 7, "app '' x" },
		{ "app\0a\nb", 8, "/usr/bin/app # and its own arguments" },
		{ "-app", 5, "/usr/bin/app # and its own arguments" },
		{ NULL, 0, "/usr/bin/app # and its own arguments" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct process process =
			process_of("/usr/bin/app", cases[i].arguments, cases[i].length);
		struct socket_advice advice = { .name = "keepalive",
						.options = { { "so_keepalive", "on" },
							     { "tcp_keepidle", "280s" } } };
		struct finding f = { 0 };
		char *command;

		advise_add_process(&advice, &process);
		command = advise_run(&f, &advice);
		cr_assert(command);
		cr_assert_eq(strncmp(command, start, strlen(start)), 0, "%s", command);
		cr_expect_str_eq(command + strlen(start), cases[i].tail);
		free(command);
	}
}

Test(advise, what_needs_filters_is_started_with_a_file)
{
	const struct process process = process_of("/usr/bin/app", "app", 4);
	struct socket_advice advice = { .name = "listen-80",
					.port = 80,
					.needs_profile = true,
					.options = { { "listen_backlog", "64" } } };
	struct finding f = { 0 };
	char *command;

	advise_add_process(&advice, &process);
	command = advise_run(&f, &advice);
	cr_expect_str_eq(command, "tcpwright run --profile ./listen-80.ini -- app # with the "
				  "section in ./listen-80.ini");
	free(command);
}

Test(advise, a_counter_is_told_with_its_file_and_its_time)
{
	struct model model = { 0 };
	struct sample samples[2] = { 0 };
	struct finding f = { 0 };

	advise_counter(&f, &model, COUNTER_LISTEN_DROPS);
	cr_expect_eq(f.n_evidence, 0, "an unknown counter is no evidence");
	model.counters[COUNTER_LISTEN_DROPS] = reading_of(7);
	advise_counter(&f, &model, COUNTER_LISTEN_DROPS);
	cr_expect_str_eq(f.evidence[0].source, "/proc/net/netstat TcpExt.ListenDrops, since boot");
	cr_expect_str_eq(f.evidence[0].unit, "events");
	finding_done(&f);
	f = (struct finding){ 0 };
	model.host.younger_netns = true;
	advise_counter(&f, &model, COUNTER_LISTEN_DROPS);
	cr_expect_str_eq(f.evidence[0].source, "/proc/net/netstat TcpExt.ListenDrops, since this "
					       "network namespace began");
	set_window(&model, samples, 30);
	set_moved(&model, COUNTER_PASSIVE_OPENS, 7, 9);
	advise_counter(&f, &model, COUNTER_PASSIVE_OPENS);
	cr_expect_str_eq(f.evidence[1].source, "/proc/net/snmp Tcp.PassiveOpens, in 30 s");
	cr_expect_str_eq(f.evidence[1].unit, "events");
	cr_expect_eq(f.evidence[1].count, 2);
	finding_done(&f);
}

Test(advise, what_is_missing_is_named_and_a_key_that_the_kernel_lacks_says_so)
{
	struct model model = { 0 };
	struct finding f = { 0 };

	model.sysctls[SYSCTL_TCP_TW_REUSE_DELAY].absent = true;
	advise_sysctl_missing(&f, &model, SYSCTL_SOMAXCONN);
	advise_sysctl_missing(&f, &model, SYSCTL_TCP_TW_REUSE_DELAY);
	advise_counter_missing(&f, COUNTER_LISTEN_DROPS);
	cr_expect_str_eq(f.missing[0], "net.core.somaxconn");
	cr_expect_str_eq(f.missing[1], "net.ipv4.tcp_tw_reuse_delay (this kernel has no such key)");
	cr_expect_str_eq(f.missing[2], "/proc/net/netstat TcpExt.ListenDrops");
	finding_done(&f);
}

Test(advise, the_counters_of_a_younger_namespace_have_no_age_to_be_divided_by)
{
	struct model model = { .host = { .uptime_s = reading_of(1000000) } };

	model.counters[COUNTER_LISTEN_OVERFLOWS] = reading_of(500);
	cr_expect_eq(model_counter_change(&model, COUNTER_LISTEN_OVERFLOWS).seconds, 1000000);
	model.host.younger_netns = true;
	cr_expect_eq(model_counter_change(&model, COUNTER_LISTEN_OVERFLOWS).seconds, 0);
}

Test(advise, a_counter_since_boot_needs_volume_and_rate_and_one_in_a_window_needs_neither)
{
	static const struct {
		struct counter_change change;
		enum movement movement;
	} cases[] = {
		{ { .since_boot = true }, MOVEMENT_UNKNOWN },
		{ { { 9, true }, 3600, true }, MOVEMENT_NONE },
		{ { { 10, true }, 3600, true }, MOVEMENT_BEFORE },
		{ { { 10, true }, 5 * 3600, true }, MOVEMENT_BEFORE },
		{ { { 10, true }, 5 * 3600 + 1, true }, MOVEMENT_NONE },
		{ { { 10, true }, 0, true }, MOVEMENT_BEFORE },
		{ { { 0, true }, 10, false }, MOVEMENT_NONE },
		{ { { 1, true }, 10, false }, MOVEMENT_NOW },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		cr_expect_eq(advise_movement(&cases[i].change, 10, 2), cases[i].movement,
			     "case %zu", i);
}
