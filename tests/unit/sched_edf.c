/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Real-time entities: who runs when, what a switch costs whom, and what is counted and told.
 */
#include "tests/unit/sched_world.h"

static int free_switches(void **state)
{
	(void)state;
	world_begin(10, 0);
	return 0;
}

static int costly_switches(void **state)
{
	(void)state;
	world_begin(10, 2);
	return 0;
}

/* The example of the Hellfire dissertation, figure 5.3, quantum for quantum. */
static void test_figure_5_3(void **state)
{
	static const int expected[20] = {
		1, 0, 0, 0, 1, 0, 0, 0, 1, 2, 0, 0, 0, 1, 3, 0, 0, 0, 1, 2};

	(void)state;
	world_real_time(50, 30, 50);
	world_real_time(40, 10, 40);
	world_best_effort(1);
	world_best_effort(1);
	for (unsigned i = 0; i < 4; i++)
		world_wake(&world.entities[i]);
	for (unsigned slot = 0; slot < 20; slot++) {
		assert_int_equal(world_run_to(10 * slot), expected[slot]);
		assert_int_equal(world_run_to(10 * slot + 9), expected[slot]);
	}
	world_run_to(200);
	assert_int_equal(world.entities[0].stats.misses + world.entities[1].stats.misses, 0);
	assert_int_equal(world.entities[0].stats.ran_ticks, 120);
	assert_int_equal(world.entities[1].stats.ran_ticks, 50);
	assert_int_equal(world.entities[2].stats.ran_ticks, 20);
	assert_int_equal(world.entities[3].stats.ran_ticks, 10);
}

static void test_ties(void **state)
{
	(void)state;
	world_real_time(100, 10, 100);
	world_real_time(100, 10, 50);
	world_real_time(100, 10, 50);
	world_wake(&world.entities[0]);
	assert_int_equal(world_run_to(5), 0);
	world.now = 50;
	world_begin(10, 0);
	world_real_time(100, 10, 60);
	world_real_time(100, 10, 50);
	world_wake(&world.entities[1]);
	world.now = 0;
	assert_int_equal(world_pick(), 1);
	world_begin(10, 0);
	world_real_time(100, 20, 50);
	world_real_time(100, 20, 60);
	world_wake(&world.entities[1]);
	assert_int_equal(world_run_to(10), 1);
	world_wake(&world.entities[0]); /* due at 60, too: the running one goes on */
	assert_int_equal(world_run_to(19), 1);
	assert_int_equal(world_run_to(20), 0);
}

static void test_earlier_deadline_preempts(void **state)
{
	(void)state;
	world_real_time(100, 50, 100);
	world_real_time(100, 10, 20);
	world_wake(&world.entities[0]);
	assert_int_equal(world_run_to(30), 0);
	world_wake(&world.entities[1]);
	assert_int_equal(world_run_to(39), 1);
	assert_int_equal(world_run_to(40), 0);
	assert_int_equal(world_run_to(59), 0);
	assert_int_equal(world_run_to(60), -1);
	assert_int_equal(world.entities[0].stats.dispatches, 2);
}

/* A job ends early: the next one comes a period after its release, and the clock is not asked. */
static void test_jobs(void **state)
{
	struct sched_cpu *cpu = &world.cpus[0];
	uint64_t value = 0;

	(void)state;
	world_real_time(100, 30, 80);
	world.now = 7;
	world_wake(&world.entities[0]);
	assert_int_equal(world_run_to(17), 0);
	sched_done(cpu, 0, 17);
	assert_null(sched_running(cpu));
	assert_false(sched_wants(&world.entities[0]));
	assert_int_equal(world_find(TRACE_RELEASE, &value), 0);
	assert_int_equal(value, 87);
	assert_int_equal(world_find(TRACE_JOB_END, &value), 0);
	assert_int_equal(value, 107);
	world_wake(&world.entities[0]); /* does not make it earlier */
	assert_int_equal(world_run_to(106), -1);
	assert_int_equal(sched_until(cpu), 107);
	assert_int_equal(world_run_to(107), 0);
	assert_int_equal(world_find(TRACE_RELEASE, &value), 0);
	assert_int_equal(value, 187);
	assert_int_equal(world_run_to(136), 0);
	assert_int_equal(world_run_to(137), -1); /* this one needs too long */
	assert_int_equal(world_run_to(208), 0);
	sched_done(cpu, 0, 208);
	assert_int_equal(world_run_to(306), -1);
	assert_int_equal(world_run_to(307), 0);
	assert_int_equal(world.entities[0].stats.jobs, 3);
	assert_int_equal(world.entities[0].stats.budget_ends, 1);
	assert_int_equal(world.entities[0].stats.misses, 1); /* that one, at 187 */
	assert_int_equal(world_find(TRACE_BUDGET_END, &value), 0);
	assert_int_equal(value, 207);
	assert_int_equal(world_find(TRACE_DEADLINE_MISS, &value), 0);
	assert_int_equal(value, 187);
}

