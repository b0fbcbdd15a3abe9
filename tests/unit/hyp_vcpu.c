/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vCPUs on and off, and the CPUs that run them.
 */
#include "tests/unit/harness.h"

#include <string.h>

static const struct harness_vm vms[] = {
	{"one", 2, false, PLAN_HALT}, {"other", 1, false, PLAN_HALT}};

static void start(void)
{
	harness_start(vms, 2);
}

static void stop(void *vcpu)
{
	vcpu_stop(vcpu);
}

static enum fake_end stop_vcpu(unsigned index)
{
	fake_become(vcpu_at(index)->cpu);
	return fake_run(stop, vcpu_at(index));
}

static void test_records(void **state)
{
	(void)state;
	start();
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(vcpu_at(i)->number, i);
		assert_ptr_equal(vcpu_at(i)->cpu, cpu_at(i));
		assert_ptr_equal(cpu_at(i)->vcpu, vcpu_at(i));
		assert_int_equal(cpu_index(cpu_at(i)), i);
	}
	assert_ptr_equal(vm_vcpu(vm_at(0), 1), vcpu_at(1));
	assert_ptr_equal(vm_vcpu(vm_at(1), 0), vcpu_at(2));
	assert_ptr_equal(vcpu_at(1)->vm, vm_at(0));
}

static void test_only_the_first_vcpu_runs_at_first(void **state)
{
	(void)state;
	start();
	assert_int_equal(vcpu_at(0)->state, VCPU_ON);
	assert_int_equal(vcpu_at(1)->state, VCPU_OFF);
	assert_int_equal(vcpu_at(2)->state, VCPU_ON);
	assert_int_equal(vcpu_at(0)->arch.pc, HARNESS_ENTRY);
	assert_int_equal(vcpu_at(0)->arch.argument, 0x1000);
	assert_int_equal(vcpu_at(2)->arch.pc, HARNESS_ENTRY + 1);
	assert_int_equal(vm_at(0)->vcpus_on, 1);
	assert_null(harness_next(1));
}

static void test_on_off_and_on_again(void **state)
{
	struct vcpu *second;

	(void)state;
	start();
	second = vcpu_at(1);
	for (unsigned round = 1; round <= 3; round++) {
		assert_int_equal(vcpu_start(second, 0x4000 + round, round), VCPU_STARTED);
		assert_true(fake.kicked[1]);
		assert_int_equal(vcpu_start(second, 0x5000, 0), VCPU_ON_PENDING);
		assert_ptr_equal(harness_next(1), second);
		assert_int_equal(vcpu_start(second, 0x5000, 0), VCPU_ALREADY_ON);
		assert_int_equal(second->arch.pc, 0x4000 + round);
		assert_int_equal(second->arch.argument, round);
		assert_int_equal(second->arch.starts, round);
		assert_int_equal(vm_at(0)->vcpus_on, 2);
		assert_int_equal(stop_vcpu(1), FAKE_RETURNED);
		assert_int_equal(second->state, VCPU_OFF);
		assert_int_equal(second->arch.parks, round);
		assert_null(harness_next(1));
	}
	assert_int_equal(vm_at(0)->state, VM_RUNNING);
	assert_string_equal(harness_said(), "");
}

static void test_last_vcpu_off_halts_the_vm(void **state)
{
	(void)state;
	start();
	assert_int_equal(stop_vcpu(0), FAKE_RETURNED);
	assert_int_equal(vm_at(0)->state, VM_HALTED);
	assert_int_equal(vm_at(1)->state, VM_RUNNING);
	assert_string_equal(harness_said(), "[orlop] one is halted\r\n");
	assert_int_equal(vcpu_start(vcpu_at(1), 0, 0), VCPU_VM_STOPS);
	assert_int_equal(vcpu_at(1)->state, VCPU_OFF);
	assert_null(harness_next(0));
	assert_int_equal(stop_vcpu(2), FAKE_OFF);
	assert_string_equal(harness_said(),
		"[orlop] other is halted\r\n[orlop] every VM is halted: power off\r\n");
}

static void test_attend_goes_on_while_the_vm_runs(void **state)
{
	(void)state;
	start();
	assert_ptr_equal(harness_attend(vcpu_at(0)), vcpu_at(0));
	vm_stop(vm_at(1), PLAN_HALT);
	assert_ptr_equal(harness_attend(vcpu_at(0)), vcpu_at(0));
	assert_null(harness_attend(vcpu_at(2)));
	assert_int_equal(vm_at(1)->state, VM_HALTED);
}

/* Told to start, and the VM is stopped before its CPU has looked. */
static void test_starting_vcpu_of_a_vm_that_stops(void **state)
{
	(void)state;
	start();
	assert_int_equal(vcpu_start(vcpu_at(1), 0x4000, 0), VCPU_STARTED);
	vm_stop(vm_at(0), PLAN_RESTART);
	assert_null(harness_attend(vcpu_at(0)));
	assert_int_equal(vm_at(0)->state, VM_STOPPING);
	assert_null(harness_next(1));
	assert_int_equal(vm_at(0)->state, VM_RESTORING);
	assert_int_equal(vcpu_at(1)->arch.starts, 0);
	assert_int_equal(vcpu_at(1)->state, VCPU_OFF);
	assert_ptr_equal(harness_next(0), vcpu_at(0));
	assert_int_equal(vm_at(0)->state, VM_RUNNING);
	assert_int_equal(vm_at(0)->vcpus_on, 1);
}

static void test_trace_of_a_life(void **state)
{
	const struct trace_ring *ring;

	(void)state;
	start();
	fake.ticks = 7;
	stop_vcpu(0);
	ring = &cpu_at(0)->trace;
	assert_int_equal(ring->next, 3);
	assert_int_equal(ring->records[0].stamp & 0xffff, TRACE_CPU_START << 8 | TRACE_NO_VCPU);
	assert_int_equal(ring->records[1].stamp & 0xffff, TRACE_VCPU_START << 8);
	assert_int_equal(ring->records[1].value, HARNESS_ENTRY);
	assert_int_equal(ring->records[2].stamp, 7 << 16 | TRACE_VCPU_STOP << 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_only_the_first_vcpu_runs_at_first),
		cmocka_unit_test(test_on_off_and_on_again),
		cmocka_unit_test(test_last_vcpu_off_halts_the_vm),
		cmocka_unit_test(test_attend_goes_on_while_the_vm_runs),
		cmocka_unit_test(test_starting_vcpu_of_a_vm_that_stops),
		cmocka_unit_test(test_trace_of_a_life),
	};

	return cmocka_run_group_tests_name("vcpu", tests, NULL, NULL);
}
