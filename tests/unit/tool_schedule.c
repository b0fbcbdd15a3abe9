/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who runs where: what is made of descriptions with shared CPUs. That the rules refuse the others
 * is tested in tests/config/. Runs in the project's root.
 */
#include "tests/unit/tool_fixture.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/controller.h"
#include "tools/guest_tree.h"
#include "tools/planner.h"
#include "tools/schedule.h"
#include "tools/schedule_admission.h"
#include "tools/vcpus.h"

#define BARE     "os: bare, image: bare.elf, memory: 1M"
#define REALTIME "os: realtime, image: bare.elf, memory: 1M"
#define RISCV    "os: bare, image: riscv.elf, memory: 1M"
#define RESERVE  "reserve: { best-effort: 25% }\n"
#define US       62.5 /* ticks */
#define SWITCH   125u
#define MASKED   625u

static int begin(void **state)
{
	if (fixture_begin(state) != 0)
		return -1;
	return system(
		arena_text("python3 tests/config/images.py %1$s && for b in test riscv-files; "
			   "do mkdir -p %1$s/boards/$b && "
			   "cp tests/config/boards/$b/board.yaml %1$s/boards/$b/ && "
			   "dtc -q -@ -I dts -O dtb -o %1$s/boards/$b/board.dtb "
			   "tests/config/boards/$b/board.dts || exit 1; done",
			fixture_path(".")));
}

static struct system *planned(const char *text)
{
	struct system *system = planner_load_text(fixture_path("product.yaml"),
		(const uint8_t *)text, strlen(text), fixture_path("boards"), NULL);

	assert_non_null(system);
	return system;
}

static void test_dedicated(void **state)
{
	struct system *system = planned(
		"board: test\nvms: { a: { " BARE ", vcpus: [ { cpu: 0 }, { cpus: [ 2 ] } ] },\n"
		"b: { " BARE ", vcpus: [ { period: 1ms, capacity: 1ms } ] } }");

	(void)state;
	assert_false(system->is_shared);
	for (unsigned cpu = 0; cpu < 3; cpu++) {
		assert_int_equal(system->cpus[cpu].vcpu_count, 1);
		assert_false(system->cpus[cpu].is_shared);
	}
	assert_false(system->vms[0].vcpus[1].is_shared);
	assert_int_equal(system->vms[1].vcpus[0].cpu, 1); /* the first that nobody uses */
	assert_int_equal(system->vms[0].delivery, PLAN_DIRECT);
	assert_int_equal(system->quantum_ticks, 30000 * US);
	assert_int_equal(system->spin_ticks, 1000 * US);
	assert_int_equal(system->switch_ticks, SWITCH);
	assert_int_equal(system->masked_ticks, MASKED);
	assert_int_equal(system->trace_records, 64);
}

static void test_shared(void **state)
{
	struct system *system =
		planned("board: test\n" RESERVE "trace: 2048\n"
			"scheduling: { quantum: 10ms, spin: off }\nvms: { a: { " BARE
			", vcpus: [ { cpus: [ 1, 0 ] } ] },\n"
			"b: { " REALTIME ", vcpus: [ { cpu: 2 } ],\n"
			"tasks: { count: 2, cpu: 1 }, controllers: [ a ] } }");
	const struct vm *a = &system->vms[0], *b = &system->vms[1];

	(void)state;
	assert_true(system->is_shared);
	assert_true(system->cpus[0].is_shared); /* its only vCPU may be elsewhere */
	assert_true(system->cpus[1].is_shared);
	assert_false(system->cpus[2].is_shared);
	assert_int_equal(system->cpus[1].vcpu_count, 3);
	assert_int_equal(system->cpus[1].real_time_count, 2);
	assert_int_equal(system->cpus[1].best_effort_count, 1);
	assert_int_equal(a->vcpus[0].cpu, 0);
	assert_int_equal(a->vcpus[0].affinity, 3);
	assert_int_equal(b->vcpu_count, 3);
	assert_int_equal(b->task_first, 1);
	assert_false(b->vcpus[0].is_shared);
	assert_true(b->vcpus[1].is_task && b->vcpus[2].is_shared);
	assert_int_equal(b->controllers, 3);
	assert_int_equal(a->controllers, 1);
	/* One shared vCPU is enough. */
	assert_int_equal(a->delivery, PLAN_INJECTED);
	assert_int_equal(b->delivery, PLAN_INJECTED);
	assert_true(a->is_preemptable);
	assert_false(b->is_preemptable);
	assert_int_equal(system->quantum_ticks, 10000 * US);
	assert_int_equal(system->spin_ticks, 0);
	assert_int_equal(system->trace_records, 2048);
	assert_int_equal(system->hyp.size, 0x200000);
}

