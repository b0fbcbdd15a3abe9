/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Best-effort entities on CPU 0 of a world with a quantum, for the tests of round_robin.c.
 */
#ifndef TESTS_SCHED_TURNS_H
#define TESTS_SCHED_TURNS_H

#include "tests/unit/sched_world.h"

#define QUANTUM 10u

static inline int begin(void **state)
{
	(void)state;
	world_begin(QUANTUM, 0);
	return 0;
}

static struct sched_cpu *const cpu = &world.cpus[0];

/* So many on CPU 0, awake. */
static inline void add(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		world_wake(world_best_effort(1));
}

static inline struct sched_entity *entity(unsigned number)
{
	return &world.entities[number];
}

/* The running entity waits until it is woken. */
static inline void block(void)
{
	sched_block(cpu, SCHED_NEVER, world.now);
}

/* Who runs in each quantum from now on. */
static inline void assert_turns(const char *turns)
{
	for (; *turns; turns++) {
		const uint64_t begun = world.now;

		assert_int_equal(world_run_to(begun), *turns - '0');
		assert_int_equal(world_run_to(begun + QUANTUM - 1), *turns - '0');
		world.now = begun + QUANTUM;
	}
}

#endif
