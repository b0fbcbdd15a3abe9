/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A control loop without the thing that it controls: wakes up every millisecond by the timer's
 * interrupt and notes how late it is. During the loop it makes no call of the hypervisor and
 * touches no device; the report comes afterwards.
 */
#include <stddef.h>

#include "guest/lib/console.h"
#include "guest/lib/irq.h"
#include "guest/lib/power.h"
#include "guest/lib/print.h"
#include "guest/lib/start.h"
#include "guest/lib/timer.h"

#ifndef CONTROL_PERIODS
#define CONTROL_PERIODS 3000
#endif
#define CONTROL_PERIODS_PER_S 1000

struct control {
	uint64_t period;   /* ticks */
	uint64_t deadline; /* of the wake-up that is next */
	volatile uint32_t done;
	uint32_t missed;
	uint32_t late[CONTROL_PERIODS]; /* ticks from deadline to handler */
};

static struct control control;

/* A wake-up after the next deadline misses that period: it is counted, and the beat is kept. */
static void control_tick(unsigned irq, uint64_t arrival)
{
	uint64_t late = arrival - control.deadline;

	(void)irq;
	control.late[control.done] = late < UINT32_MAX ? (uint32_t)late : UINT32_MAX;
	control.deadline += control.period;
	while (control.deadline <= arrival) {
		control.deadline += control.period;
		control.missed++;
	}
	control.done++;
	if (control.done < CONTROL_PERIODS)
		timer_arm(control.deadline);
	else
		timer_disarm();
}

static void control_run(void)
{
	irq_init();
	irq_set_handler(timer_irq(), control_tick);
	irq_enable(timer_irq());
	control.period = timer_frequency() / CONTROL_PERIODS_PER_S;
	control.deadline = timer_now() + control.period;
	timer_arm(control.deadline);
	while (control.done < CONTROL_PERIODS) {
		irq_wait();
		/* Unmasked only here: an interrupt between the test and the wait is not slept over.
		 */
		irq_unmask();
		irq_mask();
	}
}

/* Sifts the value at `root` down in a heap of `count` values, the largest first. */
static void control_sift(uint32_t *values, size_t root, size_t count)
{
	uint32_t value = values[root];

	for (size_t child; (child = 2 * root + 1) < count; root = child) {
		if (child + 1 < count && values[child + 1] > values[child])
			child++;
		if (values[child] <= value)
			break;
		values[root] = values[child];
	}
	values[root] = value;
}

static void control_sort(uint32_t *values, size_t count)
{
	for (size_t i = count / 2; i > 0; i--)
		control_sift(values, i - 1, count);
	for (size_t end = count; end > 1; end--) {
		uint32_t largest = values[0];

		values[0] = values[end - 1];
		values[end - 1] = largest;
		control_sift(values, 0, end - 1);
	}
}

static void control_print_row(uint64_t from, uint64_t to, uint32_t count)
{
	static const char bar[] = "##################################################";
	size_t length = (count * (sizeof(bar) - 1) + CONTROL_PERIODS - 1) / CONTROL_PERIODS;

	print("control: %9lu..%9lu ns %6u %s\n", timer_ticks_to_ns(from), timer_ticks_to_ns(to),
		count, bar + sizeof(bar) - 1 - length);
}

/* Rows that double in width: ticks 0, 1, 2..3, 4..7 and so on; empty rows are left out. */
static void control_print_histogram(void)
{
	uint64_t from = 0, end = 1;

	for (size_t i = 0; i < CONTROL_PERIODS; from = end, end *= 2) {
		uint32_t count = 0;

		for (; i < CONTROL_PERIODS && control.late[i] < end; i++)
			count++;
		if (count)
			control_print_row(from, end - 1, count);
	}
}

static uint64_t control_late_ns(size_t rank)
{
	return timer_ticks_to_ns(control.late[rank]);
}

int main(uint64_t tree)
{
	(void)tree;
	console_init(CONSOLE_AUTO);
	print("control: %u periods of 1 ms begin\n", CONTROL_PERIODS);
	control_run();
	control_sort(control.late, CONTROL_PERIODS);
	print("control: %u periods of 1 ms, jitter min/median/99%%/max = %lu/%lu/%lu/%lu ns, "
	      "missed %u\n",
		CONTROL_PERIODS, control_late_ns(0), control_late_ns(CONTROL_PERIODS / 2),
		control_late_ns((CONTROL_PERIODS * 99 + 99) / 100 - 1),
		control_late_ns(CONTROL_PERIODS - 1), control.missed);
	control_print_histogram();
	print("control: done\n");
	power_off();
}
