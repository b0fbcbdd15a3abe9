/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Further CPUs of the guest. A CPU's index counts from 0 in the order of the guest's device tree.
 */
#ifndef GUEST_LIB_SMP_H
#define GUEST_LIB_SMP_H

#define SMP_CPU_MAX     4
#define SMP_STACK_BYTES 8192

#define SMP_START_CPU 0 /* offset in struct smp_start, for start.S */

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

/* What a CPU that starts is handed. */
struct smp_start {
	uint64_t cpu;
	void (*function)(void *argument);
	void *argument;
};

_Static_assert(offsetof(struct smp_start, cpu) == SMP_START_CPU, "SMP_START_CPU");

/* unsigned smp_cpu(void): index of the CPU that runs this. */
#include "guest_inline.h"

/*
 * Starts CPU `cpu` (1 to SMP_CPU_MAX - 1) at function(argument), on its own stack. When the
 * function returns, the CPU turns itself off. Returns 0 or the firmware's negative error; -2 for a
 * CPU that the library has no stack for.
 */
int smp_start(unsigned cpu, void (*function)(void *argument), void *argument);

/* Where a started CPU enters C; called by start.S only. */
void smp_enter(struct smp_start *start);
#endif
#endif