static void test_job_put_off(void **state)
{
	(void)state;
	world_real_time(100, 30, 80);
	world_wake(&world.entities[0]);
	world_run_to(10);
	sched_done(&world.cpus[0], 250, 10);
	assert_int_equal(world_run_to(249), -1);
	assert_int_equal(world_run_to(250), 0);
	assert_int_equal(world_run_to(279), 0); /* with all its budget */
	assert_int_equal(world_run_to(280), -1);
}

/* A task that waits in the middle of its job still has its next one a period after this one. */
static void test_job_that_waits(void **state)
{
	struct sched_cpu *cpu = &world.cpus[0];

	(void)state;
	world_task(100, 30, 100);
	world_wake(&world.entities[0]);
	world_run_to(10);
	sched_block(cpu, 40, 10);
	assert_int_equal(world_run_to(39), -1);
	assert_int_equal(world_run_to(45), 0);
	sched_done(cpu, 0, 45);
	assert_int_equal(world_run_to(99), -1);
	assert_int_equal(world_run_to(109), 0);
	assert_int_equal(world.entities[0].stats.jobs, 2);
	assert_int_equal(world_run_to(110), -1); /* the rest of its budget comes back later */
	assert_int_equal(world_run_to(140), 0);
	assert_int_equal(world.entities[0].stats.jobs, 2);
}

/* A job is missed only after its deadline, and once. */
static void test_misses(void **state)
{
	struct sched_cpu *cpu = &world.cpus[0];

	(void)state;
	world_real_time(100, 90, 90);
	world_real_time(100, 90, 90); /* more than there is */
	for (unsigned i = 0; i < 2; i++)
		world_wake(&world.entities[i]);
	assert_int_equal(world_run_to(90), 1);
	assert_int_equal(world.entities[0].stats.misses, 0);
	assert_int_equal(world.entities[1].stats.misses, 0);
	assert_int_equal(sched_until(cpu), 91);
	world_run_to(91);
	assert_int_equal(world.entities[1].stats.misses, 1);
	world_run_to(179);
	assert_int_equal(world.entities[1].stats.misses, 1);
	assert_int_equal(sched_reported(cpu), 3);
	assert_int_equal(sched_reported(cpu), 0);
	assert_int_equal(world.entities[1].reports, 1u << HYPERCALL_REPORT_MISSES);
	assert_int_equal(world.entities[0].reports, 1u << HYPERCALL_REPORT_EXHAUSTIONS);
}

/* A guest that waits for interrupts has no jobs to be late with. */
static void test_waiting_is_no_miss(void **state)
{
	(void)state;
	world_real_time(100, 30, 50);
	world_wake(&world.entities[0]);
	world_run_to(10);
	sched_block(&world.cpus[0], SCHED_NEVER, 10);
	world_run_to(500);
	world_wake(&world.entities[0]);
	assert_int_equal(world_run_to(505), 0);
	assert_int_equal(world.entities[0].stats.misses, 0);
	assert_int_equal(world.entities[0].stats.jobs, 2);
}

/* One that is said to end its jobs must, also the first. */
static void test_endless_first_job(void **state)
{
	(void)state;
	world_task(100, 30, 80);
	world_wake(&world.entities[0]);
	world_run_to(80);
	assert_int_equal(world.entities[0].stats.misses, 0);
	world_run_to(1000);
	assert_int_equal(world.entities[0].stats.misses, 1);
	assert_int_equal(world.entities[0].stats.jobs, 1);
	assert_int_equal(world.entities[0].stats.budget_ends, 10);
}

static void test_wakes_by_itself(void **state)
{
	uint64_t value = 0;

	(void)state;
	world_real_time(100, 30, 50);
	world_wake(&world.entities[0]);
	world_run_to(10);
	sched_block(&world.cpus[0], 25, 10);
	assert_int_equal(world_find(TRACE_BLOCK, &value), 0);
	assert_int_equal(value, 25);
	assert_int_equal(world_run_to(24), -1);
	assert_int_equal(world_run_to(44), 0);
	assert_int_equal(world_run_to(45), -1); /* 30 in all */
	assert_int_equal(world_run_to(100), 0);
	assert_int_equal(world_run_to(110), -1);
	assert_int_equal(world_run_to(125), 0);
}

