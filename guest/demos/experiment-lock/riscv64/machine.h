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

/* Returns when *word is `value`. The store that makes it so ends WRS.NTO (Zawrs). */
static inline void machine_wait_until(const uint32_t *word, uint32_t value)
{
#ifdef LOCK_SPINS
	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) != value)
		machine_pause();
#else
	uint32_t seen;

	__asm__ volatile("1:\tlr.w.aq %0, (%1)\n"
			 "\tbeq %0, %2, 2f\n"
			 "\t.word 0x00d00073\n"
			 "\tj 1b\n"
			 "2:"
			 : "=&r"(seen)
			 : "r"(word), "r"(value)
			 : "memory");
#endif
}

/* Executes `instructions`, two at a time. */
static inline void machine_spend(uint64_t instructions)
{
	uint64_t turns = instructions / 2;

	__asm__ volatile("1:\taddi %0, %0, -1\n\tbgtz %0, 1b" : "+r"(turns));
}
#endif
