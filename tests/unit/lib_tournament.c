/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tournament finds the least key among 64, the lower slot among equals.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/tournament.h"
#include "tests/simulate/random.h"

static struct tournament tournament;

static void test_empty(void **state)
{
	(void)state;
	memset(&tournament, 0, sizeof(tournament));
	assert_int_equal(tournament_least(&tournament), TOURNAMENT_NONE);
}

static void test_one(void **state)
{
	(void)state;
	memset(&tournament, 0, sizeof(tournament));
	for (unsigned slot = 0; slot < TOURNAMENT_SLOTS; slot++) {
		tournament_set(&tournament, slot, 0);
		assert_int_equal(tournament_first(&tournament), slot);
		assert_int_equal(tournament_least(&tournament), 0);
		tournament_set(&tournament, slot, (1ull << 58) - 2);
		assert_int_equal(tournament_least(&tournament), (1ull << 58) - 2);
		tournament_set(&tournament, slot, TOURNAMENT_NONE);
		assert_int_equal(tournament_least(&tournament), TOURNAMENT_NONE);
	}
}

/* Against a search among all. */
static void test_random(void **state)
{
	uint64_t keys[TOURNAMENT_SLOTS];
	struct random random = random_begin(2);

	(void)state;
	memset(&tournament, 0, sizeof(tournament));
	for (unsigned i = 0; i < TOURNAMENT_SLOTS; i++)
		keys[i] = TOURNAMENT_NONE;
	for (unsigned i = 0; i < 20000; i++) {
		const unsigned slot = (unsigned)random_below(&random, TOURNAMENT_SLOTS);
		unsigned best = 0;

		keys[slot] =
			random_below(&random, 3) ? random_below(&random, 100) : TOURNAMENT_NONE;
		tournament_set(&tournament, slot, keys[slot]);
		for (unsigned n = 1; n < TOURNAMENT_SLOTS; n++)
			if (keys[n] < keys[best])
				best = n;
		assert_int_equal(tournament_least(&tournament), keys[best]);
		if (keys[best] == TOURNAMENT_NONE)
			continue;
		assert_int_equal(tournament_first(&tournament), best);
	}
}

/* What is as good as never does not come at once instead. */
static void test_far_away(void **state)
{
	static const uint64_t keys[] = {1ull << 58, (1ull << 58) + 7, 1ull << 62, ~0ull - 1};

	(void)state;
	memset(&tournament, 0, sizeof(tournament));
	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		tournament_set(&tournament, 5, keys[i]);
		assert_int_equal(tournament_least(&tournament), TOURNAMENT_NONE);
		assert_int_equal(tournament_least(&tournament), TOURNAMENT_NONE);
	}
	tournament_set(&tournament, 5, (1ull << 58) - 2);
	assert_int_equal(tournament_least(&tournament), (1ull << 58) - 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_far_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
