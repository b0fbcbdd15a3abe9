/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of the architecture contract that every exit uses.
 */
#ifndef ARCH_INLINE_H
#define ARCH_INLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/include/arch_filter.h"

struct cpu;

static inline uint64_t arch_cpu_ticks(void)
{
	uint64_t ticks;

	__asm__ volatile("csrr %0, time" : "=r"(ticks));
	return ticks;
}

struct cpu *arch_cpu_here(void);
void arch_timer_arm(uint64_t ticks);
void arch_irq_filter(struct cpu *cpu, enum irq_filter filter);

/* Only the device tree says it (priv, time). */
static inline uint64_t arch_timer_frequency(void)
{
	return 0;
}

static inline bool arch_bits_try(uint64_t *word, uint64_t bits, uint64_t *old)
{
	__asm__ volatile("amoor.d.aqrl %0, %2, %1"
			 : "=r"(*old), "+A"(*word)
			 : "r"(bits)
			 : "memory");
	return true;
}

/*
 * With AIA: where the interrupt goes, the address of a page of an interrupt file and in its lower
 * bits the identity there, while the guest's APLIC is as its drivers leave it (aia_guest.c); or 0.
 */
struct arch_doorbell {
	uint64_t target; /* written under vm->arch.lock, read without it */
	uint32_t irq;
};

#define ARCH_DOORBELL_IDENTITY 0xfffu

static inline bool arch_doorbell_ring(const struct arch_doorbell *doorbell)
{
	const uint64_t target = *(const volatile uint64_t *)&doorbell->target;

	if (!target)
		return false;
	__asm__ volatile("fence rw, o" ::: "memory");
	*(volatile uint32_t *)(target & ~(uint64_t)ARCH_DOORBELL_IDENTITY) =
		target & ARCH_DOORBELL_IDENTITY;
	return true;
}

#endif
