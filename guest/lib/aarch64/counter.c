/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cycle counter, for measurements (Arm ARM D12).
 */
#include "guest/lib/aarch64/counter.h"

#include "guest/lib/timer.h"

#define PMCR_E        (1ull << 0)  /* counters run */
#define PMCR_LC       (1ull << 6)  /* PMCCNTR_EL0 is 64 bits wide */
#define PMCCFILTR_EL2 (1ull << 27) /* NSH: count at EL2 too */
#define PMCNTEN_C     (1ull << 31) /* the cycle counter */

#define COUNTER_NS_PER_S 1000000000ull
#define COUNTER_SAMPLES  256 /* more than enough to meet every phase of a tick */

void counter_init(void)
{
	system_write(pmcr_el0, PMCR_E | PMCR_LC);
	system_write(pmccfiltr_el0, PMCCFILTR_EL2);
	system_write(pmcntenset_el0, PMCNTEN_C);
	system_write(vbar_el1, (uint64_t)counter_vectors);
	system_isb();
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

		__asm__ volatile("mrs %0, cntvct_el0\n\tmrs %1, pmccntr_el0"
				 : "=r"(clock), "=r"(counter)::"memory");
		clock = clock * tick_ns - counter + 1;
		if (i == 0 || (int64_t)(clock - best) > 0)
			best = clock;
		if (i & 1)
			__asm__ volatile("nop");
	}
	return best;
}
