/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The harts behind the CPUs of smp.h.
 */
#ifndef GUEST_LIB_RISCV64_SMP_HART_H
#define GUEST_LIB_RISCV64_SMP_HART_H

#include <stdint.h>

/* The id of the hart that is, or would be, CPU `cpu`. */
uint64_t smp_hart(unsigned cpu);

#endif
