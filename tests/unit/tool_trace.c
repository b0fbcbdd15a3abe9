/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a hypervisor's memory to a recording of its traces.
 */
#include "tests/unit/tool_memory.h"

#include <stdio.h>
#include <stdlib.h>

#include "tools/recording.h"

static void test_trace(void **state)
{
	struct recording recording;
	char *text;
	size_t size;
	FILE *file;

	(void)state;
	assert_true(records_check(&records));
	memory_event(0, 200, TRACE_CPU_START, 0xff, 0);
	memory_event(0, 250, TRACE_SWITCH, 1, 0);
	memory_event(0, 260, TRACE_BLOCK, 1, UINT64_MAX);
	memory_event(0, 270, TRACE_IDLE, 0xff, 900);
	memory_event(2, 100, TRACE_MMIO_READ, 2, 0xabc);
	memory_event(2, 300, 0xee, 1, 0);
	file = open_memstream(&text, &size);
	assert_true(recording_take(&recording, &records));
	recording_print(file, &recording);
	fclose(file);
	assert_says(text, "100  CPU 3  control/0         emulated read of 0xabc\n"
			  "             200  CPU 0  -                 CPU started 0x0\n"
			  "             250  CPU 0  linux/1           runs, after vCPU linux/0\n"
			  "             260  CPU 0  linux/1           waits until for ever\n"
			  "             270  CPU 0  -                 nothing to run until 900\n"
			  "             300  CPU 3  linux/1           in no valid state 0x0\n");
	free(text);
}

/* More records than the ring holds: the oldest are gone, and counted. */
static void test_trace_wraps(void **state)
{
	struct recording recording;

	(void)state;
	assert_true(records_check(&records));
	for (unsigned i = 0; i < TRACE_RING_RECORDS + 6; i++)
		memory_event(0, 1000 + i, TRACE_WAKE, i % 3, i);
	assert_true(recording_take(&recording, &records));
	assert_int_equal(recording.event_count, TRACE_RING_RECORDS);
	assert_int_equal(recording.cpus[0].lost, 6);
	assert_int_equal(recording.cpus[1].lost, 0);
	assert_int_equal(recording.events[0].value, 6);
	assert_int_equal(recording.events[TRACE_RING_RECORDS - 1].value, TRACE_RING_RECORDS + 5);
	for (unsigned i = 0; i < TRACE_RING_RECORDS; i++)
		assert_int_equal(recording.events[i].ticks, 1006 + i);
}

/* The machine was stopped between the count and the record, in its first lap or a later one. */
static void test_trace_torn(void **state)
{
	struct recording recording;

	(void)state;
	assert_true(records_check(&records));
	memory_event(0, 1000, TRACE_WAKE, 0, 0);
	memory_ring(0)->next++;
	for (unsigned i = 0; i < TRACE_RING_RECORDS + 6; i++)
		memory_event(1, 2000 + i, TRACE_WAKE, i % 3, i);
	memory_ring(1)->next++;
	assert_true(recording_take(&recording, &records));
	assert_int_equal(recording.event_count, 1 + TRACE_RING_RECORDS - 1);
	assert_int_equal(recording.cpus[1].lost, 7);
	assert_int_equal(recording.events[1].value, 7);
	assert_int_equal(recording.events[TRACE_RING_RECORDS - 1].value, TRACE_RING_RECORDS + 5);
}

static void test_recording_of_vcpus(void **state)
{
	struct recording recording;
	uint64_t *limits;

	(void)state;
	memory_share(0);
	memory_share(1);
	memory_vcpu(1)->period_ticks = 5000;
	memory_share(2);
	memory_vm(1)->task_first = 0;
	limits = memory_at(
		image.layout.vcpu_records + 2 * machine.info.vcpu_bytes + SHARED_AT + LIMITS_AT);
	limits[0] = 9000;
	limits[1] = 100;
	limits[2] = 8000;
	assert_true(records_check(&records));
	assert_true(recording_take(&recording, &records));
	assert_int_equal(recording.frequency, 62500000);
	assert_string_equal(recording.name, "unit");
	assert_int_equal(recording.vcpu_count, 3);
	assert_int_equal(recording.vcpus[0].class, RECORDING_BEST_EFFORT);
	assert_int_equal(recording.vcpus[1].class, RECORDING_REAL_TIME);
	assert_int_equal(recording.vcpus[1].affinity, 1 << 1);
	assert_int_equal(recording.vcpus[2].class, RECORDING_TASK);
	assert_int_equal(recording.vcpus[2].period, 9000);
	assert_int_equal(recording.vcpus[2].capacity, 100);
	assert_int_equal(recording.vcpus[2].deadline, 8000);
	assert_int_equal(recording.cpus[2].number, 3);
}

static void spoil_trace_size(void)
{
	memory_plan()->trace_records = 0x80000000;
}

static void spoil_trace_mask(void)
{
	memory_ring(0)->mask = 31;
}

/* What the plan, sound in itself, says of the traces is wrong. */
static void test_senseless_trace(void **state)
{
	static const struct {
		void (*spoil)(void);
		const char *says;
	} cases[] = {
		{spoil_trace_size, "larger than it"},
		{spoil_trace_mask, "not the size"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct recording recording;

		memory_prepare(state);
		cases[i].spoil();
		assert_true(records_check(&records));
		fixture_listen();
		assert_false(recording_take(&recording, &records));
		assert_says(fixture_said(), cases[i].says);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_trace, memory_prepare, fixture_release),
		cmocka_unit_test_setup_teardown(test_trace_wraps, memory_prepare, fixture_release),
		cmocka_unit_test_setup_teardown(test_trace_torn, memory_prepare, fixture_release),
		cmocka_unit_test_setup_teardown(
			test_recording_of_vcpus, memory_prepare, fixture_release),
		cmocka_unit_test_setup_teardown(
			test_senseless_trace, memory_prepare, fixture_release),
	};

	return cmocka_run_group_tests(tests, fixture_begin, fixture_end);
}
