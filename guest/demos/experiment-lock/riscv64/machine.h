/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the lock experiment needs of RISC-V.
 */
#ifndef LOCK_MACHINE_H
#define LOCK_MACHINE_H

#include <stdint.h>

static inline void machine_init(void)
{
}

/* PAUSE (Zihintpause), which older harts take for a FENCE that orders nothing. */
static inline void machine_pause(void)
{
	__asm__ volatile(".word 0x0100000f");
}

/* Executes `instructions`, two at a time. */
static inline void machine_spend(uint64_t instructions)
{
	uint64_t turns = instructions / 2;

	__asm__ volatile("1:\taddi %0, %0, -1\n\tbgtz %0, 1b" : "+r"(turns));
}
#endif
