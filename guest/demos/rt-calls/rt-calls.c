/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every answer that the real-time calls can give to the VM itself. The VM has three tasks' vCPUs on
 * a core of which real-time work may take 70 %; nothing else there is real-time.
 */
#include <stddef.h>

#include "guest/lib/check.h"
#include "guest/lib/console.h"
#include "guest/lib/hypercall.h"
#include "guest/lib/power.h"
#include "guest/lib/start.h"
#include "guest/lib/timer.h"
#include "guest/realtime/realtime.h"

#define CALLS_TASKS 3
#define CALLS_MS    1000000ull /* ns */
#define CALLS_US    1000ull

static struct calls_task {
	REALTIME_STACK(2048);
	volatile uint64_t jobs;
} calls_tasks[CALLS_TASKS];

/* Does next to nothing in each job. */
static void calls_beat(void *argument)
{
	struct calls_task *task = argument;

	for (;;) {
		task->jobs++;
		realtime_end_job();
	}
}

/* Two jobs. */
static void calls_return(void *argument)
{
	struct calls_task *task = argument;

	task->jobs++;
	realtime_end_job();
	task->jobs++;
}

/* Never ends its job. */
static void calls_overrun(void *argument)
{
	struct calls_task *task = argument;

	for (;;)
		task->jobs++;
}

/* A job that may be late: its deadline is later than the task's, and earlier is refused. */
static volatile int calls_later, calls_earlier;

static void calls_late(void *argument)
{
	struct calls_task *task = argument;

	calls_later = realtime_set_deadline(9 * CALLS_MS);
	calls_earlier = realtime_set_deadline(1 * CALLS_MS);
	calls_beat(task);
}

/* Notes how long it was from the end of its first job to the next one, which it puts off. */
static volatile uint64_t calls_put_off_ns;

static void calls_put_off(void *argument)
{
	const uint64_t begin = timer_now();

	realtime_end_job_for(23 * CALLS_MS);
	calls_put_off_ns = timer_ticks_to_ns(timer_now() - begin);
	calls_beat(argument);
}

static int calls_create(unsigned stack, void (*function)(void *argument), uint64_t period_ns,
	uint64_t capacity_ns, uint64_t deadline_ns)
{
	struct calls_task *task = &calls_tasks[stack];

	task->jobs = 0;
	return realtime_create(&(struct realtime_task){function, task, task->stack,
		sizeof(task->stack), period_ns, capacity_ns, deadline_ns});
}

static void calls_sleep(uint64_t ms)
{
	realtime_sleep_until(timer_now() + ms * timer_frequency() / 1000);
}

static void calls_expect(int64_t result, int64_t expected, const char *what)
{
	check_equal((uint64_t)result, (uint64_t)expected, what);
}

