#include <criterion/criterion.h>

#include "array.h"
#include "judge.h"
#include "port_advice.h"
#include "port_model.h"

TestSuite(port_range);

#define RANGE_100 "20000\t20099"
#define RANGE_KEY "net.ipv4.ip_local_port_range"
#define RESERVED_KEY "net.ipv4.ip_local_reserved_ports"

static enum verdict run(const char *id, const struct model *model, struct finding *finding)
{
	return judge(id, model, NULL, finding);
}

Test(port_range, a_model_of_nothing_is_unknown_to_all_rules)
{
	struct model *model = model_new();

	for (const struct rule *rule = rules_port_range; rule->id; rule++) {
		struct finding f = { 0 };

		cr_expect_eq(run(rule->id, model, &f), VERDICT_UNKNOWN);
		finding_done(&f);
	}
	model_free(model);
}

struct listener_case {
	const char *addr;
	uint16_t port;
	bool kernel_chosen;
	const char *reserved, *proposed; /* NULL: nothing to say */
};

Test(port_range, listeners_in_the_range_are_added_to_what_is_reserved)
{
	static const struct listener_case cases[] = {
		{ "0.0.0.0", 20050, false, "", "20050" },
		{ "127.0.0.1", 20050, false, "", "20050" },
		{ "::", 20050, false, "8080,20049", "8080,20049-20050" }, /* never drops an entry */
		{ "0.0.0.0", 20050, false, "20040-20060", NULL },
		{ "0.0.0.0", 20050, true, "", NULL },
		{ "0.0.0.0", 19999, false, "", NULL },
		{ "0.0.0.0", 20100, false, "", NULL },
		{ "0.0.0.0", 20099, false, "", "20099" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct listener_case *c = &cases[i];
		struct rule_input in = { .rule = rule_of("port-listener-in-range") };
		struct model *model = port_model(RANGE_100, c->reserved);
		struct listener *listener = add_listener(model, c->addr, c->port);
		struct inode_set inodes = { 0 };
		struct finding f = { 0 };

		listener->kernel_chosen = c->kernel_chosen;
		listener->socket.inode = 5;
		cr_expect_eq(run("port-listener-in-range", model, &f),
			     c->proposed ? VERDICT_FINDING : VERDICT_OK, "case %zu", i);
		if (c->proposed) {
			cr_expect_eq(f.severity, SEV_ADVICE);
			cr_expect_eq(count_of(&f, "listening port in the range"), c->port);
			cr_expect_str_eq(evidence_of(&f, NULL, RESERVED_KEY)->text, c->reserved);
			cr_expect_str_eq(evidence_of(&f, NULL, RANGE_KEY)->text, "20000 20099");
			cr_expect_str_eq(action_on(&f, RESERVED_KEY)->proposed, c->proposed);
		}
		in.model = model;
		in.rule->wants(&in, &inodes);
		cr_expect_eq(inodes.n, c->proposed ? 1 : 0, "case %zu", i);
		inode_set_done(&inodes);
		finding_done(&f);
		model_free(model);
	}
}

static void add_unit_port(struct model *model, uint16_t port)
{
	struct unit_port *ports =
		realloc(model->unit_ports, (model->n_unit_ports + 1) * sizeof(ports[0]));

	cr_assert_not_null(ports);
	model->unit_ports = ports;
	ports[model->n_unit_ports++] = (struct unit_port){
		.unit = strdup("app.socket"),
		.file = strdup("/etc/systemd/system/app.socket"),
		.port = port,
	};
}

Test(port_range, a_socket_unit_that_does_not_run_has_its_port_reserved_and_its_file_named)
{
	struct model *model = port_model(RANGE_100, "20010");
	struct finding f = { 0 };
	const struct evidence *evidence;

	add_listener(model, "0.0.0.0", 20050);
	add_unit_port(model, 20060);
	cr_assert_eq(run("port-listener-in-range", model, &f), VERDICT_FINDING);
	cr_expect_eq(f.severity, SEV_ADVICE);
	cr_expect_str_eq(action_on(&f, RESERVED_KEY)->proposed, "20010,20050,20060");
	cr_expect_eq(count_of(&f, "listening port in the range"), 20050);
	evidence = evidence_of(&f, NULL, "port of a unit that is not running");
	cr_assert_not_null(evidence);
	cr_expect_eq(evidence->count, 20060);
	cr_expect_str_eq(evidence->subject, "app.socket");
	cr_expect_str_eq(evidence->source, "/etc/systemd/system/app.socket");
	cr_expect(strstr(f.explanation, "1 listening port is in the range"));
	cr_expect(strstr(f.explanation, "want 1 port of the ephemeral range"));
	finding_done(&f);
	model_free(model);
}

Test(port_range, a_socket_unit_that_runs_is_a_listener_like_any_other)
{
	struct model *model = port_model(RANGE_100, "");
	struct finding f = { 0 };

	add_listener(model, "::", 20060);
	add_unit_port(model, 20060);
	cr_assert_eq(run("port-listener-in-range", model, &f), VERDICT_FINDING);
	cr_expect_eq(count_of(&f, "listening port in the range"), 20060);
	cr_expect_null(evidence_of(&f, NULL, "port of a unit that is not running"));
	cr_expect_null(strstr(f.explanation, "socket units"));
	finding_done(&f);
	model_free(model);
}

Test(port_range, a_listener_that_the_kernel_chose_is_no_unit_that_runs)
{
	struct model *model = port_model(RANGE_100, "");
	struct finding f = { 0 };

	add_listener(model, "::", 20060)->kernel_chosen = true;
	add_unit_port(model, 20060);
	cr_assert_eq(run("port-listener-in-range", model, &f), VERDICT_FINDING);
	cr_expect_eq(count_of(&f, "port of a unit that is not running"), 20060);
	cr_expect_null(evidence_of(&f, NULL, "listening port in the range"));
	cr_expect_null(strstr(f.explanation, "listening port"));
	finding_done(&f);
	model_free(model);
}

Test(port_range, socket_units_outside_the_range_or_on_reserved_ports_are_no_matter)
{
	struct model *model = port_model(RANGE_100, "20060");
	struct finding f = { 0 };

	add_unit_port(model, 20060);
	add_unit_port(model, 20100);
	add_unit_port(model, 22);
	cr_expect_eq(run("port-listener-in-range", model, &f), VERDICT_OK);
	finding_done(&f);
	model_free(model);
}

Test(port_range, units_beyond_the_first_are_counted)
{
	static const uint16_t n_units[] = { PORT_ADVICE_MAX_NAMED, PORT_ADVICE_MAX_NAMED + 3 };

	for (size_t i = 0; i < ARRAY_SIZE(n_units); i++) {
		struct model *model = port_model(RANGE_100, "");
		struct finding f = { 0 };
		const struct evidence *further;

		for (uint16_t n = 0; n < n_units[i]; n++)
			add_unit_port(model, (uint16_t)(20000 + n));
		cr_assert_eq(run("port-listener-in-range", model, &f), VERDICT_FINDING);
		further = evidence_of(&f, NULL, "further ports of units that are not running");
		cr_expect_eq(further != NULL, i == 1);
		if (i == 1 && further)
			cr_expect_eq(further->count, 3);
		finding_done(&f);
		model_free(model);
	}
}

struct range_case {
	const char *range;
	enum severity severity;
	const char *proposed;
};

Test(port_range, a_small_range_or_one_with_ends_of_one_parity_is_odd)
{
	static const struct range_case cases[] = {
		{ "32768\t60999", SEV_NONE, NULL },
		{ "20000 29999", SEV_NONE, NULL },
		{ "20000 29998", SEV_ADVICE, "32768 60999" },
		{ "20000 21999", SEV_ADVICE, "32768 60999" },
		{ "20000 21997", SEV_WARNING, "32768 60999" },
		{ "20000 20099", SEV_WARNING, "32768 60999" },
		{ "1024 65534", SEV_ADVICE, "1024 65533" },
		{ "60999 32768", SEV_NONE, NULL }, /* the kernel refuses it: not a range at all */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct model *model = port_model(cases[i].range, "");
		struct finding f = { 0 };
		enum verdict expected = cases[i].severity ? VERDICT_FINDING : VERDICT_OK;

		if (!ports_range(model).known)
			expected = VERDICT_UNKNOWN;
		cr_expect_eq(run("port-range-sane", model, &f), expected, "%s", cases[i].range);
		cr_expect_eq(f.severity, cases[i].severity, "%s", cases[i].range);
		cr_expect_eq(action_on(&f, RANGE_KEY) != NULL, cases[i].proposed != NULL, "%s",
			     cases[i].range);
		if (cases[i].proposed && action_on(&f, RANGE_KEY))
			cr_expect_str_eq(action_on(&f, RANGE_KEY)->proposed, cases[i].proposed);
		finding_done(&f);
		model_free(model);
	}
}

Test(port_range, one_port_has_no_other_end)
{
	struct model *model = port_model("20000 20000", "");
	struct finding f = { 0 };

	cr_assert_eq(run("port-range-sane", model, &f), VERDICT_FINDING);
	cr_expect(says(&f, "leaves 1 ports"), "%s", f.explanation);
	cr_expect_not(says(&f, "parity"));
	finding_done(&f);
	model_free(model);
}

Test(port_range, a_range_that_is_reserved_away_is_small)
{
	static const struct {
		const char *reserved;
		enum severity severity;
	} cases[] = {
		{ "32768-40000", SEV_NONE },
		{ "32768-59000", SEV_WARNING },
		{ "32768-60999", SEV_WARNING },
		{ "1-52000", SEV_ADVICE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct model *model = port_model("32768 60999", cases[i].reserved);
		struct finding f = { 0 };

		(void)run("port-range-sane", model, &f);
		cr_expect_eq(f.severity, cases[i].severity, "%s", cases[i].reserved);
		if (cases[i].severity)
			cr_expect_str_eq(evidence_of(&f, NULL, RESERVED_KEY)->text,
					 cases[i].reserved);
		cr_expect_null(action_on(&f, RANGE_KEY), "the range is not what is wrong");
		cr_expect_null(action_on(&f, RESERVED_KEY), "no entry is dropped unasked");
		cr_expect_eq(f.n_actions, cases[i].severity ? 1 : 0);
		finding_done(&f);
		model_free(model);
	}
}

Test(port_range, a_small_range_is_replaced_with_the_listeners_inside_the_new_one_reserved)
{
	struct model *model = port_model(RANGE_100, "20050");
	struct finding f = { 0 };

	add_listener(model, "0.0.0.0", 33060);
	cr_assert_eq(run("port-range-sane", model, &f), VERDICT_FINDING);
	cr_assert(action_on(&f, RANGE_KEY) && action_on(&f, RESERVED_KEY));
	cr_expect_str_eq(action_on(&f, RESERVED_KEY)->proposed, "20050,33060");
	cr_expect(strstr(action_on(&f, RANGE_KEY)->risk, "Write the reserved list first"));
	finding_done(&f);
	model_free(model);
}

Test(port_range, no_list_is_to_be_written_first_where_none_is_proposed)
{
	struct model *model = port_model(RANGE_100, "20050");
	struct finding f = { 0 };

	cr_assert_eq(run("port-range-sane", model, &f), VERDICT_FINDING);
	cr_expect_null(action_on(&f, RESERVED_KEY));
	cr_expect_not(strstr(action_on(&f, RANGE_KEY)->risk, "reserved list"));
	finding_done(&f);
	model_free(model);
}

/* How many rules on ports propose a value for this key; it has to be the same one. */
static int count_proposals(const struct model *model, const char *key, const char *expected)
{
	static const struct rule *const groups[] = { rules_ports, rules_port_range };
	int n = 0;

	for (size_t i = 0; i < 2; i++)
		for (const struct rule *rule = groups[i]; rule->id; rule++) {
			struct rule_input in = { .model = model, .rule = rule };
			const struct action *action;
			struct finding f = { 0 };

			(void)rule->check(&in, &f);
			action = action_on(&f, key);
			if (action)
				cr_expect_str_eq(action->proposed, expected, "%s", rule->id);
			n += action != NULL;
			finding_done(&f);
		}
	return n;
}

Test(port_range, findings_that_are_applied_in_any_order_leave_no_listener_unreserved)
{
	static const struct {
		const char *range;
		uint32_t more_ports;
		int reserved, ranges; /* rules that propose either */
	} cases[] = {
		{ RANGE_100, 0, 3, 2 },
		{ "20000 20098", 0, 3, 2 },    /* narrow, and its ends of one parity */
		{ "20000 30002", 4500, 2, 1 }, /* wide enough, ends of one parity */
		{ "20000 30001", 4500, 1, 0 }, /* under pressure, yet nothing asks for more */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct model *model = port_model(cases[i].range, "");
		struct destination *d = add_destination(model, "10.0.0.1", "10.0.0.2");

		add_listener(model, "0.0.0.0", 11211);
		add_listener(model, "0.0.0.0", 20050);
		add_listener(model, "0.0.0.0", 33060);
		use_ports(d, 20000, 20000, 2, 25);
		use_ports(d, 20000, 20051, 1, 40);
		use_ports(d, 20000, 20100, 2, cases[i].more_ports);
		judge_ports(model);
		cr_expect_eq(count_proposals(model, RESERVED_KEY, "11211,20050,33060"),
			     cases[i].reserved, "%s", cases[i].range);
		cr_expect_eq(count_proposals(model, RANGE_KEY, "10240 65535"), cases[i].ranges,
			     "%s", cases[i].range);
		model_free(model);
	}
}

Test(port_range, without_pressure_only_the_range_itself_is_reserved)
{
	struct model *model = port_model("32768 60999", "");
	struct finding f = { 0 };

	add_listener(model, "0.0.0.0", 11211);
	add_listener(model, "0.0.0.0", 33060);
	judge_ports(model);
	cr_assert_eq(run("port-listener-in-range", model, &f), VERDICT_FINDING);
	cr_expect_str_eq(action_on(&f, RESERVED_KEY)->proposed, "33060");
	finding_done(&f);
	model_free(model);
}
