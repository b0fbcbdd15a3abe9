/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The other VMs of the experiments: from BEGIN_MS on, when Linux has booted, they compute for ever.
 */
#include "guest/lib/irq.h"
#include "guest/lib/start.h"
#include "guest/lib/timer.h"

#ifndef BEGIN_MS
#define BEGIN_MS 6000
#endif

static void begin(unsigned irq, uint64_t arrival)
{
	(void)irq;
	(void)arrival;
	timer_disarm();
}

int main(uint64_t tree)
{
	uint64_t at = BEGIN_MS * (timer_frequency() / 1000);
	volatile uint64_t sum = tree;

	irq_init();
	irq_set_handler(timer_irq(), begin);
	irq_enable(timer_irq());
	timer_arm(at);
	irq_unmask();
	while (timer_now() < at)
		irq_wait();
	irq_mask();
	for (;;)
		sum = sum * 3 + 1;
}
