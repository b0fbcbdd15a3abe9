/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How deep the hypervisor's stacks were, out of its memory.
 */
#include "tests/unit/tool_memory.h"

#include <stdlib.h>
#include <string.h>

#include "tools/stats.h"

#define PAGE 4096u

/* The lowest byte of a CPU's stack, which begins with a page and ends in it. */
static uint8_t *stack_of(unsigned cpu)
{
	const uint64_t top = image.layout.stack_top + cpu * image.layout.stack_stride;

	return memory_at(top - top % PAGE);
}

static uint64_t bytes_of_stack(void)
{
	return image.layout.stack_top % PAGE;
}

static void test_untouched(void **state)
{
	struct records_cpu cpu;

	(void)state;
	assert_true(records_check(&records));
	for (unsigned i = 0; i < image.layout.cpu_count; i++) {
		assert_true(records_cpu(&records, i, &cpu));
		assert_int_equal(cpu.stack_bytes, bytes_of_stack());
		assert_true(cpu.stack_bytes >= image.hyp.info.stack_bytes);
		assert_int_equal(cpu.stack_used, 0);
	}
}

/* The deepest word that was written counts, whatever lies above it. */
static void test_deepest(void **state)
{
	struct records_cpu cpu;

	(void)state;
	assert_true(records_check(&records));
	stack_of(1)[bytes_of_stack() - 1] = 1;
	assert_true(records_cpu(&records, 1, &cpu));
	assert_int_equal(cpu.stack_used, 8);
	stack_of(1)[bytes_of_stack() - 1000] = 1;
	assert_true(records_cpu(&records, 1, &cpu));
	assert_int_equal(cpu.stack_used, 1000);
	stack_of(1)[7] = 0x80;
	assert_true(records_cpu(&records, 1, &cpu));
	assert_int_equal(cpu.stack_used, cpu.stack_bytes);
	assert_true(records_cpu(&records, 0, &cpu));
	assert_int_equal(cpu.stack_used, 0);
}

static void test_said(void **state)
{
	struct stats stats;
	json_t *object;
	int number, bytes, used;
	size_t size;
	char *text;
	FILE *file = open_memstream(&text, &size);

	(void)state;
	assert_true(records_check(&records));
	stack_of(2)[bytes_of_stack() - 640] = 1;
	assert_true(stats_take(&stats, &records, 1));
	stats_print(file, &stats, NULL);
	fclose(file);
	assert_says(text, "CPU 1: 0 of ");
	assert_says(text, "CPU 3: 640 of ");
	free(text);
	object = stats_json(&stats);
	assert_int_equal(json_unpack(object, "{s:[{},{},{s:i, s:i, s:i}]}", "stacks", "cpu",
				 &number, "bytes", &bytes, "used", &used),
		0);
	assert_int_equal(number, 3);
	assert_int_equal(bytes, bytes_of_stack());
	assert_int_equal(used, 640);
	json_decref(object);
}

static void test_senseless(void **state)
{
	struct records_cpu cpu;

	(void)state;
	memory_plan()->cpu_stride = 64;
	assert_true(records_check(&records));
	fixture_listen();
	assert_false(records_cpu(&records, 0, &cpu));
	assert_says(fixture_said(), "stacks are not where");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_untouched, memory_prepare, fixture_release),
		cmocka_unit_test_setup_teardown(test_deepest, memory_prepare, fixture_release),
		cmocka_unit_test_setup_teardown(test_said, memory_prepare, fixture_release),
		cmocka_unit_test_setup_teardown(test_senseless, memory_prepare, fixture_release),
	};

	return cmocka_run_group_tests(tests, fixture_begin, fixture_end);
}
