/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Best-effort entities: fast interrupts, and what removing one leaves.
 */
#include "tests/unit/sched_turns.h"

/* The paper's three schemes [HF 5.5, figure 5.5]: an interrupt for 2 while 0 runs, and 1 waits. */
static void begin_fast(enum plan_irq_policy policy, uint64_t interval)
{
	for (unsigned i = 0; i < 3; i++)
		world_fast(policy, interval);
	for (unsigned i = 0; i < 3; i++)
		world_wake(entity(i));
	assert_int_equal(world_run_to(4), 0);
	sched_wake_fast(cpu, entity(2), 4);
}

static void test_defer(void **state)
{
	(void)state;
	begin_fast(PLAN_DEFER, 0);
	assert_int_equal(world_run_to(9), 0);
	world.now = 10;
	assert_turns("1201");
	assert_int_equal(entity(2)->stats.fast, 0);
}

static void test_recycle_quantum(void **state)
{
	uint64_t value = 9;

	(void)state;
	begin_fast(PLAN_RECYCLE_QUANTUM, 0);
	assert_int_equal(world_run_to(9), 2);
	world.now = 10;
	assert_turns("120120");
	assert_int_equal(entity(2)->stats.fast, 1);
	assert_int_equal(world_find(TRACE_FAST, &value), 2);
	assert_int_equal(value, 0);
}

static void test_reset_quantum(void **state)
{
	(void)state;
	begin_fast(PLAN_RESET_QUANTUM, 0);
	world.now = 4;
	assert_turns("2102102");
	assert_int_equal(entity(2)->stats.fast, 1);
}

/* What it leaves of the quantum is the other's again. */
static void test_recycled_quantum_is_given_back(void **state)
{
	(void)state;
	add(1);
	world_fast(PLAN_RECYCLE_QUANTUM, 0);
	entity(0)->preemptable = true;
	add(1);
	assert_int_equal(world_run_to(4), 0);
	sched_wake_fast(cpu, entity(1), 4);
	assert_int_equal(world_run_to(6), 1);
	block();
	assert_int_equal(world_run_to(9), 0);
	world.now = 10;
	assert_turns("2020");
	assert_int_equal(entity(1)->stats.ran_ticks, 2);
}

/* Also if only these two are there: the quantum that it runs on has an end. */
static void test_guest_goes_at_the_end(void **state)
{
	(void)state;
	world_wake(world_fast(PLAN_RECYCLE_QUANTUM, 0));
	world_fast(PLAN_RECYCLE_QUANTUM, 0);
	assert_int_equal(world_run_to(4), 0);
	sched_wake_fast(cpu, entity(1), 4);
	assert_int_equal(world_run_to(9), 1);
	world.now = 10;
	assert_turns("1010");
	assert_int_equal(world_run_to(58), 1);
	sched_yield_to(cpu, entity(0), 58);
	assert_int_equal(world_run_to(59), 0);
	world.now = 60;
	assert_turns("0101");
}

static void test_fast_interval(void **state)
{
	(void)state;
	begin_fast(PLAN_RECYCLE_QUANTUM, 20);
	assert_int_equal(world_run_to(6), 2);
	block();
	assert_int_equal(world_run_to(7), 0);
	sched_wake_fast(cpu, entity(2), 7);
	assert_int_equal(world_run_to(9), 0);
	world.now = 10;
	assert_turns("120");
	assert_int_equal(world_run_to(44), 1);
	block();
	assert_int_equal(entity(2)->stats.fast, 1);
	assert_int_equal(world_run_to(45), 2);
	sched_wake_fast(cpu, entity(1), 45);
	assert_int_equal(world_run_to(46), 1);
	assert_int_equal(entity(1)->stats.fast, 1);
}

static void test_not_preemptable(void **state)
{
	(void)state;
	world_wake(world_fast(PLAN_RECYCLE_QUANTUM, 0));
	world_fast(PLAN_RECYCLE_QUANTUM, 0);
	entity(0)->preemptable = false;
	assert_int_equal(world_run_to(4), 0);
	sched_wake_fast(cpu, entity(1), 4);
	assert_int_equal(world_run_to(9), 0);
	assert_int_equal(world_run_to(10), 1);
	assert_int_equal(entity(1)->stats.fast, 0);
}

/* What one that is not preemptable does not give, the next one that is does, once. */
static void begin_refused(enum plan_irq_policy policy, uint64_t interval)
{
	for (unsigned i = 0; i < 3; i++)
		world_fast(policy, interval);
	entity(0)->preemptable = false;
	world_wake(entity(0));
	world_wake(entity(1));
	assert_int_equal(world_run_to(4), 0);
	sched_wake_fast(cpu, entity(2), 4);
	assert_int_equal(world_run_to(9), 0);
	world.now = 10;
}

