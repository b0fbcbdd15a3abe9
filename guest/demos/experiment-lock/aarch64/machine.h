/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the lock experiment needs of AArch64.
 */
#ifndef LOCK_MACHINE_H
#define LOCK_MACHINE_H

#include <stdint.h>

#include "guest/lib/aarch64/mmu.h"

/* Exclusive accesses are defined for memory that is cached. */
static inline void machine_init(void)
{
	mmu_enable();
}

/* Not YIELD: each one would take the emulator into its outer loop. */
static inline void machine_pause(void)
{
	__asm__ volatile("isb");
}

/* Executes `instructions`, two at a time. */
static inline void machine_spend(uint64_t instructions)
{
	uint64_t turns = instructions / 2;

	__asm__ volatile("1:\tsubs %0, %0, #1\n\tb.hi 1b" : "+r"(turns)::"cc");
}
#endif
