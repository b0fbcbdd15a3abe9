/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random events on several CPUs, with what must hold after each; and CPUs at the same time.
 */
#include "tests/unit/sched_world.h"

#include <pthread.h>
#include <string.h>

#include "tests/simulate/random.h"

#define CPUS      WORLD_CPUS
#define REAL_TIME 5u  /* on each CPU */
#define ENTITIES  40u /* the rest is best effort */

static struct random random;
static unsigned decisions;
static bool roams;               /* some best-effort entities have several CPUs */
static unsigned homes[ENTITIES]; /* whose CPU an entity is at home on */

static uint64_t below(uint64_t limit)
{
	return random_below(&random, limit);
}

static bool is_real_time(unsigned number)
{
	return number < CPUS * REAL_TIME;
}

static void add(unsigned number)
{
	static const uint64_t affinities[] = {15, 15, 1, 2, 8, 3, 12, 6}, pinned[] = {1, 2, 4, 8};
	const unsigned best_effort = number - CPUS * REAL_TIME;
	struct sched_traits traits = {.number = (uint8_t)number,
		.slot = (uint8_t)(is_real_time(number) ? number % REAL_TIME : best_effort)};
	struct sched_parameters parameters;

	traits.preemptable = below(2);
	traits.ends_jobs = below(2);
	traits.policy = (enum plan_irq_policy)below(3);
	traits.fast_interval = below(20);
	if (is_real_time(number)) {
		parameters.period = 20 + below(300);
		parameters.capacity =
			2 * world.common.switch_cost + 1 + below(parameters.period / 6);
		parameters.deadline =
			parameters.capacity + below(parameters.period - parameters.capacity + 1);
		homes[number] = number / REAL_TIME;
		sched_add_real_time(
			&world.cpus[homes[number]], &world.entities[number], &traits, &parameters);
	} else {
		const uint64_t affinity =
			roams ? affinities[best_effort % 8] : pinned[best_effort % 4];

		homes[number] = (unsigned)__builtin_ctzll(affinity);
		sched_add_best_effort(
			&world.cpus[homes[number]], &world.entities[number], &traits, affinity);
	}
}

static uint64_t affinity_of(const struct sched_entity *entity)
{
	return world.common.groups[entity->round_robin.group].affinity;
}

static void check_queue(void)
{
	unsigned listed = 0, expected = 0;

	for (unsigned i = 0; i < world.common.group_count; i++) {
		const struct round_robin_group *group = &world.common.groups[i];
		const struct sched_entity *entity = group->first;

		if (!entity)
			continue;
		do {
			const struct sched_entity *next = entity->round_robin.next;

			assert_ptr_equal(next->round_robin.before, entity);
			assert_int_equal(affinity_of(entity), group->affinity);
			assert_true(next == group->first ||
				    entity->round_robin.turn < next->round_robin.turn ||
				    next->round_robin.turn == 0);
			entity = next;
			listed++;
		} while (entity != group->first);
	}
	for (unsigned i = CPUS * REAL_TIME; i < ENTITIES; i++) {
		const unsigned state = world.entities[i].state;

		expected += state >= SCHED_READY;
	}
	assert_int_equal(listed, expected);
}

/* On this CPU, just after a decision. */
static void check_real_time(unsigned c)
{
	const struct sched_cpu *cpu = &world.cpus[c];
	uint64_t earliest = SCHED_NEVER;

	for (unsigned i = c * REAL_TIME; i < (c + 1) * REAL_TIME; i++) {
		const struct sched_entity *entity = &world.entities[i];

		if (entity->state == SCHED_ABSENT)
			continue;
		assert_int_equal(budget_sum(&entity->edf.budget), entity->edf.parameters.capacity);
		if (entity->state == SCHED_READY && entity->edf.deadline < earliest)
			earliest = entity->edf.deadline;
		if (entity->state == SCHED_DEPLETED && sched_until(cpu) > world.now)
			assert_true(entity->edf.budget.first.time > world.now);
	}
	assert_int_equal(earliest != SCHED_NEVER, cpu->owner && sched_is_real_time(cpu->owner));
	if (earliest != SCHED_NEVER)
		assert_int_equal(cpu->owner->edf.deadline, earliest);
}

