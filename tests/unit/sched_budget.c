/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Budgets: what is used comes back a period after its release, and never earlier; nothing is lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hyp/sched/budget.h"
#include "tests/simulate/random.h"

#define PERIOD   100u
#define CAPACITY 30u

static struct budget budget;

static void assert_first(uint64_t time, uint64_t amount)
{
	assert_int_equal(budget.first.time, time);
	assert_int_equal(budget.first.amount, amount);
	assert_int_equal(budget_sum(&budget), CAPACITY);
}

static int begin(void **state)
{
	(void)state;
	budget_init(&budget, CAPACITY, 0);
	return 0;
}

static void test_comes_back_after_a_period(void **state)
{
	(void)state;
	budget_charge(&budget, PERIOD, 20);
	assert_first(0, 10);
	budget_charge(&budget, PERIOD, 10);
	assert_first(0, 0);
	budget_split(&budget, PERIOD, 1);
	assert_first(100, CAPACITY);
	assert_int_equal(budget.count, 0);
}

static void test_waking_late_moves_what_is_left(void **state)
{
	(void)state;
	budget_charge(&budget, PERIOD, 10);
	budget_split(&budget, PERIOD, 1);
	budget_wake(&budget, 40);
	assert_first(40, 20);
	budget_charge(&budget, PERIOD, 20);
	budget_split(&budget, PERIOD, 1);
	assert_first(100, 10); /* what was used at 0 */
	budget_wake(&budget, 90);
	assert_first(100, 10);
	budget_wake(&budget, 140); /* now all of it may be used */
	assert_first(140, CAPACITY);
}

static void test_a_whole_period_late(void **state)
{
	(void)state;
	budget_wake(&budget, 12345);
	assert_first(12345, CAPACITY);
}

/* What is too small to pay for its switches waits for what comes next. */
static void test_small_chunks_join(void **state)
{
	(void)state;
	budget_charge(&budget, PERIOD, 27);
	budget_split(&budget, PERIOD, 5);
	assert_first(100, CAPACITY);
	budget_charge(&budget, PERIOD, 3);
	budget_split(&budget, PERIOD, 5);
	assert_first(100, 27);
	assert_int_equal(budget.count, 1);
	budget_charge(&budget, PERIOD, 27);
	budget_split(&budget, PERIOD, 5);
	assert_first(200, CAPACITY);
}

static void test_a_job_ends(void **state)
{
	(void)state;
	budget_charge(&budget, PERIOD, 1);
	budget_yield(&budget, PERIOD, 50);
	assert_first(100, CAPACITY);
	budget_charge(&budget, PERIOD, CAPACITY);
	budget_yield(&budget, PERIOD, 200); /* at its very deadline: the next one is not touched */
	assert_first(200, CAPACITY);
}

/* A job that has waited in between ends with all that it might still have used. */
static void test_a_job_in_pieces_ends(void **state)
{
	(void)state;
	budget_charge(&budget, PERIOD, 10);
	budget_split(&budget, PERIOD, 1);
	budget_wake(&budget, 40);
	budget_charge(&budget, PERIOD, 5);
	budget_yield(&budget, PERIOD, 60);
	assert_first(100, 10);
	budget_wake(&budget, 140);
	assert_first(140, CAPACITY);
}

/* Who runs too long pays with what comes next. */
static void test_overrun(void **state)
{
	(void)state;
	budget_charge(&budget, PERIOD, CAPACITY + 5);
	assert_first(100, CAPACITY - 5);
	assert_int_equal(budget.spent, 5);
	budget_split(&budget, PERIOD, 1);
	assert_first(100, 25);
	budget_wake(&budget, 200);
	assert_first(200, CAPACITY);
	budget_charge(&budget, PERIOD, 3 * CAPACITY);
	assert_first(500, CAPACITY);
	budget_charge(&budget, PERIOD, 7 * CAPACITY + 1);
	assert_first(1200, CAPACITY - 1);
}

/* So many pieces that the last ones have to wait for each other. */
static void test_full(void **state)
{
	uint64_t now = 0;

	(void)state;
	for (unsigned i = 0; i < 2 * BUDGET_CHUNKS; i++) {
		budget_wake(&budget, now);
		budget_charge(&budget, PERIOD, 1);
		budget_split(&budget, PERIOD, 1);
		now += 3;
	}
	assert_int_equal(budget.count, BUDGET_CHUNKS - 1);
	assert_first(45, CAPACITY - 2 * BUDGET_CHUNKS);
	budget_charge(&budget, PERIOD, CAPACITY - 2 * BUDGET_CHUNKS);
	budget_split(&budget, PERIOD, 1);
	assert_first(100, 1); /* the first six in time */
	budget_wake(&budget, 100 + 5 * 3);
	assert_first(115, 6);
	budget_wake(&budget, 144);
	assert_first(144, 6); /* the others with the very last */
	budget_wake(&budget, 145);
	assert_first(145, CAPACITY);
}

/*
 * Against a model that remembers each piece that was used, with the time that it was released at:
 * what may be used is never more than the capacity less the pieces of the last period.
 */
static void test_random(void **state)
{
	struct {
		uint64_t released, amount;
	} used[64];
	struct random random = random_begin(1);

	(void)state;
	for (unsigned run = 0; run < 2000; run++) {
		uint64_t now = 0;
		const uint64_t least = 1 + random_below(&random, 4);
		unsigned count = 0;

		budget_init(&budget, CAPACITY, 0);
		while (count < 64) {
			uint64_t recent = 0, amount;

			now += random_below(&random, 1 + random_below(&random, 60));
			budget_wake(&budget, now);
			if (budget.first.time > now)
				now = budget.first.time;
			for (unsigned i = 0; i < count; i++)
				if (used[i].released + PERIOD > now)
					recent += used[i].amount;
			assert_in_range(budget.first.amount, 1, CAPACITY - recent);
			assert_true(budget.first.amount >= least);
			amount = 1 + random_below(&random, budget.first.amount);
			used[count].released = budget.first.time;
			used[count++].amount = amount;
			budget_charge(&budget, PERIOD, amount);
			now += amount;
			if (random_below(&random, 4) == 0)
				budget_yield(&budget, PERIOD, now);
			budget_split(&budget, PERIOD, least);
			assert_int_equal(budget_sum(&budget), CAPACITY);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_comes_back_after_a_period, begin),
		cmocka_unit_test_setup(test_waking_late_moves_what_is_left, begin),
		cmocka_unit_test_setup(test_a_whole_period_late, begin),
		cmocka_unit_test_setup(test_small_chunks_join, begin),
		cmocka_unit_test_setup(test_a_job_ends, begin),
		cmocka_unit_test_setup(test_a_job_in_pieces_ends, begin),
		cmocka_unit_test_setup(test_overrun, begin),
		cmocka_unit_test_setup(test_full, begin),
		cmocka_unit_test_setup(test_random, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
