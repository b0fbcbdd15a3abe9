/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Real-time tasks that read what the hypervisor decided for them (docs/interface.md, section 13)
 * and hold it against their own clock: a short one that nobody interrupts, and a long one that the
 * short one interrupts.
 */
#include "guest/lib/check.h"
#include "guest/lib/console.h"
#include "guest/lib/power.h"
#include "guest/lib/print.h"
#include "guest/lib/region.h"
#include "guest/lib/start.h"
#include "guest/lib/timer.h"
#include "guest/realtime/realtime.h"

#define MS         1000000ull
#define RUN_NS     (200 * MS)
#define WORK_LOOPS 1000 /* between two looks */
#define SLACK_NS                                                                         \
	100000 /* what a switch, and the way from there to a look at the clock, may take \
		*/

struct task {
	uint64_t period_ns, capacity_ns, deadline_ns, work_ns;
	volatile uint64_t jobs;
	volatile uint64_t interruptions; /* of its jobs, by what it was told */
	struct region_decision first;    /* of its first job */
	const char *volatile wrong;      /* the first thing that was not so */
	REALTIME_STACK(4096);
};

/* The short one is due first whenever both want to run. */
static struct task quick = {10 * MS, 2 * MS, 5 * MS, 1 * MS, .wrong = 0};
static struct task slow = {40 * MS, 16 * MS, 38 * MS, 14 * MS, .wrong = 0};

static uint64_t ticks(uint64_t ns)
{
	return ns * (timer_frequency() / 1000) / 1000000;
}

static struct region_decision own_decision(void)
{
	return region_decision((unsigned)(region_own_vcpu() - region_vcpu(0)));
}

static void expect(struct task *task, bool good, const char *what)
{
	if (!good && !task->wrong)
		task->wrong = what;
}

/* Whether the clock showed `value` between the two, but for the slack. */
static bool is_between(uint64_t first, uint64_t value, uint64_t last)
{
	return value + ticks(SLACK_NS) >= first && value <= last + ticks(SLACK_NS);
}

/* What holds at each look of the task at what was decided last. */
static void look(struct task *task, const struct region_decision *seen)
{
	const uint64_t now = timer_now();
	const uint64_t due = task->first.deadline_ticks + task->jobs * ticks(task->period_ns);

	expect(task, seen->dispatched_ticks <= now, "it got the core in the past");
	expect(task, now <= seen->decision_ticks + ticks(SLACK_NS), "the decision is to come");
	expect(task, seen->decision_ticks > seen->dispatched_ticks, "decisions follow");
	expect(task, now - seen->dispatched_ticks <= seen->budget_ticks, "it is within its budget");
	expect(task, seen->decision_ticks <= seen->dispatched_ticks + seen->budget_ticks,
		"the budget's end is a decision");
	expect(task, seen->deadline_ticks == due, "deadlines are a period apart");
	expect(task, now < seen->deadline_ticks, "it is not late");
	expect(task, seen->deadline_ticks <= now + ticks(task->deadline_ns),
		"the job's deadline, not a later one");
}

/* The task had the core again: what it had before is what its budget has lost. */
static void look_again(
	struct task *task, const struct region_decision *before, const struct region_decision *now)
{
	uint64_t ran = now->ran_ticks - before->ran_ticks;

	task->interruptions++;
	expect(task, now->dispatches == before->dispatches + 1, "no dispatch was overlooked");
	expect(task, now->preemptions == before->preemptions + 1, "it was preempted");
	expect(task, before->budget_ticks - now->budget_ticks == ran, "what it ran was charged");
	expect(task, ran <= now->dispatched_ticks - before->dispatched_ticks,
		"it ran for no longer than has passed");
}

/* Works for as long as it must by the account of the time that it had, not of what has passed. */
static void work(struct task *task, struct region_decision *last)
{
	const uint64_t end = last->ran_ticks + ticks(task->work_ns);
	struct region_decision seen = *last;

	while (seen.ran_ticks + (timer_now() - seen.dispatched_ticks) < end) {
		seen = own_decision();
		if (seen.dispatches != last->dispatches)
			look_again(task, last, &seen);
		look(task, &seen);
		*last = seen;
		for (unsigned i = 0; i < WORK_LOOPS; i++)
			__asm__ volatile("");
	}
}

static void run(void *argument)
{
	struct task *task = argument;
	struct region_decision last = own_decision(), next;
	uint64_t end;

	task->first = last;
	/* The switch itself may have been counted. */
	expect(task, last.ran_ticks <= ticks(SLACK_NS) && last.dispatches == 1, "a new beginning");
	for (;;) {
		expect(task, last.budget_ticks >= ticks(task->capacity_ns), "all of the budget");
		work(task, &last);
		end = timer_now();
		realtime_end_job();
		task->jobs++;
		next = own_decision();
		expect(task,
			is_between(end, last.dispatched_ticks + (next.ran_ticks - last.ran_ticks),
				end),
			"what it had is what its clock says");
		expect(task, next.preemptions == last.preemptions, "to end a job is no preemption");
		last = next;
		look(task, &last);
	}
}

static void begin(struct task *task)
{
	int number = realtime_create(&(struct realtime_task){run, task, task->stack,
		sizeof(task->stack), task->period_ns, task->capacity_ns, task->deadline_ns});

	check(number >= 0 && realtime_launch((unsigned)number) == 0, "a task begins");
}

static void report(const struct task *task, unsigned number, uint64_t jobs)
{
	check(!task->wrong, task->wrong);
	check(task->jobs >= jobs, "jobs");
	check_equal(realtime_count(number, REALTIME_MISSES), 0, "missed deadlines");
	print("rt-decisions: task %u: %lu jobs, interrupted %lu times\n", number, task->jobs,
		task->interruptions);
}

int main(uint64_t tree)
{
	(void)tree;
	console_init(CONSOLE_AUTO);
	check_init("rt-decisions");
	realtime_init();
	check(region_find(), "there is a region");
	begin(&quick);
	begin(&slow);
	realtime_sleep_until(timer_now() + ticks(RUN_NS));
	report(&quick, 0, RUN_NS / quick.period_ns - 2);
	report(&slow, 1, RUN_NS / slow.period_ns - 2);
	check_equal(quick.interruptions, 0, "nobody interrupted the short one");
	check(slow.interruptions >= slow.jobs, "the short one interrupted the long one");
	check_report();
	power_off();
}
