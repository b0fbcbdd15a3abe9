/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A few CPUs with a scheduler and a clock that is moved by hand.
 */
#include "tests/unit/sched_world.h"

#include <string.h>

struct world world;

void world_begin(uint64_t quantum, uint64_t switch_cost)
{
	memset(&world, 0, sizeof(world));
	sched_common_init(&world.common, quantum, switch_cost);
	for (unsigned i = 0; i < WORLD_CPUS; i++) {
		world.traces[i].ring.mask = WORLD_RECORDS - 1;
		sched_cpu_init(&world.cpus[i], &world.common, i, &world.traces[i].ring);
	}
}

static struct sched_entity *add_real_time(
	unsigned cpu, const struct sched_parameters *parameters, bool preemptable, bool ends_jobs)
{
	struct sched_entity *entity = &world.entities[world.count];
	const struct sched_traits traits = {.number = (uint8_t)world.count++,
		.slot = (uint8_t)world.real_time[cpu]++,
		.preemptable = preemptable,
		.ends_jobs = ends_jobs};

	assert_in_range(world.count, 1, WORLD_ENTITIES);
	sched_add_real_time(&world.cpus[cpu], entity, &traits, parameters);
	return entity;
}

struct sched_entity *world_real_time_on(
	unsigned cpu, uint64_t period, uint64_t capacity, uint64_t deadline)
{
	const struct sched_parameters parameters = {period, capacity, deadline};

	return add_real_time(cpu, &parameters, false, false);
}

struct sched_entity *world_real_time(uint64_t period, uint64_t capacity, uint64_t deadline)
{
	return world_real_time_on(0, period, capacity, deadline);
}

struct sched_entity *world_task(uint64_t period, uint64_t capacity, uint64_t deadline)
{
	const struct sched_parameters parameters = {period, capacity, deadline};

	return add_real_time(0, &parameters, false, true);
}

struct sched_entity *world_preemptable(uint64_t period, uint64_t capacity, uint64_t deadline)
{
	const struct sched_parameters parameters = {period, capacity, deadline};

	return add_real_time(0, &parameters, true, false);
}

static struct sched_entity *add_best_effort(
	uint64_t affinity, enum plan_irq_policy policy, uint64_t interval)
{
	struct sched_entity *entity = &world.entities[world.count];
	const struct sched_traits traits = {.number = (uint8_t)world.count++,
		.slot = (uint8_t)world.best_effort++,
		.preemptable = policy != PLAN_DEFER,
		.policy = policy,
		.fast_interval = interval};

	assert_in_range(world.count, 1, WORLD_ENTITIES);
	sched_add_best_effort(&world.cpus[__builtin_ctzll(affinity)], entity, &traits, affinity);
	return entity;
}

struct sched_entity *world_best_effort(uint64_t affinity)
{
	return add_best_effort(affinity, PLAN_DEFER, 0);
}

struct sched_entity *world_fast(enum plan_irq_policy policy, uint64_t interval)
{
	return add_best_effort(1, policy, interval);
}

void world_wake(struct sched_entity *entity)
{
	sched_wake(&world.cpus[0], entity, world.now);
}

/* Both ways to decide, the usual one as far as it goes, come to the same. */
static const struct sched_entity *pick_both(struct sched_cpu *cpu)
{
	static struct world before, after;
	const struct sched_entity *entity, *usual;

	memcpy(&before, &world, sizeof(world));
	entity = sched_pick(cpu, world.now);
	memcpy(&after, &world, sizeof(world));
	memcpy(&world, &before, sizeof(world));
	usual = sched_pick_usual(cpu, world.now);
	if (usual)
		world.usual_count++;
	else
		usual = sched_pick(cpu, world.now);
	after.usual_count = world.usual_count;
	assert_ptr_equal(usual, entity);
	assert_memory_equal(&world, &after, sizeof(world));
	return entity;
}

static bool is_done_usually(struct sched_cpu *cpu)
{
	static struct world before, after;
	const struct sched_entity *next;

	memcpy(&before, &world, sizeof(world));
	sched_done(cpu, 0, world.now);
	sched_pick(cpu, world.now);
	memcpy(&after, &world, sizeof(world));
	memcpy(&world, &before, sizeof(world));
	next = sched_done_usual(cpu, world.now);
	assert_memory_equal(&world, next ? &after : &before, sizeof(world));
	assert_true(!next || next == sched_running(cpu));
	world.done_count += next != NULL;
	return next != NULL;
}

void world_done(unsigned cpu, uint64_t until)
{
	struct sched_cpu *const own = &world.cpus[cpu];

	if (sched_is_real_time(sched_running(own)) || !is_done_usually(own))
		sched_done(own, until, world.now);
}

int world_pick_on(unsigned cpu)
{
	const struct sched_entity *entity = pick_both(&world.cpus[cpu]);

	assert_ptr_equal(entity, sched_running(&world.cpus[cpu]));
	world_check_time();
	return entity ? (int)entity->number : -1;
}

int world_pick(void)
{
	return world_pick_on(0);
}

int world_run_to(uint64_t time)
{
	int running = world_pick();

	while (sched_until(&world.cpus[0]) <= time) {
		if (sched_until(&world.cpus[0]) > world.now)
			world.now = sched_until(&world.cpus[0]);
		running = world_pick();
	}
	world.now = time;
	return running;
}

int world_find(enum trace_event event, uint64_t *value)
{
	const struct trace_ring *ring = &world.traces[0].ring;

	while (world.read[0] < ring->next) {
		const struct trace_record *record = &ring->records[world.read[0]++ & ring->mask];

		if ((record->stamp >> 8 & 0xff) != event)
			continue;
		if (value)
			*value = record->value;
		return (int)(record->stamp & 0xff);
	}
	return -1;
}

void world_check_time(void)
{
	uint64_t charged = 0, passed = 0;

	for (unsigned i = 0; i < world.count; i++)
		charged += world.entities[i].stats.ran_ticks;
	for (unsigned i = 0; i < WORLD_CPUS; i++) {
		charged += world.cpus[i].idle_ticks;
		passed += world.cpus[i].since;
	}
	assert_int_equal(charged, passed);
}
