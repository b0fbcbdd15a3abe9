/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Images with shared CPUs: what their plans hold, and that check finds each fault that is put into
 * one.
 */
#include "tests/unit/tool_spoiled.h"

#include <string.h>

/* vCPUs of the plan: two of Linux, the other VM's, and its two tasks'. */
#define LINUX_0 0
#define LINUX_1 1
#define CONTROL 2
#define TASK    3

static void start(void)
{
	const struct fixture_hyp hyp = fixture_shared_hyp();

	spoiled_begin_with(fixture_shared_system(), &hyp);
}

static void test_plan(void **state)
{
	const struct plan_vcpu *vcpus;

	(void)state;
	start();
	vcpus = it.vcpus;
	assert_int_equal(it.plan->cpu_count, 3);
	assert_int_equal(it.plan->quantum_ticks, 30 * FIXTURE_MS);
	assert_int_equal(it.plan->switch_ticks, 125);
	assert_int_equal(it.plan->masked_ticks, 625);
	assert_non_null(it.plan->sched_common);
	assert_non_null(it.cpus[0].shared);
	assert_non_null(it.cpus[2].shared); /* the board's CPU 3 */
	assert_int_equal(it.cpus[2].real_time_share, 1ull << 32);
	assert_int_equal(vcpus[LINUX_0].affinity, 1);
	assert_int_equal(vcpus[LINUX_0].period_ticks, 0);
	assert_int_equal(vcpus[LINUX_1].affinity, 3);
	assert_int_equal(vcpus[LINUX_1].cpu, 0);
	assert_int_equal(vcpus[CONTROL].affinity, 4);
	assert_int_equal(vcpus[CONTROL].cpu, 2);
	assert_int_equal(vcpus[CONTROL].period_ticks, 10 * FIXTURE_MS);
	assert_int_equal(vcpus[CONTROL].deadline_ticks, 5 * FIXTURE_MS);
	assert_int_equal(vcpus[CONTROL].capacity_ticks, 2 * FIXTURE_MS + 2 * 125);
	assert_int_equal(vcpus[TASK].period_ticks, 0);
	assert_int_equal(it.vms[1].task_first, 1);
	assert_int_equal(it.vms[1].controllers, 3);
}

/* Every record on cache lines of its own, in writable memory, zero. */
static void test_records(void **state)
{
	(void)state;
	start();
	for (unsigned i = 0; i < it.plan->vcpu_count; i++) {
		const uint8_t *record = at(it.vcpus[i].shared);

		assert_int_equal((uintptr_t)it.vcpus[i].shared % 64, 0);
		for (unsigned n = 0; n < 300; n++)
			assert_int_equal(record[n], 0);
		for (unsigned n = 0; n < i; n++)
			assert_true((uintptr_t)it.vcpus[i].shared - (uintptr_t)it.vcpus[n].shared >=
				    300);
	}
	assert_int_equal((uintptr_t)it.cpus[1].shared - (uintptr_t)it.cpus[0].shared, 1024);
	assert_string_equal(spoiled_check(), "");
}

static void test_proof(void **state)
{
	const char *proof;

	(void)state;
	start();
	assert_string_equal(spoiled_check(), "");
	proof = spoiled_proof();
	assert_non_null(strstr(proof, "5 vCPUs share 3 CPUs"));
	assert_non_null(strstr(proof, "the 1 real-time ones"));
}

/* An image with a shared CPU needs the hypervisor that can. */
static void test_no_scheduler(void **state)
{
	struct fixture_hyp hyp = fixture_hyp();
	struct image image;
	size_t size;
	uint8_t *bytes = fixture_hyp_bytes(&hyp, &size);

	(void)state;
	fixture_listen();
	assert_false(
		image_build(&image, fixture_shared_system(), fixture_file("hyp.elf", bytes, size)));
	assert_non_null(strstr(fixture_said(), "this hypervisor has no scheduler"));
}

/* A long trace makes the stacks' blocks longer, and nothing else moves out of place. */
static void test_trace(void **state)
{
	struct system *system = fixture_shared_system();
	const struct fixture_hyp hyp = fixture_shared_hyp();

	(void)state;
	system->trace_records = 4096;
	spoiled_begin_with(system, &hyp);
	assert_int_equal(it.image.layout.cpu_record_bytes, 240 + 16 + 4096 * 16);
	assert_int_equal(it.image.layout.stack_stride, (17 + 1) * PAGE);
	assert_string_equal(spoiled_check(), "");
}

