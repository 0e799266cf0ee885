/*
 * Port arithmetic: what connect() can give to a destination, what is taken, and when it runs out.
 * The kernel counts none of this: a connect() that finds no port fails with EADDRNOTAVAIL and moves
 * no counter, so everything here is computed from the sockets.
 */
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "cleanup.h"
#include "portset.h"
#include "sysctl_value.h"
#include "sysctls.h"

#include "model.h"
#include "ports.h"

enum {
	REUSE_DELAY_MS = 1000,   /* built in before the key appeared in 6.14 */
	CHOICE_MIN_SOCKETS = 20, /* fewer can have any parity by chance */
	CHOICE_PERCENT = 80,     /* of the sockets on one parity: hardly a mix any more */
	CHOICE_MIN_SHARED = 10,  /* expected by chance; seeing none then has odds of 1 to e^10 */
};

bool ports_range_parse(const char *text, struct port_range *ret_range)
{
	struct sysctl_numbers ends;

	if (!sysctl_parse_numbers(text, &ends) || ends.n != 2 || ends.value[0] < 0 ||
	    ends.value[1] > HIGHEST_PORT || ends.value[0] > ends.value[1])
		return false;
	*ret_range = (struct port_range){ .low = (uint16_t)ends.value[0],
					  .high = (uint16_t)ends.value[1],
					  .known = true };
	return true;
}

struct port_range ports_range(const struct model *model)
{
	const char *text = model_sysctl_text(model, SYSCTL_IP_LOCAL_PORT_RANGE);
	struct port_range range = { 0 };

	if (text)
		(void)ports_range_parse(text, &range);
	return range;
}

bool ports_reserved(const struct model *model, struct portset *ret_reserved)
{
	const struct sysctl_reading *reading = &model->sysctls[SYSCTL_IP_LOCAL_RESERVED_PORTS];

	if (reading->text)
		return sysctl_parse_port_set(reading->text, ret_reserved);
	if (!reading->absent)
		return false;
	*ret_reserved = (struct portset){ 0 };
	return true;
}

uint32_t ports_in_range(const struct model *model)
{
	CLEANUP(portset_done) struct portset reserved = { 0 };
	struct port_range range = ports_range(model);

	if (!range.known || !ports_reserved(model, &reserved))
		return 0;
	return (uint32_t)(range.high - range.low + 1) -
	       portset_count_between(&reserved, range.low, range.high);
}

struct reuse ports_reuse(const struct model *model, const struct addr *remote_addr)
{
	struct reading mode = model_sysctl(model, SYSCTL_TCP_TW_REUSE);
	struct reading timestamps = model_sysctl(model, SYSCTL_TCP_TIMESTAMPS);
	struct reading delay = model_sysctl(model, SYSCTL_TCP_TW_REUSE_DELAY);
	struct reuse reuse = { .delay_ms = delay.known ? (uint32_t)delay.value : REUSE_DELAY_MS };

	if (!mode.known || mode.value > 2)
		return reuse;
	/* 2 means loopback addresses, not every address of this host. */
	if (mode.value == 0 || (mode.value == 2 && !addr_is_loopback(remote_addr))) {
		reuse.known = true;
		return reuse;
	}
	reuse.known = timestamps.known;
	reuse.applies = timestamps.known && timestamps.value != 0;
	return reuse;
}

/* What a destination could have at most, the same for all of them. */
struct port_space {
	struct port_range range;
	struct portset reserved;  /* owned */
	uint32_t unreserved;      /* ports of the range */
	uint32_t open;            /* of those, held by no listener and no bound idle socket */
	uint32_t open_low_parity; /* of those, on the parity that connect() takes first */
};

static void port_space_done(struct port_space *space)
{
	portset_done(&space->reserved);
}

/* A port that is bound or listened on, on any local address, is lost to every destination (F3). */
static bool is_open(const struct model *model, const struct port_space *space, uint16_t port)
{
	return port >= space->range.low && port <= space->range.high &&
	       !portset_has(&space->reserved, port) &&
	       !portset_has(&model->sockets.listening, port) &&
	       !portset_has(&model->sockets.bound_inactive, port);
}

