#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "array.h"
#include "cleanup.h"
#include "err.h"
#include "profile.h"

/* A folder of profiles, made for one test. */
static char folder[64], elsewhere[64];
static const char *directories[3];
static const struct profile_path path = { directories };

static const char *const rule_names[] = { "tw-rate", "port-exhaustion" };
static const char *const threshold_names[] = { "port-exhaustion.warning",
					       "port-exhaustion.critical" };
static const struct profile_words words = { rule_names, 2, threshold_names, 2 };

static void make_folders(void)
{
	strcpy(folder, "/tmp/test-profile-XXXXXX");
	strcpy(elsewhere, "/tmp/test-profile-XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
	cr_assert_not_null(mkdtemp(elsewhere));
	directories[0] = folder;
	directories[1] = elsewhere;
}

static void remove_folders(void)
{
	char command[256];

	(void)snprintf(command, sizeof(command), "rm -rf %s %s", folder, elsewhere);
	cr_expect_eq(system(command), 0);
}

TestSuite(profile, .init = make_folders, .fini = remove_folders);

/* In front of libc's own: a disk that gives little at a time, and a signal before that. */
static bool reads_in_pieces, was_interrupted;

ssize_t read(int fd, void *buf, size_t size)
{
	if (reads_in_pieces && !was_interrupted) {
		was_interrupted = true;
		errno = EINTR;
		return -1;
	}
	return syscall(SYS_read, fd, buf, reads_in_pieces && size > 7 ? 7 : size);
}

static void put(const char *directory, const char *name, const char *text)
{
	char file[128];
	FILE *out;

	(void)snprintf(file, sizeof(file), "%s/%s.ini", directory, name);
	out = fopen(file, "w");
	cr_assert_not_null(out);
	cr_assert_geq(fputs(text, out), 0);
	cr_assert_eq(fclose(out), 0);
}

static struct profile *load(const char *role)
{
	struct profile *profile = NULL;
	struct err err = { { 0 } };

	cr_assert_eq(profile_load_role(role, &path, &words, &profile, &err), 0, "%s", err.text);
	return profile;
}

static const struct profile_sysctl *find_sysctl(const struct profile *profile, enum sysctl_id id)
{
	const struct profile_sysctl *found = NULL;

	for (size_t i = 0; i < profile->n_sysctls; i++)
		if (profile->sysctls[i].fact == &sysctl_facts[id])
			found = &profile->sysctls[i];
	cr_assert_not_null(found, "%s is not in the profile", sysctl_facts[id].key);
	return found;
}

/* The text after the last '/': where the folder is does not matter. */
static const char *base(const char *file)
{
	return strrchr(file, '/') + 1;
}

/* What ROLE is refused for, without the folder's name in front. */
static const char *refusal(const char *role, int code)
{
	static struct err err;
	struct profile *profile = NULL;
	size_t length = strlen(folder);

	cr_expect_eq(profile_load_role(role, &path, &words, &profile, &err), code, "%s", err.text);
	cr_expect_null(profile, "outputs are touched only on success");
	return strncmp(err.text, folder, length) == 0 ? err.text + length + 1 : err.text;
}

Test(profile, every_section_arrives_with_its_line_and_reason)
{
	CLEANUP(profile_freep) struct profile *p = NULL;

	put(folder, "all",
	    "[profile]\nname = all\nsummary = Everything there is\n"
	    "[sysctl]\n# Bursts.\nnet/core/somaxconn = >= 4096\n"
	    "net.ipv4.tcp_fin_timeout = <= 60\nnet.ipv4.tcp_syncookies = 1\n"
	    "[thresholds]\n# Early.\nport-exhaustion.warning = 62.5\n"
	    "[rules]\n# Noise.\ntw-rate = off\nport-exhaustion = warning\n"
	    "[socket web]\n# Idle.\nso_keepalive = on\n");
	p = load("all");
	cr_expect_str_eq(p->name, "all");
	cr_expect_str_eq(p->summary, "Everything there is");
	cr_assert_eq(p->n_files, 1);
	cr_assert_eq(p->n_sysctls, 3);
	cr_expect_str_eq(p->sysctls[0].fact->key, "net.core.somaxconn");
	cr_expect_eq(p->sysctls[0].op, VALUE_AT_LEAST);
	cr_expect_str_eq(p->sysctls[0].value, "4096");
	cr_expect_str_eq(p->sysctls[0].reason, "Bursts.");
	cr_expect_eq(p->sysctls[0].origin.line, 6);
	cr_expect_eq(p->sysctls[0].origin.file, p->files[0]);
	cr_expect_eq(p->sysctls[1].op, VALUE_AT_MOST);
	cr_expect_null(p->sysctls[1].reason);
	cr_expect_eq(p->sysctls[2].op, VALUE_EQUAL);
	cr_assert_eq(p->n_thresholds, 1);
	cr_expect_str_eq(p->thresholds[0].rule, "port-exhaustion");
	cr_expect_str_eq(p->thresholds[0].name, "warning");
	cr_expect_float_eq(p->thresholds[0].value, 62.5, 0);
	cr_expect_str_eq(p->thresholds[0].reason, "Early.");
	cr_expect_eq(p->thresholds[0].origin.line, 11);
	cr_assert_eq(p->n_rules, 2);
	cr_expect_eq(p->rules[0].state, RULE_OFF);
	cr_expect_str_eq(p->rules[0].reason, "Noise.");
	cr_expect_eq(p->rules[0].origin.line, 14);
	cr_expect_eq(p->rules[1].state, RULE_ON);
	cr_expect_str_eq(p->rules[1].at_most, "warning");
	cr_assert_eq(p->n_sockets, 1);
	cr_expect_str_eq(p->sockets[0].section, "web");
	cr_expect_str_eq(p->sockets[0].key, "so_keepalive");
	cr_expect_str_eq(p->sockets[0].value, "on");
	cr_expect_str_eq(p->sockets[0].reason, "Idle.");
	cr_expect_eq(p->sockets[0].origin.line, 18);
}

Test(profile, the_lookups_of_rules_see_it_and_live_without_it)
{
	CLEANUP(profile_freep) struct profile *p = NULL;

	put(folder, "r", "[thresholds]\nport-exhaustion.warning = 70\n[rules]\ntw-rate = off\n");
	p = load("r");
	cr_expect_float_eq(profile_threshold(p, "port-exhaustion", "warning", 80), 70, 0);
	cr_expect_float_eq(profile_threshold(p, "port-exhaustion", "critical", 95), 95, 0);
	cr_expect_float_eq(profile_threshold(NULL, "port-exhaustion", "warning", 80), 80, 0);
	cr_expect_eq(profile_rule(p, "tw-rate")->state, RULE_OFF);
	cr_expect_null(profile_rule(p, "port-exhaustion"));
	cr_expect_null(profile_rule(NULL, "tw-rate"));
}

Test(profile, a_file_wins_over_what_it_includes_and_a_later_include_over_an_earlier_one)
{
	CLEANUP(profile_freep) struct profile *p = NULL;

	put(folder, "one",
	    "[profile]\nsummary = not that of the role\n"
	    "[sysctl]\nnet.core.somaxconn = 1001\nnet.ipv4.tcp_fin_timeout = 21\n"
	    "net.ipv4.tcp_keepalive_time = 31\n[rules]\ntw-rate = off\n"
	    "[socket web]\nlisten_backlog = 1\n");
	put(folder, "two",
	    "[sysctl]\nnet.core.somaxconn = 1002\nnet.ipv4.tcp_fin_timeout = 22\n"
	    "[thresholds]\nport-exhaustion.warning = 2\n[socket web]\nlisten_backlog = 2\n");
	/* The include stands last, and still comes first. */
	put(folder, "top",
	    "[sysctl]\nnet.core.somaxconn = 1003\n[thresholds]\nport-exhaustion.warning = 3\n"
	    "[rules]\ntw-rate = on\n[profile]\ninclude = one, two\n");
	p = load("top");
	cr_expect_str_eq(p->name, "top", "a file without a name has that of its file");
	cr_expect_null(p->summary);
	cr_assert_eq(p->n_files, 3);
	cr_expect_str_eq(base(p->files[0]), "one.ini");
	cr_expect_str_eq(base(p->files[1]), "two.ini");
	cr_expect_str_eq(base(p->files[2]), "top.ini");
	cr_expect_eq(p->n_sysctls, 3);
	cr_expect_str_eq(find_sysctl(p, SYSCTL_SOMAXCONN)->value, "1003");
	cr_expect_str_eq(base(find_sysctl(p, SYSCTL_SOMAXCONN)->origin.file), "top.ini");
	cr_expect_eq(find_sysctl(p, SYSCTL_SOMAXCONN)->origin.line, 2);
	cr_expect_str_eq(find_sysctl(p, SYSCTL_TCP_FIN_TIMEOUT)->value, "22");
	cr_expect_str_eq(base(find_sysctl(p, SYSCTL_TCP_FIN_TIMEOUT)->origin.file), "two.ini");
	cr_expect_str_eq(find_sysctl(p, SYSCTL_TCP_KEEPALIVE_TIME)->value, "31");
	cr_expect_float_eq(profile_threshold(p, "port-exhaustion", "warning", 0), 3, 0);
	cr_expect_eq(p->n_thresholds, 1);
	cr_expect_eq(profile_rule(p, "tw-rate")->state, RULE_ON);
	cr_assert_eq(p->n_sockets, 1);
	cr_expect_str_eq(p->sockets[0].value, "2");
}

Test(profile, a_diamond_reads_its_tip_once_so_that_it_undoes_nothing)
{
	CLEANUP(profile_freep) struct profile *p = NULL;

	put(folder, "tip", "[sysctl]\nnet.core.somaxconn = 1\n");
	put(folder, "left", "[profile]\ninclude = tip\n[sysctl]\nnet.core.somaxconn = 2\n");
	put(folder, "right", "[profile]\ninclude = tip\n");
	put(folder, "top", "[profile]\ninclude = left right\n");
	p = load("top");
	cr_expect_eq(p->n_files, 4);
	cr_expect_str_eq(find_sysctl(p, SYSCTL_SOMAXCONN)->value, "2");
}

Test(profile, includes_are_found_beside_the_file_first_and_then_along_the_path)
{
	CLEANUP(profile_freep) struct profile *p = NULL;
	struct err err = { { 0 } };
	char file[128], to[128];

	put(folder, "near", "[sysctl]\nnet.core.somaxconn = 1\n");
	put(elsewhere, "near", "[sysctl]\nnet.core.somaxconn = 2\n");
	put(folder, "far", "[sysctl]\nnet.ipv4.tcp_fin_timeout = 3\n");
	put(elsewhere, "mine", "[profile]\nname = another\ninclude = near, far\n");
	(void)snprintf(file, sizeof(file), "%s/mine.ini", elsewhere);
	cr_expect_eq(profile_load_file(file, &path, &words, &p, &err), -EINVAL);
	(void)snprintf(to, sizeof(to), "%s/mine.conf", elsewhere);
	cr_assert_eq(rename(file, to), 0);
	cr_assert_eq(profile_load_file(to, &path, &words, &p, &err), 0, "%s", err.text);
	cr_expect_str_eq(p->name, "another", "only a NAME.ini has to be called NAME");
	cr_expect_str_eq(find_sysctl(p, SYSCTL_SOMAXCONN)->value, "2");
	cr_expect_str_eq(find_sysctl(p, SYSCTL_TCP_FIN_TIMEOUT)->value, "3");
}

Test(profile, a_file_that_comes_in_pieces_is_whole)
{
	struct profile *p;

	put(folder, "a", "[profile]\nsummary = in pieces\n[sysctl]\nnet.core.somaxconn = 2\n");
	reads_in_pieces = true;
	p = load("a");
	reads_in_pieces = false;
	cr_expect(was_interrupted);
	cr_expect_str_eq(p->summary, "in pieces");
	cr_expect_str_eq(find_sysctl(p, SYSCTL_SOMAXCONN)->value, "2");
	profile_free(p);
}

Test(profile, a_cycle_is_refused_with_its_chain)
{
	put(folder, "top", "[profile]\ninclude = a\n");
	put(folder, "a", "[profile]\ninclude = b\n");
	put(folder, "b", "[profile]\nname = b\ninclude = a\n");
	cr_expect_str_eq(refusal("top", -ELOOP), "b.ini:3: these profiles include each other: "
						 "a.ini -> b.ini -> a.ini");
	put(folder, "one", "[profile]\ninclude = two\n");
	put(folder, "two", "[profile]\ninclude = three\n");
	put(folder, "three", "[profile]\ninclude = one\n");
	cr_expect_str_eq(refusal("one", -ELOOP), "three.ini:2: these profiles include each other: "
						 "one.ini -> two.ini -> three.ini -> one.ini");
	put(folder, "self", "[profile]\ninclude = self\n");
	cr_expect_str_eq(refusal("self", -ELOOP), "self.ini:2: these profiles include each other: "
						  "self.ini -> self.ini");
}

Test(profile, a_cycle_behind_a_symbolic_link_is_a_cycle)
{
	char from[128], to[128];

	put(folder, "a", "[profile]\ninclude = b\n");
	(void)snprintf(from, sizeof(from), "%s/a.ini", folder);
	(void)snprintf(to, sizeof(to), "%s/b.ini", folder);
	cr_assert_eq(symlink(from, to), 0);
	cr_expect_str_eq(refusal("a", -ELOOP),
			 "a.ini:2: these profiles include each other: a.ini -> a.ini");
}

Test(profile, includes_that_never_end_are_cut_off)
{
	for (int i = 0; i < 12; i++) {
		char name[16], text[64];

		(void)snprintf(name, sizeof(name), "p%d", i);
		(void)snprintf(text, sizeof(text), "[profile]\ninclude = p%d\n", i + 1);
		put(folder, name, text);
	}
	cr_expect_str_eq(refusal("p0", -ELOOP), "p7.ini:2: includes end at 32 files, 8 deep");
}

Test(profile, what_cannot_be_right_is_refused_with_file_line_and_the_nearest_name)
{
	static const struct {
		const char *text;
		const char *says;
	} cases[] = {
		{ "[sysctll]\n", "bad.ini:1: unknown section 'sysctll'; did you mean 'sysctl'?" },
		{ "[profile x]\n",
		  "bad.ini:1: unknown section 'profile x'; did you mean 'profile'?" },
		{ "[sockt nginx]\n",
		  "bad.ini:1: unknown section 'sockt nginx'; did you mean 'socket NAME'?" },
		{ "[]\n", "bad.ini:1: unknown section ''" },
		{ "[socket]\n", "bad.ini:1: this section needs a name: [socket NAME]" },
		{ "\nname = x\n", "bad.ini:2: name stands above the first section" },
		{ "[profile]\nincludes = x\n",
		  "bad.ini:2: unknown key 'includes'; did you mean 'include'?" },
		{ "[profile]\nname = good\n",
		  "bad.ini:2: name = good: a role has the name of its file" },
		{ "[sysctl]\nnet.core.somaxcon = 1\n",
		  "bad.ini:2: unknown sysctl key 'net.core.somaxcon'; did you mean "
		  "'net.core.somaxconn'?" },
		{ "[sysctl]\nnet.core.somaxconn >= 1\n",
		  "bad.ini:2: write 'key = value', 'key = >= value' or 'key = <= value'" },
		{ "[sysctl]\nnet.core.somaxconn = => 1\n",
		  "bad.ini:2: write 'key = value', 'key = >= value' or 'key = <= value'" },
		{ "[thresholds]\nport-exhaustion.warnin = 1\n",
		  "bad.ini:2: unknown threshold 'port-exhaustion.warnin'; did you mean "
		  "'port-exhaustion.warning'?" },
		{ "[thresholds]\ntw-rate = 1\n", "bad.ini:2: unknown threshold 'tw-rate'" },
		{ "[thresholds]\nport-exhaustion.warning = much\n",
		  "bad.ini:2: port-exhaustion.warning = much: expected a number such as 80 or "
		  "0.5" },
		{ "[rules]\ntw-rat = off\n",
		  "bad.ini:2: unknown rule 'tw-rat'; did you mean 'tw-rate'?" },
		{ "[rules]\ntw-rate = advise\n",
		  "bad.ini:2: tw-rate = advise: expected on, off, info, advice, warning or "
		  "critical; did you mean 'advice'?" },
		{ "[rules]\ntw-rate = no way\n",
		  "bad.ini:2: tw-rate = no way: expected on, off, info, advice, warning or "
		  "critical" },
		{ "[profile]\ninclude = other\n",
		  "bad.ini:2: include: there is no profile 'other'; did you mean 'others'?" },
		{ "[profile]\ninclude = ../etc\n",
		  "bad.ini:2: include: '../etc' is no profile's name: those have lower-case "
		  "letters, digits, '-' and '_'" },
	};

	put(elsewhere, "others", "");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int code = strstr(cases[i].says, "there is no") ? -ENOENT : -EINVAL;

		put(folder, "bad", cases[i].text);
		cr_expect_str_eq(refusal("bad", code), cases[i].says);
	}
}

