/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The counter of retired instructions, for measurements.
 */
#include "guest/lib/riscv64/counter.h"

#include "guest/lib/riscv64/exception.h"
#include "guest/lib/timer.h"

#define COUNTER_NS_PER_S 1000000000ull
#define COUNTER_SAMPLES  1024 /* more than enough to meet every phase of a tick */

void counter_init(void)
{
	system_write(stvec, (uint64_t)counter_vector);
}

/*
 * The clock is coarse: ticks x tick is at most a tick less than the true time, and equal to it for
 * some sample, as the samples drift through the tick (the loop's length is made odd by the nop or
 * its absence). The counter is read one instruction after the clock.
 */
uint64_t counter_epoch(void)
{
	uint64_t tick_ns = COUNTER_NS_PER_S / timer_frequency(), best = 0;

	for (unsigned i = 0; i < COUNTER_SAMPLES; i++) {
		uint64_t clock, counter;

		__asm__ volatile("csrr %0, time\n\tcsrr %1, instret"
				 : "=r"(clock), "=r"(counter)::"memory");
		clock = clock * tick_ns - counter + 1;
		if (i == 0 || (int64_t)(clock - best) > 0)
			best = clock;
		if (i & 1)
			__asm__ volatile("nop");
	}
	return best;
}