static void check_best_effort(unsigned c)
{
	const struct sched_cpu *cpu = &world.cpus[c];
	const struct sched_entity *owner = cpu->owner;

	if (owner && !sched_is_real_time(owner)) {
		assert_ptr_equal(cpu->round_robin.current, owner);
		assert_int_equal(owner->state, SCHED_CHOSEN);
		assert_in_range(owner->round_robin.left, 1, world.common.quantum);
	}
	for (unsigned i = CPUS * REAL_TIME; i < ENTITIES; i++) {
		const struct sched_entity *entity = &world.entities[i];

		if (entity->state != SCHED_READY || !(affinity_of(entity) >> c & 1))
			continue;
		assert_non_null(owner); /* no CPU idles while there is work for it */
		if (!sched_is_real_time(owner))
			assert_true(sched_until(cpu) <= cpu->since + owner->round_robin.left);
	}
}

static void check_running(unsigned c)
{
	const struct sched_entity *running = sched_running(&world.cpus[c]);

	if (!running)
		return;
	assert_true(sched_wants(running));
	if (sched_is_real_time(running))
		assert_int_equal(homes[running->number], c);
	else
		assert_true(affinity_of(running) >> c & 1);
	homes[running->number] = c;
	for (unsigned i = 0; i < CPUS; i++)
		assert_true(i == c || sched_running(&world.cpus[i]) != running);
}

static bool is_sound(const struct sched_entity *entity)
{
	unsigned currents = 0;

	if (entity->state == SCHED_ABSENT)
		return true;
	for (unsigned c = 0; c < CPUS; c++)
		currents += world.cpus[c].round_robin.current == entity;
	return entity->stats.misses <= entity->stats.jobs &&
	       currents == (entity->state == SCHED_CHOSEN) &&
	       (entity->state != SCHED_GUEST || entity->round_robin.host->guest == entity) &&
	       (!entity->guest || entity->guest->state == SCHED_GUEST);
}

static void check_states(void)
{
	for (unsigned i = 0; i < ENTITIES; i++)
		if (!is_sound(&world.entities[i]))
			fail_msg("entity %u", i);
}

/* Lets `c` decide, and all that it kicks. */
static void decide(unsigned c)
{
	uint64_t kicks;

	world_pick_on(c);
	sched_reported(&world.cpus[c]);
	check_running(c);
	check_real_time(c);
	if (decisions++ % 8 == 0) {
		check_queue();
		check_states();
	}
	for (kicks = sched_kicks(&world.cpus[c]); kicks; kicks &= kicks - 1)
		decide((unsigned)__builtin_ctzll(kicks));
	check_best_effort(c);
}

/* The running entity of CPU `c` does something. */
static void act(unsigned c)
{
	struct sched_cpu *cpu = &world.cpus[c];
	struct sched_entity *running = sched_running(cpu);
	struct sched_entity *other = &world.entities[below(ENTITIES)];
	const uint64_t until = below(3) ? world.now + below(200) : SCHED_NEVER;

	if (!running)
		return;
	switch (below(5)) {
	case 0:
		world_done(c, below(2) ? 0 : world.now + below(200));
		break;
	case 1:
		if (sched_is_real_time(running))
			sched_set_deadline(cpu, world.now + below(400), world.now);
		break;
	case 2:
		if (!sched_is_real_time(running) && other->state != SCHED_ABSENT)
			sched_yield_to(cpu, other, world.now);
		break;
	default:
		sched_block(cpu, until, world.now);
	}
}

