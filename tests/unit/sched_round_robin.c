/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Best-effort entities: turns, quanta, several CPUs.
 */
#include "tests/unit/sched_turns.h"

static void test_turns(void **state)
{
	uint64_t value = 9;

	(void)state;
	add(3);
	assert_turns("0120120");
	assert_int_equal(world_find(TRACE_TURN, &value), 1);
	assert_int_equal(value, 0);
	assert_int_equal(world_find(TRACE_TURN, &value), 2);
	assert_int_equal(value, 1);
	assert_int_equal(entity(0)->stats.dispatches, 3);
}

/* Whoever wakes has all others that wait before it, and a whole quantum. */
static void test_waking(void **state)
{
	(void)state;
	add(3);
	assert_int_equal(world_run_to(4), 0);
	block();
	assert_int_equal(world_run_to(5), 1);
	world_wake(entity(0));
	world_wake(entity(0));
	assert_int_equal(world_run_to(13), 1);
	world.now = 14;
	assert_turns("20120");
}

static void test_wakes_by_itself(void **state)
{
	(void)state;
	add(2);
	assert_int_equal(world_run_to(4), 0);
	sched_block(cpu, 50, 4);
	assert_int_equal(world_run_to(4), 1);
	assert_int_equal(sched_until(cpu), 50);
	assert_int_equal(world_run_to(53), 1);
	assert_int_equal(world_run_to(54), 0); /* the other's quanta went on from 4 */
}

/* Its clock does not take the core, nor a moment, from real time that others may not disturb. */
static void test_wakes_after_real_time(void **state)
{
	(void)state;
	world_real_time(100, 30, 100);
	world_preemptable(100, 30, 200);
	add(1);
	assert_int_equal(world_run_to(4), 2);
	sched_block(cpu, 20, 4);
	world_wake(entity(0));
	assert_int_equal(world_pick(), 0);
	assert_int_equal(sched_until(cpu), 34);
	assert_int_equal(world_run_to(33), 0);
	assert_false(sched_wants(entity(2)));
	assert_int_equal(world_run_to(34), 2);
	sched_block(cpu, 50, 34);
	world_wake(entity(1));
	assert_int_equal(world_run_to(40), 1);
	assert_int_equal(sched_until(cpu), 50); /* this one may be */
	assert_int_equal(world_run_to(50), 1);
	assert_true(sched_wants(entity(2)));
}

/* Alone, it needs no clock, but another one finds the quanta as if there had been one. */
static void test_alone(void **state)
{
	(void)state;
	add(1);
	world_best_effort(1);
	assert_int_equal(world_pick(), 0);
	assert_int_equal(sched_until(cpu), SCHED_NEVER);
	world.now = 5 * QUANTUM + 3;
	world_wake(entity(1));
	assert_int_equal(world_pick(), 0);
	assert_int_equal(sched_until(cpu), 6 * QUANTUM);
	world.now = 6 * QUANTUM;
	assert_turns("101");
	block();
	assert_int_equal(world_pick(), 0);
	assert_int_equal(sched_until(cpu), SCHED_NEVER);
}

static void test_late_end(void **state)
{
	(void)state;
	add(2);
	assert_int_equal(world_pick(), 0);
	world.now = QUANTUM + 3;
	assert_int_equal(world_run_to(2 * QUANTUM + 2), 1);
	assert_int_equal(world_run_to(2 * QUANTUM + 3), 0);
	assert_int_equal(world_run_to(3 * QUANTUM - 1), 0); /* what it had too much is missing */
	assert_int_equal(world_run_to(3 * QUANTUM), 1);
}

static void test_done(void **state)
{
	(void)state;
	add(3);
	assert_int_equal(world_run_to(4), 0);
	world_done(0, 0);
	assert_int_equal(world.done_count, 1);
	assert_true(sched_wants(entity(0)));
	assert_turns("120"); /* a whole quantum each */
	assert_int_equal(world_pick(), 1);
	assert_int_equal(entity(0)->stats.ran_ticks, 4 + QUANTUM);
	world_begin(QUANTUM, 0);
	add(1);
	assert_int_equal(world_run_to(4), 0);
	world_done(0, 0);
	assert_int_equal(world_pick(), 0);
	assert_int_equal(world.done_count, 0);
}

/* What is due, or has woken, or is not the next in the ring, is not the usual way's. */
static void test_done_beside_others(void **state)
{
	(void)state;
	world_real_time(100, 20, 100);
	add(3);
	assert_int_equal(world_run_to(4), 1);
	sched_yield_to(cpu, entity(3), 4);
	assert_int_equal(world_run_to(6), 3);
	world_done(0, 0); /* a guest, which has had its turn */
	assert_int_equal(world_run_to(9), 1);
	world_wake(entity(0));
	world_done(0, 0);
	assert_int_equal(world_run_to(12), 0);
	sched_block(cpu, 50, 12);
	assert_int_equal(world_run_to(20), 2);
	world_done(0, 0);
	assert_int_equal(world.done_count, 1);
	assert_int_equal(world_run_to(25), 3);
	world.now = 50;
	world_done(0, 0);
	assert_int_equal(world_pick(), 0);
	assert_int_equal(world.done_count, 1);
}

