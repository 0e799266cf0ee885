#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "cleanup.h"
#include "err.h"
#include "launch.h"

static const char library[] = "/usr/lib/libtcpwright-preload.so";

Test(launch, the_library_comes_behind_what_is_preloaded_and_only_once)
{
	static const struct {
		const char *before, *after;
	} cases[] = {
		{ NULL, "/usr/lib/libtcpwright-preload.so" },
		{ "", "/usr/lib/libtcpwright-preload.so" },
		{ " :", "/usr/lib/libtcpwright-preload.so" },
		{ "libjemalloc.so", "libjemalloc.so:/usr/lib/libtcpwright-preload.so" },
		{ "a.so b.so", "a.so b.so:/usr/lib/libtcpwright-preload.so" },
		{ "/usr/lib/libtcpwright-preload.so", "/usr/lib/libtcpwright-preload.so" },
		{ "a.so /opt/libtcpwright-preload.so b.so",
		  "a.so /opt/libtcpwright-preload.so b.so" },
		{ "libtcpwright-preload.so:", "libtcpwright-preload.so:" },
		/* Names of others that only end or begin alike. */
		{ "notlibtcpwright-preload.so",
		  "notlibtcpwright-preload.so:/usr/lib/libtcpwright-preload.so" },
		{ "libtcpwright-preload.so.1",
		  "libtcpwright-preload.so.1:/usr/lib/libtcpwright-preload.so" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(freep) char *list = launch_preload(cases[i].before, library);

		cr_expect_str_eq(list, cases[i].after);
	}
}

Test(launch, paths_that_ld_preload_would_read_otherwise_are_told)
{
	cr_expect(launch_can_preload(library));
	cr_expect_not(launch_can_preload("/some where/lib.so"));
	cr_expect_not(launch_can_preload("/a:b/lib.so"));
	cr_expect_not(launch_can_preload("/$ORIGIN/lib.so"));
}

static void prepare(const struct launch *launch)
{
	cr_assert_eq(launch_environment(launch, NULL), 0);
}

Test(launch, what_is_given_replaces_the_environment_and_what_is_not_leaves_it)
{
	struct launch launch = { .library = library, .own_policy = true, .profile = "/p.ini" };

	cr_assert_eq(setenv("TCPWRIGHT_PROFILE", "old", 1), 0);
	cr_assert_eq(setenv("TCPWRIGHT_SET", "tcp_nodelay=on", 1), 0);
	cr_assert_eq(setenv("TCPWRIGHT_LOG", "/old", 1), 0);
	prepare(&launch);
	cr_expect_str_eq(getenv("TCPWRIGHT_PROFILE"), "/p.ini");
	cr_expect_null(getenv("TCPWRIGHT_SET"));
	cr_expect_str_eq(getenv("TCPWRIGHT_LOG"), "/old");
	cr_expect_null(getenv("TCPWRIGHT_DRY_RUN"));
	launch = (struct launch){
		.library = library, .log = "/new", .children = "strip", .dry_run = true
	};
	prepare(&launch);
	cr_expect_str_eq(getenv("TCPWRIGHT_PROFILE"), "/p.ini");
	cr_expect_str_eq(getenv("TCPWRIGHT_LOG"), "/new");
	cr_expect_str_eq(getenv("TCPWRIGHT_CHILDREN"), "strip");
	cr_expect_str_eq(getenv("TCPWRIGHT_DRY_RUN"), "1");
}

Test(launch, values_that_would_stop_the_library_are_found_before)
{
	static const struct {
		const char *variable, *value;
		int result;
	} cases[] = {
		{ "TCPWRIGHT_DRY_RUN", "1", 0 },         { "TCPWRIGHT_DRY_RUN", "", 0 },
		{ "TCPWRIGHT_DRY_RUN", "yes", -EINVAL }, { "TCPWRIGHT_COMPAT", "2", -EINVAL },
		{ "TCPWRIGHT_CHILDREN", "keep", 0 },     { "TCPWRIGHT_CHILDREN", "no", -EINVAL },
		{ "TCPWRIGHT_LOG", "/dev/null", 0 },     { "TCPWRIGHT_LOG", "/", -EISDIR },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err;

		cr_assert_eq(setenv(cases[i].variable, cases[i].value, 1), 0);
		cr_expect_eq(launch_check(&err), cases[i].result, "%s=%s", cases[i].variable,
			     cases[i].value);
		cr_assert_eq(unsetenv(cases[i].variable), 0);
	}
}