/* Something happens to some entity, on its home. */
static void event(unsigned number)
{
	struct sched_entity *entity = &world.entities[number];
	struct sched_cpu *home = &world.cpus[homes[number]];

	if (entity->state == SCHED_ABSENT) {
		add(number);
		return;
	}
	switch (below(8)) {
	case 0:
		sched_remove(home, entity, world.now);
		break;
	case 1:
	case 2:
	case 3:
		sched_wake_fast(home, entity, world.now);
		break;
	default:
		sched_wake(home, entity, world.now);
	}
}

static uint64_t next_decision(unsigned *c)
{
	uint64_t next = SCHED_NEVER;

	for (unsigned i = 0; i < CPUS; i++) {
		if (sched_until(&world.cpus[i]) < next) {
			next = sched_until(&world.cpus[i]);
			*c = i;
		}
	}
	return next;
}

/* Time passes; whoever wants to decide meanwhile does, sometimes a little late. */
static void pass(uint64_t ticks)
{
	const uint64_t end = world.now + ticks;
	unsigned c = 0;

	for (uint64_t next = next_decision(&c); next <= end; next = next_decision(&c)) {
		if (next > world.now)
			world.now = next;
		if (below(16) == 0 && world.now < end)
			world.now++;
		decide(c);
	}
	world.now = end;
}

static void storm(uint64_t seed)
{
	random = random_begin(seed);
	world_begin(1 + below(40), below(3));
	world.count = ENTITIES;
	for (unsigned i = 0; i < ENTITIES; i++)
		add(i);
	for (unsigned step = 0; step < 400; step++) {
		unsigned c = (unsigned)below(CPUS);

		pass(below(30));
		if (below(2)) {
			const unsigned number = (unsigned)below(ENTITIES);

			event(number);
			c = homes[number];
		} else {
			act(c);
		}
		decide(c);
	}
}

static void test_storms(void **state)
{
	uint64_t usual = 0, done = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 60; seed++) {
		roams = seed % 3 != 0;
		storm(seed);
		usual += world.usual_count;
		done += world.done_count;
	}
	assert_in_range(usual, decisions / 20, decisions);
	assert_in_range(done, 10, decisions);
}

/*
 * Two CPUs at the same time: each entity is on one of them at most, and none is forgotten. Not
 * more, and not for long: a lock whose holder the host does not run is waited for in vain.
 */
#define THREADS   2u
#define DECISIONS 2000u

static unsigned taken[ENTITIES];
static pthread_barrier_t start;

static void *run_cpu(void *argument)
{
	struct sched_cpu *cpu = argument;
	struct random own = random_begin(cpu->index);
	struct sched_entity *running = NULL;

	pthread_barrier_wait(&start);
	for (uint64_t now = 1; now < DECISIONS; now++) {
		const uint64_t what = random_below(&own, 8);

		if (running && what == 0)
			sched_done(cpu, 0, now);
		if (running && what == 1)
			sched_block(cpu, now + random_below(&own, 20), now);
		if (running)
			__atomic_store_n(&taken[running->number], 0, __ATOMIC_RELEASE);
		running = sched_pick_usual(cpu, now);
		if (!running)
			running = sched_pick(cpu, now);
		sched_kicks(cpu);
		if (running && __atomic_exchange_n(&taken[running->number], 1, __ATOMIC_ACQ_REL))
			return "one is on two CPUs";
	}
	return NULL;
}

static void test_at_the_same_time(void **state)
{
	pthread_t threads[THREADS];
	unsigned long ran = 0;

	(void)state;
	world_begin(5, 0);
	for (unsigned i = 0; i < 10; i++)
		world_wake(world_best_effort(i % 3 == 2 ? 1 : 3));
	pthread_barrier_init(&start, NULL, THREADS);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run_cpu, &world.cpus[i]), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		void *wrong;

		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
	for (unsigned i = 0; i < 10; i++) {
		assert_int_not_equal(world.entities[i].stats.dispatches, 0);
		ran += world.entities[i].stats.ran_ticks;
	}
	assert_in_range(ran, DECISIONS, THREADS * DECISIONS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_storms),
		cmocka_unit_test(test_at_the_same_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