static bool has_low_parity(const struct port_space *space, uint32_t port)
{
	return (port - space->range.low) % 2 == 0;
}

/* False: one of the settings is unknown, or which ports are listeners'. */
static bool port_space_init(const struct model *model, struct port_space *ret_space)
{
	struct port_space space = { .range = ports_range(model) };

	if (!space.range.known || !model->sockets.listeners_known ||
	    !ports_reserved(model, &space.reserved))
		return false;
	space.unreserved = ports_in_range(model);
	for (uint32_t port = space.range.low; port <= space.range.high; port++)
		if (is_open(model, &space, (uint16_t)port)) {
			space.open++;
			space.open_low_parity += has_low_parity(&space, port);
		}
	*ret_space = space;
	return true;
}

static const struct local_address *local_address_of(const struct sockets *sockets,
						    const struct destination *destination)
{
	for (size_t i = 0; i < sockets->n_local_addresses; i++)
		if (addr_equal(&sockets->local_addresses[i].addr, &destination->local_addr))
			return &sockets->local_addresses[i];
	return NULL;
}

/*
 * connect() takes the ports of the low end's parity first and bind() to port 0 the others, but both
 * spill once theirs are gone: so parity is a sign only while connect() would have had room.
 */
static bool parity_tells(const struct port_space *space, const struct destination *destination)
{
	return destination->judged >= CHOICE_MIN_SOCKETS &&
	       destination->ports.count <= space->open_low_parity;
}

static bool parity_accuses(const struct port_space *space, const struct destination *destination)
{
	return parity_tells(space, destination) &&
	       destination->wrong_parity * UINT64_C(100) >=
		       (uint64_t)destination->judged * CHOICE_PERCENT;
}

static bool parity_is_connects(const struct destination *destination)
{
	return destination->wrong_parity * UINT64_C(100) <=
	       (uint64_t)destination->judged * (100 - CHOICE_PERCENT);
}

/*
 * Local ports that DESTINATION would have in common with others, had connect() chosen them among
 * all ports alike, which is the least that it shares. Destinations that parity accuses are left
 * out: nobody can share their ports.
 */
static double expected_shared(const struct sockets *sockets, const struct port_space *space,
			      const struct local_address *local,
			      const struct destination *destination)
{
	uint64_t others = local->distinct_ports;

	for (size_t i = 0; i < sockets->n_destinations; i++) {
		const struct destination *other = &sockets->destinations[i];
		uint64_t lost = other->ports.count;

		if (other != destination &&
		    !(addr_equal(&other->local_addr, &local->addr) && parity_accuses(space, other)))
			continue;
		others = others > lost ? others - lost : 0;
	}
	return (double)destination->ports.count * (double)others / space->unreserved;
}

/* How a destination's sockets chose their ports, by their parity and by shared ports. */
static enum port_choice choose(const struct model *model, const struct port_space *space,
			       const struct destination *destination)
{
	const struct local_address *local = local_address_of(&model->sockets, destination);
	bool crowded;

	if (!local || local->out_of_range > 0)
		return CHOICE_UNKNOWN; /* the range was another when the sockets chose */
	if (destination->judged < CHOICE_MIN_SOCKETS)
		return destination->cleared >= CHOICE_MIN_SOCKETS ? CHOICE_CONNECT : CHOICE_UNKNOWN;
	if (parity_accuses(space, destination))
		return CHOICE_BIND_SUSPECTED;
	if (destination->shared_ports > 0)
		return CHOICE_CONNECT;
	crowded = local->distinct_ports > space->unreserved / 2;
	if (!crowded)
		return parity_tells(space, destination) && parity_is_connects(destination)
			       ? CHOICE_CONNECT
			       : CHOICE_UNKNOWN;
	/*
	 * An even mix is also what a full search makes (IP_LOCAL_PORT_RANGE), but that one shares
	 * ports. On connect()'s own parity the sockets may be innocent among guilty neighbours.
	 */
	if (!parity_is_connects(destination) &&
	    expected_shared(&model->sockets, space, local, destination) >= CHOICE_MIN_SHARED)
		return CHOICE_BIND_SUSPECTED;
	return CHOICE_UNKNOWN;
}

