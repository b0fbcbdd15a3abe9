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

/* Returns when *word is `value`. The store that makes it so ends WFE (Arm ARM B2.9, D1.6.1). */
static inline void machine_wait_until(const uint32_t *word, uint32_t value)
{
#ifdef LOCK_SPINS
	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) != value)
		machine_pause();
#else
	uint32_t seen;

	__asm__ volatile("sevl\n"
			 "1:\twfe\n"
			 "\tldaxr %w0, [%1]\n"
			 "\tcmp %w0, %w2\n"
			 "\tb.ne 1b"
			 : "=&r"(seen)
			 : "r"(word), "r"(value)
			 : "cc", "memory");
#endif
}

/* Executes `instructions`, two at a time. */
static inline void machine_spend(uint64_t instructions)
{
	uint64_t turns = instructions / 2;

	__asm__ volatile("1:\tsubs %0, %0, #1\n\tb.hi 1b" : "+r"(turns)::"cc");
}
#endif
