/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The counter of retired instructions, for measurements. It counts in all modes; on QEMU with
 * -icount it counts the instructions of all harts.
 */
#ifndef GUEST_LIB_RISCV64_COUNTER_H
#define GUEST_LIB_RISCV64_COUNTER_H

#include <stdint.h>

#include "guest/lib/riscv64/system.h"

/* Lets the calling hart's traps take the counter instead of the clock (exception.h, x[0]). */
void counter_init(void);

static inline uint64_t counter_read(void)
{
	return system_read(instret);
}

/*
 * The clock in nanoseconds at which the counter was 0, modulo 2^64: with it, the counter and
 * deadlines of timers can be compared. Exact only if the counter and the clock advance in step, as
 * they do under -icount shift=0.
 */
uint64_t counter_epoch(void);

#endif
