/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fake architecture inlines nothing.
 */
#ifndef ARCH_INLINE_H
#define ARCH_INLINE_H

#include <stdint.h>

struct cpu;

uint64_t arch_cpu_ticks(void);
struct cpu *arch_cpu_here(void);
uint64_t arch_timer_frequency(void);

#endif
