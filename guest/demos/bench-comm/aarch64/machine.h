/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The counter of instructions: the clock, where it has 1 GHz and QEMU counts (docs/measuring.md).
 */
#ifndef COMM_MACHINE_H
#define COMM_MACHINE_H

#include <stdint.h>

#include "guest/lib/aarch64/system.h"

/* Instructions so far of all CPUs. */
static inline uint64_t machine_count(void)
{
	return system_read(cntvct_el0);
}

#endif
