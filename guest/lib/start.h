/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a guest's own part begins.
 */
#ifndef GUEST_LIB_START_H
#define GUEST_LIB_START_H

#include <stdint.h>

/* Runs on the first CPU, interrupts masked, MMU off. `tree`: address of the guest's device tree, or
 * 0. When it returns, the guest is turned off. */
int main(uint64_t tree);

/* What the architecture calls the privilege level that the guest runs at, e.g. "EL1". */
const char *start_level_name(void);

#endif
