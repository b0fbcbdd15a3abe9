/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Worst-case response times, against all patterns of arrival of small sets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/simulate/engine.h"
#include "tests/simulate/random.h"
#include "tools/response.h"

#define MOST 3u

static struct sched_parameters set[MOST];
static unsigned count;

struct job {
	uint64_t left, due, released;
};

/* Of two that are due at the same time `which`, whose response is looked for, comes last. */
static unsigned earliest(const struct job *jobs, unsigned which)
{
	unsigned best = count;

	for (unsigned i = 0; i < count; i++) {
		if (jobs[i].left == 0)
			continue;
		if (best == count || jobs[i].due < jobs[best].due ||
			(jobs[i].due == jobs[best].due && best == which))
			best = i;
	}
	return best;
}

/* The longest response of `which`, tick by tick, with these first releases. */
static uint64_t run(const uint64_t *offsets, unsigned which, uint64_t end)
{
	struct job jobs[MOST] = {{0, 0, 0}};
	uint64_t worst = 0;

	for (uint64_t now = 0; now < end; now++) {
		unsigned i;

		for (i = 0; i < count; i++)
			if (now >= offsets[i] && (now - offsets[i]) % set[i].period == 0)
				jobs[i] = (struct job){set[i].capacity, now + set[i].deadline, now};
		i = earliest(jobs, which);
		if (i == count)
			continue;
		if (--jobs[i].left == 0 && i == which && now + 1 - jobs[i].released > worst)
			worst = now + 1 - jobs[i].released;
	}
	return worst;
}

static uint64_t by_force(unsigned which, uint64_t end)
{
	uint64_t offsets[MOST] = {0}, worst = 0;

	for (offsets[0] = 0; offsets[0] < set[0].period; offsets[0]++)
		for (offsets[1] = 0; offsets[1] < set[1].period; offsets[1]++)
			for (offsets[2] = 0; offsets[2] < (count == 3 ? set[2].period : 1);
				offsets[2]++) {
				const uint64_t response = run(offsets, which, end);

				worst = response > worst ? response : worst;
			}
	return worst;
}

static void test_against_all_patterns(void **state)
{
	struct random random = random_begin(3);
	unsigned checked = 0;

	(void)state;
	while (checked < 30) {
		struct engine_set wrapped = {.share = ADMISSION_WHOLE};

		count = 2 + (unsigned)random_below(&random, 2);
		for (unsigned i = 0; i < count; i++) {
			set[i].period = 2 + random_below(&random, 6);
			set[i].capacity = 1 + random_below(&random, (set[i].period + 1) / 2);
			set[i].deadline =
				set[i].capacity +
				random_below(&random, set[i].period - set[i].capacity + 1);
			wrapped.parameters[i] = set[i];
		}
		wrapped.count = count;
		if (!engine_admitted(&wrapped))
			continue;
		for (unsigned i = 0; i < count; i++)
			assert_int_equal(response_worst(set, count, i, 0, 0), by_force(i, 100));
		checked++;
	}
}

/* Within the deadline for whatever was admitted, and more if more blocks. */
static void test_of_admitted_sets(void **state)
{
	unsigned checked = 0;

	(void)state;
	for (uint64_t seed = 0; checked < 100; seed++) {
		struct engine_set random;

		engine_random_set(seed, &random);
		if (!engine_admitted(&random))
			continue;
		checked++;
		for (unsigned i = 0; i < random.count; i++) {
			const struct sched_parameters *own = &random.parameters[i];
			const uint64_t free =
				response_worst(random.parameters, random.count, i, 0, 0);
			const uint64_t blocked = response_worst(random.parameters, random.count, i,
				random.switch_cost, random.masked);

			assert_in_range(free, own->capacity, own->deadline);
			assert_in_range(blocked, free, own->deadline);
		}
	}
}

static void test_alone(void **state)
{
	(void)state;
	set[0] = (struct sched_parameters){1000, 100, 1000};
	assert_int_equal(response_worst(set, 1, 0, 0, 0), 100);
	assert_int_equal(response_worst(set, 1, 0, 7, 0), 107);
	assert_int_equal(response_worst(set, 1, 0, 7, 9), 100 + 9 + 9);
	set[1] = (struct sched_parameters){1ull << 40, 900, 1ull << 40};
	assert_int_equal(response_worst(set, 2, 0, 0, 0), 100);
	assert_int_equal(response_worst(set, 2, 0, 7, 0), 114);
	assert_int_equal(response_worst(set, 2, 0, 7, 9), 100 + 9 + 7 + 2 * 9);
}

/* Both take all of the CPU, with periods that have nothing in common: too much to look at. */
static void test_too_much(void **state)
{
	(void)state;
	set[0] = (struct sched_parameters){1000003, 500001, 1000003};
	set[1] = (struct sched_parameters){3, 1, 3};
	set[2] = (struct sched_parameters){1ull << 40, (1ull << 40) / 6, 1ull << 40};
	assert_int_equal(response_worst(set, 3, 2, 0, 0), RESPONSE_UNKNOWN);
}

static void test_lag(void **state)
{
	(void)state;
	set[0] = (struct sched_parameters){10, 3, 10};
	assert_int_equal(response_best_effort_lag(set, 1, 0), 6);
	assert_int_equal(response_best_effort_lag(set, 1, 4), 10);
	set[0] = (struct sched_parameters){10, 3, 5};
	set[1] = (struct sched_parameters){100, 10, 100};
	assert_int_equal(response_best_effort_lag(set, 2, 0), 3 + 2 + 10 + 10);
	set[0] = (struct sched_parameters){1ull << 40, 1ull << 40, 1ull << 40};
	assert_int_equal(response_best_effort_lag(set, 1, 0), 2ull << 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_all_patterns),
		cmocka_unit_test(test_of_admitted_sets),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_lag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
