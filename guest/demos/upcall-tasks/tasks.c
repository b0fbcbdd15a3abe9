/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A real-time VM whose interrupts come by upcall: a storm of its timer for the manager, and a timer
 * of its own in each job of its tasks, one of which interrupts the other.
 */
#include "guest/lib/check.h"
#include "guest/lib/console.h"
#include "guest/lib/power.h"
#include "guest/lib/print.h"
#include "guest/lib/region.h"
#include "guest/lib/smp.h"
#include "guest/lib/start.h"
#include "guest/lib/timer.h"
#include "guest/lib/upcall.h"
#include "guest/realtime/realtime.h"

#define MS       1000000ull
#define TICKS    100
#define TICK_NS  100000
#define ALARM_NS 200000 /* after a job's begin */
#define TASKS    2

struct task {
	uint64_t period_ns;
	volatile uint64_t jobs, alarms;
	REALTIME_STACK(4096);
};

static struct task tasks[TASKS] = {{.period_ns = 5 * MS}, {.period_ns = 3 * MS}};
static volatile uint64_t manager_ticks;

static uint64_t ticks(uint64_t ns)
{
	return ns * (timer_frequency() / 1000) / 1000000;
}

/* On the vCPU whose timer it is: the manager's is the first, the tasks' follow. */
static void alarm(unsigned irq)
{
	(void)irq;
	if (smp_cpu() > 0) {
		tasks[smp_cpu() - 1].alarms++;
		return;
	}
	manager_ticks++;
	if (manager_ticks < TICKS)
		timer_arm(timer_now() + ticks(TICK_NS));
}

/* Each job waits for its alarm, awake. */
static void run(void *argument)
{
	struct task *task = argument;

	if (upcall_init() != 0)
		return;
	upcall_unmask();
	upcall_open();
	for (;;) {
		const uint64_t before = task->alarms;

		timer_arm(timer_now() + ticks(ALARM_NS));
		while (task->alarms == before)
			;
		task->jobs++;
		realtime_end_job();
	}
}

static void begin(struct task *task)
{
	int number = realtime_create(&(struct realtime_task){
		run, task, task->stack, sizeof(task->stack), task->period_ns, MS, task->period_ns});

	check(number >= 0 && realtime_launch((unsigned)number) == 0, "a task begins");
}

int main(uint64_t tree)
{
	(void)tree;
	console_init(CONSOLE_AUTO);
	check_init("upcall-tasks");
	realtime_init();
	check_equal((uint64_t)upcall_init(), 0, "the entry is registered");
	upcall_set_handler(upcall_timer_irq(), alarm);
	upcall_open();
	for (unsigned i = 0; i < TASKS; i++)
		begin(&tasks[i]);
	timer_arm(timer_now() + ticks(TICK_NS));
	upcall_mask();
	while (manager_ticks < TICKS) {
		upcall_wait();
		upcall_unmask();
		upcall_mask();
	}
	check_equal(manager_ticks, TICKS, "the manager's ticks");
	for (unsigned i = 0; i < TASKS; i++) {
		check(tasks[i].jobs >= TICKS * TICK_NS / tasks[i].period_ns, "jobs");
		check(tasks[i].alarms - tasks[i].jobs <= 1, "one alarm in each");
		check_equal(realtime_count(i, REALTIME_MISSES), 0, "missed deadlines");
	}
	check_report();
	power_off();
}
