/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sleeps until its timer wakes it, ten times a second, and says how late it was at worst.
 */
#include "guest/lib/console.h"
#include "guest/lib/irq.h"
#include "guest/lib/power.h"
#include "guest/lib/print.h"
#include "guest/lib/start.h"
#include "guest/lib/timer.h"

#define SLEEP_TIMES 30
#define SLEEP_PER_S 10

static struct {
	uint64_t deadline, latest; /* ticks */
	volatile unsigned times;
	unsigned returns; /* of the waiting instruction */
} sleep;

static void sleep_over(unsigned irq, uint64_t arrival)
{
	uint64_t late = arrival - sleep.deadline;

	(void)irq;
	if (late > sleep.latest)
		sleep.latest = late;
	sleep.times++;
	sleep.deadline += timer_frequency() / SLEEP_PER_S;
	timer_arm(sleep.deadline);
}

int main(uint64_t tree)
{
	(void)tree;
	console_init(CONSOLE_AUTO);
	irq_init();
	irq_set_handler(timer_irq(), sleep_over);
	irq_enable(timer_irq());
	print("shared-sleep: begins\n");
	sleep.deadline = timer_now() + timer_frequency() / SLEEP_PER_S;
	timer_arm(sleep.deadline);
	while (sleep.times < SLEEP_TIMES) {
		irq_wait();
		sleep.returns++;
		/* Unmasked only here: an interrupt between the test and the wait is not slept over.
		 */
		irq_unmask();
		irq_mask();
	}
	timer_disarm();
	print("shared-sleep: done: woken %u times by %u interrupts, %lu us late at most\n",
		sleep.returns, sleep.times, timer_ticks_to_ns(sleep.latest) / 1000);
	power_off();
}
