/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a set by the scheduler. What each entity has got is counted here, on the engine's own clock:
 * nobody makes progress while the hypervisor switches.
 */
#include "tests/simulate/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hyp/sched/sched.h"
#include "tests/simulate/random.h"
#include "tools/response.h"

#define HOGS           2u    /* best-effort ones */
#define DECISIONS_MOST 3000u /* of one run */
#define TRACE_RECORDS  64u
#define USED_MOST      256u /* pieces */

/*
 * What an entity does. OVERRUNS: runs for ever, and must get its capacity by each deadline. JOBS:
 * ends each job when its work is done. UNRULY: the same, with some jobs that are too long. WAITS:
 * blocks and wakes at any time, as an RTOS does.
 */
enum habit { OVERRUNS, JOBS, UNRULY, WAITS, HABITS };

struct actor {
	struct sched_entity entity; /* first: the scheduler returns it */
	enum habit habit;
	const struct sched_parameters *parameters;
	uint64_t net;      /* its capacity without the switches */
	uint64_t work;     /* until it does something */
	uint64_t released; /* its current job */
	bool lawful;       /* the job needs no more than it may */
	bool indebted;     /* one before was in the hypervisor when its budget ended */
	uint64_t wake_at;  /* by an interrupt */
	uint64_t due;      /* OVERRUNS: when it must have had so much: */
	uint64_t owed, progress;
	double least; /* of its use of the CPU, less its share of the time */

	/* The pieces of budget that it used, with their releases, that are less than a period old.
	 */
	struct {
		uint64_t release, amount;
	} used[USED_MOST];
	unsigned used_first, used_count;
	uint64_t used_sum, ran, release;
};

enum engine_mood { ENGINE_WORST, ENGINE_RANDOM };

struct engine {
	const struct engine_set *set;
	enum engine_mood mood;
	struct random random;
	struct sched_common common;
	struct sched_cpu cpu;
	struct actor actors[ENGINE_MOST], hogs[HOGS];
	struct actor *running;
	uint64_t now, busy; /* the hypervisor switches until then */
	uint64_t delay;     /* so much later than it should it decides next */
	uint64_t decisions;
	double utilisation, most, lag; /* best effort: the most that its lead has been; the bound */
	struct {
		struct trace_ring ring;
		struct trace_record records[TRACE_RECORDS];
	} trace;
	char wrong[200];
};

#define WRONG(engine, ...) snprintf((engine)->wrong, sizeof((engine)->wrong), __VA_ARGS__)

