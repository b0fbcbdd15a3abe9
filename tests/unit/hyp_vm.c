/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VMs: faults, each policy, and the way back to the pristine image.
 */
#include "tests/unit/harness.h"

#include <string.h>

#define PAGE PLAN_PAGE_SIZE

static struct harness_vm vms[] = {{"bad", 2, true, PLAN_HALT}, {"good", 1, false, PLAN_HALT}};

static void start(enum plan_policy on_fault)
{
	vms[0].on_fault = on_fault;
	harness_start(vms, 2);
}

static void start_second(void)
{
	assert_int_equal(vcpu_start(vcpu_at(1), 0x4000, 0), VCPU_STARTED);
	assert_ptr_equal(harness_next(1), vcpu_at(1));
	fake_take_kick(cpu_at(0));
	fake_take_kick(cpu_at(1));
}

static void assert_good_runs(void)
{
	assert_int_equal(vm_at(1)->state, VM_RUNNING);
	assert_int_equal(vcpu_at(2)->state, VCPU_ON);
	assert_int_equal(vcpu_at(2)->arch.starts, 1);
	assert_false(vm_at(1)->arch.cut);
	assert_false(fake.kicked[2]);
}

static void test_fault_report(void **state)
{
	(void)state;
	start(PLAN_HALT);
	harness_say(0, "unfinished");
	assert_null(harness_fault(vcpu_at(0)));
	assert_string_equal(harness_said(), "[bad] unfinished\r\n"
					    "[orlop] fault in bad, vCPU 0: jump to nowhere\r\n"
					    "[orlop]   pc 0x40080000\r\n"
					    "[orlop]   address 0xdead000\r\n"
					    "[orlop]   syndrome 0x82000005\r\n"
					    "[orlop]   0 CPU started (0x0)\r\n"
					    "[orlop]   0 vCPU starts at (0x40080000)\r\n"
					    "[orlop]   0 fault, syndrome (0x82000005)\r\n"
					    "[orlop]   the VM is halted (on-fault)\r\n"
					    "[orlop] bad is halted\r\n");
	assert_int_equal(vm_at(0)->faults, 1);
	assert_int_equal(vcpu_at(0)->exits[EXIT_CAUSE_FAULT], 1);
	assert_true(vm_at(0)->arch.cut);
	assert_int_equal(vm_at(0)->arch.irq_resets, 2);
	assert_good_runs();
}

/* A vCPU that sleeps beyond every interrupt is given up; if it wakes after all, it stays off. */
static void test_vcpu_out_of_reach(void **state)
{
	(void)state;
	start(PLAN_RESTART);
	start_second();
	fake.out_of_reach = true;
	assert_null(harness_fault(vcpu_at(0)));
	assert_int_equal(vm_at(0)->state, VM_HALTED);
	assert_int_equal(vm_at(0)->restarts, 0);
	assert_int_equal(vcpu_at(0)->state, VCPU_OFF);
	assert_int_equal(vcpu_at(1)->state, VCPU_LOST);
	assert_non_null(strstr(fake.uart.text, "[orlop] bad: a vCPU sleeps out of reach"));
	assert_non_null(strstr(fake.uart.text, "[orlop] bad is halted\r\n"));
	fake.out_of_reach = false;
	assert_null(harness_attend(vcpu_at(1)));
	assert_int_equal(vcpu_at(1)->state, VCPU_OFF);
	assert_int_equal(vcpu_at(1)->arch.parks, 1);
	assert_int_equal(vm_at(0)->state, VM_HALTED);
	assert_int_equal(vm_at(0)->vcpus_on, 0);
	assert_int_equal(fake.end, 0);
	assert_good_runs();
}

static void test_fault_without_address(void **state)
{
	const struct fault fault = {"forbidden register", 0x62300000, ADDRESS_NONE};

	(void)state;
	start(PLAN_HALT);
	assert_null(harness_fault_of(vcpu_at(0), &fault));
	assert_non_null(strstr(fake.uart.text, "forbidden register\r\n"));
	assert_null(strstr(fake.uart.text, "address"));
}

static void test_fault_that_stops_the_system(void **state)
{
	(void)state;
	start(PLAN_STOP_SYSTEM);
	assert_null(harness_fault(vcpu_at(0)));
	assert_int_equal(fake.end, FAKE_OFF);
	assert_non_null(strstr(fake.uart.text, "the system is stopped (on-fault)\r\n"));
	assert_non_null(strstr(fake.uart.text, "[orlop] bad stops the system\r\n"));
}

/* vCPU and event of a CPU's newest trace record but the start that follows it. */
static uint64_t newest_event(unsigned cpu)
{
	const struct trace_ring *ring = &cpu_at(cpu)->trace;

	return ring->records[(ring->next - 2) % TRACE_RING_RECORDS].stamp & 0xffff;
}

static void test_last_one_out_restarts(void **state)
{
	(void)state;
	start(PLAN_RESTART);
	start_second();
	assert_null(harness_fault(vcpu_at(1)));
	assert_int_equal(vm_at(0)->state, VM_STOPPING);
	assert_int_equal(vcpu_at(1)->state, VCPU_OFF);
	assert_true(fake.kicked[0]);
	assert_true(vm_at(0)->arch.cut);
	assert_ptr_equal(harness_attend(vcpu_at(0)), vcpu_at(0));
	assert_int_equal(vm_at(0)->state, VM_RUNNING);
	assert_int_equal(vm_at(0)->restarts, 1);
	assert_int_equal(vm_at(0)->vcpus_on, 1);
	assert_int_equal(vcpu_at(0)->arch.starts, 2);
	assert_int_equal(vcpu_at(0)->arch.pc, HARNESS_ENTRY);
	assert_int_equal(vcpu_at(0)->arch.argument, 0x1000);
	assert_false(vm_at(0)->arch.cut);
	assert_int_equal(vm_at(0)->arch.joins, 1);
	assert_int_equal(vm_at(0)->arch.irq_resets, 2);
	assert_int_equal(newest_event(0), TRACE_VM_RESTART << 8 | TRACE_NO_VCPU);
	assert_non_null(strstr(fake.uart.text, "[orlop] bad restarts\r\n"));
	assert_null(harness_next(1));
}

