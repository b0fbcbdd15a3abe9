/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypercalls, as exits of a vCPU.
 */
#include "tests/unit/harness.h"

#include <string.h>

#include "hyp/core/hypercall.h"

static const struct harness_vm vms[] = {
	{"first", 1, true, PLAN_HALT}, {"second", 2, false, PLAN_HALT}};

static int64_t call(unsigned vcpu, uint64_t number, const uint64_t *args)
{
	static const uint64_t none[7];

	return hypercall_handle(vcpu_at(vcpu), args ? args : none, number);
}

static void test_id_and_version(void **state)
{
	(void)state;
	harness_start(vms, 2);
	assert_int_equal(call(0, HYPERCALL_INFO_GET_ID, NULL), 0);
	assert_int_equal(call(1, HYPERCALL_INFO_GET_ID, NULL), 1);
	assert_int_equal(call(2, HYPERCALL_INFO_GET_ID, NULL), 1);
	assert_int_equal(call(0, HYPERCALL_INFO_GET_VERSION, NULL), HYPERCALL_INTERFACE_VERSION);
	assert_int_equal(vcpu_at(0)->exits[EXIT_CAUSE_HYPERCALL], 2);
	assert_int_equal(vcpu_at(2)->exits[EXIT_CAUSE_HYPERCALL], 1);
}

static void test_unknown(void **state)
{
	static const uint64_t numbers[] = {
		HYPERCALL_COUNT, HYPERCALL_COUNT + 1, 0xffff, 0x100000000, ~0ull, 1ull << 63};

	(void)state;
	harness_start(vms, 2);
	for (unsigned i = 0; i < ARRAY_LENGTH(numbers); i++)
		assert_int_equal(call(0, numbers[i], NULL), HYPERCALL_NOT_SUPPORTED);
}

static int64_t write_text(unsigned vcpu, uint64_t count, const char *text)
{
	uint64_t args[7] = {count};

	memcpy(&args[1], text, strlen(text));
	return call(vcpu, HYPERCALL_CONSOLE_WRITE, args);
}

static void test_console_write(void **state)
{
	static const char longest[] = "123456789 123456789 123456789 123456789\n";

	(void)state;
	harness_start(vms, 2);
	assert_int_equal(write_text(1, 6, "hello\nbeyond"), 6);
	assert_string_equal(harness_said(), "[second] hello\r\n");
	assert_int_equal(write_text(1, HYPERCALL_CONSOLE_MAX, longest), HYPERCALL_CONSOLE_MAX);
	assert_string_equal(harness_said(), "[second] 123456789 123456789 123456789 123456789\r\n");
	assert_int_equal(write_text(1, 0, "x"), 0);
	assert_int_equal(
		write_text(1, HYPERCALL_CONSOLE_MAX + 1, longest), HYPERCALL_INVALID_PARAMETER);
	assert_int_equal(write_text(1, ~0ull, longest), HYPERCALL_INVALID_PARAMETER);
	assert_string_equal(harness_said(), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_id_and_version),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_console_write),
	};

	return cmocka_run_group_tests_name("hypercall", tests, NULL, NULL);
}
