/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fake architecture inlines nothing.
 */
#ifndef ARCH_INLINE_H
#define ARCH_INLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/include/arch_filter.h"

struct cpu;
struct vm;

uint64_t arch_cpu_ticks(void);
struct cpu *arch_cpu_here(void);
uint64_t arch_timer_frequency(void);
void arch_timer_arm(uint64_t ticks);
void arch_irq_filter(struct cpu *cpu, enum irq_filter filter);

bool arch_bits_try(uint64_t *word, uint64_t bits, uint64_t *old);

struct arch_doorbell {
	struct vm *vm;
	uint32_t irq;
};

bool arch_doorbell_ring(const struct arch_doorbell *doorbell);

#endif
