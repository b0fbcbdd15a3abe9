/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sections 11 to 14: scheduling, real-time tasks, what the hypervisor decided, upcalls.
 */
#include "conformance.h"
#include "guest/lib/hypercall.h"
#include "guest/lib/irq.h"
#include "guest/lib/print.h"
#include "guest/lib/region.h"
#include "guest/lib/timer.h"
#include "guest/realtime/realtime.h"

#define PERIOD   (10 * CONFORMANCE_MS)
#define CAPACITY (1 * CONFORMANCE_MS)

static bool has_scheduling, has_tasks;

static int64_t call(uint64_t number, uint64_t a, uint64_t b)
{
	return hypercall(number, a, b, 0, 0, 0);
}

static int64_t timed_yield(uint64_t ns, uint64_t *took)
{
	uint64_t begin = timer_now();
	int64_t result = call(HYPERCALL_SCHED_YIELD, ns, 0);

	*took = timer_ticks_to_ns(timer_now() - begin);
	return result;
}

static void test_yield(void)
{
	uint64_t took;

	clause("SCH-1");
	irq_poll();
	expect_equal(timed_yield(5 * CONFORMANCE_MS, &took), HYPERCALL_OK, "a short sleep");
	expect(took >= 5 * CONFORMANCE_MS, "for as long as was said");
	timer_arm(timer_now() + timer_frequency() / 200);
	expect_equal(timed_yield(0, &took), HYPERCALL_OK, "until an interrupt");
	expect_equal(timed_yield(0, &took), HYPERCALL_OK, "while one waits");
	expect_equal(timed_yield(HYPERCALL_NEXT_TURN, &took), HYPERCALL_OK, "the next turn");
	irq_poll();
	clause("SCH-3");
	expect_equal(call(HYPERCALL_SCHED_PASS_PARAM, HYPERCALL_PARAM_SCHEDULER, 1), HYPERCALL_OK,
		"a scheduler");
	expect_equal(
		call(HYPERCALL_SCHED_PASS_PARAM, HYPERCALL_PARAM_MODE, 2), HYPERCALL_OK, "a mode");
	expect_equal(call(HYPERCALL_SCHED_PASS_PARAM, 3, 0), HYPERCALL_INVALID_PARAMETER,
		"no parameter");
}

void test_scheduling(void)
{
	has_scheduling = call(HYPERCALL_SCHED_PASS_PARAM, HYPERCALL_PARAM_SCHEDULER, 0) !=
			 HYPERCALL_NOT_SUPPORTED;
	if (has_scheduling) {
		test_yield();
	} else {
		clause("SCH-5");
		expect_equal(call(HYPERCALL_SCHED_YIELD, 1, 0), HYPERCALL_NOT_SUPPORTED, "yield");
	}
}

/* A task that counts its jobs; the second one lets its own deadline be later. */
static struct {
	REALTIME_STACK(2048);
} stacks[2];
static volatile uint64_t jobs, overruns;
static volatile int64_t later, earlier;

static void beat(void *argument)
{
	(void)argument;
	for (;;) {
		jobs = jobs + 1;
		realtime_end_job();
	}
}

static void overrun(void *argument)
{
	(void)argument;
	later = realtime_set_deadline(PERIOD);
	earlier = realtime_set_deadline(CAPACITY);
	for (;;)
		overruns = overruns + 1;
}

static int create(unsigned stack, void (*function)(void *argument), uint64_t capacity)
{
	return realtime_create(&(struct realtime_task){function, NULL, stacks[stack].stack,
		sizeof(stacks[stack].stack), PERIOD, capacity, PERIOD / 2});
}

static int64_t create_call(uint64_t period, uint64_t capacity, uint64_t deadline)
{
	return hypercall(HYPERCALL_RT_CREATE_APP, 0, 0, period, capacity, deadline);
}

static void sleep_ns(uint64_t ns)
{
	realtime_sleep_until(region_deadline(ns));
}

static void test_creating(int *task)
{
	clause("RT-2");
	expect_equal(create_call(PERIOD, 0, PERIOD), HYPERCALL_INVALID_PARAMETER, "no capacity");
	expect_equal(create_call(PERIOD, PERIOD / 2, PERIOD / 4), HYPERCALL_INVALID_PARAMETER,
		"a deadline below the capacity");
	expect_equal(create_call(PERIOD, CAPACITY, PERIOD + CONFORMANCE_MS),
		HYPERCALL_INVALID_PARAMETER, "a deadline after the period");
	expect_equal(create_call(UINT64_MAX, CAPACITY, PERIOD), HYPERCALL_INVALID_PARAMETER,
		"a period without end");
	expect_equal(create_call(PERIOD, PERIOD, PERIOD), HYPERCALL_REFUSED, "all of the core");
	clause("RT-1");
	*task = create(0, beat, CAPACITY);
	expect(*task >= 0, "a task");
}