static uint64_t below(struct engine *engine, uint64_t limit)
{
	return random_below(&engine->random, limit);
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static bool is_best_effort(const struct actor *actor)
{
	return actor && !actor->parameters;
}

/* The work of its next job, or until it waits next. */
static void take_work(struct engine *engine, struct actor *actor)
{
	const uint64_t net = actor->net;

	actor->lawful = true;
	if (!actor->parameters || actor->habit == OVERRUNS)
		actor->work = UINT64_MAX / 2;
	else if (actor->habit == WAITS)
		actor->work = 1 + below(engine, below(engine, 2) ? net : 1 + net / 16);
	else if (engine->mood == ENGINE_WORST || below(engine, 3))
		actor->work = net;
	else
		actor->work = 1 + below(engine, net);
	if (actor->habit == UNRULY && !below(engine, 3)) {
		actor->work += 1 + below(engine, 3 * net);
		if (actor->work > net)
			actor->lawful = false;
	}
	actor->indebted = actor->indebted || (!actor->lawful && engine->set->masked != 0);
	actor->lawful = actor->lawful && !actor->indebted;
}

static void begin_actor(struct engine *engine, unsigned i)
{
	struct actor *actor = &engine->actors[i];
	const struct sched_traits traits = {.number = (uint8_t)i, .slot = (uint8_t)i};

	actor->parameters = &engine->set->parameters[i];
	actor->net = actor->parameters->capacity - 2 * engine->set->switch_cost;
	actor->habit = (enum habit)below(engine, engine->mood == ENGINE_WORST ? JOBS + 1 : HABITS);
	actor->wake_at = engine->mood == ENGINE_WORST || below(engine, 2)
				 ? 0
				 : below(engine, actor->parameters->period);
	sched_add_real_time(&engine->cpu, &actor->entity, &traits, actor->parameters);
	take_work(engine, actor);
}

static void begin(
	struct engine *engine, const struct engine_set *set, uint64_t seed, enum engine_mood mood)
{
	memset(engine, 0, sizeof(*engine));
	engine->set = set;
	engine->mood = mood;
	engine->random = random_begin(seed ^ 0x5851f42d4c957f2dull);
	engine->trace.ring.mask = TRACE_RECORDS - 1;
	sched_common_init(
		&engine->common, 1 + below(engine, 1 + set->hyperperiod / 16), set->switch_cost);
	sched_cpu_init(&engine->cpu, &engine->common, 0, &engine->trace.ring);
	for (unsigned i = 0; i < set->count; i++) {
		begin_actor(engine, i);
		engine->utilisation +=
			(double)set->parameters[i].capacity / (double)set->parameters[i].period;
	}
	for (unsigned i = 0; i < HOGS; i++) {
		const struct sched_traits traits = {
			.number = (uint8_t)(ENGINE_MOST + i), .slot = (uint8_t)i};

		sched_add_best_effort(&engine->cpu, &engine->hogs[i].entity, &traits, 1);
		take_work(engine, &engine->hogs[i]);
	}
	engine->lag = (double)response_best_effort_lag(set->parameters, set->count, set->masked);
}

/* Its job is over: in time? The next one is a period after it, or a while later. */
static void end_job(struct engine *engine, struct actor *actor)
{
	const struct sched_parameters *parameters = actor->parameters;
	const uint64_t next = actor->released + parameters->period;
	uint64_t until = 0;

	if (actor->lawful && engine->now > actor->released + parameters->deadline)
		WRONG(engine, "entity %u: the job of %lu was over at %lu", actor->entity.number,
			actor->released, engine->now);
	if (engine->mood == ENGINE_RANDOM && !below(engine, 4))
		until = actor->released + below(engine, 3 * parameters->period);
	sched_done(&engine->cpu, until, engine->now);
	if (actor->lawful && actor->entity.edf.wake_at != (next > until ? next : until))
		WRONG(engine, "entity %u: the job after that of %lu comes at %lu",
			actor->entity.number, actor->released, actor->entity.edf.wake_at);
	actor->released = actor->entity.edf.wake_at;
	take_work(engine, actor);
}

static void act(struct engine *engine, struct actor *actor)
{
	if (actor->habit == WAITS) {
		const uint64_t period = actor->parameters->period;
		const uint64_t until =
			engine->now +
			below(engine, below(engine, 2) ? 2 * period : 1 + period / 16);

		actor->wake_at = below(engine, 2) ? until : SCHED_NEVER;
		sched_block(
			&engine->cpu, actor->wake_at == until ? SCHED_NEVER : until, engine->now);
		take_work(engine, actor);
	} else {
		end_job(engine, actor);
	}
	engine->running = NULL;
}

static void wake(struct engine *engine, struct actor *actor)
{
	actor->wake_at = SCHED_NEVER;
	sched_wake(&engine->cpu, &actor->entity, engine->now);
	if (!actor->parameters || actor->habit == WAITS)
		return;
	actor->released = engine->now;
	actor->due = engine->now + actor->parameters->deadline;
	actor->owed = actor->net;
}

/* One that overruns must have had all that it may by each of its deadlines. */
static void check_supply(struct engine *engine, struct actor *actor)
{
	if (actor->habit != OVERRUNS || actor->owed == 0 || engine->now < actor->due)
		return;
	if (actor->progress < actor->owed)
		WRONG(engine, "entity %u has had %lu of %lu at %lu", actor->entity.number,
			actor->progress, actor->owed, engine->now);
	actor->due += actor->parameters->period;
	actor->owed += actor->net;
}

/* No tick of budget is used again within a period of the release that it was used for. */
static void use(struct engine *engine, struct actor *actor, uint64_t release, uint64_t amount)
{
	const uint64_t period = actor->parameters->period;
	unsigned last;

	if (amount == 0)
		return;
	while (actor->used_count != 0 &&
		actor->used[actor->used_first].release + period <= release) {
		actor->used_sum -= actor->used[actor->used_first].amount;
		actor->used_first = (actor->used_first + 1) % USED_MOST;
		actor->used_count--;
	}
	last = (actor->used_first + actor->used_count + USED_MOST - 1) % USED_MOST;
	if (actor->used_count == 0 || actor->used[last].release != release) {
		last = (last + 1) % USED_MOST;
		actor->used[last].release = release;
		actor->used[last].amount = 0;
		actor->used_count++;
	}
	actor->used[last].amount += amount;
	actor->used_sum += amount;
	if (actor->used_sum > actor->parameters->capacity + engine->set->masked ||
		actor->used_count == USED_MOST)
		WRONG(engine, "entity %u used %lu in a period before %lu", actor->entity.number,
			actor->used_sum, engine->now);
}

/* The cost of a release is that of the job that is released. */
static void check_use(struct engine *engine, struct actor *actor)
{
	const uint64_t amount = actor->entity.stats.ran_ticks - actor->ran;
	const uint64_t before = actor->release, cost = engine->set->switch_cost;

	actor->ran += amount;
	actor->release = actor->entity.edf.chunk;
	if (before == actor->release || amount < cost) {
		use(engine, actor, before, amount);
	} else {
		use(engine, actor, before, amount - cost);
		use(engine, actor, actor->release, cost);
	}
}

/* Up to where the scheduler has charged the time. */
static void check_accounts(struct engine *engine)
{
	const uint64_t since = engine->cpu.since;
	uint64_t real_time = 0, sum = engine->cpu.idle_ticks;
	double lead;

	for (unsigned i = 0; i < engine->set->count; i++) {
		struct actor *actor = &engine->actors[i];
		const double capacity = (double)actor->parameters->capacity;
		const double period = (double)actor->parameters->period;
		const double use =
			(double)actor->entity.stats.ran_ticks - (double)since * capacity / period;

		check_use(engine, actor);
		real_time += actor->entity.stats.ran_ticks;
		actor->least = use < actor->least ? use : actor->least;
		if (use - actor->least >
			capacity * (1 + (double)actor->parameters->deadline / period) +
				(double)engine->set->masked + 0.001)
			WRONG(engine, "entity %u had too much by %lu", i, since);
		if (budget_sum(&actor->entity.edf.budget) != actor->parameters->capacity)
			WRONG(engine, "entity %u: the budget is %lu at %lu", i,
				budget_sum(&actor->entity.edf.budget), since);
		if (actor->entity.stats.misses != 0 && actor->habit != UNRULY)
			WRONG(engine, "entity %u: a miss was counted by %lu", i, engine->now);
	}
	for (unsigned i = 0; i < HOGS; i++)
		sum += engine->hogs[i].entity.stats.ran_ticks;
	if (sum + real_time != since)
		WRONG(engine, "%lu ticks are charged at %lu", sum + real_time, since);
	lead = (double)since * engine->utilisation - (double)real_time;
	engine->most = lead > engine->most ? lead : engine->most;
	if (engine->most - lead > engine->lag + 0.001)
		WRONG(engine, "best effort lags by %f of %f at %lu", engine->most - lead,
			engine->lag, since);
}

/*
 * The hypervisor may be busy just when it should decide, for whoever runs; while best effort runs,
 * or nothing, with a switch, too.
 */
static uint64_t masked(struct engine *engine)
{
	uint64_t most = engine->set->masked;

	if ((!engine->running || is_best_effort(engine->running)) &&
		most < engine->set->switch_cost)
		most = engine->set->switch_cost;
	return engine->mood == ENGINE_WORST ? most : below(engine, most + 1);
}

static void decide(struct engine *engine)
{
	struct actor *before = engine->running;
	struct sched_entity *entity = sched_pick_usual(&engine->cpu, engine->now);

	engine->running = (struct actor *)(entity ? entity : sched_pick(&engine->cpu, engine->now));
	engine->decisions++;
	if (engine->running && engine->running != before)
		engine->busy = engine->now + engine->set->switch_cost;
	if (engine->cpu.since > engine->busy)
		engine->busy = engine->cpu.since;
	engine->delay = masked(engine);
	check_accounts(engine);
}

static uint64_t next_event(struct engine *engine)
{
	uint64_t next = sched_until(&engine->cpu);
	const uint64_t start = engine->now > engine->busy ? engine->now : engine->busy;

	if (next != SCHED_NEVER)
		next += engine->delay;
	for (unsigned i = 0; i < engine->set->count; i++)
		next = least(next, engine->actors[i].wake_at);
	for (unsigned i = 0; i < HOGS; i++)
		next = least(next, engine->hogs[i].wake_at);
	next = next < start ? start : next;
	if (engine->running)
		next = least(next, start + engine->running->work);
	for (unsigned i = 0; i < engine->set->count; i++) {
		const struct actor *actor = &engine->actors[i];

		if (actor->habit == OVERRUNS && actor->owed != 0)
			next = least(next, actor->due);
	}
	return next;
}

static void advance(struct engine *engine, uint64_t next)
{
	const uint64_t start = engine->now > engine->busy ? engine->now : engine->busy;

	if (engine->running && next > start) {
		engine->running->progress += next - start;
		engine->running->work -= next - start;
	}
	engine->now = next;
}

/* Whether anything has come that the hypervisor decides for; else it was the engine that looked. */
static bool is_entered(const struct engine *engine)
{
	const uint64_t until = sched_until(&engine->cpu);

	if (until <= engine->now && until + engine->delay <= engine->now)
		return true;
	for (unsigned i = 0; i < engine->set->count; i++)
		if (engine->actors[i].wake_at <= engine->now)
			return true;
	for (unsigned i = 0; i < HOGS; i++)
		if (engine->hogs[i].wake_at <= engine->now)
			return true;
	return false;
}

static void step(struct engine *engine)
{
	advance(engine, next_event(engine));
	for (unsigned i = 0; i < engine->set->count; i++)
		check_supply(engine, &engine->actors[i]);
	if (engine->now < engine->busy)
		return;
	if (engine->running && engine->running->work == 0)
		act(engine, engine->running);
	else if (!is_entered(engine))
		return;
	for (unsigned i = 0; i < engine->set->count; i++)
		if (engine->actors[i].wake_at <= engine->now)
			wake(engine, &engine->actors[i]);
	for (unsigned i = 0; i < HOGS; i++)
		if (engine->hogs[i].wake_at <= engine->now)
			wake(engine, &engine->hogs[i]);
	decide(engine);
}

static const char *engine_run(const struct engine_set *set, uint64_t seed, enum engine_mood mood,
	struct engine_result *result)
{
	static struct engine engine;
	const uint64_t end = 2 * set->hyperperiod;

	begin(&engine, set, seed, mood);
	while (engine.now < end && engine.decisions < DECISIONS_MOST && !engine.wrong[0])
		step(&engine);
	result->decisions += engine.decisions;
	result->ticks += engine.now;
	for (unsigned i = 0; i < set->count; i++)
		result->jobs += engine.actors[i].entity.stats.jobs;
	return engine.wrong[0] ? engine.wrong : NULL;
}

const char *engine_check(uint64_t seed, struct engine_result *result)
{
	struct engine_set set;
	const char *wrong;

	engine_random_set(seed, &set);
	result->admitted = engine_admitted(&set);
	if (result->admitted != engine_feasible(&set))
		return result->admitted
			       ? "it was admitted, and by brute force a deadline is missed"
			       : "it was refused, and by brute force no deadline is missed";
	if (!result->admitted)
		return NULL;
	wrong = engine_run(&set, seed, ENGINE_WORST, result);
	return wrong ? wrong : engine_run(&set, seed, ENGINE_RANDOM, result);
}
