/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the guest library builds on a tunnel's memory: between two threads, and with a peer that
 * writes anything.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guest/lib/latest.h"
#include "guest/lib/ring.h"

#include "guest/lib/latest.c"
#include "guest/lib/ring.c"

#define MEMORY_BYTES 1024
#define MESSAGE      40
#define SLOTS        16 /* of 48 bytes in 1024 - 128 */
#define MESSAGES     300000
#define HOSTILE      200000

static _Alignas(64) uint8_t memory[MEMORY_BYTES + 64]; /* the rest must stay as it is */

static int setup(void **state)
{
	(void)state;
	memset(memory, 0, MEMORY_BYTES);
	memset(memory + MEMORY_BYTES, 0xa5, 64);
	return 0;
}

static void check_rest(void)
{
	for (unsigned i = MEMORY_BYTES; i < MEMORY_BYTES + 64; i++)
		assert_int_equal(memory[i], 0xa5);
}

static void init_both(struct ring *producer, struct ring *consumer)
{
	assert_true(ring_init(producer, RING_PRODUCER, memory, MEMORY_BYTES, MESSAGE));
	assert_true(ring_init(consumer, RING_CONSUMER, memory, MEMORY_BYTES, MESSAGE));
}

static void sizes(void **state)
{
	struct ring ring;

	(void)state;
	assert_false(ring_init(&ring, RING_PRODUCER, memory, 127, 8));
	assert_false(ring_init(&ring, RING_PRODUCER, memory, 128 + 31, 8));
	assert_true(ring_init(&ring, RING_PRODUCER, memory, 128 + 32, 8));
	assert_int_equal(ring.mask, 1);
	assert_false(ring_init(&ring, RING_PRODUCER, memory, MEMORY_BYTES, 0));
	assert_false(ring_init(&ring, RING_PRODUCER, memory, SIZE_MAX, SIZE_MAX));
	assert_true(ring_init(&ring, RING_PRODUCER, memory, MEMORY_BYTES, MESSAGE));
	assert_int_equal(ring.mask, SLOTS - 1);
}

static void full_and_empty(void **state)
{
	struct ring producer, consumer;
	uint8_t data[MESSAGE + 1] = {0}, found[MESSAGE];

	(void)state;
	init_both(&producer, &consumer);
	assert_int_equal(ring_get(&consumer, found, MESSAGE), HYPERCALL_EMPTY);
	assert_int_equal(ring_put(&producer, data, MESSAGE + 1), HYPERCALL_TOO_BIG);
	for (unsigned i = 0; i < SLOTS; i++) {
		data[0] = (uint8_t)i;
		assert_int_equal(ring_put(&producer, data, i + 1), HYPERCALL_OK);
	}
	assert_int_equal(ring_put(&producer, data, 1), HYPERCALL_FULL);
	assert_int_equal(ring_get(&consumer, found, 0), HYPERCALL_TOO_BIG);
	for (unsigned i = 0; i < SLOTS; i++) {
		assert_int_equal(ring_get(&consumer, found, MESSAGE), i + 1);
		assert_int_equal(found[0], i);
	}
	assert_int_equal(ring_get(&consumer, found, MESSAGE), HYPERCALL_EMPTY);
	assert_int_equal(ring_put(&producer, data, 0), HYPERCALL_OK);
	assert_int_equal(ring_get(&consumer, found, MESSAGE), 0);
	check_rest();
}

static void restart(void **state)
{
	struct ring producer, consumer;
	uint32_t value = 7, found;

	(void)state;
	init_both(&producer, &consumer);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(ring_put(&producer, &value, sizeof(value)), HYPERCALL_OK);
	assert_int_equal(ring_get(&consumer, &found, sizeof(found)), sizeof(found));
	init_both(
		&producer, &consumer); /* both: two are left, and nothing is lost or twice there */
	assert_int_equal(ring_put(&producer, &value, sizeof(value)), HYPERCALL_OK);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(ring_get(&consumer, &found, sizeof(found)), sizeof(found));
	assert_int_equal(ring_get(&consumer, &found, sizeof(found)), HYPERCALL_EMPTY);
}

static void counters_wrap(void **state)
{
	struct ring producer, consumer;

	(void)state;
	((struct ring_memory *)memory)->written = UINT32_MAX - 5;
	((struct ring_memory *)memory)->read = UINT32_MAX - 5;
	init_both(&producer, &consumer);
	for (uint32_t i = 0, found; i < 100; i++) {
		assert_int_equal(ring_put(&producer, &i, sizeof(i)), HYPERCALL_OK);
		assert_int_equal(ring_get(&consumer, &found, sizeof(found)), sizeof(found));
		assert_int_equal(found, i);
	}
}

static void *produce(void *argument)
{
	struct ring *producer = argument;
	uint32_t data[MESSAGE / 4];

	for (uint32_t i = 0; i < MESSAGES;) {
		for (unsigned j = 0; j < MESSAGE / 4; j++)
			data[j] = i * 31 + j;
		if (ring_put(producer, data, 4 + i % (MESSAGE - 3)) == HYPERCALL_OK)
			i++;
		else
			sched_yield();
	}
	return NULL;
}

