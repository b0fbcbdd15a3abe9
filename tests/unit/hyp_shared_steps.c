/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What nobody on a shared CPU may have to wait for goes in steps: the end of a VM and its new
 * beginning, what is posted for many vCPUs, and text for the UART.
 */
#include "tests/unit/sharing.h"

#include <string.h>

#include "hyp/core/shared.h"

#define MS SHARING_MS

static const struct fault fault = {.what = "jump", .syndrome = 1, .address = ADDRESS_NONE};

/*
 * The VM that made a mistake says so, and gets its memory back, in its own turns: the other one has
 * all of its own meanwhile.
 */
static void test_restart_beside_another(void **state)
{
	static const struct plan_restore pieces[] = {
		{.target_pa = FAKE_RAM_BASE, .size_bytes = 3 * PLAN_PAGE_SIZE},
		{.target_pa = FAKE_RAM_BASE + 3 * PLAN_PAGE_SIZE,
			.source_pa = FAKE_RAM_BASE + 8 * PLAN_PAGE_SIZE,
			.size_bytes = 2 * PLAN_PAGE_SIZE}};
	struct vcpu *vcpu;

	(void)state;
	harness_plan(sharing_two, 2);
	sharing_all(2, 1);
	harness_vm(1)->restore = pieces;
	harness_vm(1)->restore_count = 2;
	vcpu = sharing_after(sharing_boot(), HARNESS_QUANTUM);
	assert_ptr_equal(vcpu, vcpu_at(1));
	vcpu = harness_fault_of(vcpu, &fault);
	assert_int_equal(vm_at(1)->faults, 1);
	assert_ptr_equal(vcpu, vcpu_at(0)); /* the rest is for the next turn */
	assert_int_equal(vm_at(1)->state, VM_STOPPING);
	assert_true(vm_is_empty(vm_at(1)));
	assert_ptr_equal(sharing_after(vcpu, HARNESS_QUANTUM), vcpu_at(1));
	assert_int_equal(vm_at(1)->restarts, 1);
	assert_int_equal(vcpu_at(1)->state, VCPU_ON);
	assert_int_equal(vcpu_at(1)->arch.starts, 2);
	assert_non_null(strstr(harness_said(), "fault in two, vCPU 0: jump"));
	assert_int_equal(*fake_ram_at(FAKE_RAM_BASE + 3 * PLAN_PAGE_SIZE - 1), 0);
	assert_int_equal(*fake_ram_at(FAKE_RAM_BASE + 3 * PLAN_PAGE_SIZE), 0xa5);
	assert_int_equal(vm_at(1)->state, VM_RUNNING);
}

static void test_one_halts_the_other_goes_on(void **state)
{
	struct vcpu *vcpu = sharing_boot_two();

	(void)state;
	assert_ptr_equal(harness_fault_of(vcpu, &fault), vcpu_at(1));
	assert_int_equal(vm_at(0)->state, VM_STOPPING);
	assert_ptr_equal(
		sharing_after(vcpu_at(1), HARNESS_QUANTUM), vcpu_at(1)); /* and its turn between */
	assert_int_equal(vm_at(0)->state, VM_HALTED);
	assert_false(vm_is_empty(vm_at(0)));
	assert_int_equal(vcpu_at(0)->state, VCPU_OFF);
	assert_false(vcpu_at(0)->shared->known);
	assert_ptr_equal(sharing_after(vcpu_at(1), 5 * HARNESS_QUANTUM), vcpu_at(1));
}

static const struct harness_vm many[] = {
	{"many", 7, false, PLAN_HALT}, {"one", 1, false, PLAN_HALT}};

static unsigned count_awake(unsigned count)
{
	unsigned awake = 0;

	for (unsigned i = 0; i < count; i++)
		awake += sched_wants(&vcpu_at(i)->shared->entity);
	return awake;
}

/*
 * Many are woken at once: a decision sees to some of them, another one follows soon, and real time
 * does not wait for all of them.
 */
static void test_posts_are_done_in_steps(void **state)
{
	struct vcpu *vcpu;

	(void)state;
	harness_plan(many, 2);
	sharing_all(7, 1);
	sharing_real_time(7);
	vcpu = sharing_wait(sharing_boot());
	for (unsigned i = 1; i < 7; i++)
		assert_int_equal(vcpu_start(vcpu_at(i), 0x40000000, 0), VCPU_STARTED);
	for (unsigned i = 0; i < 7; i++) {
		vcpu = harness_attend(vcpu);
		vcpu = sharing_wait(vcpu);
	}
	assert_null(vcpu);
	fake.ticks += 20 * MS;
	fake_become(cpu_at(0));
	for (unsigned i = 0; i < 8; i++)
		shared_wake(vcpu_at(i)); /* the real-time one is the last */
	fake_take_kick(cpu_at(0));
	vcpu = harness_attend(vcpu_at(0));
	assert_ptr_equal(vcpu, vcpu_at(7));
	assert_int_equal(count_awake(7), 3);
	vcpu = sharing_wait(vcpu);
	assert_int_equal(count_awake(7), 7);
	assert_ptr_equal(vcpu, vcpu_at(0)); /* they kept their order */
	assert_ptr_equal(sharing_wait(vcpu), vcpu_at(1));
	assert_null(cpu_at(0)->shared->posted);
}