/* The other way round: the one that leaves last leaves the restart to the first vCPU's CPU. */
static void test_second_vcpu_leaves_last(void **state)
{
	(void)state;
	start(PLAN_RESTART);
	start_second();
	assert_null(harness_fault(vcpu_at(0)));
	assert_true(fake.kicked[1]);
	assert_null(harness_attend(vcpu_at(1)));
	assert_int_equal(vm_at(0)->restarts, 0);
	assert_true(fake.kicked[0]);
	assert_ptr_equal(harness_next(0), vcpu_at(0));
	assert_int_equal(vm_at(0)->restarts, 1);
}

static void test_first_reason_stands(void **state)
{
	(void)state;
	start(PLAN_RESTART);
	start_second();
	assert_null(harness_fault(vcpu_at(1)));
	vm_stop(vm_at(0), PLAN_HALT);
	assert_int_equal(vm_at(0)->arch.cuts, 1);
	assert_ptr_equal(harness_attend(vcpu_at(0)), vcpu_at(0));
	assert_int_equal(vm_at(0)->state, VM_RUNNING);
	vm_stop(vm_at(0), PLAN_HALT);
	assert_null(harness_attend(vcpu_at(0)));
	assert_int_equal(vm_at(0)->state, VM_HALTED);
	vm_stop(vm_at(0), PLAN_RESTART);
	assert_int_equal(vm_at(0)->state, VM_HALTED);
	assert_good_runs();
}

static void test_many_restarts(void **state)
{
	(void)state;
	start(PLAN_RESTART);
	for (unsigned i = 1; i <= 100; i++) {
		assert_ptr_equal(harness_fault(vcpu_at(0)), vcpu_at(0));
		assert_int_equal(vm_at(0)->restarts, i);
		assert_int_equal(vm_at(0)->faults, i);
	}
	assert_good_runs();
}

static void test_restart_resets_the_uart(void **state)
{
	(void)state;
	start(PLAN_RESTART);
	vm_at(0)->uart.registers[0] = 0xff;
	uart_input(vm_at(0), 'x');
	assert_int_equal(vm_at(0)->uart.input_count, 1);
	harness_fault(vcpu_at(0));
	assert_int_equal(vm_at(0)->uart.input_count, 0);
	assert_int_equal(vm_at(0)->uart.registers[0], 0);
}

/* Pages of fake RAM: 20 to copy, 9 to fill, and one on either side that belongs to someone else. */
enum { SOURCE = 0, BEFORE = 29, TARGET = 30, ZEROED = 50, BEHIND = 59 };

static uint64_t pa_of(unsigned page)
{
	return FAKE_RAM_BASE + page * PAGE;
}

static void assert_filled(unsigned page, unsigned count, uint8_t byte)
{
	for (uint64_t i = 0; i < count * PAGE; i++)
		assert_int_equal(fake_ram_at(pa_of(page))[i], byte);
}

static void test_restore(void **state)
{
	static const struct plan_restore pieces[] = {
		{FAKE_RAM_BASE + TARGET * PAGE, FAKE_RAM_BASE + SOURCE * PAGE, 16 * PAGE},
		{FAKE_RAM_BASE + (TARGET + 16) * PAGE, FAKE_RAM_BASE + 16 * PAGE, 2 * PAGE},
		{FAKE_RAM_BASE + (TARGET + 18) * PAGE, FAKE_RAM_BASE + 18 * PAGE, 2 * PAGE},
		{FAKE_RAM_BASE + ZEROED * PAGE, 0, 9 * PAGE},
	};

	(void)state;
	start(PLAN_RESTART);
	harness_vm(0)->restore = pieces;
	harness_vm(0)->restore_count = ARRAY_LENGTH(pieces);
	for (unsigned i = 0; i < 20 * PAGE; i++)
		fake_ram_at(pa_of(SOURCE))[i] = (uint8_t)(i * 7 + i / PAGE);
	for (unsigned round = 0; round < 2; round++) {
		memset(fake_ram_at(pa_of(TARGET)), 0x33, 29 * PAGE);
		assert_ptr_equal(harness_fault(vcpu_at(0)), vcpu_at(0));
		assert_memory_equal(
			fake_ram_at(pa_of(TARGET)), fake_ram_at(pa_of(SOURCE)), 20 * PAGE);
		assert_filled(ZEROED, 9, 0);
		assert_filled(BEFORE, 1, 0xa5);
		assert_filled(BEHIND, 1, 0xa5);
		assert_int_equal(fake.windows[0][0] + fake.windows[0][1], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fault_report),
		cmocka_unit_test(test_vcpu_out_of_reach),
		cmocka_unit_test(test_fault_without_address),
		cmocka_unit_test(test_fault_that_stops_the_system),
		cmocka_unit_test(test_last_one_out_restarts),
		cmocka_unit_test(test_second_vcpu_leaves_last),
		cmocka_unit_test(test_first_reason_stands),
		cmocka_unit_test(test_many_restarts),
		cmocka_unit_test(test_restart_resets_the_uart),
		cmocka_unit_test(test_restore),
	};

	return cmocka_run_group_tests_name("vm", tests, NULL, NULL);
}