static void two_threads(void **state)
{
	struct ring producer, consumer;
	uint32_t data[MESSAGE / 4];
	pthread_t thread;

	(void)state;
	init_both(&producer, &consumer);
	pthread_create(&thread, NULL, produce, &producer);
	for (uint32_t i = 0; i < MESSAGES;) {
		int64_t bytes = ring_get(&consumer, data, sizeof(data));

		if (bytes == HYPERCALL_EMPTY) {
			sched_yield();
			continue;
		}
		assert_int_equal(bytes, 4 + i % (MESSAGE - 3));
		assert_int_equal(data[0], i * 31);
		assert_true(bytes < 8 || data[1] == i * 31 + 1);
		i++;
	}
	pthread_join(thread, NULL);
	check_rest();
}

/* The peer writes anything anywhere: every answer is one of the documented ones, and a ring that is
 * left alone afterwards works. */
static void hostile(void **state)
{
	struct ring producer, consumer;
	uint8_t data[MESSAGE] = {1, 2, 3}, found[MESSAGE];
	uint32_t words = sizeof(struct ring_memory) / 4 + SLOTS * 12;
	int64_t result;

	(void)state;
	srand(1);
	init_both(&producer, &consumer);
	for (unsigned i = 0; i < HOSTILE; i++) {
		uint32_t word = rand() % 3 ? (uint32_t)(rand() % 2) * 16 : (uint32_t)rand() % words;

		((uint32_t *)memory)[word] += rand() % 2 ? (uint32_t)rand() : 1;
		result = ring_put(&producer, data, (size_t)rand() % MESSAGE);
		assert_true(result == HYPERCALL_OK || result == HYPERCALL_FULL);
		result = ring_get(&consumer, found, MESSAGE);
		assert_true((result >= 0 && result <= MESSAGE) || result == HYPERCALL_EMPTY ||
			    result == HYPERCALL_WRONG_STATE);
	}
	check_rest();
	init_both(&producer, &consumer);
	while ((result = ring_get(&consumer, found, MESSAGE)) != HYPERCALL_EMPTY)
		assert_true(result >= 0 || result == HYPERCALL_WRONG_STATE);
	assert_int_equal(ring_put(&producer, data, 3), HYPERCALL_OK);
	assert_int_equal(ring_get(&consumer, found, MESSAGE), 3);
	assert_memory_equal(found, data, 3);
}

static void latest_value(void **state)
{
	struct latest *latest = (struct latest *)memory;
	uint64_t value = 5, found = 0;

	(void)state;
	assert_int_equal(latest_get(latest, &found, sizeof(found)), HYPERCALL_EMPTY);
	latest_put(latest, &value, sizeof(value));
	assert_int_equal(latest_get(latest, &found, sizeof(found)), HYPERCALL_OK);
	assert_int_equal(found, 5);
	assert_int_equal(latest_get(latest, &found, 4), HYPERCALL_WRONG_STATE);
	latest->sequence |= 1; /* a writer that stopped in the middle */
	assert_int_equal(latest_get(latest, &found, sizeof(found)), HYPERCALL_WRONG_STATE);
	latest->sequence = UINT32_MAX - 1; /* never 0 again */
	latest_put(latest, &value, sizeof(value));
	assert_int_equal(latest_get(latest, &found, sizeof(found)), HYPERCALL_OK);
}

static void *write_latest(void *argument)
{
	uint64_t pair[8];

	for (uint64_t i = 0; i < MESSAGES; i++) {
		for (unsigned j = 0; j < 8; j++)
			pair[j] = i;
		latest_put(argument, pair, sizeof(pair));
	}
	return NULL;
}

static void latest_between_threads(void **state)
{
	uint64_t pair[8] = {0}, before = 0;
	pthread_t thread;

	(void)state;
	pthread_create(&thread, NULL, write_latest, memory);
	while (pair[0] != MESSAGES - 1) {
		if (latest_get((struct latest *)memory, pair, sizeof(pair)) != HYPERCALL_OK)
			continue;
		for (unsigned j = 1; j < 8; j++)
			assert_int_equal(pair[j], pair[0]);
		assert_true(pair[0] >= before);
		before = pair[0];
	}
	pthread_join(thread, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(sizes, setup),
		cmocka_unit_test_setup(full_and_empty, setup),
		cmocka_unit_test_setup(restart, setup),
		cmocka_unit_test_setup(counters_wrap, setup),
		cmocka_unit_test_setup(two_threads, setup),
		cmocka_unit_test_setup(hostile, setup),
		cmocka_unit_test_setup(latest_value, setup),
		cmocka_unit_test_setup(latest_between_threads, setup),
	};

	return cmocka_run_group_tests_name("guest_ring", tests, NULL, NULL);
}