/*
 * The open ports that suspected sockets of all destinations hold. Where parity accuses, sockets on
 * connect()'s parity are not theirs: bind() had no reason to spill yet.
 */
static bool collect_suspected(const struct model *model, const struct port_space *space,
			      struct portset *suspected)
{
	for (size_t i = 0; i < model->sockets.n_destinations; i++) {
		const struct destination *destination = &model->sockets.destinations[i];
		bool by_parity;

		if (destination->budget.choice != CHOICE_BIND_SUSPECTED)
			continue;
		by_parity = parity_accuses(space, destination);
		for (uint32_t port = 0; portset_next(&destination->ports, &port); port++)
			if (is_open(model, space, (uint16_t)port) &&
			    !(by_parity && has_low_parity(space, port)) &&
			    !portset_add(suspected, (uint16_t)port, NULL))
				return false;
	}
	return true;
}

/* R. A destination's own sockets are counted once, in U: they never make its R smaller. */
static void count_available(const struct model *model, const struct port_space *space,
			    const struct portset *suspected, const struct destination *destination,
			    struct port_budget *budget)
{
	uint32_t held = suspected->count;
	uint32_t own_bound = 0;
	bool any_held = held > 0 || model->sockets.bound_inactive.count > 0;

	for (uint32_t port = 0; any_held && portset_next(&destination->ports, &port); port++) {
		held -= portset_has(suspected, (uint16_t)port);
		own_bound += port >= space->range.low && port <= space->range.high &&
			     portset_has(&model->sockets.bound_inactive, (uint16_t)port) &&
			     !portset_has(&model->sockets.listening, (uint16_t)port) &&
			     !portset_has(&space->reserved, (uint16_t)port);
	}
	budget->held_suspected = reading_of(held);
	budget->available = reading_of(space->open + own_bound - held);
}

/*
 * Whole seconds until a TIME-WAIT frees its port. The histogram knows ages only by the second, so a
 * fraction counts as a whole one: nothing is called free too early.
 */
static uint32_t seconds_held(const struct reuse *reuse)
{
	uint32_t delay_s = reuse->delay_ms / 1000 + (reuse->delay_ms % 1000 > 0);

	return reuse->applies && delay_s < TIME_WAIT_SECONDS ? delay_s : TIME_WAIT_SECONDS;
}

static uint64_t sum(const uint32_t histogram[], uint32_t first, uint32_t end)
{
	uint64_t total = 0;

	for (uint32_t i = first; i < end; i++)
		total += histogram[i];
	return total;
}

/* U, and beside it the TIME-WAIT ports that connect() may take over now. */
static void count_used(const struct destination *destination, const struct reuse *reuse,
		       struct port_budget *budget)
{
	uint64_t reusable = 0;

	if (destination->time_wait > 0) {
		if (!reuse->known || (reuse->applies && !destination->time_wait_histogram))
			return;
		if (reuse->applies)
			reusable = sum(destination->time_wait_histogram, 0,
				       TIME_WAIT_SECONDS - seconds_held(reuse));
	}
	budget->time_wait_reusable = reading_of(reusable);
	budget->used = reading_of(
		destination->ports.count > reusable ? destination->ports.count - reusable : 0);
}

static void expect_in(struct port_budget *budget, double seconds)
{
	budget->exhaustion = EXHAUSTION_EXPECTED;
	budget->seconds_to_exhaustion = (uint64_t)seconds;
}

/*
 * With two samples: dU/dt of all states. Where TIME-WAIT is reused its ports come and go without
 * being missed, and only the others' growth counts. False: the first sample does not say.
 */
static bool expect_by_growth(const struct model *model, const struct destination *destination,
			     const struct reuse *reuse, struct port_budget *budget)
{
	int64_t grown =
		(int64_t)destination->ports.count - (int64_t)destination->ports_before.value;

	if (model->window_s <= 0 || !destination->ports_before.known)
		return false;
	if (reuse->applies) {
		if (!destination->time_wait_before.known)
			return false;
		grown -= (int64_t)destination->time_wait -
			 (int64_t)destination->time_wait_before.value;
	}
	budget->rate_per_s = grown > 0 ? (double)grown / model->window_s : 0;
	if (budget->rate_per_s > 0)
		expect_in(budget, (double)(budget->available.value - budget->used.value) /
					  budget->rate_per_s);
	else
		budget->exhaustion = EXHAUSTION_NEVER;
	return true;
}

