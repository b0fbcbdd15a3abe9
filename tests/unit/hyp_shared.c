/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CPUs that several vCPUs share: what the scheduler decides is carried out, waits end, and guests
 * call for tasks.
 */
#include "tests/unit/sharing.h"

#include <string.h>

#include "hyp/core/shared.h"

#define MS SHARING_MS

static void test_they_take_turns(void **state)
{
	struct vcpu *vcpu = sharing_boot_two();

	(void)state;
	assert_ptr_equal(vcpu, vcpu_at(0));
	assert_ptr_equal(sharing_after(vcpu, HARNESS_QUANTUM / 2), vcpu_at(0));
	assert_ptr_equal(sharing_after(vcpu, HARNESS_QUANTUM / 2), vcpu_at(1));
	assert_ptr_equal(cpu_at(0)->vcpu, vcpu_at(1));
	assert_int_equal(vcpu_at(1)->state, VCPU_ON);
	assert_int_equal(vcpu_at(0)->shared->context.saves, 1);
	assert_int_equal(fake.timer[0], fake.ticks + HARNESS_QUANTUM);
	assert_ptr_equal(sharing_after(vcpu_at(1), HARNESS_QUANTUM), vcpu_at(0));
	assert_int_equal(vcpu_at(0)->shared->context.loads, 1);
	assert_int_equal(vcpu_at(0)->shared->entity.stats.ran_ticks, HARNESS_QUANTUM);
}

static void test_alone_there_is_no_end(void **state)
{
	struct vcpu *vcpu = sharing_boot_two();

	(void)state;
	vcpu = sharing_after(vcpu, HARNESS_QUANTUM); /* the other one starts */
	assert_ptr_equal(sharing_wait(vcpu), vcpu_at(0));
	assert_true(fake.timer[0] >= SCHED_NEVER);
}

static void test_waiting_gives_the_core_away(void **state)
{
	struct vcpu *vcpu = sharing_boot_two();

	(void)state;
	assert_ptr_equal(sharing_wait(vcpu), vcpu_at(1));
	assert_null(sharing_wait(vcpu_at(1)));
	assert_true(fake.timer[0] >= SCHED_NEVER);
	fake_become(cpu_at(0));
	shared_wake(vcpu_at(0));
	assert_true(fake.kicked[0]);
	assert_ptr_equal(harness_next(0), vcpu_at(0));
}

/* A guest's timer wakes it though its registers are another's. */
static void test_own_timer_ends_the_wait(void **state)
{
	struct vcpu *vcpu = sharing_boot_two();
	uint64_t start = fake.ticks;

	(void)state;
	vcpu->arch.timer = start + 3 * MS;
	vcpu = sharing_wait(vcpu);
	assert_ptr_equal(vcpu, vcpu_at(1));
	vcpu = sharing_wait(vcpu); /* nobody is left, and time moves on */
	assert_ptr_equal(vcpu, vcpu_at(0));
	assert_int_equal(fake.ticks, start + 3 * MS);
}

static void test_real_time_goes_first(void **state)
{
	struct plan_vcpu *plan;
	struct vcpu *vcpu;

	(void)state;
	harness_plan(sharing_two, 2);
	harness_share(0, 1);
	plan = harness_share(1, 1);
	plan->period_ticks = plan->deadline_ticks = 10 * MS;
	plan->capacity_ticks = 2 * MS;
	harness_vm(1)->preemptable = 0;
	vcpu = sharing_boot();
	assert_ptr_equal(vcpu, vcpu_at(1));
	assert_int_equal(fake.filter[0], IRQ_FILTER_REAL_TIME);
	assert_int_equal(fake.timer[0], fake.ticks + 2 * MS);
	vcpu = sharing_after(vcpu, 2 * MS); /* its budget is used up */
	assert_ptr_equal(vcpu, vcpu_at(0));
	assert_int_equal(fake.filter[0], IRQ_FILTER_NONE);
	assert_ptr_equal(sharing_after(vcpu, 7 * MS), vcpu_at(0));
	assert_ptr_equal(sharing_after(vcpu, 1 * MS), vcpu_at(1));
	assert_int_equal(vcpu_at(1)->shared->entity.stats.misses, 0);
}