static void test_refused_is_not_forgotten(void **state)
{
	uint64_t value = 9;

	(void)state;
	begin_refused(PLAN_RECYCLE_QUANTUM, 0);
	assert_int_equal(world_run_to(13), 2); /* on the quantum of 1 */
	assert_int_equal(world_find(TRACE_FAST, &value), 2);
	assert_int_equal(value, 1);
	block();
	assert_int_equal(world_run_to(19), 1);
	world.now = 20;
	assert_turns("0101");
	assert_int_equal(entity(2)->stats.fast, 1);
}

static void test_refused_with_a_new_quantum(void **state)
{
	(void)state;
	begin_refused(PLAN_RESET_QUANTUM, 0);
	assert_turns("201201");
	assert_int_equal(entity(2)->stats.fast, 1);
}

/* The rate of fast interrupts holds for those that were refused, too. */
static void test_refused_within_the_interval(void **state)
{
	(void)state;
	begin_refused(PLAN_RECYCLE_QUANTUM, 100);
	assert_int_equal(world_run_to(11), 2);
	block();
	assert_int_equal(world_run_to(24), 0);
	sched_wake_fast(cpu, entity(2), 24);
	world.now = 30;
	assert_turns("120120");
	assert_int_equal(entity(2)->stats.fast, 1);
}

/* It got the core by its turn, or waits again: there is nothing left of what was refused. */
static void test_refused_and_served(void **state)
{
	(void)state;
	begin_refused(PLAN_RECYCLE_QUANTUM, 0);
	entity(1)->preemptable = false;
	assert_turns("1");
	assert_int_equal(world_run_to(21), 2);
	block();
	entity(1)->preemptable = true;
	assert_int_equal(world_run_to(22), 0);
	world_wake(entity(2));
	world.now = 31;
	assert_turns("120");
	assert_int_equal(entity(2)->stats.fast, 0);
}

/* Real time that is not preemptable keeps it away only from itself. */
static void test_refused_by_real_time(void **state)
{
	(void)state;
	world_real_time(100, 30, 100);
	world_fast(PLAN_RECYCLE_QUANTUM, 0);
	world_fast(PLAN_RECYCLE_QUANTUM, 0);
	world_wake(entity(1));
	assert_int_equal(world_run_to(4), 1);
	world_wake(entity(0));
	assert_int_equal(world_run_to(6), 0);
	sched_wake_fast(cpu, entity(2), 6);
	assert_int_equal(world_run_to(33), 0);
	assert_int_equal(world_run_to(38), 2); /* on the six that are left of the quantum of 1 */
	assert_int_equal(entity(2)->stats.fast, 1);
	block();
	assert_int_equal(world_run_to(80), 1);
}

/* Two of them, one after the other; one that is gone meanwhile is not missed. */
static void test_several_refused(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5; i++)
		world_fast(PLAN_RECYCLE_QUANTUM, 0);
	entity(0)->preemptable = false;
	world_wake(entity(0));
	world_wake(entity(1));
	assert_int_equal(world_run_to(4), 0);
	for (unsigned i = 2; i < 5; i++)
		sched_wake_fast(cpu, entity(i), 4);
	sched_remove(cpu, entity(3), 5);
	world.now = 10;
	assert_int_equal(world_run_to(12), 2);
	block();
	assert_int_equal(world_run_to(14), 4);
	block();
	assert_int_equal(world_run_to(19), 1);
	assert_int_equal(entity(2)->stats.fast + entity(4)->stats.fast, 2);
}

/* On an idle CPU, or for the one that runs, there is nothing to take. */
static void test_nothing_to_take(void **state)
{
	(void)state;
	world_fast(PLAN_RECYCLE_QUANTUM, 0);
	assert_int_equal(world_pick(), -1);
	sched_wake_fast(cpu, entity(0), 0);
	assert_int_equal(world_pick(), 0);
	sched_wake_fast(cpu, entity(0), 0);
	assert_int_equal(world_pick(), 0);
	assert_int_equal(entity(0)->stats.fast, 0);
}

/* Of two at once the second waits for its turn. */
static void test_two_at_once(void **state)
{
	(void)state;
	world_wake(world_fast(PLAN_RECYCLE_QUANTUM, 0));
	world_fast(PLAN_RECYCLE_QUANTUM, 0);
	world_fast(PLAN_RECYCLE_QUANTUM, 0);
	assert_int_equal(world_run_to(4), 0);
	sched_wake_fast(cpu, entity(2), 4);
	sched_wake_fast(cpu, entity(1), 4);
	assert_int_equal(world_run_to(6), 2);
	sched_wake_fast(cpu, entity(1), 6); /* from a guest */
	assert_int_equal(world_run_to(9), 1);
	world.now = 10;
	assert_turns("210");
}

