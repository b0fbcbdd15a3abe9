/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of the architecture contract that every exit uses.
 */
#ifndef ARCH_INLINE_H
#define ARCH_INLINE_H

#include <stdint.h>

static inline uint64_t arch_cpu_ticks(void)
{
	uint64_t ticks;

	__asm__ volatile("csrr %0, time" : "=r"(ticks));
	return ticks;
}

#endif
