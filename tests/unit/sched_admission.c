/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Admission: exact at the brink, in small steps, and with a reason.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hyp/sched/admission.h"
#include "tests/simulate/engine.h"

static struct sched_parameters set[ADMISSION_MOST];
static struct admission admission;
static unsigned steps;

/* To the end, in steps that do not look at more than eight entities. */
static enum admission_result test_masked(
	unsigned count, uint64_t share, uint64_t switch_cost, uint64_t masked)
{
	enum admission_result result;

	admission_begin(&admission, set, count, share, switch_cost, masked);
	steps = 0;
	do {
		const unsigned next = admission.next;

		result = admission_step(&admission);
		assert_in_range(admission.next, 0, next + 8);
		steps++;
	} while (result == ADMISSION_MORE);
	return result;
}

static enum admission_result test(unsigned count, uint64_t share, uint64_t switch_cost)
{
	return test_masked(count, share, switch_cost, 0);
}

static void assert_admitted(unsigned count, uint64_t share, uint64_t switch_cost)
{
	assert_int_equal(test(count, share, switch_cost), ADMISSION_ADMITTED);
	assert_int_equal(admission.reason, ADMISSION_REASON_NONE);
}

static void assert_refused(
	unsigned count, uint64_t share, uint64_t switch_cost, enum admission_reason reason)
{
	assert_int_equal(test(count, share, switch_cost), ADMISSION_REFUSED);
	assert_int_equal(admission.reason, reason);
}

static void test_nothing(void **state)
{
	(void)state;
	assert_admitted(0, ADMISSION_WHOLE, 0);
	assert_admitted(0, 0, 5);
}

static void test_parameters(void **state)
{
	static const struct sched_parameters bad[] = {{10, 0, 10}, {10, 6, 5}, {10, 5, 11},
		{0, 0, 0}, {(1ull << 40) + 1, 5, 100}, {UINT64_MAX, UINT64_MAX, UINT64_MAX}};

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		set[i] = (struct sched_parameters){100, 10, 100};
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		set[1] = bad[i];
		assert_refused(3, ADMISSION_WHOLE, 0, ADMISSION_REASON_PARAMETERS);
		assert_int_equal(admission.which, 1);
	}
	set[1] = (struct sched_parameters){1ull << 40, 5, 5};
	assert_admitted(2, ADMISSION_WHOLE, 0);
}

/* Sums that are no finite fractions, and a tick more. */
static void test_utilisation(void **state)
{
	const uint64_t third = 333333333333;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		set[i] = (struct sched_parameters){3 * third, third, 3 * third};
	assert_admitted(3, ADMISSION_WHOLE, 0);
	set[0].capacity++;
	assert_refused(3, ADMISSION_WHOLE, 0, ADMISSION_REASON_UTILISATION);
	set[0] = (struct sched_parameters){7, 3, 7};
	set[1] = (struct sched_parameters){14, 5, 14};
	set[2] = (struct sched_parameters){28, 6, 28};
	assert_admitted(3, ADMISSION_WHOLE, 0);
	set[2] = (struct sched_parameters){1099511627773, 235609634522, 1099511627773};
	assert_admitted(3, ADMISSION_WHOLE, 0);
	set[2].capacity++;
	assert_refused(3, ADMISSION_WHOLE, 0, ADMISSION_REASON_UTILISATION);
}

static void test_share(void **state)
{
	(void)state;
	set[0] = (struct sched_parameters){10, 6, 10};
	assert_admitted(1, ADMISSION_WHOLE / 5 * 3 + 1, 0);
	assert_refused(1, ADMISSION_WHOLE / 5 * 3, 0, ADMISSION_REASON_UTILISATION);
	set[0] = (struct sched_parameters){16, 4, 16};
	assert_admitted(1, ADMISSION_WHOLE / 4, 0);
	assert_admitted(1, UINT64_MAX, 0);
	assert_refused(1, ADMISSION_WHOLE / 4 - 1, 0, ADMISSION_REASON_UTILISATION);
	assert_refused(1, 0, 0, ADMISSION_REASON_UTILISATION);
}

/* As many as there can be, each half of the one before, and together exactly one. */
static void test_many(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ADMISSION_MOST; i++)
		set[i] = (struct sched_parameters){65, 1, 65};
	assert_admitted(ADMISSION_MOST, ADMISSION_WHOLE, 0);
	assert_in_range(steps, 2 * 9, 9 * 115); /* all digits of 1 / 65 */
	set[64].capacity = 2;
	assert_refused(ADMISSION_MOST, ADMISSION_WHOLE, 0, ADMISSION_REASON_UTILISATION);
	for (unsigned i = 0; i < 40; i++)
		set[i] = (struct sched_parameters){2ull << i, 1, 2ull << i};
	set[40] = set[39];
	assert_admitted(41, ADMISSION_WHOLE, 0);
	set[41] = set[39];
	assert_refused(42, ADMISSION_WHOLE, 0, ADMISSION_REASON_UTILISATION);
}