/* A guest waits for its own turn from the end of the quantum on that it was lent. */
static void test_lent_quantum_ends(void **state)
{
	(void)state;
	add(3);
	assert_int_equal(world_run_to(9), 0);
	sched_yield_to(cpu, entity(2), 9);
	world.now = QUANTUM;
	assert_turns("120");
}

/* Real time does not end a quantum, and its time is not the quantum's. */
static void test_real_time_in_between(void **state)
{
	(void)state;
	world_real_time(100, 20, 100);
	add(2);
	assert_int_equal(world_run_to(4), 1);
	world_wake(entity(0));
	assert_int_equal(world_run_to(23), 0);
	assert_int_equal(world_run_to(29), 1);
	world.now = 30;
	assert_turns("212");
	assert_int_equal(entity(1)->stats.ran_ticks, 2 * QUANTUM);
}

/* Its quantum ends at the very moment that real time begins. */
static void test_real_time_at_the_end(void **state)
{
	(void)state;
	world_real_time(100, 20, 100);
	add(2);
	assert_int_equal(world_run_to(9), 1);
	world.now = 10;
	world_wake(entity(0));
	assert_int_equal(world_run_to(29), 0);
	world.now = 30;
	assert_turns("212");
}

/* The oldest goes first, whatever CPUs it may run on, if it may run here. */
static void test_affinities(void **state)
{
	(void)state;
	world_best_effort(1);
	world_best_effort(3);
	world_best_effort(2);
	world_best_effort(5);
	for (unsigned i = 0; i < 4; i++)
		world_wake(entity(i));
	assert_turns("013013");
	assert_int_equal(world_pick_on(1), 2);
}

static void test_idle_cpu_is_kicked(void **state)
{
	(void)state;
	world_best_effort(7);
	world_best_effort(7);
	world_best_effort(7);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(world_pick_on(i), -1);
	sched_kicks(cpu);
	world_wake(entity(0));
	assert_int_equal(world_pick(), 0);
	assert_int_equal(sched_kicks(cpu), 0); /* it runs here */
	world_wake(entity(1));
	world_wake(entity(2));
	assert_int_equal(world_pick(), 0);
	assert_int_equal(sched_kicks(cpu), 1u << 1);
	assert_int_equal(sched_kicks(cpu), 0);
	assert_int_equal(world_pick_on(1), 1);
	assert_int_equal(sched_kicks(&world.cpus[1]), 1u << 2); /* which passes it on */
	assert_int_equal(world_pick_on(2), 2);
	assert_int_equal(sched_kicks(&world.cpus[2]), 0);
}

/* All are busy: one whose quantum had no end gets one. */
static void test_quantum_gets_an_end(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++)
		world_best_effort(3);
	world_wake(entity(0));
	assert_int_equal(world_pick(), 0);
	assert_int_equal(world_pick_on(1), -1);
	world_wake(entity(1));
	world_pick();
	assert_int_equal(sched_kicks(cpu), 1u << 1);
	assert_int_equal(world_pick_on(1), 1);
	assert_int_equal(sched_until(&world.cpus[1]), SCHED_NEVER);
	world_wake(entity(2));
	assert_int_equal(world_pick(), 0);
	assert_int_equal(sched_until(cpu), QUANTUM);
	assert_int_equal(sched_kicks(cpu), 1u << 1);
	assert_int_equal(world_pick_on(1), 1);
	assert_int_equal(sched_until(&world.cpus[1]), QUANTUM);
	assert_int_equal(sched_kicks(&world.cpus[1]), 0);
	world.now = QUANTUM;
	assert_int_equal(world_pick_on(1), 2);
	assert_int_equal(world_pick(), 1);
	assert_int_equal(world_pick_on(1), 2);
}

