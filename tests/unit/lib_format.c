/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/format.c: each directive, and numbers against the C library's printf.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/bits.h"
#include "lib/format.h"

static char said[256];
static size_t length;

static void put(void *context, const char *text, size_t count)
{
	assert_ptr_equal(context, said);
	assert_true(count > 0 && length + count < sizeof(said));
	memcpy(said + length, text, count);
	length += count;
	said[length] = '\0';
}

static const char *say(const char *text, ...)
{
	va_list args;

	length = 0;
	said[0] = '\0';
	va_start(args, text);
	format(put, said, text, args);
	va_end(args);
	return said;
}

static void test_text(void **state)
{
	(void)state;
	assert_string_equal(say(""), "");
	assert_string_equal(say("plain"), "plain");
	assert_string_equal(say("%s and %s", "one", "two"), "one and two");
	assert_string_equal(say("[%6s]", "abc"), "[abc   ]");
	assert_string_equal(say("[%2s]", "abc"), "[abc]");
	assert_string_equal(say("%c%c", 'o', 'k'), "ok");
}

static void test_percent(void **state)
{
	(void)state;
	assert_string_equal(say("100%%"), "100%");
	assert_string_equal(
		say("%d"), "d"); /* a directive that does not exist is shown, not read */
}

/* A format that ends in a directive must not be read beyond its end. */
static void test_ends_in_directive(void **state)
{
	(void)state;
	say("50%");
	assert_string_equal(said, "50");
	assert_int_equal(length, 2);
	say("%08l");
	assert_int_equal(length, 0);
}

static void test_width(void **state)
{
	(void)state;
	assert_string_equal(say("%5u|", 42u), "   42|");
	assert_string_equal(say("%05u|", 42u), "00042|");
	assert_string_equal(say("%1u|", 42u), "42|");
	assert_string_equal(say("%16x|", 0xabcu), "             abc|");
	assert_string_equal(say("%016lx", (uint64_t)0xabcdef), "0000000000abcdef");
}

static void test_numbers(void **state)
{
	char expected[64];

	(void)state;
	for (unsigned bit = 0; bit < 64; bit++) {
		for (int delta = -1; delta <= 1; delta++) {
			uint64_t value = BIT(bit) + (uint64_t)delta;

			snprintf(expected, sizeof(expected), "%" PRIu64 " %" PRIx64 " %u %x", value,
				value, (unsigned)value, (unsigned)value);
			assert_string_equal(say("%lu %lx %u %x", value, value, (unsigned)value,
						    (unsigned)value),
				expected);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_percent),
		cmocka_unit_test(test_ends_in_directive),
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
