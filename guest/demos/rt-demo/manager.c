/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A real-time VM at work: registers its tasks, starts them, and says each second how they do, as
 * the hypervisor counts and as the tasks themselves see it. The manager itself is best effort.
 */
#include "demo.h"
#include "guest/lib/console.h"
#include "guest/lib/hypercall.h"
#include "guest/lib/power.h"
#include "guest/lib/print.h"
#include "guest/lib/start.h"
#include "guest/lib/timer.h"

#ifndef DEMO_SECONDS
#define DEMO_SECONDS 6
#endif

struct demo {
	struct demo_task tasks[DEMO_TASKS_MOST];
	unsigned count;
};

static struct demo demo;

static _Noreturn void demo_fail(const char *what, unsigned task, int error)
{
	print("rt-demo: FAILED: task %u cannot be %s: error %c%u\n", task, what,
		error < 0 ? '-' : '+', (unsigned)(error < 0 ? -error : error));
	power_off();
}

static void demo_begin(void)
{
	static const char *const manners[] = {"", ", never ends its job", ", faults"};
	const struct demo_parameters *set;

	demo.count = demo_set(&set);
	for (unsigned i = 0; i < demo.count; i++) {
		int error = demo_create(&demo.tasks[i], &set[i]);

		if (error < 0)
			demo_fail("registered", i, error);
		print("rt-demo: task %u: period %u us, capacity %u us, deadline %u us%s\n", i,
			set[i].period_us, set[i].capacity_us, set[i].deadline_us,
			manners[set[i].manner]);
	}
	for (unsigned i = 0; i < demo.count; i++) {
		int error = demo_launch(&demo.tasks[i]);

		if (error < 0)
			demo_fail("started", i, error);
	}
}

/* Of the tasks that end their jobs. */
static uint64_t demo_sum(enum realtime_report what)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < demo.count; i++)
		if (demo.tasks[i].parameters->manner != DEMO_OVERRUNS)
			sum += realtime_count(demo.tasks[i].number, what);
	return sum;
}

/* Tasks whose worst response, as they saw it, was later than their deadline. */
static unsigned demo_late(void)
{
	unsigned late = 0;

	for (unsigned i = 0; i < demo.count; i++) {
		const struct demo_task *task = &demo.tasks[i];

		if (task->parameters->manner != DEMO_OVERRUNS)
			late += demo_response_us(task) > task->parameters->deadline_us;
	}
	return late;
}

static void demo_progress(unsigned second)
{
	print("rt-demo: %u s: jobs", second);
	for (unsigned i = 0; i < demo.count; i++)
		print(" %lu", realtime_count(demo.tasks[i].number, REALTIME_JOBS));
	print("; missed %lu; worst response", demo_sum(REALTIME_MISSES));
	for (unsigned i = 0; i < demo.count; i++)
		print(" %lu", demo_response_us(&demo.tasks[i]));
	print(" us\n");
}

static void demo_report_task(unsigned i)
{
	const struct demo_task *task = &demo.tasks[i];

	print("rt-demo: result: task %u: %lu jobs, worst response %lu us of %u us, budget used up "
	      "%lu "
	      "times\n",
		i, task->jobs, demo_response_us(task), task->parameters->deadline_us,
		realtime_count(task->number, REALTIME_EXHAUSTIONS));
}

static void demo_report(void)
{
	uint64_t due = 0, jobs = demo_sum(REALTIME_JOBS), misses = demo_sum(REALTIME_MISSES);

	for (unsigned i = 0; i < demo.count; i++) {
		if (demo.tasks[i].parameters->manner != DEMO_OVERRUNS)
			due += demo_due(&demo.tasks[i]);
	}
	for (unsigned i = 0; i < demo.count; i++)
		demo_report_task(i);
	if (misses == 0 && demo_late() == 0)
		print("rt-demo: result: every deadline met: %lu jobs of %lu\n", jobs, due);
	else
		print("rt-demo: result: %lu of %lu deadlines missed, %u tasks saw it\n", misses,
			due, demo_late());
}

int main(uint64_t tree)
{
	uint64_t begin;

	(void)tree;
	console_init(CONSOLE_AUTO);
	if (!hypercall_present()) {
		print("rt-demo: nobody here schedules its tasks: it needs a hypervisor\n");
		power_off();
	}
	realtime_init();
	demo_calibrate();
	demo_begin();
	begin = timer_now();
	for (unsigned second = 1; second <= DEMO_SECONDS; second++) {
		realtime_sleep_until(begin + second * timer_frequency());
		demo_progress(second);
	}
	demo_report();
	for (unsigned i = 0; i < demo.count; i++)
		realtime_delete(demo.tasks[i].number);
	power_off();
}