Test(profile, the_same_thing_twice_in_a_file_is_refused_with_both_lines)
{
	static const struct {
		const char *text;
		const char *says;
	} cases[] = {
		{ "[sysctl]\nnet.core.somaxconn = 1\nnet/core/somaxconn = 1\n",
		  "bad.ini:3: net/core/somaxconn is already set in line 2 of this file" },
		{ "[sysctl]\nnet.core.somaxconn = 1\n[rules]\n[sysctl]\nnet.core.somaxconn = 2\n",
		  "bad.ini:5: net.core.somaxconn is already set in line 2 of this file" },
		{ "[thresholds]\nport-exhaustion.warning = 1\nport-exhaustion.warning = 1\n",
		  "bad.ini:3: port-exhaustion.warning is already set in line 2 of this file" },
		{ "[rules]\ntw-rate = on\n\ntw-rate = off\n",
		  "bad.ini:4: tw-rate is already set in line 2 of this file" },
		{ "[profile]\nsummary = a\nsummary = b\n",
		  "bad.ini:3: summary is already set in line 2 of this file" },
		{ "[socket a]\nip_tos = 1\n[socket b]\nip_tos = 1\n[socket a]\nip_tos = 2\n",
		  "bad.ini:6: ip_tos is already set in line 2 of this file" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put(folder, "bad", cases[i].text);
		cr_expect_str_eq(refusal("bad", -EEXIST), cases[i].says);
	}
}

Test(profile, operators_and_values_have_to_fit_the_type_of_the_key)
{
	static const struct {
		const char *entry;
		bool fine;
	} cases[] = {
		{ "net.core.somaxconn = 4096", true },
		{ "net.core.somaxconn = >=4096", true },
		{ "net.core.somaxconn = many", false },
		{ "net.core.somaxconn =", false },
		{ "net.core.somaxconn = >=", false },
		{ "net.core.somaxconn = 1 2", false },
		{ "net.ipv4.tcp_rmem = >= 4096 131072 33554432", true },
		{ "net.ipv4.tcp_rmem = >= 4096", true },
		{ "net.ipv4.tcp_rmem = 1 2 3 4", false },
		{ "net.ipv4.ip_local_port_range = >= 32768 60999", true },
		{ "net.ipv4.ip_local_port_range = <= 32768 60999", false },
		{ "net.ipv4.ip_local_port_range = 60999 32768", false },
		{ "net.ipv4.ip_local_reserved_ports = >= 8080,9000-9010", true },
		{ "net.ipv4.ip_local_reserved_ports = <= 8080", false },
		{ "net.ipv4.ip_local_reserved_ports = 8080-", false },
		{ "net.ipv4.tcp_congestion_control = bbr", true },
		{ "net.ipv4.tcp_congestion_control = >= bbr", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(profile_freep) struct profile *p = NULL;
		struct err err = { { 0 } };
		char text[128];
		int r;

		(void)snprintf(text, sizeof(text), "[sysctl]\n%s\n", cases[i].entry);
		put(folder, "ops", text);
		r = profile_load_role("ops", &path, &words, &p, &err);
		cr_expect_eq(r == 0, cases[i].fine, "%s: %s", cases[i].entry, err.text);
		if (!cases[i].fine)
			cr_expect_not_null(strstr(err.text, "/ops.ini:2: "), "%s", err.text);
	}
}

Test(profile, thresholds_are_plain_decimals_in_every_locale)
{
	static const struct {
		const char *text;
		double value; /* below zero: refused */
	} cases[] = {
		{ "80", 80 },
		{ "0.5", 0.5 },
		{ "350.25", 350.25 },
		{ "0", 0 },
		{ "", -1 },
		{ ".", -1 },
		{ ".5", -1 },
		{ "5.", -1 },
		{ "-1", -1 },
		{ "+1", -1 },
		{ "1e3", -1 },
		{ "0x10", -1 },
		{ "inf", -1 },
		{ "nan", -1 },
		{ "1,5", -1 },
		{ "1.2.3", -1 },
		{ "80 %", -1 },
		{ "8 0", -1 },
		{ "1234567890123456", -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(profile_freep) struct profile *p = NULL;
		char text[128];
		int r;

		(void)snprintf(text, sizeof(text), "[thresholds]\nport-exhaustion.warning = %s\n",
			       cases[i].text);
		put(folder, "t", text);
		r = profile_load_role("t", &path, &words, &p, NULL);
		cr_expect_eq(r, cases[i].value < 0 ? -EINVAL : 0, "%s", cases[i].text);
		if (p)
			cr_expect_float_eq(p->thresholds[0].value, cases[i].value, 1e-12);
	}
}

Test(profile, a_misspelt_role_gets_the_nearest_one_of_all_folders)
{
	struct profile *p = NULL;
	struct err err;

	put(folder, "general", "");
	put(elsewhere, "web-server", "broken\n");
	cr_expect_str_eq(refusal("web-sever", -ENOENT),
			 "there is no profile 'web-sever'; did you mean 'web-server'?");
	cr_expect_eq(profile_load_role("../general", &path, &words, &p, &err), -EINVAL);
	cr_expect_eq(profile_load_role("", &path, &words, &p, &err), -EINVAL);
}

Test(profile, a_ten_megabyte_line_is_refused_before_it_is_looked_at)
{
	char file[128];
	FILE *out;

	(void)snprintf(file, sizeof(file), "%s/huge.ini", folder);
	out = fopen(file, "w");
	cr_assert_not_null(out);
	cr_assert_eq(ftruncate(fileno(out), 10 << 20), 0);
	cr_assert_eq(fclose(out), 0);
	cr_expect_str_eq(refusal("huge", -EFBIG),
			 "huge.ini: larger than 1048576 bytes: this is no profile");
}

/* A pipe without a writer: opening it would block the test, which then runs into its time limit. */
Test(profile, a_named_pipe_among_profiles_is_named_and_not_opened)
{
	struct profile_entry *entries = NULL;
	struct profile *profile = NULL;
	struct err err = { "" };
	char file[128];
	size_t n = 0;

	(void)snprintf(file, sizeof(file), "%s/pipe.ini", folder);
	cr_assert_eq(mkfifo(file, 0600), 0);
	cr_assert_eq(profile_list(&path, &entries, &n, &err), 0, "%s", err.text);
	cr_assert_eq(n, 1);
	cr_assert_not_null(entries[0].problem);
	cr_expect(strstr(entries[0].problem, "no regular file"), "%s", entries[0].problem);
	profile_entries_free(entries, n);
	cr_expect_lt(profile_load_role("pipe", &path, &words, &profile, &err), 0);
	cr_expect(strstr(err.text, "pipe.ini: no regular file"), "%s", err.text);
	put(folder, "includes", "[profile]\ninclude = pipe\n");
	cr_expect_lt(profile_load_role("includes", &path, &words, &profile, &err), 0);
	cr_expect(strstr(err.text, "includes.ini:2: include: "), "%s", err.text);
}

Test(profile, a_file_of_too_many_lines_is_refused)
{
	enum { LINES = 5000 };
	static char text[LINES * sizeof("# why\n")];
	struct profile *profile = NULL;
	struct err err = { "" };

	for (size_t i = 0; i < LINES; i++)
		strcat(text + i * strlen("# why\n"), "# why\n");
	put(folder, "long", text);
	cr_expect_eq(profile_load_role("long", &path, &words, &profile, &err), -EFBIG);
	cr_expect(strstr(err.text, "long.ini: more than 4096 lines"), "%s", err.text);
}

Test(profile, the_list_is_sorted_and_the_first_folder_hides_the_others)
{
	struct profile_entry *entries = NULL;
	size_t n = 0;
	struct err err = { { 0 } };

	put(folder, "web", "[profile]\nsummary = mine\n");
	put(elsewhere, "web", "[profile]\nsummary = theirs\n");
	put(elsewhere, "cache", "# nothing of itself\n");
	put(folder, "zzz", "[profile]\nsumary = x\n");
	put(folder, "No role", "");
	put(folder, ".hidden", "");
	cr_assert_eq(profile_list(&path, &entries, &n, &err), 0, "%s", err.text);
	cr_assert_eq(n, 3);
	cr_expect_str_eq(entries[0].name, "cache");
	cr_expect_null(entries[0].summary);
	cr_expect_null(entries[0].problem);
	cr_expect_str_eq(entries[1].name, "web");
	cr_expect_str_eq(entries[1].summary, "mine");
	cr_expect_str_eq(base(entries[1].file), "web.ini");
	cr_expect_str_eq(entries[2].name, "zzz");
	cr_expect_not_null(strstr(entries[2].problem, "zzz.ini:2: unknown key 'sumary'"));
	profile_entries_free(entries, n);
}

Test(profile, the_search_path_begins_with_the_users_folder_and_ends_with_the_shipped_roles)
{
	const char *found[PROFILE_PATH_LENGTH];
	struct profile_path search;
	struct err err = { { 0 } };

	cr_assert_eq(profile_search_path(folder, found, &search, &err), 0);
	cr_expect_str_eq(search.directories[0], folder);
	cr_expect_str_eq(search.directories[1], "/etc/tcpwright/profiles");
	cr_expect_not_null(strstr(search.directories[2], "/profiles"));
	cr_expect_null(search.directories[3]);
	cr_assert_eq(profile_search_path(NULL, found, &search, &err), 0);
	cr_expect_str_eq(search.directories[0], "/etc/tcpwright/profiles");
	cr_expect_null(search.directories[2]);
	cr_expect_eq(profile_search_path("/nonexistent", found, &search, &err), -ENOENT);
	cr_expect_str_eq(err.text, "/nonexistent: No such file or directory");
	cr_expect_eq(profile_search_path("/dev/null", found, &search, &err), -ENOTDIR);
}
