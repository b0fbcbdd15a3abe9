/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fake architecture inlines nothing.
 */
#ifndef ARCH_INLINE_H
#define ARCH_INLINE_H

#include <stdint.h>

#include "arch/include/arch_filter.h"

struct cpu;

uint64_t arch_cpu_ticks(void);
struct cpu *arch_cpu_here(void);
uint64_t arch_timer_frequency(void);
void arch_timer_arm(uint64_t ticks);
void arch_irq_filter(struct cpu *cpu, enum irq_filter filter);

#endif