static void arrive(void *vcpu)
{
	shared_arrived(vcpu, 40, true);
}

static void test_fast_interrupt(void **state)
{
	struct vcpu *vcpu;

	(void)state;
	harness_plan(sharing_two, 2);
	sharing_all(2, 1);
	harness_vm(1)->irq_policy = PLAN_RECYCLE_QUANTUM;
	vcpu = sharing_boot();
	vcpu = sharing_wait(
		sharing_after(vcpu, HARNESS_QUANTUM)); /* the second starts, and waits */
	assert_ptr_equal(vcpu, vcpu_at(0));
	fake.ticks += MS;
	fake_become(cpu_at(0));
	assert_int_equal(fake_run(arrive, vcpu_at(1)), FAKE_RETURNED);
	assert_ptr_equal(harness_attend(vcpu), vcpu_at(1));
	assert_int_equal(vcpu_at(1)->shared->entity.stats.fast, 1);
}

static void hand_over(void *to)
{
	shared_hand_over(cpu_at(0)->vcpu, to);
}

/* `vcpu` hands the core to `to`; who has it then. */
static struct vcpu *hand_to(struct vcpu *vcpu, struct vcpu *to)
{
	fake_become(vcpu->cpu);
	assert_int_equal(fake_run(hand_over, to), FAKE_RETURNED);
	return harness_attend(vcpu);
}

static const struct harness_vm three[] = {
	{"one", 1, false, PLAN_HALT}, {"two", 1, false, PLAN_HALT}, {"three", 1, false, PLAN_HALT}};

static struct vcpu *entered;

static void yield(void *vcpu)
{
	entered = shared_yield(vcpu);
}

/* Who has the core after a yield of `vcpu`. */
static struct vcpu *yielded(struct vcpu *vcpu)
{
	fake_become(vcpu->cpu);
	assert_int_equal(fake_run(yield, vcpu), FAKE_RETURNED);
	return entered;
}

static void wake(void *vcpu)
{
	shared_wake(vcpu);
}

/* All others come first, whichever way it goes; and alone it goes on. */
static void test_yield(void **state)
{
	struct vcpu *vcpu;

	(void)state;
	harness_plan(three, 3);
	sharing_all(3, 1);
	vcpu = sharing_boot();
	for (unsigned i = 1; i < 3; i++)
		vcpu = sharing_after(vcpu, HARNESS_QUANTUM);
	assert_ptr_equal(vcpu, vcpu_at(2));
	for (unsigned i = 0; i < 5; i++) {
		fake.ticks += MS;
		vcpu = yielded(vcpu);
		assert_ptr_equal(vcpu, vcpu_at(i % 3));
		assert_ptr_equal(cpu_at(0)->vcpu, vcpu);
	}
	assert_ptr_equal(vcpu, vcpu_at(1));
	assert_int_equal(
		sharing_call(vcpu, HYPERCALL_SCHED_YIELD, HYPERCALL_NEXT_TURN, 0, 0, 0, 0), 0);
	assert_ptr_equal(vcpu = harness_attend(vcpu), vcpu_at(2));
	vcpu = sharing_wait(vcpu);
	assert_ptr_equal(vcpu, vcpu_at(0));
	fake.ticks += MS;
	fake_become(cpu_at(0));
	assert_int_equal(fake_run(wake, vcpu_at(2)), FAKE_RETURNED);
	assert_ptr_equal(vcpu = yielded(vcpu), vcpu_at(1)); /* something was posted */
	assert_ptr_equal(vcpu = yielded(vcpu), vcpu_at(2));
	vcpu = sharing_wait(sharing_wait(vcpu));
	assert_ptr_equal(vcpu, vcpu_at(1));
	assert_ptr_equal(yielded(vcpu), vcpu);
}