/* The reserve is best effort's, and kept only where there is any. */
static void test_shares(void **state)
{
	struct system *system = planned(
		"board: test\nconsole: none\n" RESERVE "vms: { a: { " BARE
		", access: [ serial1 ],\n"
		"interrupts: { rate: 2000 }, vcpus: [ { cpu: 0, period: 1ms, capacity: 100us },\n"
		"{ cpu: 1, period: 1ms, capacity: 100us } ] },\n"
		"b: { " BARE ", vcpus: [ { cpu: 0 }, { cpu: 1, period: 1ms, capacity: 8us } ] } }");
	uint64_t whole = SCHEDULE_SHARE_ONE,
		 interrupts = (whole * 2000 * 1000 + 999999999) / 1000000000;
	const struct vm_vcpu *vcpu = &system->vms[0].vcpus[0];

	(void)state;
	assert_int_equal(system->cpus[0].real_time_share, whole / 4 * 3 - interrupts);
	assert_int_equal(system->cpus[1].real_time_share, whole - interrupts);
	assert_int_equal(vcpu->ns.capacity, 100000);
	assert_int_equal(vcpu->ticks.period, 1000 * US);
	assert_int_equal(vcpu->ticks.deadline, 1000 * US);
	assert_int_equal(vcpu->ticks.capacity, 100 * US + 2 * SWITCH);
	assert_int_equal(schedule_utilisation(vcpu), (whole * 6500 + 62499) / 62500);
}

/* The greatest first, each to the first CPU with room: shared ones, then unused ones. */
static void test_assignment(void **state)
{
	struct system *system = planned(
		"board: test\n" RESERVE "vms: { a: { " BARE
		", vcpus: [ { cpu: 0 }, { cpu: 1 } ] },\n"
		"b: { " BARE ", vcpus: [ { cpu: 1, period: 10ms, capacity: 3ms },\n"
		"{ cpu: any, period: 10ms, capacity: 2ms }, { period: 10ms, capacity: 5ms },\n"
		"{ period: 10ms, capacity: 4ms } ] } }");
	const struct vm_vcpu *vcpus = system->vms[1].vcpus;

	(void)state;
	/* CPU 0 is dedicated, CPU 1 has 75 % less 30 %: 5 ms opens CPU 2. */
	assert_int_equal(vcpus[2].cpu, 2);
	assert_int_equal(vcpus[3].cpu, 1);
	assert_int_equal(vcpus[1].cpu, 2);
	assert_true(vcpus[1].is_assigned);
	assert_false(vcpus[0].is_assigned);
	assert_int_equal(system->cpus[0].vcpu_count, 1);
}

