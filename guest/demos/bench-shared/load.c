/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A real-time VM with eight tasks that take 90 % of the core: each job executes all instructions
 * that its capacity allows, but for those with which it looks at the clock and ends; the first one
 * fewer, as the start of its vCPU is on its budget. Misses are counted twice, by the hypervisor and
 * by the tasks themselves, from their first job's first instruction on.
 */
#include "guest/lib/print.h"
#include "guest/lib/timer.h"
#include "guest/realtime/realtime.h"
#include "machine.h"
#include "shared.h"

#define TASKS     8
#define ROUND_NS  400 /* capacities: whole ticks of each board's clock */
#define BEGIN_NS  (4000 * SHARED_NS_PER_MS)
#define SECOND_NS (1000 * SHARED_NS_PER_MS)
#define JOB_NS    1000  /* the rest of a job; an instruction is a nanosecond */
#define START_NS  15000 /* of the first job, more */

#ifndef SHARED_SECONDS
#define SHARED_SECONDS 60
#endif

struct load_task {
	REALTIME_STACK(2048);
	uint64_t period_ns, capacity_ns;
	uint64_t jobs, late, worst_ns; /* by its own clock */
};

static struct load_task tasks[TASKS] = {
	{.period_ns = 5 * SHARED_NS_PER_MS},
	{.period_ns = 8 * SHARED_NS_PER_MS},
	{.period_ns = 10 * SHARED_NS_PER_MS},
	{.period_ns = 12 * SHARED_NS_PER_MS},
	{.period_ns = 15 * SHARED_NS_PER_MS},
	{.period_ns = 20 * SHARED_NS_PER_MS},
	{.period_ns = 25 * SHARED_NS_PER_MS},
	{.period_ns = 40 * SHARED_NS_PER_MS},
};

static void job_loop(void *argument)
{
	struct load_task *task = argument;
	uint64_t released = shared_clock();

	for (;;) {
		uint64_t response;

		machine_spend(task->capacity_ns - JOB_NS - (task->jobs == 0 ? START_NS : 0));
		response = shared_clock() - released;
		if (response > task->worst_ns)
			task->worst_ns = response;
		task->late += response > task->period_ns;
		task->jobs++;
		realtime_end_job();
		released += task->period_ns;
	}
}

static int create(struct load_task *task)
{
	task->capacity_ns = task->period_ns * 9 / (10 * TASKS) / ROUND_NS * ROUND_NS;
	return realtime_create(&(struct realtime_task){
		.function = job_loop,
		.argument = task,
		.stack = task->stack,
		.stack_bytes = sizeof(task->stack),
		.period_ns = task->period_ns,
		.capacity_ns = task->capacity_ns,
		.deadline_ns = task->period_ns,
	});
}

static void report(unsigned second)
{
	uint64_t jobs = 0, misses = 0, late = 0, exhausted = 0;

	for (unsigned i = 0; i < TASKS; i++) {
		jobs += __atomic_load_n(&tasks[i].jobs, __ATOMIC_RELAXED);
		late += __atomic_load_n(&tasks[i].late, __ATOMIC_RELAXED);
		misses += realtime_count(i, REALTIME_MISSES);
		exhausted += realtime_count(i, REALTIME_EXHAUSTIONS);
	}
	print("load second %u jobs %lu misses %lu late %lu exhausted %lu\n", second, jobs, misses,
		late, exhausted);
}

void role_load(void)
{
	realtime_init();
	for (unsigned i = 0; i < TASKS; i++) {
		int task = create(&tasks[i]);

		if (task < 0) {
			print("shared: failed: task %u was refused: -%u\n", i, (unsigned)-task);
			return;
		}
	}
	realtime_sleep_until(shared_ticks(BEGIN_NS));
	for (unsigned i = 0; i < TASKS; i++)
		realtime_launch(i);
	for (unsigned second = 1; second <= SHARED_SECONDS; second++) {
		realtime_sleep_until(shared_ticks(BEGIN_NS + second * SECOND_NS));
		report(second);
	}
	for (unsigned i = 0; i < TASKS; i++)
		print("load task %u worst %lu of %lu ns\n", i, tasks[i].worst_ns,
			tasks[i].period_ns);
}