/* Before one that waits longer, for the rest of this quantum; and back before its end. */
static void test_hand_over(void **state)
{
	struct vcpu *vcpu;

	(void)state;
	harness_plan(three, 3);
	sharing_all(3, 1);
	vcpu = sharing_after(sharing_after(sharing_boot(), HARNESS_QUANTUM), HARNESS_QUANTUM);
	assert_ptr_equal(sharing_wait(vcpu), vcpu_at(0));
	vcpu = sharing_after(vcpu_at(0), MS);
	fake.kicked[0] = false;
	assert_ptr_equal(hand_to(vcpu, vcpu_at(2)), vcpu_at(2));
	assert_ptr_equal(sharing_after(vcpu_at(2), MS), vcpu_at(2));
	assert_ptr_equal(hand_to(vcpu_at(2), vcpu_at(0)), vcpu_at(0));
	assert_ptr_equal(hand_to(vcpu_at(0), vcpu_at(2)), vcpu_at(2));
	assert_ptr_equal(sharing_wait(vcpu_at(2)), vcpu_at(0));
	assert_int_equal(fake.timer[0], fake.ticks + HARNESS_QUANTUM - 2 * MS);
	assert_false(fake.kicked[0]);
	assert_ptr_equal(sharing_after(vcpu_at(0), HARNESS_QUANTUM - 2 * MS), vcpu_at(1));
}

/* A task and a real-time vCPU that is due come first; the other one is awake all the same. */
static void test_hand_over_keeps_real_time(void **state)
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
	vcpu = sharing_wait(vcpu);
	assert_ptr_equal(sharing_wait(vcpu), NULL);
	fake.ticks += 20 * MS;
	fake_become(cpu_at(0));
	shared_wake(vcpu_at(1));
	assert_ptr_equal(harness_next(0), vcpu_at(1));
	assert_ptr_equal(hand_to(vcpu_at(1), vcpu_at(0)), vcpu_at(1));
	assert_ptr_equal(sharing_wait(vcpu_at(1)), vcpu_at(0));
	assert_ptr_equal(hand_to(vcpu_at(0), vcpu_at(1)), vcpu_at(1));
}

/* One at home on another CPU is woken there. */
static void test_hand_over_elsewhere(void **state)
{
	struct vcpu *vcpu;

	(void)state;
	harness_plan(sharing_two, 2);
	harness_share(0, 1);
	harness_share(1, 2);
	vcpu = sharing_boot();
	assert_ptr_equal(harness_next(1), vcpu_at(1));
	assert_null(sharing_wait(vcpu_at(1)));
	fake.kicked[1] = false;
	assert_ptr_equal(hand_to(vcpu, vcpu_at(1)), vcpu);
	assert_true(fake.kicked[1]);
	assert_ptr_equal(harness_next(1), vcpu_at(1));
}

/* A clock of its own stands while the vCPU wants the core and another has it. */
static void test_own_time(void **state)
{
	struct vcpu *vcpu;

	(void)state;
	harness_plan(sharing_two, 2);
	sharing_all(2, 1);
	harness_vm(0)->own_time = 1;
	vcpu = sharing_boot();
	vcpu = sharing_after(vcpu, HARNESS_QUANTUM);
	vcpu = sharing_after(vcpu, HARNESS_QUANTUM);
	assert_ptr_equal(vcpu, vcpu_at(0));
	assert_int_equal(vcpu->time_offset, HARNESS_QUANTUM);
	assert_int_equal(vcpu_at(1)->time_offset, 0);
	vcpu = sharing_wait(vcpu); /* time that it waits by its own wish counts */
	vcpu = sharing_after(vcpu, MS);
	fake_become(cpu_at(0));
	shared_wake(vcpu_at(0));
	vcpu = sharing_wait(harness_attend(vcpu));
	assert_ptr_equal(vcpu, vcpu_at(0));
	assert_int_equal(vcpu->time_offset, HARNESS_QUANTUM);
}

