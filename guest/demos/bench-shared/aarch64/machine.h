/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the guests that measure shared cores need of AArch64. On a shared core there is no
 * performance monitor; the clock counts instructions where it has 1 GHz and QEMU counts them
 * (docs/measuring.md).
 */
#ifndef SHARED_MACHINE_H
#define SHARED_MACHINE_H

#include <stdint.h>

#include "abi/hypercall.h"
#include "guest/lib/aarch64/system.h"

/* Instructions so far of all CPUs, and nanoseconds slept. */
static inline uint64_t machine_count(void)
{
	return system_read(cntvct_el0);
}

/*
 * HYPERCALL_SCHED_YIELD. Returns the count as it is right behind the call, and in *left as it was
 * right before.
 */
static inline uint64_t machine_yield(uint64_t ns, uint64_t *left)
{
	register uint64_t x0 __asm__("x0") = HYPERCALL_BASE + HYPERCALL_SCHED_YIELD;
	register uint64_t x1 __asm__("x1") = ns;
	uint64_t before, after;

	__asm__ volatile("mrs %2, cntvct_el0\n\thvc #0\n\tmrs %3, cntvct_el0"
			 : "+r"(x0), "+r"(x1), "=&r"(before), "=&r"(after)
			 :
			 : "memory", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11",
			 "x12", "x13", "x14", "x15", "x16", "x17");
	*left = before;
	return after;
}

/* Uses floating point, as a compiler's code would. */
static inline void machine_use_float(void)
{
	system_write(cpacr_el1, 3 << 20); /* no traps */
	system_isb();
	__asm__ volatile(".arch_extension fp\n\tfmov d0, %0" ::"r"(1ull));
}

/* Executes `instructions`, two at a time. */
static inline void machine_spend(uint64_t instructions)
{
	uint64_t turns = instructions / 2;

	__asm__ volatile("1:\tsubs %0, %0, #1\n\tb.hi 1b" : "+r"(turns)::"cc");
}
#endif