/* Whose quantum it is gets an interrupt of its own meanwhile. */
static void test_owner_takes_it_back(void **state)
{
	(void)state;
	begin_fast(PLAN_RECYCLE_QUANTUM, 0);
	assert_int_equal(world_run_to(6), 2);
	sched_wake_fast(cpu, entity(0), 6);
	assert_int_equal(world_run_to(9), 0);
	world.now = 10;
	assert_turns("120");
}

/* The running one waits before the next decision: there is nothing left to take. */
static void test_too_late_to_take(void **state)
{
	(void)state;
	begin_fast(PLAN_RECYCLE_QUANTUM, 0);
	block();
	world.now = 4;
	assert_turns("121");
	assert_int_equal(entity(2)->stats.fast, 0);
}

/* A preemptable real-time entity gives of its own budget. */
static void test_on_a_budget(void **state)
{
	(void)state;
	world_preemptable(100, 30, 100);
	world_fast(PLAN_RECYCLE_QUANTUM, 0);
	world_wake(entity(0));
	assert_int_equal(world_run_to(4), 0);
	sched_wake_fast(cpu, entity(1), 4);
	assert_int_equal(world_run_to(9), 1);
	block();
	assert_int_equal(world_run_to(12), 0);
	sched_wake_fast(cpu, entity(1), 12);
	assert_int_equal(world_run_to(29), 1);
	assert_int_equal(world_run_to(30), 1); /* best effort from here on */
	assert_int_equal(world_find(TRACE_BUDGET_END, NULL), 0);
	assert_int_equal(world_run_to(99), 1);
	assert_int_equal(world_run_to(100), 0);
	assert_int_equal(entity(0)->stats.ran_ticks, 4 + 3);
	assert_int_equal(entity(1)->stats.fast, 2);
	assert_int_equal(budget_sum(&entity(0)->edf.budget), 30);
}

/* An earlier deadline takes the core from both; then the guest goes on. */
static void test_on_a_budget_that_is_preempted(void **state)
{
	(void)state;
	world_preemptable(100, 30, 100);
	world_fast(PLAN_RECYCLE_QUANTUM, 0);
	world_real_time(100, 10, 50);
	world_wake(entity(0));
	assert_int_equal(world_run_to(4), 0);
	sched_wake_fast(cpu, entity(1), 4);
	assert_int_equal(world_run_to(6), 1);
	world_wake(entity(2));
	assert_int_equal(world_run_to(15), 2);
	assert_int_equal(world_run_to(20), 1);
	sched_wake_fast(cpu, entity(1), 20);
	block();
	assert_int_equal(world_run_to(39), 0);
	assert_int_equal(world_run_to(40), -1);
}

static void test_not_on_a_budget(void **state)
{
	(void)state;
	world_real_time(100, 30, 100);
	world_fast(PLAN_RECYCLE_QUANTUM, 0);
	world_preemptable(100, 5, 100);
	world_wake(entity(0));
	assert_int_equal(world_run_to(4), 0);
	sched_wake_fast(cpu, entity(1), 4);
	assert_int_equal(world_run_to(29), 0);
	assert_int_equal(world_run_to(32), 1);
	sched_wake_fast(cpu, entity(2), 32); /* real time has its deadline, and needs no more */
	assert_int_equal(world_run_to(36), 2);
	assert_int_equal(world_run_to(37), 1);
	assert_int_equal(entity(2)->stats.fast, 0);
}

/* While its own quantum waits for real time, it runs at once on the budget. */
static void test_current_is_summoned(void **state)
{
	(void)state;
	world_preemptable(100, 30, 100);
	world_fast(PLAN_RECYCLE_QUANTUM, 0);
	world_wake(entity(1));
	assert_int_equal(world_run_to(4), 1);
	world_wake(entity(0));
	assert_int_equal(world_run_to(6), 0);
	sched_wake_fast(cpu, entity(1), 6);
	assert_int_equal(world_run_to(10), 1);
	assert_int_equal(sched_until(cpu), 34);
	assert_int_equal(world_run_to(50), 1);
	assert_int_equal(entity(1)->stats.fast, 1);
}

