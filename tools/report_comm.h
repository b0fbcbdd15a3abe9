/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The report's part on communication: who talks to whom, and by what.
 */
#ifndef TOOLS_REPORT_COMM_H
#define TOOLS_REPORT_COMM_H

#include <stdio.h>

#include "tools/system.h"

/* Prints nothing of a system in which VMs do not talk. */
void report_comm_print(FILE *out, const struct system *system);

/* What a virtio device is, for a person. */
const char *report_comm_virtio(
	const struct system *system, const struct vm *vm, const struct vm_virtio *virtio);

/* What raises one of the VM's virtual interrupts. */
const char *report_comm_irq(const struct system *system, const struct vm *vm, uint32_t irq);

#endif
