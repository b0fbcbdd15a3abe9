/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory: reads what the VMs ask for, checks guest and host addresses, finds host memory.
 */
#ifndef TOOLS_PLACEMENT_H
#define TOOLS_PLACEMENT_H

#include "tools/tree.h"

/*
 * The hypervisor's memory: 1 MiB, 2 MiB above the start of RAM; 2 MiB if the trace is a long one.
 * Returns false after a message.
 */
bool placement_reserve(struct system *system, struct place place);

/*
 * Reads the VM's memory (NULL: none) and checks each region by itself. Returns false after
 * messages; the VM then has no memory.
 */
bool placement_read(const struct system *system, struct vm *vm, const struct tree *memory);

/* Checks all regions with a host address of their own, then places all others. */
void placement_place(struct system *system);

/*
 * Checks that nothing else lies at the guest addresses of the VM's memory: emulated registers and
 * owned devices. Call when devices, vCPUs and console are known.
 */
void placement_check_guest(const struct system *system, const struct vm *vm);

/*
 * Host memory for a guest's range, which nobody has; 0 after a message. The caller keeps it in a
 * vm_comm, where it is known as taken.
 */
uint64_t placement_find(const struct system *system, struct range guest, struct place place);

/* Places vm->pristine, size bytes. */
void placement_place_pristine(struct system *system, struct vm *vm, uint64_t size);

#endif
