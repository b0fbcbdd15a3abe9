/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the guests that measure shared cores need of RISC-V.
 */
#ifndef SHARED_MACHINE_H
#define SHARED_MACHINE_H

#include <stdint.h>

#include "abi/hypercall.h"
#include "guest/lib/riscv64/system.h"

#define SSTATUS_FS_INITIAL (1 << 13)

/* Instructions so far of all harts. */
static inline uint64_t machine_count(void)
{
	return system_read(instret);
}

/*
 * HYPERCALL_SCHED_YIELD. Returns the count as it is right behind the call, and in *left as it was
 * right before.
 */
static inline uint64_t machine_yield(uint64_t ns, uint64_t *left)
{
	register uint64_t a0 __asm__("a0") = ns;
	register uint64_t a1 __asm__("a1") = 0;
	register uint64_t a6 __asm__("a6") = HYPERCALL_SCHED_YIELD;
	register uint64_t a7 __asm__("a7") = HYPERCALL_EXTENSION;
	uint64_t before, after;

	__asm__ volatile("csrr %2, instret\n\tecall\n\tcsrr %3, instret"
			 : "+r"(a0), "+r"(a1), "=&r"(before), "=&r"(after)
			 : "r"(a6), "r"(a7)
			 : "memory");
	*left = before;
	return after;
}

/* Uses floating point, as a compiler's code would: fmv.d.x ft0, a0. */
static inline void machine_use_float(void)
{
	register uint64_t a0 __asm__("a0") = 1;

	system_set(sstatus, SSTATUS_FS_INITIAL);
	__asm__ volatile(".word 0xf2050053" ::"r"(a0));
}

/* Executes `instructions`, two at a time. */
static inline void machine_spend(uint64_t instructions)
{
	uint64_t turns = instructions / 2;

	__asm__ volatile("1:\taddi %0, %0, -1\n\tbgtz %0, 1b" : "+r"(turns));
}
#endif