/* Real time takes the core from one that another CPU has time for. */
static void test_migration(void **state)
{
	(void)state;
	world_real_time(100, 20, 100);
	world_best_effort(3);
	world_best_effort(3);
	assert_int_equal(world_pick_on(1), -1);
	world_wake(entity(1));
	assert_int_equal(world_run_to(4), 1);
	world_wake(entity(0));
	assert_int_equal(world_pick(), 0);
	assert_int_equal(sched_kicks(cpu), 1u << 1);
	assert_int_equal(world_pick_on(1), 1);
	world_wake(entity(2));
	assert_int_equal(world_pick(), 0); /* for which there is no time anywhere but */
	assert_int_equal(sched_kicks(cpu), 1u << 1);
	assert_int_equal(world_pick_on(1), 1);
	assert_int_equal(sched_until(&world.cpus[1]), 10); /* it has had 4 before */
	world.now = 10;
	assert_int_equal(world_pick_on(1), 2);
	world.now = 24;
	assert_int_equal(world_pick(), 1);
	sched_block(&world.cpus[1], SCHED_NEVER, 24);
	assert_int_equal(world_pick_on(1), -1);
	sched_wake(&world.cpus[1], entity(2), 25);
	world.now = 25;
	assert_int_equal(world_pick_on(1), 2);
	assert_int_equal(entity(1)->stats.ran_ticks, 10);
}

/* A CPU of real time is not to be disturbed. */
static void test_real_time_is_not_kicked(void **state)
{
	(void)state;
	world_real_time_on(1, 100, 50, 100);
	world_best_effort(3);
	world_best_effort(3);
	assert_int_equal(world_pick_on(1), -1);
	sched_wake(&world.cpus[1], entity(0), 0);
	assert_int_equal(world_pick_on(1), 0);
	world_wake(entity(1));
	world_wake(entity(2));
	assert_int_equal(world_pick(), 1);
	assert_int_equal(sched_kicks(cpu), 0);
	assert_int_equal(sched_until(cpu), QUANTUM);
	world.now = 50;
	assert_int_equal(world_pick_on(1), 2); /* it looks by itself */
}

static void test_yield_to(void **state)
{
	(void)state;
	add(4);
	assert_int_equal(world_run_to(3), 0);
	sched_yield_to(cpu, entity(2), 3);
	assert_int_equal(world_run_to(9), 2); /* the rest of its quantum */
	world.now = 10;
	assert_turns("123012"); /* and its own turn all the same */
	assert_int_equal(world_run_to(73), 3);
	sched_yield_to(cpu, entity(2), 73);
	assert_int_equal(world_run_to(75), 2);
	block();
	assert_int_equal(world_run_to(79), 3);
	world.now = 80;
	assert_turns("0130");
}

static void test_yield_to_nobody(void **state)
{
	(void)state;
	world_real_time(100, 10, 100);
	add(2);
	world_best_effort(1);
	world_best_effort(2);
	sched_wake(&world.cpus[1], entity(4), 0);
	assert_int_equal(world_run_to(3), 1);
	sched_yield_to(cpu, entity(1), 3);
	sched_yield_to(cpu, entity(3), 3); /* sleeps */
	sched_yield_to(cpu, entity(4), 3); /* is elsewhere */
	sched_yield_to(cpu, entity(0), 3); /* is real-time */
	assert_int_equal(world_run_to(9), 1);
	world_wake(entity(0));
	assert_int_equal(world_run_to(12), 0);
	sched_yield_to(cpu, entity(2), 12); /* not on a budget */
	assert_int_equal(world_run_to(18), 0);
}

/* Two CPUs, and who was lent a quantum on one of them is not taken by the other as well. */
static void test_guest_is_not_taken(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++)
		world_wake(world_best_effort(3));
	assert_int_equal(world_run_to(3), 0);
	sched_yield_to(cpu, entity(1), 3);
	assert_int_equal(world_pick(), 1);
	assert_int_equal(world_pick_on(1), 2);
	world.now = 5;
	sched_yield_to(cpu, entity(0), 5); /* and back */
	assert_int_equal(world_pick(), 0);
	sched_block(&world.cpus[1], SCHED_NEVER, 5);
	assert_int_equal(world_pick_on(1), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_turns, begin),
		cmocka_unit_test_setup(test_waking, begin),
		cmocka_unit_test_setup(test_wakes_by_itself, begin),
		cmocka_unit_test_setup(test_wakes_after_real_time, begin),
		cmocka_unit_test_setup(test_alone, begin),
		cmocka_unit_test_setup(test_late_end, begin),
		cmocka_unit_test_setup(test_done, begin),
		cmocka_unit_test_setup(test_done_beside_others, begin),
		cmocka_unit_test_setup(test_lent_quantum_ends, begin),
		cmocka_unit_test_setup(test_real_time_in_between, begin),
		cmocka_unit_test_setup(test_real_time_at_the_end, begin),
		cmocka_unit_test_setup(test_affinities, begin),
		cmocka_unit_test_setup(test_idle_cpu_is_kicked, begin),
		cmocka_unit_test_setup(test_quantum_gets_an_end, begin),
		cmocka_unit_test_setup(test_migration, begin),
		cmocka_unit_test_setup(test_real_time_is_not_kicked, begin),
		cmocka_unit_test_setup(test_yield_to, begin),
		cmocka_unit_test_setup(test_yield_to_nobody, begin),
		cmocka_unit_test_setup(test_guest_is_not_taken, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