static void test_control(uint64_t task)
{
	uint64_t own = region_get()->vm;

	clause("RT-3");
	expect_equal(call(HYPERCALL_RT_LAUNCH_APP, own, task), HYPERCALL_OK, "its launch");
	sleep_ns(10 * PERIOD);
	expect(jobs >= 9 && jobs <= 12, "a job in each period");
	clause("RT-5");
	expect_equal(call(HYPERCALL_RT_LAUNCH_APP, own, task), HYPERCALL_WRONG_STATE, "again");
	expect_equal(
		call(HYPERCALL_RT_LAUNCH_APP, own, 99), HYPERCALL_INVALID_PARAMETER, "no task");
	expect_equal(call(HYPERCALL_RT_DELETE_APP, region_get()->vm_count, 0),
		HYPERCALL_INVALID_PARAMETER, "no VM");
	clause("RT-6");
	expect(call(HYPERCALL_RT_REPORT, task, HYPERCALL_REPORT_JOBS) >= 9, "its jobs");
	expect_equal(call(HYPERCALL_RT_REPORT, task, HYPERCALL_REPORT_MISSES), 0, "its misses");
	expect_equal(call(HYPERCALL_RT_REPORT, task, 99), HYPERCALL_INVALID_PARAMETER, "no report");
	clause("RT-7");
	expect(call(HYPERCALL_RT_NEXT_EVENT, 0, 0) == (int64_t)(task | 1 << 8), "jobs ended");
	while (call(HYPERCALL_RT_NEXT_EVENT, 0, 0) != HYPERCALL_EMPTY)
		;
	clause("RT-4");
	expect_equal(call(HYPERCALL_RT_DELETE_APP, own, task), HYPERCALL_OK, "its end");
	expect_equal(call(HYPERCALL_RT_DELETE_APP, own, task), HYPERCALL_WRONG_STATE, "again");
	jobs = 0;
	sleep_ns(2 * PERIOD);
	expect(jobs == 0, "it does nothing any more");
}

static void test_overrun(void)
{
	int task = create(1, overrun, CAPACITY);
	uint64_t took;

	clause("RT-8");
	expect(task >= 0 && realtime_launch((unsigned)task) == 0, "a task that overruns");
	sleep_ns(10 * PERIOD);
	expect(realtime_count((unsigned)task, REALTIME_EXHAUSTIONS) >= 8, "its budget's ends");
	clause("SCH-4");
	expect_equal(later, HYPERCALL_OK, "a later deadline");
	expect_equal(earlier, HYPERCALL_INVALID_PARAMETER, "an earlier one");
	expect_equal(call(HYPERCALL_SCHED_PASS_PARAM, HYPERCALL_PARAM_DEADLINE, PERIOD),
		HYPERCALL_WRONG_STATE, "of a vCPU that is not real-time");
	clause("RT-9");
	while (call(HYPERCALL_RT_NEXT_EVENT, 0, 0) != HYPERCALL_EMPTY)
		;
	if (has_scheduling) {
		expect_equal(timed_yield(100 * PERIOD, &took), HYPERCALL_OK, "a long sleep");
		expect(took < 50 * PERIOD, "ended by what happens to the task");
	} else {
		not_applicable("the manager has a core for itself");
	}
	expect_equal(realtime_delete((unsigned)task), 0, "its end");
}

void test_tasks(void)
{
	int task;

	has_tasks = create_call(0, 0, 0) == HYPERCALL_INVALID_PARAMETER &&
		    create_call(PERIOD, CONFORMANCE_MS / 100, PERIOD) >= 0;
	if (!has_tasks) {
		print("conformance: no tasks are described\n");
		return;
	}
	realtime_delete(0);
	realtime_init();
	test_creating(&task);
	if (task < 0)
		return;
	test_control((uint64_t)task);
	test_overrun();
	clause("SCH-2");
	expect(jobs == 0, "jobs end by it");
}

static void test_own_decisions(void)
{
	struct region_decision before, after;
	uint64_t took;

	clause("DEC-2");
	/* What is pending, or news of a task, would end the sleep at once. */
	irq_poll();
	irq_poll();
	timed_yield(2, &took);
	before = region_decision(0);
	timed_yield(5 * CONFORMANCE_MS, &took);
	expect(took >= 5 * CONFORMANCE_MS, "it slept");
	after = region_decision(0);
	expect(after.dispatches > before.dispatches, "the core was got again");
	expect(after.ran_ticks > before.ran_ticks, "some time was used");
	expect(after.dispatched_ticks > before.dispatched_ticks, "later");
	expect(timer_ticks_to_ns(after.ran_ticks - before.ran_ticks) < 5 * CONFORMANCE_MS,
		"but not while it slept");
	expect(after.dispatched_ticks <= timer_now(), "and not in the future");
	clause("DEC-3");
	expect_equal(region_vcpu(0)->sequence % 2, 0, "nothing is half written");
	clause("DEC-4");
	expect(after.decision_ticks >= after.dispatched_ticks, "the next decision is later");
}

void test_decisions(void)
{
	const struct region_vcpu *vcpu = region_own_vcpu();

	clause("DEC-1");
	expect_equal(vcpu->is_shared, has_scheduling, "whether the vCPU shares its core");
	if (has_scheduling) {
		test_own_decisions();
	} else {
		clause("DEC-2");
		expect_equal((int64_t)(vcpu->ran_ticks | vcpu->dispatches | vcpu->decision_ticks),
			0, "nothing is decided");
	}
	clause("UPC-1");
	expect_equal(call(HYPERCALL_UPCALL_SET, 0x1000, 0), HYPERCALL_DENIED,
		"interrupts that come another way");
}
