/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts that no device of the board drives: of shared consoles, communication regions and
 * virtio devices.
 */
#ifndef TOOLS_VIRTUAL_IRQS_H
#define TOOLS_VIRTUAL_IRQS_H

#include "tools/system.h"

/*
 * Gives every VM those that it needs: with a GIC out of the board's free_irqs, else the numbers
 * behind those of the VM's devices. Prints an error when there are too few.
 */
void virtual_irqs_give(struct system *system);

/* How many a VM has. */
unsigned virtual_irqs_count(const struct vm *vm);

#endif
