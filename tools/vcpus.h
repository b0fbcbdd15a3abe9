/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads a VM's vCPUs and tasks: where they may run, and what real-time ones may have of their core.
 */
#ifndef TOOLS_VCPUS_H
#define TOOLS_VCPUS_H

#include "tools/tree.h"

/* vCPUs of a VM: the target list of an SGI has 16 bits (GICv3, ICC_SGI1R_EL1). */
#define VCPUS_MOST 16u

#define VCPUS_CPU_LIMIT 64u   /* first CPU that affinity masks have no bit for */
#define VCPUS_ANY       (~0u) /* vm_vcpu.cpu until schedule_plan has chosen one */

/*
 * Reads the keys vcpus and tasks of a VM's map, and checks each vCPU by itself; their ticks are as
 * described, without the hypervisor's work.
 */
void vcpus_read(const struct system *system, struct vm *vm, const struct tree *map);

/*
 * Whether the time is whole ticks, with a message if not. Of a counter whose frequency is so odd
 * that hardly any time is (number_grain beyond VCPUS_GRAIN_MOST), it is not asked.
 */
#define VCPUS_GRAIN_MOST 1000u /* ns */
bool vcpus_check_ticks(const struct board *board, const struct tree *time);

/* Whether the vCPU is real-time, with parameters or for a task. */
static inline bool vcpus_is_real_time(const struct vm_vcpu *vcpu)
{
	return vcpu->is_task || vcpu->ns.period != 0;
}

/* The VM's first vCPU on a shared CPU, NULL if it has none. Known after schedule_plan. */
const struct vm_vcpu *vcpus_shared(const struct vm *vm);

/* For messages: "vCPU 1 of VM 'control'". */
const char *vcpus_name(const struct vm *vm, const struct vm_vcpu *vcpu);

#endif
