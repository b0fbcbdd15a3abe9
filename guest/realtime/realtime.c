/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The manager's and the tasks' calls of the hypervisor.
 */
#include "guest/realtime/realtime.h"

#include "guest/lib/hypercall.h"
#include "guest/lib/irq.h"
#include "guest/lib/timer.h"
#include "guest/realtime/entry.h"

#define REALTIME_NAP_US 1000

void realtime_init(void)
{
	entry_prepare_manager();
}

static bool realtime_stack_is_good(const struct realtime_task *task)
{
	return task->stack && ((uint64_t)task->stack | task->stack_bytes) % 16 == 0 &&
	       task->stack_bytes >= REALTIME_STACK_LEAST;
}

int realtime_create(const struct realtime_task *task)
{
	struct entry_record *record;

	if (!task->function || !realtime_stack_is_good(task))
		return HYPERCALL_INVALID_PARAMETER;
	record = (struct entry_record *)((uint8_t *)task->stack + task->stack_bytes) - 1;
	record->function = task->function;
	record->argument = task->argument;
	/* Seen by the task's vCPU, wherever that runs. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return (int)hypercall(HYPERCALL_RT_CREATE_APP, (uint64_t)entry_start, (uint64_t)record,
		task->period_ns, task->capacity_ns, task->deadline_ns);
}

int realtime_launch(unsigned task)
{
	return (int)hypercall(HYPERCALL_RT_LAUNCH_APP, (uint64_t)hypercall_get_id(), task, 0, 0, 0);
}

int realtime_delete(unsigned task)
{
	return (int)hypercall(HYPERCALL_RT_DELETE_APP, (uint64_t)hypercall_get_id(), task, 0, 0, 0);
}

void realtime_end_job(void)
{
	realtime_end_job_for(0);
}

void realtime_end_job_for(uint64_t delay_ns)
{
	hypercall(HYPERCALL_SCHED_YIELD, delay_ns, 0, 0, 0, 0);
}

int realtime_set_deadline(uint64_t deadline_ns)
{
	return (int)hypercall(
		HYPERCALL_SCHED_PASS_PARAM, HYPERCALL_PARAM_DEADLINE, deadline_ns, 0, 0, 0);
}

uint64_t realtime_count(unsigned task, enum realtime_report what)
{
	int64_t count = hypercall(HYPERCALL_RT_REPORT, task, what, 0, 0, 0);

	return count > 0 ? (uint64_t)count : 0;
}

bool realtime_next_event(struct realtime_event *event)
{
	int64_t next = hypercall(HYPERCALL_RT_NEXT_EVENT, 0, 0, 0, 0, 0);

	if (next < 0)
		return false;
	event->task = (unsigned)next & 0xff;
	event->what = (unsigned)(next >> 8);
	return true;
}

static void realtime_woken(unsigned irq, uint64_t arrival)
{
	(void)irq;
	(void)arrival;
	timer_disarm();
}

/* Sleeps by the CPU's own timer; with interrupts masked, as main begins. */
static void realtime_nap(uint64_t ticks)
{
	static bool ready;

	if (!ready) {
		irq_init();
		irq_set_handler(timer_irq(), realtime_woken);
		irq_enable(timer_irq());
		ready = true;
	}
	timer_arm(timer_now() + ticks);
	irq_wait();
	irq_unmask();
	irq_mask();
	timer_disarm();
}

/*
 * Gives the core away until something happens, at most for `ns`, if that is not 0. A manager with a
 * core for itself cannot give it away: then it sleeps, but for a moment only, as it will not be
 * woken.
 */
static void realtime_idle(uint64_t ns)
{
	uint64_t most = REALTIME_NAP_US * timer_frequency() / 1000000, ticks = most;

	if (hypercall(HYPERCALL_SCHED_YIELD, ns, 0, 0, 0, 0) != HYPERCALL_NOT_SUPPORTED)
		return;
	if (ns && ns < REALTIME_NAP_US * 1000)
		ticks = ns * timer_frequency() / 1000000000 + 1;
	realtime_nap(ticks < most ? ticks : most);
}

bool realtime_wait_event(struct realtime_event *event, uint64_t most_ns)
{
	uint64_t begin = timer_now();

	while (!realtime_next_event(event)) {
		uint64_t passed = timer_ticks_to_ns(timer_now() - begin);

		if (most_ns && passed >= most_ns)
			return false;
		realtime_idle(most_ns ? most_ns - passed : 0);
	}
	return true;
}

void realtime_sleep_until(uint64_t ticks)
{
	for (uint64_t now; (now = timer_now()) < ticks;) {
		uint64_t ns = timer_ticks_to_ns(ticks - now);

		realtime_idle(ns ? ns : 1); /* less than a nanosecond is left */
	}
}

void entry_run(unsigned task, void (*function)(void *argument), void *argument)
{
	function(argument);
	realtime_delete(task);
	/* Not reached; a task that could not be deleted costs nobody anything. */
	for (;;)
		realtime_end_job();
}