static void test_demand(void **state)
{
	(void)state;
	set[0] = (struct sched_parameters){10, 3, 4};
	set[1] = (struct sched_parameters){20, 3, 5};
	assert_refused(2, ADMISSION_WHOLE, 0, ADMISSION_REASON_DEMAND);
	assert_int_equal(admission.time, 5);
	assert_int_equal(admission.demand, 6);
	set[1].deadline = 6;
	assert_admitted(2, ADMISSION_WHOLE, 0);
}

/* A switch for each entity beside those in the capacities. */
static void test_switches(void **state)
{
	(void)state;
	assert_int_equal(admission_blocking(3, 7, 0), 21);
	assert_int_equal(admission_capacity(100, 7), 114);
	set[0] = (struct sched_parameters){10, 3, 6};
	set[1] = (struct sched_parameters){20, 3, 7};
	assert_refused(2, ADMISSION_WHOLE, 1, ADMISSION_REASON_DEMAND);
	assert_int_equal(admission.time, 7);
	assert_int_equal(admission.demand, 8);
	set[1].deadline = 8;
	assert_admitted(2, ADMISSION_WHOLE, 1);
	assert_refused(2, ADMISSION_WHOLE, 2, ADMISSION_REASON_DEMAND);
	assert_int_equal(admission.demand, 10);
}

/* Once when a job is released, and once for each, as its budget ends; then also a set of one. */
static void test_masked_times(void **state)
{
	(void)state;
	assert_int_equal(admission_blocking(0, 7, 9), 0);
	assert_int_equal(admission_blocking(1, 7, 9), 9 + 9);
	assert_int_equal(admission_blocking(3, 7, 9), 9 + 3 * 9 + 2 * 7);
	assert_int_equal(admission_blocking(3, 7, 5), 7 + 3 * 5 + 2 * 7);
	assert_int_equal(admission_blocking(3, 7, UINT64_MAX), UINT64_MAX);
	set[0] = (struct sched_parameters){10, 3, 6};
	assert_int_equal(test_masked(1, ADMISSION_WHOLE, 1, 1), ADMISSION_ADMITTED);
	assert_int_equal(test_masked(1, ADMISSION_WHOLE, 1, 2), ADMISSION_REFUSED);
	assert_int_equal(admission.reason, ADMISSION_REASON_DEMAND);
	assert_int_equal(admission.time, 6);
	assert_int_equal(admission.demand, 3 + 2 * 2);
}

/* Of the whole CPU nothing is left for switches, and of nearly all something, in the long run. */
static void test_switches_at_the_limit(void **state)
{
	(void)state;
	set[0] = (struct sched_parameters){1000, 400, 1000};
	set[1] = (struct sched_parameters){100000, 60000, 100000};
	assert_admitted(2, ADMISSION_WHOLE, 0);
	assert_refused(2, ADMISSION_WHOLE, 1, ADMISSION_REASON_UTILISATION);
	set[1].capacity -= 8;
	assert_admitted(2, ADMISSION_WHOLE, 4);
	assert_refused(2, ADMISSION_WHOLE, 5, ADMISSION_REASON_DEMAND);
}

/* The busy period is longer than anybody can wait for. */
static void test_undecided(void **state)
{
	(void)state;
	set[0] = (struct sched_parameters){3, 2, 3};
	set[1] = (struct sched_parameters){1ull << 40, (1ull << 40) / 3 - 1, 1ull << 40};
	assert_refused(2, ADMISSION_WHOLE, 1ull << 38, ADMISSION_REASON_UNDECIDED);
	assert_refused(2, ADMISSION_WHOLE, UINT64_MAX, ADMISSION_REASON_UNDECIDED);
}

/* A set of 64, and the 65th that applies: the most there is to do. */
static void test_steps_of_a_full_set(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ADMISSION_MOST; i++)
		set[i] = (struct sched_parameters){100000 + 1009 * i, 1000 + i, 90000 + 1009 * i};
	assert_admitted(ADMISSION_MOST, ADMISSION_WHOLE, 100);
	assert_in_range(steps, 9 * 4, 9 * 100);
}

/* Some thousand random sets; the million is `make simulate`'s. */
static void test_simulation(void **state)
{
	struct engine_result result = {0};
	unsigned admitted = 0;

	(void)state;
	for (uint64_t seed = 5000000; seed < 5002000; seed++) {
		const char *wrong = engine_check(seed, &result);

		if (wrong)
			fail_msg("set %lu: %s", (unsigned long)seed, wrong);
		admitted += result.admitted;
	}
	assert_in_range(admitted, 500, 1500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_utilisation),
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_demand),
		cmocka_unit_test(test_switches),
		cmocka_unit_test(test_masked_times),
		cmocka_unit_test(test_switches_at_the_limit),
		cmocka_unit_test(test_undecided),
		cmocka_unit_test(test_steps_of_a_full_set),
		cmocka_unit_test(test_simulation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
