/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cycle counter PMCCNTR_EL0 with EL2 included, for measurements. On QEMU it counts nanoseconds
 * of the virtual clock; with -icount shift=0 one instruction of any CPU is one nanosecond, so it
 * counts instructions exactly, and time skipped in WFI as well.
 */
#ifndef GUEST_LIB_AARCH64_COUNTER_H
#define GUEST_LIB_AARCH64_COUNTER_H

#include <stdint.h>

#include "guest/lib/aarch64/system.h"

/* Starts the calling CPU's counter, if it does not run yet, and lets its exceptions take the
 * counter instead of the clock into x18. Each CPU's counter has a zero of its own. */
void counter_init(void);

static inline uint64_t counter_read(void)
{
	return system_read(pmccntr_el0);
}

/*
 * The virtual clock in nanoseconds at which the calling CPU's counter was 0, modulo 2^64: with it,
 * counters of different CPUs and deadlines of timers can be compared. Exact only if the counter and
 * the clock advance in step, as they do under -icount.
 */
uint64_t counter_epoch(void);

extern const char counter_vectors[];

#endif