/* The second CPU, which has nothing to do, takes over whom the first has no time for. */
static void test_migration(void **state)
{
	struct vcpu *vcpu;

	(void)state;
	harness_plan(sharing_two, 2);
	sharing_all(2, 3);
	vcpu = sharing_boot();
	assert_ptr_equal(vcpu, vcpu_at(0));
	fake_become(cpu_at(1));
	assert_ptr_equal(harness_next(1), vcpu_at(1));
	assert_ptr_equal(vcpu_at(1)->cpu, cpu_at(1));
	assert_int_equal(vcpu_at(1)->arch.moves, 1);
	assert_ptr_equal(sharing_after(vcpu, 3 * HARNESS_QUANTUM), vcpu_at(0));
	fake_take_kick(cpu_at(1));
	assert_null(sharing_wait(vcpu_at(1)));
	assert_int_equal(vcpu_at(1)->shared->loaded, 0); /* anybody may take it */
	fake_become(cpu_at(0));
	shared_wake(vcpu_at(1));
	assert_true(fake_take_kick(cpu_at(1)));
}

static struct vcpu *boot_tasks_masked(uint64_t masked)
{
	harness_plan(sharing_with_tasks, 2)->masked_ticks = masked;
	sharing_all(4, 1);
	harness_vm(0)->task_first = 1;
	return sharing_boot();
}

static struct vcpu *boot_tasks(void)
{
	return boot_tasks_masked(0);
}

static void test_task_lives(void **state)
{
	struct vcpu *manager = boot_tasks(), *task;

	(void)state;
	assert_ptr_equal(manager, vcpu_at(0));
	assert_int_equal(sharing_create(manager, 10 * MS, 2 * MS, 10 * MS), 0);
	assert_int_equal(sharing_call(manager, HYPERCALL_RT_LAUNCH_APP, 0, 0, 0, 0, 0), 0);
	task = harness_attend(manager);
	assert_ptr_equal(task, vcpu_at(1));
	assert_int_equal(task->arch.pc, 0x40001000);
	assert_int_equal(task->arch.stack, 0x40009000);
	assert_int_equal(task->arch.argument, 0);
	fake.ticks += MS;
	assert_int_equal(sharing_call(task, HYPERCALL_SCHED_YIELD, 0, 0, 0, 0, 0), 0);
	assert_ptr_not_equal(harness_attend(task), task);
	assert_int_equal(
		sharing_call(manager, HYPERCALL_RT_REPORT, 0, HYPERCALL_REPORT_JOBS, 0, 0, 0), 1);
	assert_int_equal(sharing_call(manager, HYPERCALL_RT_NEXT_EVENT, 0, 0, 0, 0, 0),
		1 << (8 + HYPERCALL_REPORT_JOBS));
	assert_int_equal(
		sharing_call(manager, HYPERCALL_RT_NEXT_EVENT, 0, 0, 0, 0, 0), HYPERCALL_EMPTY);
	assert_ptr_not_equal(sharing_after(cpu_at(0)->vcpu, 8 * MS), task);
	assert_ptr_equal(sharing_after(cpu_at(0)->vcpu, MS), task); /* the next period */
	assert_int_equal(sharing_call(manager, HYPERCALL_RT_DELETE_APP, 0, 0, 0, 0, 0), 0);
	assert_ptr_not_equal(harness_attend(task), task);
	assert_int_equal(task->state, VCPU_OFF);
	assert_true(sharing_call(manager, HYPERCALL_RT_NEXT_EVENT, 0, 0, 0, 0, 0) >>
			    (8 + HYPERCALL_REPORT_ENDS) &
		    1);
}

