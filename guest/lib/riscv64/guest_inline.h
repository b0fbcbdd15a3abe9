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
	uint64_t cpu;

	__asm__("mv %0, tp" : "=r"(cpu));
	return (unsigned)cpu;
}

/* irq.h */
static inline void irq_wait(void)
{
	__asm__ volatile("wfi" ::: "memory");
}

/*
 * hypercall.h: calls with one and with three parameters. Firmware that does not know the extension,
 * whose error is -2, leaves the value as it likes.
 */
static inline int64_t hypercall1(uint64_t number, uint64_t a)
{
	register uint64_t a0 __asm__("a0") = a, a1 __asm__("a1");
	register uint64_t a6 __asm__("a6") = number, a7 __asm__("a7") = HYPERCALL_EXTENSION;

	__asm__ volatile("ecall" : "+r"(a0), "=r"(a1) : "r"(a6), "r"(a7) : "memory");
	return (int64_t)a0 == -2 ? HYPERCALL_NOT_SUPPORTED : (int64_t)a1;
}

static inline int64_t hypercall3(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	register uint64_t a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c;
	register uint64_t a6 __asm__("a6") = number, a7 __asm__("a7") = HYPERCALL_EXTENSION;

	__asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
	return (int64_t)a0 == -2 ? HYPERCALL_NOT_SUPPORTED : (int64_t)a1;
}

#endif