static void calls_invalid(void)
{
	static const struct {
		uint64_t period, capacity, deadline;
		const char *what;
	} bad[] = {
		{10 * CALLS_MS, 0, 10 * CALLS_MS, "no capacity"},
		{10 * CALLS_MS, 5 * CALLS_MS, 4 * CALLS_MS, "a capacity above the deadline"},
		{10 * CALLS_MS, CALLS_MS, 11 * CALLS_MS, "a deadline after the period"},
		{UINT64_MAX, CALLS_MS, CALLS_MS, "a period without end"},
		{0, 0, 0, "nothing at all"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		calls_expect(calls_create(0, calls_beat, bad[i].period, bad[i].capacity,
				     bad[i].deadline),
			HYPERCALL_INVALID_PARAMETER, bad[i].what);
	calls_expect(
		realtime_launch(CALLS_TASKS), HYPERCALL_INVALID_PARAMETER, "launch of no task");
	calls_expect(realtime_delete(UINT32_MAX), HYPERCALL_INVALID_PARAMETER, "end of no task");
	calls_expect(hypercall(HYPERCALL_RT_LAUNCH_APP, 99, 0, 0, 0, 0),
		HYPERCALL_INVALID_PARAMETER, "launch in no VM");
	calls_expect(hypercall(HYPERCALL_RT_REPORT, CALLS_TASKS, 0, 0, 0, 0),
		HYPERCALL_INVALID_PARAMETER, "report of no task");
	calls_expect(hypercall(HYPERCALL_RT_REPORT, 0, 99, 0, 0, 0), HYPERCALL_INVALID_PARAMETER,
		"report of nothing");
	calls_expect(hypercall(HYPERCALL_SCHED_PASS_PARAM, 99, 0, 0, 0, 0),
		HYPERCALL_INVALID_PARAMETER, "no parameter");
	calls_expect(hypercall(HYPERCALL_COUNT, 0, 0, 0, 0, 0), HYPERCALL_NOT_SUPPORTED, "no call");
}

static void calls_wrong_state(void)
{
	calls_expect(realtime_launch(0), HYPERCALL_WRONG_STATE, "launch before it is registered");
	calls_expect(realtime_delete(0), HYPERCALL_WRONG_STATE, "end before it is registered");
	calls_expect(realtime_set_deadline(CALLS_MS), HYPERCALL_WRONG_STATE,
		"a deadline of what is not real-time");
}

/* Fills the VM's tasks, with refusals on the way; ends with all of them free. */
static void calls_admission(void)
{
	calls_expect(calls_create(0, calls_beat, 10 * CALLS_MS, 8 * CALLS_MS, 10 * CALLS_MS),
		HYPERCALL_REFUSED, "more than the reserve leaves");
	calls_expect(calls_create(0, calls_beat, 10 * CALLS_MS, 2 * CALLS_MS, 2500 * CALLS_US), 0,
		"the first task");
	calls_expect(calls_create(1, calls_beat, 10 * CALLS_MS, 1 * CALLS_MS, 2600 * CALLS_US),
		HYPERCALL_REFUSED, "30 %, but too much before the second deadline");
	calls_expect(calls_create(1, calls_beat, 10 * CALLS_MS, 1 * CALLS_MS, 3500 * CALLS_US), 1,
		"the same with a later deadline");
	calls_expect(calls_create(2, calls_beat, 10 * CALLS_MS, 4500 * CALLS_US, 10 * CALLS_MS),
		HYPERCALL_REFUSED, "75 % in all");
	calls_expect(calls_create(2, calls_beat, 10 * CALLS_MS, 3500 * CALLS_US, 10 * CALLS_MS), 2,
		"65 % in all");
	calls_expect(calls_create(2, calls_beat, 10 * CALLS_MS, CALLS_US, 10 * CALLS_MS),
		HYPERCALL_NO_ROOM, "a fourth task");
	calls_expect(realtime_delete(2), 0, "end of a task that was never started");
	calls_expect(calls_create(2, calls_beat, 10 * CALLS_MS, 3500 * CALLS_US, 10 * CALLS_MS), 2,
		"its share once more");
	for (unsigned i = 0; i < CALLS_TASKS; i++)
		calls_expect(realtime_delete(i), 0, "end of all");
}

static unsigned calls_events(unsigned task)
{
	struct realtime_event event;
	unsigned what = 0;

	while (realtime_next_event(&event))
		what |= event.task == task ? event.what : 0;
	return what;
}

static void calls_life(void)
{
	uint64_t begin, jobs, periods;

	calls_expect(
		calls_create(0, calls_beat, 5 * CALLS_MS, CALLS_MS, 5 * CALLS_MS), 0, "a task");
	calls_events(0);
	calls_expect(realtime_launch(0), 0, "its launch");
	calls_expect(realtime_launch(0), HYPERCALL_WRONG_STATE, "its launch while it runs");
	begin = timer_now();
	calls_sleep(52);
	jobs = calls_tasks[0].jobs;
	periods = timer_ticks_to_ns(timer_now() - begin) / (5 * CALLS_MS);
	check(jobs >= periods && jobs <= periods + 2, "a job each 5 ms");
	check(realtime_count(0, REALTIME_JOBS) - jobs <= 1, "the hypervisor counts the same");
	check(realtime_count(0, REALTIME_MISSES) == 0, "no deadline is missed");
	check(realtime_count(0, REALTIME_EXHAUSTIONS) == 0, "no budget is used up");
	check_equal(calls_events(0), 1 << REALTIME_JOBS, "the ends of jobs are reported");
	calls_expect(realtime_delete(0), 0, "its end");
	calls_expect(realtime_delete(0), HYPERCALL_WRONG_STATE, "its end once more");
	calls_expect(realtime_launch(0), HYPERCALL_WRONG_STATE, "its launch after its end");
	jobs = calls_tasks[0].jobs;
	calls_sleep(20);
	check_equal(calls_tasks[0].jobs, jobs, "it does nothing after its end");
	check(calls_events(0) >> REALTIME_ENDS & 1, "its end is reported");
}

static void calls_returning(void)
{
	struct realtime_event event = {0};
	bool ended = false;

	calls_expect(calls_create(1, calls_return, 5 * CALLS_MS, CALLS_MS, 5 * CALLS_MS), 0,
		"a short one");
	calls_expect(realtime_launch(0), 0, "its launch");
	while (!ended && realtime_wait_event(&event, 100 * CALLS_MS))
		ended = event.what >> REALTIME_ENDS & 1;
	check(ended, "a task that returns is deleted");
	check_equal(calls_tasks[1].jobs, 2, "after two jobs");
	check(!realtime_wait_event(&event, 10 * CALLS_MS), "and nothing more is reported");
}

static void calls_overrunning(void)
{
	struct realtime_event event = {0};
	uint64_t begin = timer_now(), waited;
	unsigned what = 0;

	calls_expect(calls_create(2, calls_overrun, 5 * CALLS_MS, CALLS_MS, 5 * CALLS_MS), 0,
		"one that overruns");
	calls_expect(realtime_launch(0), 0, "its launch");
	while (!(what >> REALTIME_MISSES & 1) && realtime_wait_event(&event, 100 * CALLS_MS))
		what |= event.what;
	waited = timer_ticks_to_ns(timer_now() - begin);
	check(what >> REALTIME_EXHAUSTIONS & 1, "its budget's end is reported");
	check(what >> REALTIME_MISSES & 1, "its missed deadline is reported");
	check(waited < 50 * CALLS_MS, "and soon");
	calls_sleep(50);
	check(realtime_count(0, REALTIME_EXHAUSTIONS) >= 9, "its budget is used up each period");
	calls_expect(realtime_delete(0), 0, "its end");
}

static void calls_deadline(void)
{
	calls_expect(calls_create(2, calls_late, 10 * CALLS_MS, CALLS_MS, 5 * CALLS_MS), 0,
		"a late one");
	calls_expect(realtime_launch(0), 0, "its launch");
	calls_sleep(5);
	calls_expect(calls_later, 0, "a later deadline");
	calls_expect(calls_earlier, HYPERCALL_INVALID_PARAMETER, "an earlier deadline");
	check(realtime_count(0, REALTIME_MISSES) == 0, "which is kept");
	calls_expect(realtime_delete(0), 0, "its end");
}

static void calls_putting_off(void)
{
	calls_expect(calls_create(2, calls_put_off, 5 * CALLS_MS, CALLS_MS, 5 * CALLS_MS), 0,
		"one that puts a job off");
	calls_expect(realtime_launch(0), 0, "its launch");
	calls_sleep(40);
	check(calls_put_off_ns >= 23 * CALLS_MS && calls_put_off_ns < 28 * CALLS_MS,
		"the next job");
	check(realtime_count(0, REALTIME_MISSES) == 0, "no deadline is missed");
	calls_expect(realtime_delete(0), 0, "its end");
}

int main(uint64_t tree)
{
	(void)tree;
	console_init(CONSOLE_AUTO);
	check_init("rt-calls");
	realtime_init();
	calls_invalid();
	calls_wrong_state();
	calls_expect(hypercall(HYPERCALL_SCHED_PASS_PARAM, HYPERCALL_PARAM_SCHEDULER, 0, 0, 0, 0),
		0, "its scheduler");
	calls_expect(hypercall(HYPERCALL_SCHED_PASS_PARAM, HYPERCALL_PARAM_MODE, 7, 0, 0, 0), 0,
		"its mode");
	calls_admission();
	calls_life();
	calls_returning();
	calls_overrunning();
	calls_deadline();
	calls_putting_off();
	check_report();
	power_off();
}
