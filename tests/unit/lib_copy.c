/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/copy.c for all small sizes and alignments, in memory of exactly that size: the address
 * sanitizer sees an access outside of either range.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/copy.h"

#define SHIFTS 8
#define SIZES  70

static void test_copy(size_t to, size_t from, size_t size)
{
	unsigned char *source = malloc(from + size + 1), *target = malloc(to + size + 1);

	for (size_t i = 0; i < size; i++)
		source[from + i] = (unsigned char)rand();
	memset(target, 0x5a, to + size + 1);
	/* The allocations end with the ranges: one byte further is the allocator's red zone. */
	source = realloc(source, from + size ? from + size : 1);
	copy_bytes(target + to, source + from, size);
	assert_memory_equal(target + to, source + from, size);
	for (size_t i = 0; i < to; i++)
		assert_int_equal(target[i], 0x5a);
	assert_int_equal(target[to + size], 0x5a);
	free(source);
	free(target);
}

static void test_all_alignments(void **state)
{
	(void)state;
	for (size_t to = 0; to < SHIFTS; to++) {
		for (size_t from = 0; from < SHIFTS; from++) {
			for (size_t size = 0; size < SIZES; size++)
				test_copy(to, from, size);
		}
	}
}

/* What is before the source's first byte, in the same word, is another's. */
static void test_source_is_not_left(void **state)
{
	unsigned char *memory = malloc(4096 + 64);

	(void)state;
	for (size_t size = 0; size < 200; size++) {
		unsigned char *target = malloc(size + 1);

		for (size_t i = 0; i < 64; i++)
			memory[i] = (unsigned char)rand();
		memset(memory + 64, 0xa5, 4096);
		copy_bytes(target, memory + 61, size);
		assert_memory_equal(target, memory + 61, size);
		free(target);
	}
	free(memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_alignments),
		cmocka_unit_test(test_source_is_not_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
