/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What start.S found, and its entry point for further CPUs.
 */
#ifndef GUEST_LIB_AARCH64_START_H
#define GUEST_LIB_AARCH64_START_H

#include <stdint.h>

/* The exception level at which the guest was started: 2 on bare hardware with EL2, else 1. */
extern uint64_t start_level;

/* Entry point to hand to CPU_ON; the context argument is a struct smp_start. */
void start_secondary(void);

#endif
