/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What start.S found, and its entry point for further harts.
 */
#ifndef GUEST_LIB_RISCV64_START_H
#define GUEST_LIB_RISCV64_START_H

#include <stdint.h>

/* The id of the hart that started, the guest's CPU 0. Under the hypervisor it is 0. */
extern uint64_t start_hart;

/* Entry point to hand to HSM's start; the opaque parameter is a struct smp_start. */
void start_secondary(void);

#endif
