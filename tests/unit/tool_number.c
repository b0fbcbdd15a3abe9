/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers, sizes, times and shares of a description, and times in ticks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/arena.h"
#include "tools/number.h"

static void expect(const char *text, enum number_kind kind, uint64_t wanted)
{
	uint64_t value = 1;

	if (number_read(text, kind, &value) != NUMBER_OK || value != wanted)
		fail_msg("'%s' read as %llu", text, (unsigned long long)value);
}

static void refuse(const char *text, enum number_kind kind, enum number_error error)
{
	uint64_t value;

	if (number_read(text, kind, &value) != error)
		fail_msg("'%s' was not refused as it should", text);
}

static void test_plain(void **state)
{
	(void)state;
	expect("0", NUMBER_PLAIN, 0);
	expect("18446744073709551615", NUMBER_PLAIN, UINT64_MAX);
	expect("0xfF", NUMBER_PLAIN, 255);
	expect("0", NUMBER_SIZE, 0);
	expect("3K", NUMBER_SIZE, 3 << 10);
	expect("0x2G", NUMBER_SIZE, 2ull << 30);
	refuse("18446744073709551616", NUMBER_PLAIN, NUMBER_OVERFLOW);
	refuse("17179869184G", NUMBER_SIZE, NUMBER_OVERFLOW);
	refuse("-1", NUMBER_PLAIN, NUMBER_NEGATIVE);
	refuse("0x", NUMBER_PLAIN, NUMBER_SYNTAX);
	refuse("010", NUMBER_PLAIN, NUMBER_SYNTAX);
	refuse("1K", NUMBER_PLAIN, NUMBER_SYNTAX);
	refuse("K", NUMBER_SIZE, NUMBER_SYNTAX);
	refuse("1KB", NUMBER_SIZE, NUMBER_SYNTAX);
}

static void test_times(void **state)
{
	(void)state;
	expect("7ns", NUMBER_TIME, 7);
	expect("200us", NUMBER_TIME, 200000);
	expect("0ms", NUMBER_TIME, 0);
	expect("18446744073s", NUMBER_TIME, 18446744073000000000ull);
	refuse("18446744074s", NUMBER_TIME, NUMBER_OVERFLOW);
	refuse("99999999999999999999ns", NUMBER_TIME, NUMBER_OVERFLOW);
	refuse("200", NUMBER_TIME, NUMBER_SYNTAX);
	refuse("1.5ms", NUMBER_TIME, NUMBER_SYNTAX);
	refuse("1 ms", NUMBER_TIME, NUMBER_SYNTAX);
	refuse("0x10us", NUMBER_TIME, NUMBER_SYNTAX);
	refuse("us", NUMBER_TIME, NUMBER_SYNTAX);
	refuse("", NUMBER_TIME, NUMBER_SYNTAX);
	assert_string_equal(number_time(0), "0ns");
	assert_string_equal(number_time(1500), "1500ns");
	assert_string_equal(number_time(30000000), "30ms");
	assert_string_equal(number_time(60000000000), "60s");
	arena_release();
}

static void test_shares(void **state)
{
	(void)state;
	expect("0%", NUMBER_SHARE, 0);
	expect("40%", NUMBER_SHARE, 400000);
	expect("100%", NUMBER_SHARE, 1000000);
	expect("12.5%", NUMBER_SHARE, 125000);
	expect("99.9999%", NUMBER_SHARE, 999999);
	refuse("100.0001%", NUMBER_SHARE, NUMBER_OVERFLOW);
	refuse("99999999999999999999%", NUMBER_SHARE, NUMBER_OVERFLOW);
	refuse("1.00001%", NUMBER_SHARE, NUMBER_SYNTAX);
	refuse("1.%", NUMBER_SHARE, NUMBER_SYNTAX);
	refuse(".5%", NUMBER_SHARE, NUMBER_SYNTAX);
	refuse("40", NUMBER_SHARE, NUMBER_SYNTAX);
	refuse("-1%", NUMBER_SHARE, NUMBER_NEGATIVE);
}

/* Down and up differ by a tick, or by nothing where the time is whole ticks. */
static void test_ticks(void **state)
{
	(void)state;
	assert_int_equal(number_ticks(16, 62500000), 1);
	assert_int_equal(number_ticks(31, 62500000), 1);
	assert_int_equal(number_ticks_up(31, 62500000), 2);
	assert_int_equal(number_ticks_up(32, 62500000), 2);
	assert_int_equal(number_ticks(UINT64_MAX, 10000000000), UINT64_MAX);
	assert_int_equal(number_ticks_up(UINT64_MAX, 10000000000), UINT64_MAX);
	assert_int_equal(number_ns(1ull << 40, 62500000), (1ull << 40) * 16);
	assert_int_equal(number_ns(UINT64_MAX, 10000), UINT64_MAX);
	assert_int_equal(number_grain(62500000), 16);
	assert_int_equal(number_grain(19200000), 625);
	assert_int_equal(number_grain(1000000000), 1);
	assert_int_equal(number_grain(99990005), 200000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_ticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
