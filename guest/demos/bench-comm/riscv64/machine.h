/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The counter of instructions.
 */
#ifndef COMM_MACHINE_H
#define COMM_MACHINE_H

#include <stdint.h>

#include "guest/lib/riscv64/system.h"

/* Instructions so far of all harts. */
static inline uint64_t machine_count(void)
{
	return system_read(instret);
}

#endif