/* A job that may be late gives way to those that are due before it is, now. */
static void test_set_deadline(void **state)
{
	struct sched_cpu *cpu = &world.cpus[0];
	uint64_t traced = 0;

	(void)state;
	world_real_time(100, 40, 50);
	world_real_time(100, 40, 80);
	for (unsigned i = 0; i < 2; i++)
		world_wake(&world.entities[i]);
	assert_int_equal(world_run_to(10), 0);
	assert_false(sched_set_deadline(cpu, 49, world.now));
	assert_true(sched_set_deadline(cpu, 90, world.now));
	assert_int_equal(world_find(TRACE_DEADLINE_SET, &traced), 0);
	assert_int_equal(traced, 90);
	assert_int_equal(world_run_to(49), 1); /* which is due at 80 */
	assert_int_equal(world_run_to(60), 0);
	assert_int_equal(world.entities[0].stats.misses, 0);
	assert_true(sched_set_deadline(cpu, 70, world.now));
	world_run_to(70);
	sched_done(cpu, 0, 70);
	assert_int_equal(world_run_to(100), 0);
	assert_int_equal(world.entities[0].stats.misses, 0);
	assert_true(sched_set_deadline(cpu, 160, world.now));
	world_run_to(161);
	assert_int_equal(world.entities[0].stats.misses, 1);
}

static void test_remove(void **state)
{
	struct sched_cpu *cpu = &world.cpus[0];

	(void)state;
	world_real_time(100, 40, 50);
	world_real_time(100, 40, 80);
	for (unsigned i = 0; i < 2; i++)
		world_wake(&world.entities[i]);
	assert_int_equal(world_run_to(10), 0);
	sched_remove(cpu, &world.entities[0], 10);
	assert_null(sched_running(cpu));
	assert_int_equal(world_run_to(20), 1);
	sched_remove(cpu, &world.entities[0], 20);
	world.real_time[0] = 0;
	world.count = 0;
	world_real_time(100, 40, 50);
	world.count = 2;
	world_wake(&world.entities[0]);
	assert_int_equal(world_run_to(20), 0); /* as new: due at 70 */
	sched_remove(cpu, &world.entities[1], 30);
	assert_int_equal(world_run_to(59), 0);
	assert_int_equal(world_run_to(60), -1);
	assert_int_equal(sched_until(cpu), 120);
}

/* Nobody looked at the clock in time: what was used too much is taken from what comes next. */
static void test_looked_too_late(void **state)
{
	(void)state;
	world_real_time(100, 30, 100);
	world_wake(&world.entities[0]);
	assert_int_equal(world_pick(), 0);
	world.now = 37;
	assert_int_equal(world_pick(), -1);
	assert_int_equal(sched_until(&world.cpus[0]), 100);
	world.now = 104; /* too late again, but as if it had been in time */
	assert_int_equal(world_pick(), 0);
	assert_int_equal(sched_until(&world.cpus[0]), 104 + 23);
	assert_int_equal(world_run_to(127), -1);
	assert_int_equal(sched_until(&world.cpus[0]), 200);
	assert_int_equal(world.entities[0].stats.misses, 0);
}

/* So many at once that several decisions are needed; the earliest of all runs in the end. */
static void test_many_releases(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 64; i++)
		world_real_time(10000, 10, 10000 - i);
	for (unsigned i = 0; i < 64; i++)
		world_wake(&world.entities[i]);
	while (world_pick() >= 0)
		sched_done(&world.cpus[0], 20000, world.now);
	world.now = 20000;
	for (unsigned i = 0; i < 16; i++) {
		assert_true(sched_until(&world.cpus[0]) <= world.now);
		world_pick();
	}
	assert_true(sched_until(&world.cpus[0]) > world.now);
	assert_int_equal(world_pick(), 63);
	for (int i = 63; i >= 0; i--) {
		assert_int_equal(world_pick(), i);
		world.now += 10;
	}
}

