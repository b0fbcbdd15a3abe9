/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a VM's interrupts reach it, and what they may do to others: the key interrupts.
 */
#ifndef TOOLS_INTERRUPTS_H
#define TOOLS_INTERRUPTS_H

#include "tools/tree.h"

/*
 * The first number that no interrupt by upcall may have: the bits of region_vcpu.upcall_pending
 * from there on are not devices'.
 */
#define INTERRUPTS_UPCALL 254u

/* Reads the VM's interrupts (NULL: none); its vCPUs, devices and console have been read. */
void interrupts_read(const struct system *system, struct vm *vm, const struct tree *interrupts);

/* Settles and checks what depends on who shares a CPU: after schedule_plan. */
void interrupts_settle(const struct system *system, struct vm *vm, const struct tree *interrupts);

#endif
