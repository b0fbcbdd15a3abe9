/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/lock.h with threads as CPUs: exclusion, across the ticket's wrap-around; and the bit helpers.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/bits.h"
#include "lib/lock.h"

#define ROUNDS 4000u

static struct lock lock = {UINT32_MAX - ROUNDS, UINT32_MAX - ROUNDS};
static uint64_t guarded; /* no atomic: the lock alone keeps it whole */

static void *work(void *context)
{
	(void)context;
	for (unsigned i = 0; i < ROUNDS; i++) {
		lock_take(&lock);
		guarded++;
		lock_release(&lock);
		sched_yield(); /* a ticket lock between threads on one core waits for the scheduler
				*/
	}
	return NULL;
}

static void test_two_threads(void **state)
{
	pthread_t other;

	(void)state;
	assert_int_equal(pthread_create(&other, NULL, work, NULL), 0);
	work(NULL);
	pthread_join(other, NULL);
	assert_int_equal(guarded, 2 * ROUNDS);
	assert_int_equal(lock.next, ROUNDS - 1);
	assert_int_equal(lock.serving, lock.next);
}

static void test_bits(void **state)
{
	(void)state;
	assert_int_equal(BIT(63), 0x8000000000000000ull);
	assert_int_equal(bits_get(0xabcd, 4, 8), 0xbc);
	assert_int_equal(bits_get(~0ull, 1, 63), ~0ull >> 1);
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(bits_lowest(BIT(i) | BIT(63)), i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_threads),
		cmocka_unit_test(test_bits),
	};

	return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
