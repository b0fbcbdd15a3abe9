/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A task of the demonstration. A task cannot see in the clock how long it ran, as that goes on
 * while another one has the core: it counts rounds of a loop, whose speed the manager has measured.
 */
#include "demo.h"

#include "guest/lib/timer.h"

#define DEMO_WORK_PERCENT 90 /* of its capacity */
#define DEMO_SAMPLES      200
#define DEMO_SAMPLE_LOOPS 20000
#define DEMO_US_PER_S     1000000
#define DEMO_NOWHERE      0x50000000u /* where the VM has nothing */

static uint64_t demo_sample_ticks; /* for DEMO_SAMPLE_LOOPS rounds */

static __attribute__((noinline)) void demo_work(uint64_t loops)
{
	for (; loops; loops--)
		__asm__ volatile("");
}

/* The fastest of many samples was interrupted by nobody. */
void demo_calibrate(void)
{
	uint64_t best = UINT64_MAX;

	for (unsigned i = 0; i < DEMO_SAMPLES; i++) {
		uint64_t begin = timer_now(), ticks;

		demo_work(DEMO_SAMPLE_LOOPS);
		ticks = timer_now() - begin;
		if (ticks < best)
			best = ticks;
	}
	demo_sample_ticks = best ? best : 1;
}

static uint64_t demo_ticks(uint64_t us)
{
	return us * timer_frequency() / DEMO_US_PER_S;
}

static void demo_note(struct demo_task *task, uint64_t begin, uint64_t end)
{
	int64_t release = (int64_t)(task->jobs * task->period);
	int64_t first = (int64_t)begin - release, last = (int64_t)end - release;

	if (task->jobs == 0 || first < task->earliest_begin)
		task->earliest_begin = first;
	if (task->jobs == 0 || last > task->latest_end)
		task->latest_end = last;
	task->jobs++;
}

/* Works for most of its capacity by its own measure, notes it and ends its job. */
static void demo_run(void *argument)
{
	struct demo_task *task = argument;

	for (;;) {
		uint64_t begin = timer_now();

		demo_work(task->loops);
		if (task->parameters->manner == DEMO_OVERRUNS)
			continue;
		if (task->parameters->manner == DEMO_FAULTS && task->jobs == DEMO_FAULT_JOBS)
			*(volatile uint32_t *)(uintptr_t)DEMO_NOWHERE = 0;
		demo_note(task, begin, timer_now());
		realtime_end_job();
	}
}

int demo_create(struct demo_task *task, const struct demo_parameters *parameters)
{
	uint64_t ticks = demo_ticks(parameters->capacity_us) * DEMO_WORK_PERCENT / 100;
	int number;

	task->parameters = parameters;
	task->period = demo_ticks(parameters->period_us);
	task->loops = ticks * DEMO_SAMPLE_LOOPS / demo_sample_ticks;
	number = realtime_create(&(struct realtime_task){
		.function = demo_run,
		.argument = task,
		.stack = task->stack,
		.stack_bytes = sizeof(task->stack),
		.period_ns = parameters->period_us * 1000ull,
		.capacity_ns = parameters->capacity_us * 1000ull,
		.deadline_ns = parameters->deadline_us * 1000ull,
	});
	if (number >= 0)
		task->number = (unsigned)number;
	return number;
}

int demo_launch(struct demo_task *task)
{
	task->launched = timer_now();
	return realtime_launch(task->number);
}

uint64_t demo_due(const struct demo_task *task)
{
	return (timer_now() - task->launched) / task->period + 1;
}

uint64_t demo_response_us(const struct demo_task *task)
{
	if (task->jobs == 0)
		return 0;
	return timer_ticks_to_ns((uint64_t)(task->latest_end - task->earliest_begin)) / 1000;
}
