/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Images with shared CPUs: what their plans hold, and that check finds each fault that is put into
 * one.
 */
#include "tests/unit/tool_fixture.h"

#include <stdio.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/image.h"
#include "tools/verify.h"

#define PAGE 4096u

/* vCPUs of the plan: two of Linux, the other VM's, and its two tasks'. */
#define LINUX_0 0
#define LINUX_1 1
#define CONTROL 2
#define TASK    3

static struct {
	struct image image;
	uint8_t *file;
	size_t size;
	struct plan *plan;
	struct plan_vm *vms;
	struct plan_cpu *cpus;
	struct plan_vcpu *vcpus;
} it;

/* The file's bytes at one of the hypervisor's addresses. */
static void *at(const void *pointer)
{
	uint64_t offset = PAGE, pa = hyp_layout_pa(&it.image.layout, (uintptr_t)pointer);

	for (unsigned i = 0; i < it.image.part_count; i++) {
		const struct image_part *part = &it.image.parts[i];

		if (pa >= part->base && pa - part->base < part->size)
			return it.file + offset + (pa - part->base);
		offset += part->size;
	}
	fail_msg("nothing at 0x%llx", (unsigned long long)pa);
	return NULL;
}

static void start(void)
{
	struct fixture_hyp hyp = fixture_shared_hyp();
	size_t size;
	uint8_t *bytes = fixture_hyp_bytes(&hyp, &size);

	assert_true(image_build(
		&it.image, fixture_shared_system(), fixture_file("hyp-shared.elf", bytes, size)));
	assert_true(image_write(&it.image, fixture_path("shared")));
	it.file = fixture_read(fixture_path("shared.elf"), &it.size);
	it.plan = at((const void *)(uintptr_t)it.image.layout.plan);
	it.vms = at(it.plan->vms);
	it.cpus = at(it.plan->cpus);
	it.vcpus = at(it.plan->vcpus);
}

/* What check says of the image as it is now, its sum put right; "" and true if it takes it. */
static const char *checked(bool *holds)
{
	uint64_t sum = 0, *words = (uint64_t *)it.plan;
	FILE *out = fopen(fixture_path("proof"), "w");

	it.plan->checksum = 0;
	for (uint32_t i = 0; i < it.plan->size_bytes / 8; i++)
		sum += words[i];
	it.plan->checksum = sum;
	fixture_file("spoiled.elf", it.file, it.size);
	fixture_listen();
	*holds = verify_image(fixture_path("spoiled.elf"), out);
	fclose(out);
	return fixture_said();
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
	bool holds;

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
	assert_string_equal(checked(&holds), "");
	assert_true(holds);
}

static void test_proof(void **state)
{
	const char *proof;
	size_t size;
	bool holds;

	(void)state;
	start();
	checked(&holds);
	assert_true(holds);
	proof = (const char *)fixture_read(fixture_path("proof"), &size);
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
	struct fixture_hyp hyp = fixture_shared_hyp();
	size_t size;
	uint8_t *bytes = fixture_hyp_bytes(&hyp, &size);
	struct image image;
	FILE *out = fopen(fixture_path("proof"), "w");

	(void)state;
	system->trace_records = 4096;
	assert_true(image_build(&image, system, fixture_file("hyp.elf", bytes, size)));
	assert_int_equal(image.layout.cpu_record_bytes, 240 + 16 + 4096 * 16);
	assert_int_equal(image.layout.stack_stride, (17 + 1) * PAGE);
	assert_true(image_write(&image, fixture_path("long")));
	assert_true(verify_image(fixture_path("long.elf"), out));
	fclose(out);
}

#define FAULT(name, statement) \
	static void name(void) \
	{                      \
		statement;     \
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

#define SAYS(name, words)          \
	{                          \
#name, name, words \
	}

static const struct {
	const char *name;
	void (*spoil)(void);
	const char *words;
} faults[] = {
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
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		const char *said;
		bool holds;

		start();
		faults[i].spoil();
		said = checked(&holds);
		if (holds || !strstr(said, faults[i].words)) {
			print_error("%s: expected '%s', got '%s'\n", faults[i].name,
				faults[i].words, said);
			failed++;
		}
		arena_release();
	}
	assert_int_equal(failed, 0);
}

/* A plan with any bits turned is refused or taken, and never makes the tool fail. */
static void test_noise(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (unsigned round = 0; round < 400; round++) {
		bool holds;

		if (round % 20 == 0) {
			arena_release();
			start();
		}
		for (unsigned i = 0; i < 2; i++) {
			seed = seed * 1664525 + 1013904223;
			((uint8_t *)it.plan)[(seed >> 8) % it.image.layout.plan_size] ^=
				(uint8_t)(1 << seed % 7);
		}
		if (it.plan->size_bytes == it.image.layout.plan_size)
			checked(&holds);
	}
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
