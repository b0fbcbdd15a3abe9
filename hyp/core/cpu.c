/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a physical CPU does outside a guest. One that a vCPU has for itself sleeps until that may
 * run; for the others see shared.c.
 */
#include "hyp/core/cpu.h"

#include "arch/include/arch_cpu.h"
#include "arch/include/arch_irq.h"
#include "hyp/core/comm.h"
#include "hyp/core/hyp.h"
#include "hyp/core/shared.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"
#include "hyp/trace/trace.h"

struct cpu *cpu_at(unsigned index)
{
	return (struct cpu *)((char *)hyp_plan->cpu_records + index * hyp_plan->cpu_stride);
}

unsigned cpu_index(const struct cpu *cpu)
{
	return (unsigned)(cpu->plan - hyp_plan->cpus);
}

static bool must_leave(const struct vcpu *vcpu)
{
	return vm_state(vcpu->vm) != VM_RUNNING;
}

struct vcpu *cpu_next(struct cpu *cpu)
{
	struct vcpu *vcpu = cpu->vcpu;

	if (cpu_is_shared(cpu))
		return shared_next(cpu);
	for (;;) {
		if (vcpu && __atomic_load_n(&vcpu->state, __ATOMIC_ACQUIRE) == VCPU_STARTING) {
			if (vm_state(vcpu->vm) == VM_RESTORING) {
				vm_restore(vcpu->vm, cpu);
				continue;
			}
			if (!must_leave(vcpu)) {
				arch_vcpu_start(vcpu, vcpu->start_pc, vcpu->start_argument);
				__atomic_store_n(&vcpu->state, VCPU_ON, __ATOMIC_RELEASE);
				trace_write(&cpu->trace, TRACE_VCPU_START, vcpu->number,
					vcpu->start_pc);
				return vcpu;
			}
			vcpu_stop(vcpu);
			continue; /* which may have restarted the VM, and this vCPU with it */
		}
		if (!vcpu || !vm_waits(vcpu->vm))
			arch_cpu_wait();
		else if (!arch_cpu_wait_bounded())
			vm_abandon(vcpu->vm);
		arch_irq_poll(cpu);
	}
}

/* Another CPU may let it start at the same time if it is off, or give it up. */
static uint32_t state_of(const struct vcpu *vcpu)
{
	return __atomic_load_n(&vcpu->state, __ATOMIC_RELAXED);
}

struct vcpu *cpu_attend(struct vcpu *vcpu)
{
	if (vcpu_is_shared(vcpu))
		return shared_next(vcpu->cpu);
	if (state_of(vcpu) != VCPU_OFF && must_leave(vcpu))
		vcpu_stop(vcpu);
	if (state_of(vcpu) != VCPU_ON)
		return cpu_next(vcpu->cpu);
	if (vm_has_upcalls(vcpu->vm))
		comm_upcall(vcpu);
	return vcpu;
}
