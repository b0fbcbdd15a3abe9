/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of the library that each architecture has and that need not cost a call.
 */
#ifndef GUEST_INLINE_H
#define GUEST_INLINE_H

#include <stdint.h>

#include "abi/hypercall.h"

/* smp.h */
static inline unsigned smp_cpu(void)
{
	uint64_t mpidr;

	__asm__("mrs %0, mpidr_el1" : "=r"(mpidr));
	return mpidr & 0xff;
}

/* irq.h */
static inline void irq_wait(void)
{
	__asm__ volatile("dsb sy\n\twfi" ::: "memory");
}

/*
 * hypercall.h: calls with one and with three parameters. The SMC calling convention lets them
 * change x1 to x3, and nothing else but the result.
 */
static inline int64_t hypercall1(uint64_t number, uint64_t a)
{
	register uint64_t x0 __asm__("x0") = HYPERCALL_BASE + number;
	register uint64_t x1 __asm__("x1") = a;

	__asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1)::"x2", "x3", "memory");
	return (int64_t)x0;
}

static inline int64_t hypercall3(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	register uint64_t x0 __asm__("x0") = HYPERCALL_BASE + number;
	register uint64_t x1 __asm__("x1") = a, x2 __asm__("x2") = b, x3 __asm__("x3") = c;

	__asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"memory");
	return (int64_t)x0;
}

#endif
