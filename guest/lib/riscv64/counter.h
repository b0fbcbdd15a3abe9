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

#endif
