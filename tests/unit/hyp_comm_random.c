/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A piece of simulate-messages under the sanitizers.
 */
#include "tests/unit/harness.h"

#include "tests/simulate/messages.h"

static void test_random(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		const struct messages_result result = messages_run(1000 + seed, 2000);

		assert_true(result.received > 1000);
	}
}

static void test_much_happens(void **state)
{
	const struct messages_result result = messages_run(5, 10000);

	(void)state;
	assert_true(result.restarts > 3 && result.died > 3);
	assert_true(result.refused > 1000 && result.waits > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_much_happens),
	};

	return cmocka_run_group_tests_name("comm_random", tests, NULL, NULL);
}
