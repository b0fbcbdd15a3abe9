/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/string.c against the C library's functions, for all small sizes and alignments.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Under other names, so that both are at hand. */
void *own_memcpy(void *restrict to, const void *restrict from, size_t size);
void *own_memmove(void *to, const void *from, size_t size);
void *own_memset(void *to, int byte, size_t size);
int own_memcmp(const void *a, const void *b, size_t size);
#define memcpy  own_memcpy
#define memmove own_memmove
#define memset  own_memset
#define memcmp  own_memcmp
#include "lib/string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp

#define AREA  256
#define SIZES 80
#define SHIFT 9

static _Alignas(16) unsigned char source[AREA], expected[AREA], actual[AREA];

static void fill(void)
{
	for (unsigned i = 0; i < AREA; i++) {
		source[i] = (unsigned char)rand();
		expected[i] = actual[i] = (unsigned char)rand();
	}
}

static void test_memcpy(void **state)
{
	(void)state;
	for (size_t to = 0; to < SHIFT; to++) {
		for (size_t from = 0; from < SHIFT; from++) {
			for (size_t size = 0; size < SIZES; size++) {
				fill();
				memcpy(expected + to, source + from, size);
				assert_ptr_equal(
					own_memcpy(actual + to, source + from, size), actual + to);
				assert_memory_equal(actual, expected, AREA);
			}
		}
	}
}

static void test_memmove_overlapping(void **state)
{
	(void)state;
	for (size_t to = 0; to < SIZES; to++) {
		for (size_t from = 0; from < SIZES; from++) {
			for (size_t size = 0; size < SIZES; size++) {
				fill();
				memmove(expected + to, expected + from, size);
				assert_ptr_equal(
					own_memmove(actual + to, actual + from, size), actual + to);
				assert_memory_equal(actual, expected, AREA);
			}
		}
	}
}

static void test_memset(void **state)
{
	static const int bytes[] = {0, 1, 0x80, 0xff, 0x1234};

	(void)state;
	for (size_t to = 0; to < SHIFT; to++) {
		for (size_t size = 0; size < SIZES; size++) {
			for (size_t i = 0; i < sizeof(bytes) / sizeof(*bytes); i++) {
				fill();
				memset(expected + to, bytes[i], size);
				assert_ptr_equal(
					own_memset(actual + to, bytes[i], size), actual + to);
				assert_memory_equal(actual, expected, AREA);
			}
		}
	}
}

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

static void test_memcmp(void **state)
{
	(void)state;
	for (size_t size = 0; size < SIZES; size++) {
		for (size_t differs = 0; differs < SIZES; differs++) {
			fill();
			memcpy(actual, source, AREA);
			actual[differs] = (unsigned char)rand();
			assert_int_equal(sign(own_memcmp(source, actual, size)),
				sign(memcmp(source, actual, size)));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memcpy),
		cmocka_unit_test(test_memmove_overlapping),
		cmocka_unit_test(test_memset),
		cmocka_unit_test(test_memcmp),
	};

	return cmocka_run_group_tests_name("string", tests, NULL, NULL);
}
