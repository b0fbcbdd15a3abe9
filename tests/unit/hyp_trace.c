/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace's ring and its words.
 */
#include "tests/unit/harness.h"

#include <stdlib.h>
#include <string.h>

static const struct harness_vm vms[] = {{"guest", 1, false, PLAN_HALT}};

/* A ring of the usual size; the flexible array's room stands behind it. */
static union {
	struct trace_ring ring;
	uint64_t words[sizeof(struct trace_ring) / 8 + TRACE_RING_RECORDS * 2];
} memory;
#define ring (memory.ring)

/* The newest `count` records, as the report of a fault prints them. */
static void print_newest(unsigned count)
{
	for (uint64_t i = ring.next - count; i != ring.next; i++)
		trace_print(&ring, i);
}

static void start(void)
{
	harness_start(vms, 1);
	memset(&memory, 0, sizeof(memory));
	ring.mask = TRACE_RING_RECORDS - 1;
}

static void test_record(void **state)
{
	(void)state;
	start();
	fake.ticks = 0x123456789abc;
	trace_write(&ring, TRACE_IPI, 3, 0xfeedfacecafef00d);
	assert_int_equal(ring.next, 1);
	assert_int_equal(ring.records[0].stamp, 0x123456789abc0003ull | TRACE_IPI << 8);
	assert_int_equal(ring.records[0].value, 0xfeedfacecafef00d);
}

static void test_wraps_around(void **state)
{
	(void)state;
	start();
	for (unsigned i = 0; i < TRACE_RING_RECORDS + 2; i++) {
		fake.ticks = i;
		trace_write(&ring, TRACE_HYPERCALL, 0, i);
	}
	assert_int_equal(ring.next, TRACE_RING_RECORDS + 2);
	assert_int_equal(ring.records[0].value, TRACE_RING_RECORDS);
	assert_int_equal(ring.records[1].value, TRACE_RING_RECORDS + 1);
	assert_int_equal(ring.records[2].value, 2);
	print_newest(2);
	assert_string_equal(harness_said(),
		"[orlop]   64 hypercall (0x40)\r\n[orlop]   65 hypercall (0x41)\r\n");
}

static void test_prints_no_more_than_there_is(void **state)
{
	(void)state;
	start();
	print_newest(8);
	assert_string_equal(harness_said(), "");
	trace_write(&ring, TRACE_CPU_START, TRACE_NO_VCPU, 1);
	print_newest(8);
	assert_string_equal(harness_said(), "[orlop]   0 CPU started (0x1)\r\n");
}

/* Each event has words. */
static void test_all_events(void **state)
{
	const char *said;
	unsigned lines = 0;

	(void)state;
	start();
	for (unsigned event = 0; event < TRACE_EVENT_COUNT; event++)
		trace_write(&ring, (enum trace_event)event, 0, event);
	print_newest(TRACE_RING_RECORDS);
	said = harness_said();
	assert_non_null(strstr(said, "VM restarted, times"));
	for (; (said = strstr(said, "\r\n")); said += 2)
		lines++;
	assert_int_equal(lines, TRACE_EVENT_COUNT);
}

/* The whole ring, oldest first. */
static void test_full_ring(void **state)
{
	const char *said;

	(void)state;
	start();
	for (unsigned i = 0; i < 2 * TRACE_RING_RECORDS - 1; i++)
		trace_write(&ring, TRACE_OWN, 0, i);
	print_newest(TRACE_RING_RECORDS);
	said = harness_said();
	for (unsigned i = TRACE_RING_RECORDS - 1; i < 2 * TRACE_RING_RECORDS - 1; i++) {
		said = strstr(said, "(0x");
		assert_non_null(said);
		assert_int_equal(strtoul(said + 1, NULL, 16), i);
		said++;
	}
	assert_null(strstr(said, "(0x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_wraps_around),
		cmocka_unit_test(test_prints_no_more_than_there_is),
		cmocka_unit_test(test_all_events),
		cmocka_unit_test(test_full_ring),
	};

	return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
