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

/* No ISB: an event's time stamp may be a few instructions early (D12.1.2). */
static inline uint64_t arch_cpu_ticks(void)
{
	uint64_t ticks;

	__asm__ volatile("mrs %0, cntpct_el0" : "=r"(ticks));
	return ticks;
}

/*
 * The timer is on for good (irq_shared.c). The comparison is of unsigned numbers (D12.2.4), so that
 * ARCH_NEVER is never reached.
 */
static inline void arch_timer_arm(uint64_t ticks)
{
	__asm__ volatile("msr cnthp_cval_el2, %0" ::"r"(ticks));
}

/* irq_shared.c */
extern uint8_t irq_shared_masks[];

/* A mask's effect is seen by the return to the guest (IHI 0069 4.8.6). */
static inline void arch_irq_filter(struct cpu *cpu, enum irq_filter filter)
{
	(void)cpu;
	__asm__ volatile(
		"msr S3_0_C4_C6_0, %0" ::"r"((uint64_t)irq_shared_masks[filter])); /* PMR */
}

/* Its record begins where its stack ends (start.S). */
static inline struct cpu *arch_cpu_here(void)
{
	struct cpu *cpu;

	__asm__ volatile("mrs %0, tpidr_el2" : "=r"(cpu));
	return cpu;
}

static inline uint64_t arch_timer_frequency(void)
{
	uint64_t frequency;

	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
	return frequency;
}

static inline bool arch_bits_try(uint64_t *word, uint64_t bits, uint64_t *old)
{
	uint64_t changed;
	uint32_t failed;

	__asm__ volatile("ldaxr %0, %3\n\torr %1, %0, %4\n\tstlxr %w2, %1, %3"
			 : "=&r"(*old), "=&r"(changed), "=&r"(failed), "+Q"(*word)
			 : "r"(bits)
			 : "memory");
	return failed == 0;
}

/* On the direct way: the distributor's word (GICD_ISPENDR<n>), and the interrupt's bit. */
struct arch_doorbell {
	volatile uint32_t *word; /* NULL: the interrupt is injected */
	uint32_t bit;
};

static inline bool arch_doorbell_ring(const struct arch_doorbell *doorbell)
{
	volatile uint32_t *word = doorbell->word;
	const uint32_t bit = doorbell->bit;

	if (!word)
		return false;
	__asm__ volatile("dsb ishst" ::: "memory");
	*word = bit;
	return true;
}

#endif
