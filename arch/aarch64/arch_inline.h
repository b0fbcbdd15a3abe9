/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of the architecture contract that every exit uses.
 */
#ifndef ARCH_INLINE_H
#define ARCH_INLINE_H

#include <stdint.h>

struct cpu;

/* No ISB: an event's time stamp may be a few instructions early (D12.1.2). */
static inline uint64_t arch_cpu_ticks(void)
{
	uint64_t ticks;

	__asm__ volatile("mrs %0, cntpct_el0" : "=r"(ticks));
	return ticks;
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

#endif