static void test_interrupts(void **state)
{
	struct system *system = planned(
		"board: test\nvms: { a: { " BARE ", vcpus: [ { cpu: 0 } ], access: [ serial1 ],\n"
		"interrupts: { fast: [ serial1 ], delivery: reset-quantum, rate: 100, preemptable: "
		"no } },\n"
		"b: { " BARE ", vcpus: [ { cpu: 0 } ], console: shared, time: own,\n"
		"interrupts: { fast: all, delivery: recycle-quantum } } }");
	const struct vm *a = &system->vms[0], *b = &system->vms[1];

	(void)state;
	assert_int_equal(a->irq_policy, PLAN_RESET_QUANTUM);
	assert_false(a->is_preemptable);
	assert_true(a->devices[0].is_fast);
	assert_int_equal(a->fast_per_second, 100);
	assert_int_equal(a->fast_interval_ticks, 625000);
	assert_false(a->has_own_time);
	assert_int_equal(b->irq_policy, PLAN_RECYCLE_QUANTUM);
	assert_true(b->is_console_fast);
	assert_true(b->is_preemptable);
	assert_true(b->has_own_time);
	assert_int_equal(b->fast_interval_ticks, 62500);
}

/* A file has one number on all CPUs of its vCPU, and no two vCPUs of a CPU have the same. */
static void test_guest_files(void **state)
{
	struct system *system = planned("board: riscv-files\n" RESERVE "vms: { a: { " RISCV
					", vcpus: [ { cpu: 0 }, { cpus: [ 0, 1 ] },\n"
					"{ cpu: 1 } ] }, b: { os: realtime, image: riscv.elf, "
					"memory: 1M, vcpus: [ { cpu: 1 } ],\n"
					"tasks: { count: 2, cpu: 0 } } }");
	const struct vm *a = &system->vms[0], *b = &system->vms[1];
	uint64_t guest, host;

	(void)state;
	assert_int_equal(system->board.guest_files, 3);
	assert_int_equal(system->board.timer_frequency, 10000000);
	assert_int_equal(a->vcpus[0].guest_file, 1);
	assert_int_equal(a->vcpus[1].guest_file, 2);
	assert_int_equal(a->vcpus[2].guest_file, 1);
	assert_int_equal(b->vcpus[0].guest_file, 3);
	assert_int_equal(b->vcpus[1].guest_file, 0);
	assert_int_equal(a->delivery, PLAN_DIRECT);
	assert_int_equal(controller_cpu_pages(system), 4);
	assert_true(controller_vcpu_page(&system->board, b, 0, &guest, &host));
	assert_int_equal(guest, 0x28000000);
	assert_int_equal(host, 0x28007000);
	assert_false(controller_vcpu_page(&system->board, b, 1, &guest, &host));
}

static const char *isa_of(const struct system *system, unsigned vm)
{
	struct blob tree;
	int cpu;

	assert_true(guest_tree_build(&tree, system, &system->vms[vm]));
	cpu = fdt_path_offset(tree.bytes, "/cpus/cpu@0");
	return fdt_getprop(tree.bytes, cpu, "riscv,isa", NULL);
}

/* The vector registers of a vCPU that shares its CPU are not kept; and tasks are no CPUs. */
static void test_riscv_tree(void **state)
{
	struct system *system = planned(
		"board: riscv-files\n" RESERVE "vms: { a: { " RISCV ", vcpus: [ { cpu: 1 } ] },\n"
		"b: { os: realtime, image: riscv.elf, memory: 1M, vcpus: [ { cpu: 0 } ],\n"
		"tasks: { count: 2, cpu: 0 } } }");
	struct blob tree;
	int node, size;

	(void)state;
	assert_string_equal(isa_of(system, 0), "rv64imacv_zicsr_zve64d_zvl128b_sstc");
	assert_string_equal(isa_of(system, 1), "rv64imac_zicsr_sstc");
	assert_true(guest_tree_build(&tree, system, &system->vms[1]));
	assert_true(fdt_path_offset(tree.bytes, "/cpus/cpu@1") < 0);
	node = fdt_path_offset(tree.bytes, "/imsics@28000000");
	assert_non_null(fdt_getprop(tree.bytes, node, "interrupts-extended", &size));
	assert_int_equal(size, 8);
}

