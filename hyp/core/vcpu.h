/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual CPUs. The architecture decodes an exit and calls one of hypercall_handle, mmio_dispatch
 * and vm_fault; then cpu_attend, where the vCPU may have to leave.
 */
#ifndef HYP_CORE_VCPU_H
#define HYP_CORE_VCPU_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/plan.h"
#include "abi/stats.h"
#include "arch/include/arch_vcpu.h"
#include "hyp/core/cpu.h"
#include "hyp/core/extent.h"
#include "hyp/core/vm.h"

struct vcpu {
	struct arch_vcpu arch; /* first: the entry code finds the guest's registers at offset 0 */
	const struct plan_vcpu *plan;
	unsigned number; /* in the whole plan */
	struct vm *vm;
	struct cpu *cpu;
	const struct plan_mmio *mmio, *mmio_end; /* the VM's emulated regions */
	uint64_t exits[EXIT_CAUSE_COUNT];
	struct shared_vcpu *shared; /* NULL unless vcpu_is_shared */
	struct comm_vm *comm;       /* its VM's communication (hyp/comm/region.h), or NULL */
	struct region_vcpu *region; /* its part of its VM's region, or NULL */
	uint64_t time_offset;       /* ticks: the guest's counter is the physical one less this */

	/* enum vcpu_state. OFF -> STARTING under vm->lock by anyone, the other ways by its own CPU.
	 */
	uint32_t state;
	uint64_t start_pc, start_argument; /* valid in STARTING */
} __attribute__((aligned(64)));

/* Record of vCPU `index` of the whole plan. */
struct vcpu *vcpu_at(unsigned index);

/* Whether others use its CPU, too (shared.h); else it has one for itself. */
static inline bool vcpu_is_shared(const struct vcpu *vcpu)
{
	return HYP_SHARED && vcpu->shared;
}

enum vcpu_start_result { VCPU_STARTED, VCPU_ALREADY_ON, VCPU_ON_PENDING, VCPU_VM_STOPS };

/* Lets `vcpu`, of any CPU, start at `pc` with `argument` as first parameter. */
enum vcpu_start_result vcpu_start(struct vcpu *vcpu, uint64_t pc, uint64_t argument);

/*
 * Brings the CPU of `vcpu` to the hypervisor, to look at that vCPU: a CPU that several share ends
 * its wait.
 */
void vcpu_kick(struct vcpu *vcpu);

/* Switches `vcpu`, which this CPU runs (or, shared, ran), off; the last one of a VM halts the VM.
 */
void vcpu_stop(struct vcpu *vcpu);

#endif