/* To it and from it: the entity that causes a switch pays for it, and gets the rest. */
static void test_switches_cost(void **state)
{
	(void)state;
	world_real_time(100, 14, 100);
	world_best_effort(1);
	world_wake(&world.entities[1]);
	assert_int_equal(world_run_to(20), 1);
	world_wake(&world.entities[0]);
	assert_int_equal(world_run_to(31), 0);
	assert_int_equal(world_run_to(32), 1); /* 12 and the switch back */
	assert_int_equal(world.entities[0].stats.ran_ticks, 14);
	assert_int_equal(world.cpus[0].since, 34);
	world.now = 33; /* while it switches */
	assert_int_equal(world_pick(), 1);
	assert_int_equal(world_run_to(60), 1);
	world_pick();
	assert_int_equal(world.entities[1].stats.ran_ticks, 20 + 60 - 34);
	assert_int_equal(world_run_to(120), 0);
	world_run_to(125);
	sched_done(&world.cpus[0], 0, 125);
	assert_int_equal(world_pick(), 1);
	assert_int_equal(world.entities[0].stats.ran_ticks, 14 + 5 + 2);
}

/* The one that is preempted pays nothing, neither when it goes nor when it comes back. */
static void test_preemption_costs_the_other(void **state)
{
	(void)state;
	world_real_time(200, 54, 200);
	world_real_time(100, 14, 50);
	world_wake(&world.entities[0]);
	world_run_to(10);
	world_wake(&world.entities[1]);
	assert_int_equal(world_run_to(21), 1);
	assert_int_equal(world_run_to(22), 0);
	assert_int_equal(world.entities[0].stats.ran_ticks, 10);
	assert_int_equal(world.entities[1].stats.ran_ticks, 14);
	assert_int_equal(world_run_to(24 + 41), 0);
	assert_int_equal(world_run_to(24 + 42), -1);
	assert_int_equal(world.entities[0].stats.ran_ticks, 54);
}

/* One that is released to be due later does not run yet, and yet pays for the time it takes. */
static void test_release_costs_the_released(void **state)
{
	(void)state;
	world_real_time(200, 54, 100);
	world_task(100, 14, 90);
	world_wake(&world.entities[1]);
	world_run_to(2);
	sched_done(&world.cpus[0], 0, 2);
	world_run_to(80);
	world_wake(&world.entities[0]);         /* due at 180 */
	assert_int_equal(world_run_to(100), 0); /* the other one at 190 */
	assert_int_equal(world.entities[1].stats.jobs, 2);
	assert_int_equal(world.entities[0].stats.ran_ticks, 20);
	assert_int_equal(world.entities[1].stats.ran_ticks, 4 + 2);
	assert_int_equal(world_run_to(133), 0);
	assert_int_equal(world_run_to(134), 1); /* 50, and what they took in between */
	assert_int_equal(world.entities[0].stats.ran_ticks, 54);
	assert_int_equal(world_run_to(136 + 9), 1);
	assert_int_equal(world_run_to(136 + 10), -1);
}

/* What could only be spent on switches is kept until more comes. */
static void test_too_little_to_switch(void **state)
{
	(void)state;
	world_real_time(100, 14, 100);
	world_wake(&world.entities[0]);
	world_run_to(8);
	sched_block(&world.cpus[0], 20, 8); /* 10 with the switch; 4 are left */
	assert_int_equal(world_run_to(99), -1);
	assert_int_equal(world_run_to(111), 0);
	assert_int_equal(world_run_to(112), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_figure_5_3, free_switches),
		cmocka_unit_test_setup(test_ties, free_switches),
		cmocka_unit_test_setup(test_earlier_deadline_preempts, free_switches),
		cmocka_unit_test_setup(test_jobs, free_switches),
		cmocka_unit_test_setup(test_job_put_off, free_switches),
		cmocka_unit_test_setup(test_job_that_waits, free_switches),
		cmocka_unit_test_setup(test_misses, free_switches),
		cmocka_unit_test_setup(test_waiting_is_no_miss, free_switches),
		cmocka_unit_test_setup(test_endless_first_job, free_switches),
		cmocka_unit_test_setup(test_wakes_by_itself, free_switches),
		cmocka_unit_test_setup(test_set_deadline, free_switches),
		cmocka_unit_test_setup(test_remove, free_switches),
		cmocka_unit_test_setup(test_looked_too_late, free_switches),
		cmocka_unit_test_setup(test_many_releases, free_switches),
		cmocka_unit_test_setup(test_switches_cost, costly_switches),
		cmocka_unit_test_setup(test_preemption_costs_the_other, costly_switches),
		cmocka_unit_test_setup(test_release_costs_the_released, costly_switches),
		cmocka_unit_test_setup(test_too_little_to_switch, costly_switches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