/* More than a decision sees to, and none of it for a vCPU that is on: the last one starts. */
static void test_no_sleep_over_posts(void **state)
{
	struct vcpu *vcpu;

	(void)state;
	harness_plan(many, 2);
	sharing_all(7, 1);
	vcpu = sharing_boot();
	while (vcpu)
		vcpu = sharing_wait(vcpu);
	fake_become(cpu_at(0));
	for (unsigned i = 1; i < 6; i++)
		shared_wake(vcpu_at(i));
	assert_int_equal(vcpu_start(vcpu_at(6), 0x40000000, 0), VCPU_STARTED);
	assert_true(fake_take_kick(cpu_at(0))); /* one for all of them */
	assert_ptr_equal(harness_attend(vcpu_at(0)), vcpu_at(6));
}

static const struct harness_vm three[] = {{"three", 3, false, PLAN_HALT}};

/* Who starts on another CPU than it was at home on, where one that may move, too, is loaded. */
static void test_start_elsewhere(void **state)
{
	struct vcpu *vcpu;

	(void)state;
	harness_plan(three, 1);
	sharing_all(3, 3);
	vcpu = sharing_boot();
	assert_ptr_equal(vcpu, vcpu_at(0));
	assert_int_equal(vcpu_start(vcpu_at(2), 0x40000000, 0), VCPU_STARTED);
	assert_ptr_equal(harness_attend(vcpu), vcpu);
	fake_become(cpu_at(1));
	assert_ptr_equal(harness_next(1), vcpu_at(2));
	fake_become(cpu_at(0));
	assert_int_equal(vcpu_start(vcpu_at(1), 0x40000000, 0), VCPU_STARTED);
	assert_ptr_equal(harness_attend(vcpu), vcpu);
	assert_ptr_equal(vcpu_at(1)->cpu, cpu_at(0));
	assert_ptr_equal(sharing_wait(vcpu_at(2)), vcpu_at(1));
	assert_ptr_equal(vcpu_at(1)->cpu, cpu_at(1));
	assert_int_equal(vcpu_at(1)->state, VCPU_ON);
}

/* One that may move, and has been out of the core since, waits for no VM's end to move. */
static void test_unloaded_while_another_leaves(void **state)
{
	struct vcpu *vcpu;
	uint64_t saves;

	(void)state;
	harness_plan(sharing_two, 2);
	harness_share(0, 1);
	harness_share(1, 3);
	vcpu = sharing_boot();
	assert_ptr_equal(vcpu, vcpu_at(0));
	vcpu = harness_fault_of(vcpu, &fault);
	assert_ptr_equal(vcpu, vcpu_at(1));
	saves = vcpu->shared->context.saves;
	assert_ptr_equal(sharing_after(vcpu, HARNESS_QUANTUM), vcpu);
	assert_int_equal(vm_at(0)->state, VM_HALTED);
	assert_int_equal(vcpu->shared->context.saves, saves + 1);
}

/* As long as a real-time vCPU of another VM runs, nobody is stopped in its time. */
static void test_leaving_takes_no_real_time(void **state)
{
	struct vcpu *manager, *task, *other;

	(void)state;
	harness_plan(sharing_with_tasks, 2);
	sharing_all(3, 1);
	harness_vm(0)->task_first = 1;
	sharing_real_time(3);
	other = sharing_boot();
	assert_ptr_equal(other, vcpu_at(3));
	manager = sharing_wait(other);
	assert_int_equal(sharing_create(manager, 1000 * MS, MS, 1000 * MS), 0);
	assert_int_equal(sharing_call(manager, HYPERCALL_RT_LAUNCH_APP, 0, 0, 0, 0, 0), 0);
	task = harness_attend(manager);
	assert_ptr_equal(task, vcpu_at(1));
	assert_int_equal(sharing_call(task, HYPERCALL_SCHED_YIELD, 0, 0, 0, 0, 0), 0);
	assert_ptr_equal(harness_attend(task), manager); /* the task sleeps for a second */
	fake.ticks += 10 * MS;
	fake_become(cpu_at(0));
	shared_wake(other);
	assert_ptr_equal(harness_attend(manager), other);
	fake_become(cpu_at(0));
	vm_stop(vm_at(0), PLAN_RESTART);
	assert_ptr_equal(sharing_after(other, MS), other);
	assert_int_equal(task->state, VCPU_ON);
	assert_int_equal(manager->state, VCPU_ON);
	sharing_wait(other);
	assert_int_equal(task->state, VCPU_OFF); /* long before its own turn */
	assert_int_equal(vm_at(0)->restarts, 1);
}