/*
 * With one sample: each coming second adds the close rate of the last 10 s, then takes off what is
 * free by its end. After as many seconds as a TIME-WAIT holds its port, what comes and what goes
 * are equal for good.
 */
static void expect_by_walk(const struct destination *destination, const struct reuse *reuse,
			   struct port_budget *budget)
{
	const uint32_t *histogram = destination->time_wait_histogram;
	uint32_t held_s = seconds_held(reuse);
	double used = (double)budget->used.value;
	double rate;

	if (!histogram && destination->time_wait > 0)
		return;
	rate = histogram ? (double)sum(histogram, TIME_WAIT_SECONDS - TIME_WAIT_RATE_SECONDS,
				       TIME_WAIT_SECONDS) /
				   TIME_WAIT_RATE_SECONDS
			 : 0;
	budget->rate_per_s = rate;
	budget->exhaustion = EXHAUSTION_NEVER;
	if (rate <= 0)
		return;
	for (uint32_t second = 0; second <= held_s; second++) {
		double room = (double)budget->available.value - used;

		if (room <= rate) {
			expect_in(budget, second + room / rate);
			return;
		}
		used += rate;
		if (second < held_s)
			used -= histogram[TIME_WAIT_SECONDS - held_s + second];
	}
}

static void judge(const struct model *model, const struct port_space *space,
		  const struct portset *suspected, struct destination *destination)
{
	struct port_budget *budget = &destination->budget;
	struct reuse reuse = ports_reuse(model, &destination->remote_addr);

	/* bind() never takes over a TIME-WAIT port, whatever tcp_tw_reuse says (F3). */
	if (budget->choice == CHOICE_BIND_SUSPECTED)
		reuse = (struct reuse){ .known = true };
	count_available(model, space, suspected, destination, budget);
	count_used(destination, &reuse, budget);
	if (!budget->used.known || budget->available.value == 0)
		return;
	budget->usage = (double)budget->used.value / (double)budget->available.value;
	if (budget->used.value >= budget->available.value)
		expect_in(budget, 0);
	else if (!expect_by_growth(model, destination, &reuse, budget))
		expect_by_walk(destination, &reuse, budget);
}

static int compare(const void *left, const void *right)
{
	const struct destination *a = left, *b = right;
	int r;

	if (a->budget.usage != b->budget.usage)
		return a->budget.usage < b->budget.usage ? 1 : -1;
	if (a->ports.count != b->ports.count)
		return a->ports.count < b->ports.count ? 1 : -1;
	/* The same host gives the same report. */
	r = memcmp(&a->remote_addr, &b->remote_addr, sizeof(a->remote_addr));
	if (r == 0)
		r = (int)a->remote_port - (int)b->remote_port;
	return r ? r : memcmp(&a->local_addr, &b->local_addr, sizeof(a->local_addr));
}

bool ports_judge(struct model *model)
{
	CLEANUP(port_space_done) struct port_space space = { 0 };
	CLEANUP(portset_done) struct portset suspected = { 0 };
	struct sockets *sockets = &model->sockets;
	bool known = sockets->destinations_known && port_space_init(model, &space);

	for (size_t i = 0; i < sockets->n_destinations; i++) {
		struct destination *destination = &sockets->destinations[i];

		destination->budget = (struct port_budget){ .usage = -1, .rate_per_s = -1 };
		if (known)
			destination->budget.choice = choose(model, &space, destination);
	}
	if (known && !collect_suspected(model, &space, &suspected))
		return false;
	for (size_t i = 0; known && i < sockets->n_destinations; i++)
		judge(model, &space, &suspected, &sockets->destinations[i]);
	if (sockets->n_destinations > 0)
		qsort(sockets->destinations, sockets->n_destinations,
		      sizeof(*sockets->destinations), compare);
	return true;
}
