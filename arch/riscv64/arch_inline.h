/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of the architecture contract that every exit uses.
 */
#ifndef ARCH_INLINE_H
#define ARCH_INLINE_H

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

#endif