FAULT(record_shared, it.vcpus[LINUX_1].shared = it.vcpus[LINUX_0].shared)
FAULT(record_on_plan, it.vcpus[LINUX_1].shared = (void *)(uintptr_t)it.image.layout.plan)
FAULT(record_dirty, *(uint8_t *)at(it.cpus[0].shared) = 1)
FAULT(common_dirty, *(uint8_t *)at(it.plan->sched_common) = 1)
FAULT(common_missing, it.plan->sched_common = NULL)
FAULT(vcpu_unshared, it.vcpus[LINUX_0].shared = NULL)
FAULT(task_unshared, it.vcpus[TASK].shared = NULL)
FAULT(cpu_unshared, it.cpus[1].shared = NULL)
FAULT(affinity_none, it.vcpus[LINUX_0].affinity = 0)
FAULT(affinity_far, it.vcpus[LINUX_0].affinity = 9)
FAULT(affinity_not_first, it.vcpus[LINUX_1].cpu = 1)
FAULT(affinity_real_time, it.vcpus[CONTROL].affinity = 5; it.vcpus[CONTROL].cpu = 0)
FAULT(affinity_task, it.vcpus[TASK].affinity = 6; it.vcpus[TASK].cpu = 1)
FAULT(time_order, it.vcpus[CONTROL].deadline_ticks = 11 * FIXTURE_MS)
FAULT(time_none, it.vcpus[CONTROL].capacity_ticks = 0)
FAULT(time_long, it.vcpus[CONTROL].period_ticks = (1ull << 40) + 1)
FAULT(time_of_task, it.vcpus[TASK].capacity_ticks = 1)
FAULT(time_too_much, it.vcpus[CONTROL].capacity_ticks = 5 * FIXTURE_MS)
FAULT(masked_longer, it.plan->masked_ticks = 94 * FIXTURE_MS / 10)
FAULT(share_less, it.cpus[2].real_time_share = 1u << 29)
FAULT(share_over, it.cpus[2].real_time_share = (1ull << 32) + 1)
FAULT(no_frequency, it.plan->timer_frequency = 0)
FAULT(no_quantum, it.plan->quantum_ticks = 0)
FAULT(trace_odd, it.plan->trace_records = 63)
FAULT(trace_longer, it.plan->trace_records = 1024)
FAULT(trace_vast, it.plan->trace_records = 1u << 31)
FAULT(direct, it.vms[0].delivery = PLAN_DIRECT)
FAULT(reset_quantum, it.vms[1].irq_policy = PLAN_RESET_QUANTUM)
FAULT(policy, it.vms[1].irq_policy = 3)
FAULT(own_time, it.vms[0].own_time = 1)
FAULT(task_first, it.vms[1].task_first = 0)
FAULT(task_beyond, it.vms[1].task_first = 4)
FAULT(controller_other, it.vms[1].controllers = 6)
FAULT(controller_self, it.vms[1].controllers = 1)
FAULT(guest_file, it.vcpus[LINUX_0].guest_file = 1)

static const struct spoiled_fault faults[] = {
	SAYS(record_shared,
		"the scheduler's record of vCPU 0 and the scheduler's record of vCPU 1"),
	SAYS(record_on_plan, "the scheduler's record of vCPU 1 at"),
	SAYS(record_dirty, "the scheduler's record of CPU 0 at"),
	SAYS(common_dirty, "the scheduler's common record at"),
	SAYS(common_missing, "has a common record and no CPU, or a CPU and none"),
	SAYS(vcpu_unshared, "vCPU 0 of VM linux has no memory for scheduling"),
	SAYS(task_unshared, "vCPU 1 of VM control has no memory for scheduling"),
	SAYS(cpu_unshared, "vCPU 1 of VM linux may run on CPU 1, which is not shared"),
	SAYS(affinity_none, "vCPU 0 of VM linux may run on CPUs 0x0"),
	SAYS(affinity_far, "vCPU 0 of VM linux may run on CPUs 0x9"),
	SAYS(affinity_not_first, "vCPU 1 of VM linux may run on CPUs 0x3, of which 1 is not"),
	SAYS(affinity_real_time, "vCPU 0 of VM control is real-time and may run on several CPUs"),
	SAYS(affinity_task, "vCPU 1 of VM control is real-time and may run on several CPUs"),
	SAYS(time_order, "vCPU 0 of VM control has period 625000, capacity 125250 and deadline 6"),
	SAYS(time_none, "which do not go together"),
	SAYS(time_long, "which do not go together"),
	SAYS(time_of_task, "vCPU 1 of VM control has period 0, capacity 1 and"),
	SAYS(time_too_much, "CPU 2 cannot promise its 1 real-time vCPUs their deadlines"),
	SAYS(masked_longer, "CPU 2 cannot promise its 1 real-time vCPUs their deadlines"),
	SAYS(share_less, "CPU 2 cannot promise its 1 real-time vCPUs their deadlines"),
	SAYS(share_over, "real-time vCPUs may take more of CPU 2 than there is of it"),
	SAYS(no_frequency, "the plan has no time"),
	SAYS(no_quantum, "the plan has no time"),
	SAYS(trace_odd, "a trace of 63 records is not a power of two"),
	SAYS(trace_longer, "the stacks are 0x2000 bytes apart, not 0x6000"),
	SAYS(trace_vast, "a trace of 2147483648 records is not a power of two"),
	SAYS(direct, "VM linux takes interrupts directly, on a shared CPU"),
	SAYS(reset_quantum, "interrupts of VM control give quanta on a CPU that has real-time"),
	SAYS(policy, "VM control has a policy that does not exist"),
	SAYS(own_time, "VM linux has a clock of its own and 2 vCPUs"),
	SAYS(task_first, "VM control has no vCPU before its tasks"),
	SAYS(task_beyond, "VM control has no vCPU before its tasks, or more tasks than vCPUs"),
	SAYS(controller_other, "the tasks of VM control are started by VMs 0x6"),
	SAYS(controller_self, "the tasks of VM control are started by VMs 0x1"),
	SAYS(guest_file, "vCPU 0 of VM linux has an interrupt file, and the controller has none"),
};

static void test_faults(void **state)
{
	(void)state;
	spoiled_try(faults, sizeof(faults) / sizeof(faults[0]), start);
}

static void test_noise(void **state)
{
	(void)state;
	spoiled_noise(1, start);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_plan, fixture_release),
		cmocka_unit_test_teardown(test_records, fixture_release),
		cmocka_unit_test_teardown(test_proof, fixture_release),
		cmocka_unit_test_teardown(test_no_scheduler, fixture_release),
		cmocka_unit_test_teardown(test_trace, fixture_release),
		cmocka_unit_test_teardown(test_faults, fixture_release),
		cmocka_unit_test_teardown(test_noise, fixture_release),
	};

	return cmocka_run_group_tests(tests, fixture_begin, fixture_end);
}
