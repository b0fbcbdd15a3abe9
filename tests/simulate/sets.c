/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random sets, and the exact test by brute force.
 */
#include <string.h>

#include "tests/simulate/engine.h"
#include "tests/simulate/random.h"

#define JOBS_MOST 200u /* of one entity in a hyperperiod */

/* Numbers with many divisors: the periods are among them, so the hyperperiod is known. */
static const uint64_t hyperperiods[] = {
	24, 60, 360, 2520, 5040, 27720, 65536, 100000, 720720, 1000000, 36756720};

static uint64_t random_divisor(struct random *random, uint64_t number, uint64_t least)
{
	for (;;) {
		const uint64_t divisor = 1 + random_below(random, JOBS_MOST);

		if (number % divisor == 0 && number / divisor >= least)
			return number / divisor;
	}
}

/* What is left of the CPU is divided at random places (UUniFast, Bini and Buttazzo). */
static void share_out(struct random *random, struct engine_set *set, double utilisation)
{
	const uint64_t least = 2 * set->switch_cost + 1;

	for (unsigned i = 0; i < set->count; i++) {
		struct sched_parameters *entity = &set->parameters[i];
		const unsigned others = set->count - 1 - i;
		const double rest = utilisation * random_root(random, others);
		uint64_t capacity = (uint64_t)((double)entity->period * (utilisation - rest));

		if (capacity < least)
			capacity = least;
		if (capacity > entity->period)
			capacity = entity->period;
		entity->capacity = capacity;
		utilisation = rest;
	}
}

static void choose_deadlines(struct random *random, struct engine_set *set)
{
	const unsigned kind = (unsigned)random_below(random, 4);

	for (unsigned i = 0; i < set->count; i++) {
		struct sched_parameters *entity = &set->parameters[i];
		const uint64_t room = entity->period - entity->capacity;

		entity->deadline = entity->period;
		if (kind == 1 || (kind == 2 && random_below(random, 2)))
			entity->deadline = entity->capacity + random_below(random, room + 1);
		else if (kind == 3)
			entity->deadline -= random_below(random, room / 4 + 1);
	}
}

/* As much as one of them can have and still be admitted, or a tick more. */
static void to_the_brink(struct random *random, struct engine_set *set)
{
	struct sched_parameters *entity = &set->parameters[random_below(random, set->count)];
	uint64_t low = 2 * set->switch_cost + 1, high = entity->deadline + 1;

	while (high - low > 1) {
		entity->capacity = low + (high - low) / 2;
		if (engine_admitted(set))
			low = entity->capacity;
		else
			high = entity->capacity;
	}
	entity->capacity = random_below(random, 2) || high > entity->deadline ? low : high;
}

void engine_random_set(uint64_t seed, struct engine_set *set)
{
	struct random random = random_begin(seed);
	const unsigned kind = (unsigned)random_below(&random, 8);
	uint64_t least;

	memset(set, 0, sizeof(*set));
	set->count =
		1 + (unsigned)random_below(&random, random_below(&random, 4) ? 5 : ENGINE_MOST);
	set->switch_cost = random_below(&random, 2) ? 0 : random_below(&random, 4);
	set->masked = random_below(&random, 2) ? 0 : random_below(&random, 4);
	set->hyperperiod =
		hyperperiods[random_below(&random, sizeof(hyperperiods) / sizeof(hyperperiods[0]))];
	set->share = random_below(&random, 4) ? ADMISSION_WHOLE
					      : random_below(&random, ADMISSION_WHOLE + 1);
	least = 2 * (2 * set->switch_cost + 1);
	for (unsigned i = 0; i < set->count; i++)
		set->parameters[i].period = random_divisor(&random, set->hyperperiod, least);
	share_out(&random, set,
		kind == 0 ? 1.0 : 0.3 + 0.8 * (double)random_below(&random, 1000) / 1000);
	choose_deadlines(&random, set);
	if (kind < 4)
		to_the_brink(&random, set);
}

bool engine_admitted(const struct engine_set *set)
{
	struct admission admission;
	enum admission_result result;

	admission_begin(
		&admission, set->parameters, set->count, set->share, set->switch_cost, set->masked);
	do
		result = admission_step(&admission);
	while (result == ADMISSION_MORE);
	return result == ADMISSION_ADMITTED;
}

static bool within_share(const struct engine_set *set)
{
	unsigned __int128 used = 0;

	for (unsigned i = 0; i < set->count; i++)
		used += (unsigned __int128)set->parameters[i].capacity *
			(set->hyperperiod / set->parameters[i].period);
	return used << 32 <= (unsigned __int128)set->share * set->hyperperiod;
}

/* A job of each, at most: what is left of it, when it is due, and when the next one comes. */
struct jobs {
	uint64_t left[ENGINE_MOST], due[ENGINE_MOST], next[ENGINE_MOST];
};

/* Jobs that come at `now`; false if the one before is not over. Returns the next arrival, too. */
static bool arrive(const struct engine_set *set, struct jobs *jobs, uint64_t now, uint64_t *next)
{
	*next = UINT64_MAX;
	for (unsigned i = 0; i < set->count; i++) {
		if (jobs->left[i] != 0 && jobs->due[i] < now)
			return false;
		if (jobs->next[i] == now) {
			if (jobs->left[i] != 0)
				return false;
			jobs->left[i] = set->parameters[i].capacity;
			jobs->due[i] = now + set->parameters[i].deadline;
			jobs->next[i] = now + set->parameters[i].period;
		}
		if (jobs->next[i] < *next)
			*next = jobs->next[i];
	}
	return true;
}

static unsigned earliest(const struct engine_set *set, const struct jobs *jobs)
{
	unsigned best = set->count;

	for (unsigned i = 0; i < set->count; i++)
		if (jobs->left[i] != 0 && (best == set->count || jobs->due[i] < jobs->due[best]))
			best = i;
	return best;
}

bool engine_feasible(const struct engine_set *set)
{
	struct jobs jobs = {{0}, {0}, {0}};
	const uint64_t under_way = set->masked > set->switch_cost ? set->masked : set->switch_cost;
	uint64_t now = 0, next;
	uint64_t blocked =
		under_way + set->count * set->masked + (set->count - 1) * set->switch_cost;

	if (!within_share(set))
		return false;
	/* After a moment without work, or two hyperperiods, nothing new happens. */
	while (now <= 2 * set->hyperperiod) {
		uint64_t ran;
		unsigned i;

		if (!arrive(set, &jobs, now, &next))
			return false;
		i = earliest(set, &jobs);
		if (i == set->count)
			return true;
		ran = next - now;
		if (blocked != 0) {
			ran = ran < blocked ? ran : blocked;
			blocked -= ran;
		} else {
			ran = ran < jobs.left[i] ? ran : jobs.left[i];
			jobs.left[i] -= ran;
			if (now + ran > jobs.due[i])
				return false;
		}
		now += ran;
	}
	return true;
}
