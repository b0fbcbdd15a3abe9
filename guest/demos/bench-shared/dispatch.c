/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A real-time VM with as many tasks as its description has room for; each notes the counter at the
 * first instruction of each job.
 */
#include "guest/lib/hypercall.h"
#include "guest/lib/print.h"
#include "guest/lib/timer.h"
#include "guest/realtime/realtime.h"
#include "machine.h"
#include "shared.h"

#define TASKS_MOST   REALTIME_TASKS_MOST
#define SAMPLES_MOST 64
#define PERIOD_NS    (10 * SHARED_NS_PER_MS)
#define CAPACITY_NS  60000
#define LAUNCH_NS    (PERIOD_NS / 100) /* apart, so that no release falls into another's job */

struct dispatch_task {
	REALTIME_STACK(2048);
	struct shared_gap gaps[SAMPLES_MOST];
	unsigned count;
};

static struct dispatch_task tasks[TASKS_MOST];

static void job_loop(void *argument)
{
	struct dispatch_task *task = argument;

	for (;;) {
		struct shared_gap gap;

		gap.came = machine_yield(0, &gap.left);
		if (task->count < SAMPLES_MOST)
			task->gaps[task->count++] = gap;
	}
}

/* Returns how many there are, or an error. */
static int create_tasks(void)
{
	for (int i = 0; i < TASKS_MOST; i++) {
		int task = realtime_create(&(struct realtime_task){
			.function = job_loop,
			.argument = &tasks[i],
			.stack = tasks[i].stack,
			.stack_bytes = sizeof(tasks[i].stack),
			.period_ns = PERIOD_NS,
			.capacity_ns = CAPACITY_NS,
			.deadline_ns = PERIOD_NS,
		});

		if (task == HYPERCALL_NO_ROOM)
			return i;
		if (task < 0)
			return task;
	}
	return TASKS_MOST;
}

/* The VM's number says which part of the period its tasks' releases fall into. */
void role_dispatch(void)
{
	uint64_t begin =
		10 * SHARED_NS_PER_MS + LAUNCH_NS * TASKS_MOST * (uint64_t)hypercall_get_id();
	int count;

	realtime_init();
	count = create_tasks();
	if (count < 0) {
		print("shared: failed: a task was refused: -%u\n", (unsigned)-count);
		return;
	}
	for (int i = 0; i < count; i++) {
		realtime_sleep_until(shared_ticks(begin + LAUNCH_NS * (uint64_t)i));
		realtime_launch((unsigned)i);
	}
	realtime_sleep_until(shared_ticks(SHARED_PRINT_NS));
	for (int i = 0; i < count; i++)
		shared_print("task", tasks[i].gaps, tasks[i].count);
}