/* Also if it is a guest already, of one whose quantum waits for real time. */
static void test_guest_is_summoned(void **state)
{
	(void)state;
	world_preemptable(100, 30, 100);
	world_fast(PLAN_RECYCLE_QUANTUM, 0);
	world_fast(PLAN_RECYCLE_QUANTUM, 0);
	world_wake(entity(1));
	assert_int_equal(world_run_to(4), 1);
	sched_wake_fast(cpu, entity(2), 4);
	assert_int_equal(world_run_to(6), 2);
	world_wake(entity(0));
	assert_int_equal(world_run_to(8), 0);
	sched_wake_fast(cpu, entity(2), 8);
	assert_int_equal(world_run_to(12), 2);
	assert_int_equal(entity(2)->stats.fast, 2);
	block();
	assert_int_equal(world_run_to(31), 0);
	assert_int_equal(world_run_to(36), 1); /* which has four left of its quantum */
	assert_int_equal(budget_sum(&entity(0)->edf.budget), 30);
}

/* In whatever state, one that is removed leaves no trace. */
static void test_remove(void **state)
{
	(void)state;
	add(4);
	world_best_effort(1);
	assert_int_equal(world_run_to(3), 0);
	sched_remove(cpu, entity(4), 3);
	sched_remove(cpu, entity(1), 3);
	sched_remove(cpu, entity(1), 3);
	sched_yield_to(cpu, entity(3), 3);
	assert_int_equal(world_run_to(4), 3);
	sched_remove(cpu, entity(3), 4); /* a guest that runs */
	assert_null(sched_running(cpu));
	assert_int_equal(world_run_to(5), 0);
	sched_yield_to(cpu, entity(2), 5);
	assert_int_equal(world_run_to(6), 2);
	sched_remove(cpu, entity(0), 6); /* whose quantum it is */
	assert_int_equal(world_run_to(7), 2);
	assert_int_equal(sched_until(cpu), SCHED_NEVER);
	sched_remove(cpu, entity(2), 7);
	assert_int_equal(world_run_to(8), -1);
	world_check_time();
}

static void test_remove_a_summoned_one(void **state)
{
	(void)state;
	begin_fast(PLAN_RECYCLE_QUANTUM, 0);
	sched_remove(cpu, entity(2), 4);
	assert_int_equal(world_run_to(9), 0);
	world.now = 10;
	assert_turns("101");
}

static void test_remove_one_with_a_guest(void **state)
{
	(void)state;
	world_preemptable(100, 30, 100);
	world_fast(PLAN_RECYCLE_QUANTUM, 0);
	world_wake(entity(0));
	assert_int_equal(world_run_to(4), 0);
	sched_wake_fast(cpu, entity(1), 4);
	assert_int_equal(world_run_to(6), 1);
	sched_remove(cpu, entity(0), 6);
	assert_int_equal(world_run_to(20), 1);
	assert_int_equal(sched_until(cpu), SCHED_NEVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_defer, begin),
		cmocka_unit_test_setup(test_recycle_quantum, begin),
		cmocka_unit_test_setup(test_reset_quantum, begin),
		cmocka_unit_test_setup(test_recycled_quantum_is_given_back, begin),
		cmocka_unit_test_setup(test_guest_goes_at_the_end, begin),
		cmocka_unit_test_setup(test_fast_interval, begin),
		cmocka_unit_test_setup(test_not_preemptable, begin),
		cmocka_unit_test_setup(test_refused_is_not_forgotten, begin),
		cmocka_unit_test_setup(test_refused_with_a_new_quantum, begin),
		cmocka_unit_test_setup(test_refused_within_the_interval, begin),
		cmocka_unit_test_setup(test_refused_and_served, begin),
		cmocka_unit_test_setup(test_refused_by_real_time, begin),
		cmocka_unit_test_setup(test_several_refused, begin),
		cmocka_unit_test_setup(test_nothing_to_take, begin),
		cmocka_unit_test_setup(test_two_at_once, begin),
		cmocka_unit_test_setup(test_owner_takes_it_back, begin),
		cmocka_unit_test_setup(test_too_late_to_take, begin),
		cmocka_unit_test_setup(test_on_a_budget, begin),
		cmocka_unit_test_setup(test_on_a_budget_that_is_preempted, begin),
		cmocka_unit_test_setup(test_not_on_a_budget, begin),
		cmocka_unit_test_setup(test_current_is_summoned, begin),
		cmocka_unit_test_setup(test_guest_is_summoned, begin),
		cmocka_unit_test_setup(test_remove, begin),
		cmocka_unit_test_setup(test_remove_a_summoned_one, begin),
		cmocka_unit_test_setup(test_remove_one_with_a_guest, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