/* What the plan says that a job may wait for the hypervisor counts here as in the host's test. */
static void test_masked_refusal(void **state)
{
	struct vcpu *manager = boot_tasks_masked(MS);

	(void)state;
	assert_int_equal(sharing_create(manager, 10 * MS, 8 * MS + 1, 10 * MS), HYPERCALL_REFUSED);
	assert_int_equal(sharing_create(manager, 10 * MS, 8 * MS, 10 * MS), 0);
}

static void test_refusals(void **state)
{
	struct vcpu *manager = boot_tasks(), *other = vcpu_at(3);

	(void)state;
	assert_int_equal(sharing_create(manager, 10 * MS, 0, 10 * MS), HYPERCALL_INVALID_PARAMETER);
	assert_int_equal(
		sharing_create(manager, 10 * MS, 6 * MS, 5 * MS), HYPERCALL_INVALID_PARAMETER);
	assert_int_equal(
		sharing_create(manager, 10 * MS, 6 * MS, 11 * MS), HYPERCALL_INVALID_PARAMETER);
	assert_int_equal(sharing_create(manager, ~0ull, ~0ull, ~0ull), HYPERCALL_INVALID_PARAMETER);
	assert_int_equal(sharing_create(manager, 10 * MS, 6 * MS, 10 * MS), 0);
	assert_int_equal(sharing_create(manager, 10 * MS, 6 * MS, 10 * MS), HYPERCALL_REFUSED);
	assert_int_equal(sharing_create(manager, 10 * MS, 3 * MS, 10 * MS), 1);
	assert_int_equal(sharing_create(manager, 10 * MS, 1 * MS, 10 * MS), HYPERCALL_NO_ROOM);
	assert_int_equal(sharing_create(other, 10 * MS, 1 * MS, 10 * MS), HYPERCALL_NO_ROOM);
	assert_int_equal(
		sharing_call(other, HYPERCALL_RT_LAUNCH_APP, 0, 0, 0, 0, 0), HYPERCALL_DENIED);
	assert_int_equal(sharing_call(manager, HYPERCALL_RT_LAUNCH_APP, 0, 2, 0, 0, 0),
		HYPERCALL_INVALID_PARAMETER);
	assert_int_equal(sharing_call(manager, HYPERCALL_RT_LAUNCH_APP, 9, 0, 0, 0, 0),
		HYPERCALL_INVALID_PARAMETER);
	assert_int_equal(sharing_call(manager, HYPERCALL_RT_LAUNCH_APP, 0, 0, 0, 0, 0), 0);
	assert_int_equal(sharing_call(manager, HYPERCALL_RT_LAUNCH_APP, 0, 0, 0, 0, 0),
		HYPERCALL_WRONG_STATE);
	assert_int_equal(sharing_call(manager, HYPERCALL_RT_DELETE_APP, 0, 1, 0, 0, 0), 0);
	assert_int_equal(sharing_call(manager, HYPERCALL_RT_DELETE_APP, 0, 1, 0, 0, 0),
		HYPERCALL_WRONG_STATE);
	assert_int_equal(sharing_create(manager, 10 * MS, 3 * MS, 10 * MS), 1);
	assert_int_equal(sharing_call(manager, 99, 0, 0, 0, 0, 0), HYPERCALL_NOT_SUPPORTED);
}

static void test_another_vm_may_control(void **state)
{
	struct vcpu *manager, *other = vcpu_at(3);

	(void)state;
	harness_plan(sharing_with_tasks, 2);
	sharing_all(4, 1);
	harness_vm(0)->task_first = 1;
	harness_vm(0)->controllers = 3;
	manager = sharing_boot();
	assert_int_equal(sharing_create(manager, 10 * MS, MS, 10 * MS), 0);
	assert_int_equal(sharing_call(other, HYPERCALL_RT_LAUNCH_APP, 0, 0, 0, 0, 0), 0);
	assert_ptr_equal(harness_attend(manager), vcpu_at(1));
}

static const struct fault fault = {.what = "jump", .syndrome = 1, .address = ADDRESS_NONE};

