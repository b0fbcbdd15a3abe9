/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who owns which CPU, device and interrupt, and the rules that keep owners apart.
 */
#ifndef TOOLS_OWNERSHIP_H
#define TOOLS_OWNERSHIP_H

#include "tools/tree.h"

/* vCPUs of a VM: the target list of an SGI has 16 bits (GICv3, ICC_SGI1R_EL1). */
#define OWNERSHIP_VCPU_MAX 16

/* Reads the VM's vcpus and checks that each CPU exists and is free. vcpus may be NULL. */
void ownership_read_vcpus(struct system *system, struct vm *vm, const struct tree *vcpus);

/* Reads the VM's devices and checks that each may be given away. access may be NULL. */
void ownership_read_devices(struct system *system, struct vm *vm, const struct tree *access);

/* Checks all VMs' devices against each other and against the rest of the board. */
void ownership_check(const struct system *system);

/* Whether the device is a UART that can be a guest's own console. */
bool ownership_is_uart(const struct board *board, const struct board_device *device);

#endif