/* Where real time leaves nothing over, one that leaves does in its own time. */
static void test_leaving_in_its_own_time(void **state)
{
	struct vcpu *vcpu;

	(void)state;
	harness_plan(sharing_two, 2);
	sharing_real_time(0);
	sharing_real_time(1);
	vcpu = sharing_boot();
	assert_ptr_equal(vcpu, vcpu_at(0));
	vcpu = sharing_after(vcpu, 2 * MS);
	assert_ptr_equal(vcpu, vcpu_at(1));
	vcpu = sharing_after(vcpu, 2 * MS); /* nobody, until the next period */
	assert_ptr_equal(vcpu, vcpu_at(0));
	fake_become(cpu_at(0));
	vm_stop(vm_at(1), PLAN_HALT);
	vcpu = sharing_after(vcpu, 1);
	assert_ptr_equal(vcpu, vcpu_at(0));
	assert_int_equal(vcpu_at(1)->state, VCPU_ON);
	fake.timer[0] = ARCH_NEVER;
	vcpu = sharing_after(vcpu, 2 * MS);
	assert_int_equal(vcpu_at(1)->state, VCPU_OFF);
	assert_int_equal(vm_at(1)->state, VM_HALTED);
}

/* A UART that is slower than its guests: they come again, and nothing is lost. */
static void test_output_waits(void **state)
{
	static const uint64_t text[5] = {
		32, 0x6161616161616161, 0x6161616161616161, 0x6161616161616161, 0x0a61616161616161};
	struct vcpu *vcpu = sharing_boot_two();
	unsigned taken = 0, refused = 0, lines = 0;

	(void)state;
	fake.uart_room = 0;
	for (unsigned i = 0; i < 200; i++) {
		int64_t count = sharing_call(
			vcpu, HYPERCALL_CONSOLE_WRITE, text[0], text[1], text[2], text[3], text[4]);

		taken += count == 32;
		refused += count == 0;
	}
	assert_true(taken > 50 && refused > 50 && taken + refused == 200);
	fake.uart_room = 100;
	for (unsigned i = 0; i < 6; i++) {
		vcpu = sharing_after(vcpu, 1);
		assert_int_equal(fake.uart_room, 100 - 16 * (i + 1)); /* in small pieces, soon */
		assert_true(fake.timer[0] <= fake.ticks + MS / 10);
	}
	vcpu = sharing_after(vcpu, 1);
	assert_int_equal(fake.uart_room, 0);
	assert_true(fake.timer[0] > fake.ticks + MS / 10 && fake.timer[0] <= fake.ticks + MS);
	fake.uart_room = ~0u;
	for (unsigned i = 0; i < 4096 / 16; i++)
		vcpu = sharing_after(vcpu, MS / 10);
	for (const char *at = harness_said(); (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	assert_int_equal(lines, taken);
	assert_true(console_has_room());
}

/* What others said takes none of a real-time vCPU's time. */
static void test_real_time_sends_nothing(void **state)
{
	struct plan_vcpu *plan;
	struct vcpu *vcpu;

	(void)state;
	harness_plan(sharing_two, 2);
	harness_share(0, 1);
	plan = harness_share(1, 1);
	plan->period_ticks = plan->deadline_ticks = 10 * MS;
	plan->capacity_ticks = 2 * MS;
	vcpu = sharing_boot();
	assert_ptr_equal(vcpu, vcpu_at(1));
	fake.uart_room = 0;
	console_print("a line that waits");
	fake.uart_room = ~0u;
	assert_ptr_equal(sharing_after(vcpu, MS), vcpu_at(1));
	assert_string_equal(harness_said(), "");
	assert_int_equal(fake.timer[0], fake.ticks + MS); /* nor is it disturbed for that */
	assert_ptr_equal(sharing_after(vcpu, MS), vcpu_at(0));
	assert_int_equal(strlen(harness_said()), 16);
	sharing_after(vcpu_at(0), MS);
	assert_string_equal(harness_said(), "hat waits\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_restart_beside_another),
		cmocka_unit_test(test_one_halts_the_other_goes_on),
		cmocka_unit_test(test_posts_are_done_in_steps),
		cmocka_unit_test(test_no_sleep_over_posts),
		cmocka_unit_test(test_start_elsewhere),
		cmocka_unit_test(test_unloaded_while_another_leaves),
		cmocka_unit_test(test_leaving_takes_no_real_time),
		cmocka_unit_test(test_leaving_in_its_own_time),
		cmocka_unit_test(test_output_waits),
		cmocka_unit_test(test_real_time_sends_nothing),
	};

	return cmocka_run_group_tests_name("shared steps", tests, NULL, NULL);
}