/* After a restart the VM has registered nothing. */
static void test_tasks_end_with_their_vm(void **state)
{
	struct vcpu *manager = boot_tasks();

	(void)state;
	assert_int_equal(sharing_create(manager, 10 * MS, 5 * MS, 10 * MS), 0);
	assert_int_equal(sharing_create(manager, 10 * MS, 5 * MS, 10 * MS), 1);
	assert_int_equal(sharing_call(manager, HYPERCALL_RT_LAUNCH_APP, 0, 0, 0, 0, 0), 0);
	assert_ptr_equal(harness_attend(manager), vcpu_at(1));
	harness_fault_of(vcpu_at(1), &fault);
	for (unsigned i = 0; i < 100 && vm_at(0)->restarts == 0; i++)
		sharing_after(cpu_at(0)->vcpu ? cpu_at(0)->vcpu : vcpu_at(3), MS);
	assert_int_equal(vm_at(0)->restarts, 1);
	assert_int_equal(sharing_create(manager, 10 * MS, 9 * MS, 10 * MS), 0);
}

static void test_parameters_of_the_guest(void **state)
{
	struct vcpu *manager = boot_tasks(), *task;

	(void)state;
	assert_int_equal(
		sharing_call(manager, HYPERCALL_SCHED_PASS_PARAM, HYPERCALL_PARAM_MODE, 7, 0, 0, 0),
		0);
	assert_int_equal(manager->shared->mode, 7);
	assert_int_equal(sharing_call(manager, HYPERCALL_SCHED_PASS_PARAM,
				 HYPERCALL_PARAM_SCHEDULER, 2, 0, 0, 0),
		0);
	assert_int_equal(manager->shared->scheduler, 2);
	assert_int_equal(sharing_call(manager, HYPERCALL_SCHED_PASS_PARAM, HYPERCALL_PARAM_DEADLINE,
				 MS, 0, 0, 0),
		HYPERCALL_WRONG_STATE);
	assert_int_equal(sharing_call(manager, HYPERCALL_SCHED_PASS_PARAM, 9, 0, 0, 0, 0),
		HYPERCALL_INVALID_PARAMETER);
	assert_int_equal(sharing_create(manager, 10 * MS, 2 * MS, 5 * MS), 0);
	assert_int_equal(sharing_call(manager, HYPERCALL_RT_LAUNCH_APP, 0, 0, 0, 0, 0), 0);
	task = harness_attend(manager);
	assert_int_equal(sharing_call(task, HYPERCALL_SCHED_PASS_PARAM, HYPERCALL_PARAM_DEADLINE,
				 MS, 0, 0, 0),
		HYPERCALL_INVALID_PARAMETER); /* before its own */
	assert_int_equal(sharing_call(task, HYPERCALL_SCHED_PASS_PARAM, HYPERCALL_PARAM_DEADLINE,
				 8 * MS, 0, 0, 0),
		0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_they_take_turns),
		cmocka_unit_test(test_alone_there_is_no_end),
		cmocka_unit_test(test_waiting_gives_the_core_away),
		cmocka_unit_test(test_own_timer_ends_the_wait),
		cmocka_unit_test(test_real_time_goes_first),
		cmocka_unit_test(test_yield),
		cmocka_unit_test(test_hand_over),
		cmocka_unit_test(test_hand_over_keeps_real_time),
		cmocka_unit_test(test_hand_over_elsewhere),
		cmocka_unit_test(test_fast_interrupt),
		cmocka_unit_test(test_own_time),
		cmocka_unit_test(test_migration),
		cmocka_unit_test(test_task_lives),
		cmocka_unit_test(test_masked_refusal),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_another_vm_may_control),
		cmocka_unit_test(test_tasks_end_with_their_vm),
		cmocka_unit_test(test_parameters_of_the_guest),
	};

	return cmocka_run_group_tests_name("shared", tests, NULL, NULL);
}
