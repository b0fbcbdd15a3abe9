/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who owns which device and interrupt, and the rules that keep owners apart.
 */
#ifndef TOOLS_OWNERSHIP_H
#define TOOLS_OWNERSHIP_H

#include "tools/tree.h"

/* Reads the VM's devices and checks that each may be given away. access may be NULL. */
void ownership_read_devices(struct system *system, struct vm *vm, const struct tree *access);

/* Checks all VMs' devices against each other and against the rest of the board. */
void ownership_check(const struct system *system);

/* Whether the device is a UART that can be a guest's own console. */
bool ownership_is_uart(const struct board *board, const struct board_device *device);

#endif