static uint32_t seed = 1;

static uint32_t random_below(uint32_t limit)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % limit;
}

/* Wherever the tool puts them, every CPU keeps its promises; and it gives up for lack of room only.
 */
static void test_random(void **state)
{
	unsigned refused = 0;

	(void)state;
	for (unsigned round = 0; round < 200; round++) {
		const char *text =
			"board: test\n" RESERVE "vms: { a: { " BARE
			", vcpus: [ { cpu: 0 }, { cpu: 0 } ] }, b: { " BARE ", vcpus: [ ";
		struct system *system;
		unsigned count = 1 + random_below(12);

		for (unsigned i = 0; i < count; i++) {
			unsigned period = 1 + random_below(100);
			unsigned capacity = 2 + random_below(period * 200) * 2;
			unsigned deadline = capacity + random_below(period * 300) * 2;

			text = arena_text("%s%s{ period: %ums, capacity: %uus, deadline: %uus }",
				text, i ? ", " : "", period, capacity, deadline);
		}
		text = arena_text("%s ] } }", text);
		fixture_listen();
		system = planner_load_text(fixture_path("product.yaml"), (const uint8_t *)text,
			strlen(text), fixture_path("boards"), NULL);
		const char *said = fixture_said();
		if (!system && !strstr(said, "has room for") && !strstr(said, "alone makes"))
			fail_msg("%s\n%s", text, said);
		refused += !system;
		for (unsigned cpu = 0; system && cpu < 3; cpu++) {
			struct schedule_set set;
			struct admission admission;

			schedule_admission_collect(&set, system, cpu);
			assert_true(!system->cpus[cpu].is_shared ||
				    schedule_admission_test(&admission, set.parameters, set.count,
					    system->cpus[cpu].real_time_share, SWITCH, MASKED));
		}
		arena_release();
	}
	assert_in_range(refused, 20, 180);
}

static const char *refusal(const char *text)
{
	fixture_listen();
	assert_null(planner_load_text(fixture_path("product.yaml"), (const uint8_t *)text,
		strlen(text), fixture_path("boards"), NULL));
	return fixture_said();
}

/* What a refusal proposes is taken; a little more is refused. */
static void test_proposal(void **state)
{
	static const char text[] = "board: test\nvms: { a: { " BARE ", vcpus: [\n"
				   "{ cpu: 0, period: 4ms, capacity: %uus, deadline: 3ms },\n"
				   "{ cpu: 0, period: 10ms, capacity: %uus, deadline: 6ms } ] } }";
	unsigned capacities[2] = {2000, 3000}, which = 2, fitting = 0;
	const char *words = strstr(refusal(arena_text(text, 2000, 3000)), "write capacity: ");

	(void)state;
	assert_non_null(words);
	assert_int_equal(
		sscanf(words, "write capacity: %uus for vCPU %u of VM 'a'", &fitting, &which), 2);
	assert_in_range(which, 0, 1);
	assert_in_range(fitting, 500, capacities[which] - 1);
	capacities[which] = fitting & ~1u;
	planned(arena_text(text, capacities[0], capacities[1]));
	capacities[which] += 2;
	refusal(arena_text(text, capacities[0], capacities[1]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_dedicated, fixture_release),
		cmocka_unit_test_teardown(test_shared, fixture_release),
		cmocka_unit_test_teardown(test_shares, fixture_release),
		cmocka_unit_test_teardown(test_assignment, fixture_release),
		cmocka_unit_test_teardown(test_interrupts, fixture_release),
		cmocka_unit_test_teardown(test_guest_files, fixture_release),
		cmocka_unit_test_teardown(test_riscv_tree, fixture_release),
		cmocka_unit_test_teardown(test_random, fixture_release),
		cmocka_unit_test_teardown(test_proposal, fixture_release),
	};

	return cmocka_run_group_tests(tests, begin, fixture_end);
}
